"""Set up Sternlight and run all its checks: style, types, tests.

    python3 scripts/test.py [--no-skips] [PYTEST ARGUMENT...]

All checks run, also when an early one fails; the exit code is 1 if one did.
A test whose recording or library is not here is skipped and says so; with
--no-skips that is a failure too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import _environment


def main(arguments: list[str]) -> int:
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    try:
        bin_folder = _environment.program("python", extra="test").parent
    except _environment.CannotSetUp as error:
        print(error, file=sys.stderr)
        return 2
    no_skips = "--no-skips" in arguments
    results = [
        run(bin_folder, "ruff", "check"),
        run(bin_folder, "ruff", "format", "--check"),
        run(bin_folder, "mypy"),
        run_tests(bin_folder, no_skips, [a for a in arguments if a != "--no-skips"]),
    ]
    print()
    for words, problem, seconds in results:
        print(f"{problem or 'passed':>16}  {words}  ({seconds:.1f} s)")
    return 1 if any(problem for _, problem, _ in results) else 0


def run(bin_folder: Path, *words: str) -> tuple[str, str, float]:
    """Run one check; return its words, what was wrong if anything, and its seconds."""
    print(f"\n$ {' '.join(words)}", flush=True)
    began = time.monotonic()
    code = subprocess.call(
        [str(bin_folder / words[0]), *words[1:]],
        cwd=_environment.ROOT,
        env=_environment.clean_environ(),
    )
    return " ".join(words), "FAILED" if code else "", time.monotonic() - began


def run_tests(bin_folder: Path, no_skips: bool, arguments: list[str]) -> tuple[str, str, float]:
    """Run pytest; with `no_skips`, a skipped test is a problem."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        # The tests of a file together: they share what is slow to make.  One process more than
        # cores, since some wait for other programs; and the files in their own order, since
        # those with the fewest tests take longest and would come last.
        workers = str((os.cpu_count() or 1) + 1)
        how = ["-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"]
        how += ["-rs", f"--junit-xml={report}"]
        _, problem, seconds = run(bin_folder, "pytest", *how, *arguments)
        if no_skips and not problem:
            skipped = sum(
                int(suite.get("skipped", 0)) for suite in ET.parse(report).iter("testsuite")
            )
            problem = f"{skipped} SKIPPED" if skipped else ""
    return " ".join(["pytest", *arguments]), problem, seconds


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
