"""A small record to export: two ships that meet near longitude 180, one with a hostile name."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sternlight.record.read import RECORD
from tests.sternlight.records import event, record
from tests.tracks.pages import DAY, T0, Page, pages, straight
from tracks.batch import HULLS_PER_MMSI
from tracks.way import MARKS

EVA, BAD = 416000111, 574000222
A, B = EVA * HULLS_PER_MMSI + 1, BAD * HULLS_PER_MMSI + 1
HOSTILE = (
    '=HYPERLINK("http://x","<b>&\'y"),;=2+3]]><script>alert(1)</script>\u202ekcab\x1b[2J\n\'--'
)
NAME = "EVA NORD"
IMO, CALL_SIGN = 9074729, "BXAQ7"
HOUR = 3600.0


def crossing(track: int) -> list[Page]:
    """Return a ship that sails east across longitude 180 with a silence, and on past midnight."""
    n = [*range(60, 84), *range(100, 160)]
    lon = [179.5 + 0.01 * (one - 60) for one in n]
    lon = [x if x < 180 else x - 360 for x in lon]
    # Not quite straight, so that corners are kept.
    lat = [10.0 + 0.004 * (one - 60) + (0.02 if one % 7 == 0 else 0.0) for one in n]
    return pages(track, [DAY * MARKS + one for one in n], lat, lon)


def written(folder: Path, events: list[dict[str, Any]] | None = None) -> Path:
    """Write the record and the summary of a replay; return the folder."""
    if events is None:
        events = [
            meeting(), event("gap", (A,), T0 + 14 * HOUR, T0 + 16.6 * HOUR, 0.3) | _WHERE,
            event("loitering", (B,), T0 + 20 * HOUR, None, 0.5) | _WHERE,
        ]  # fmt: skip
    claims = [(A, "name", NAME), (A, "imo", str(IMO)), (A, "call_sign", CALL_SIGN),
              (A, "ship_type", "70"), (B, "name", HOSTILE)]  # fmt: skip
    straight_on = straight(B, (10.2, -179.9), (10.6, -179.1), 30, 140)
    record(folder, [*crossing(A), *straight_on], claims, events=events)
    with closing(sqlite3.connect(folder / RECORD)) as db, db:
        db.execute("update hulls set first = first + 4007, last = last - 4007")
    summary = {"simulated": False, "inputs": [{"name": "/home/eva/a.nmea", "format": "dma"}]}
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


def meeting() -> dict[str, Any]:
    """Return an encounter with all that a row may hold."""
    return event("encounter", (A, B), T0 + 12 * HOUR, T0 + 15.5 * HOUR, 0.9) | _WHERE | {
        "measured": {"duration_h": 3.5, "shore_nmi": 26.88, "min_distance_m": 45.0},
        "for": [{"name": "offshore", "weight": 0.8, "says": "27 nmi from shore."}],
        "against": [{"name": "base", "weight": -2.0, "says": "Most ships wait."}],
        "caveats": [f"the nearest, MMSI {BAD}, was 12 nmi away"],
        "lines": [{"file": "a.nmea", "line": n} for n in (7, 9)],
        "usual_per_week": 0.02, "alert": True, "held_back": False,
    }  # fmt: skip


_WHERE = {
    "lat": 10.312345, "lon": -179.876543, "place": "34 nmi northwest of Dakar (SN)",
    "zone": "over 200 nmi from shore", "anomaly": "transshipment", "rule": "x >= 1",
    "ships": ["a cargo ship", "a fishing vessel"],
}  # fmt: skip
