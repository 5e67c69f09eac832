"""Measure how often detections are matched rightly, and write the table of docs/detections.md.

Ships wander about a made-up sea; some have no AIS, some fall silent for hours.  A picture shows
nine of ten, each as far off as the sensor is unsure.  Nothing here is taken from the matcher.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from _detection_scenes import Waters, picture
from _evaluate_metrics import wilson

from tracks.detections import WITHIN_S, Match, Rules
from tracks.matching import match

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "detections.md"
BEGIN, END = "<!-- table: matches -->\n", "<!-- end of table -->"
SEAS = ((0.002, 24), (0.01, 12), (0.05, 6), (0.1, 3), (0.2, 2))  # ships by nmi2, how many seas
UNCERTAIN_M = (100.0, 500.0, 2000.0)
MINUTES = tuple(range(95, 1400, 130))
HEAD = (
    "ships with AIS in 100 square miles",
    "sure to within",
    "seen, of hulls heard",
    "matched rightly",
    "with another hull",
    "not told apart",
    "seen, of ships without AIS",
    "matched with a hull",
    "of hulls silent: told which",
    "told another",
)


def outcome(density: float, uncertainty_m: float, seeds: range) -> Counter[tuple[str, str]]:
    """Count what comes of detections, by what was truly seen: heard, silent or dark."""
    count: Counter[tuple[str, str]] = Counter()
    for seed in seeds:
        sea, has_ais = Waters(ships_nmi2=density, seed=seed).sea()
        marks = sea.marks()
        for minute in MINUTES:
            shown = picture(sea, minute, uncertainty_m, seed)
            if not len(shown.seen):
                continue
            standing = marks.of_all(shown.seen.t[:1], WITHIN_S)
            nobody = np.zeros(len(shown.seen), np.bool_)
            told = match(shown.seen, [0] * len(shown.seen), nobody, standing, Rules())
            heard = set(standing.track[standing.heard].tolist())
            for one, ship in zip(told, shown.whose.tolist(), strict=True):
                track = int(sea.tracks[ship])
                truth = "heard" if track in heard else "silent" if has_ais[ship] else "dark"
                count[truth, _came(one, track)] += 1
    return count


def _came(one: Match, track: int) -> str:
    if not one.track:
        return "apart" if one.kind == "ambiguous" else "nobody"
    return "right" if one.track == track else "wrong"


def row(density: float, uncertainty_m: float, count: Counter[tuple[str, str]]) -> list[str]:
    """Return a row of the table."""
    total = {t: sum(n for (truth, _), n in count.items() if truth == t)
             for t in ("heard", "silent", "dark")}  # fmt: skip
    right = count["heard", "right"]
    low, high = wilson(right, max(total["heard"], 1))
    return [
        f"{100 * density:g}",
        f"{uncertainty_m:g} m",
        f"{total['heard']:,}",
        f"{right / max(total['heard'], 1):.3f} ({low:.3f} to {high:.3f})",
        f"{count['heard', 'wrong']}",
        f"{count['heard', 'apart'] / max(total['heard'], 1):.3f}",
        f"{total['dark']:,}",
        f"{count['dark', 'right'] + count['dark', 'wrong']}",
        f"{count['silent', 'right']} of {total['silent']}",
        f"{count['silent', 'wrong']}",
    ]


def main() -> None:
    """Measure, print, and write the table if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first-seed", type=int, default=1000)
    parser.add_argument("--write", action="store_true", help="into docs/detections.md")
    asked = parser.parse_args()
    rows = [
        row(density, size, outcome(density, size, range(asked.first_seed, asked.first_seed + n)))
        for density, n in SEAS
        for size in UNCERTAIN_M
    ]
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---:|" * len(HEAD)]
    table = "\n".join(lines + ["| " + " | ".join(cells) + " |" for cells in rows]) + "\n"
    sys.stdout.write(table)
    if asked.write:
        text = PAGE.read_text("utf-8")
        before, _, rest = text.partition(BEGIN)
        PAGE.write_text(
            before + BEGIN + "\n" + table + "\n" + END + rest.partition(END)[2], "utf-8"
        )


if __name__ == "__main__":
    main()
