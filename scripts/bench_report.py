r"""Measure the report of a large day: what replay gains by it, its size, how fast it opens.

    .venv/bin/python scripts/bench_report.py FOLDER [--vessels 2000] [--hours 24]

Simulates the day into FOLDER, replays it with and without a report, and opens the report in
Chromium, if it is installed.  docs/report.md has the figures.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
OPENED = """
<script>
addEventListener("load", () => setTimeout(() => {
  const [page] = performance.getEntriesByType("navigation");
  document.title = JSON.stringify([page.loadEventEnd, document.documentElement.dataset.map,
    performance.getEntriesByType("resource").length]);
}));
</script>
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--vessels", type=int, default=2000)
    parser.add_argument("--hours", type=float, default=24.0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    sea = options.folder / "sea.nmea"
    if not sea.exists():
        simulate(sea, options.vessels, options.hours)
    out = options.folder / "results"
    without_s = replay(sea, out, "--no-report")
    with_s = replay(sea, out, "--report")
    report = out / "report.html"
    summary = json.loads((out / "summary.json").read_text())
    events = sum(summary["events"].values())
    print(f"{summary['vessels']:,} vessels, {summary['reports']:,} reports, {events:,} events")
    print(f"replay: {without_s:.1f} s of CPU without a report, {with_s:.1f} s with one")
    print(f"report: {report.stat().st_size / 1e6:.2f} MB")
    opened(report, options.folder)


def simulate(sea: Path, vessels: int, hours: float) -> None:
    from receiver.sources.simulator import Simulation

    with sea.open("wb") as out:
        for lines in Simulation(seed=5, hours=hours, vessels=vessels, thin_s=60).lines():
            out.write(lines)


def replay(sea: Path, out: Path, how: str) -> float:
    """Return the seconds of CPU that a replay took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "sternlight", "replay", str(sea), "--out", str(out), how]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def opened(report: Path, folder: Path) -> None:
    browser = shutil.which("chromium")
    if not browser:
        print("no browser is installed; sudo apt install chromium")
        return
    # Without its policy, which lets no script of ours into the page.
    watched = folder / "opened.html"
    policy = re.compile(r'<meta http-equiv="Content-Security-Policy".*?>', re.DOTALL)
    text = policy.sub("", report.read_text("utf-8"))
    watched.write_text(text.replace("<head>", f"<head>{OPENED}", 1), "utf-8")
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-3d-apis",
         "--disable-extensions", "--disable-background-networking", "--no-first-run",
         "--dump-dom", f"--user-data-dir={folder / 'browser'}", watched.resolve().as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    title = re.search(r"<title>(\[.*?\])</title>", done.stdout)
    if title is None:
        sys.exit(f"the report was not opened:\n{done.stderr[-2000:]}")
    load_ms, drawn, fetched = json.loads(title[1].replace("&quot;", '"'))
    print(f"opened in {load_ms / 1000:.2f} s, the map is {drawn}, {fetched} requests")


if __name__ == "__main__":
    main()
