"""Small folders for tests of reports, written by hand: a meeting, a stay, a silence, others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sternlight.settings import Settings
from tests.sternlight.records import event, record
from tests.tracks.pages import T0, Page, pages, straight
from tracks.batch import HULLS_PER_MMSI
from tracks.way import MARKS, way

HOUR = 3600.0
CARRIER, FISHER, DRIFTER, SILENT = (
    mmsi * HULLS_PER_MMSI + 1 for mmsi in (477_900_001, 416_900_002, 224_900_003, 226_900_004)
)
OTHERS = [(538_900_000 + n) * HULLS_PER_MMSI + 1 for n in range(5)]
HOSTILE = (
    "</script><script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=1">',
    "{{ 7 * 7 }}{% raw %}",
    "\u202eESREVER\u0007",
    "http://evil.example/x",
)
PLACE = (14.9, -17.9)


def ways(lat: float = PLACE[0], lon: float = PLACE[1]) -> list[Page]:
    """Return where the ships were: two meet from 6 to 10 o'clock, one is silent from 8 to 16."""
    here, near = (lat, lon), (lat + 0.001, lon)
    made: list[Page] = []
    for track, place, away in ((CARRIER, here, (lat, lon - 1)), (FISHER, near, (lat + 1, lon))):
        made += _there_and_back(track, place, away)
    made += straight(DRIFTER, (lat + 0.3, lon), (lat + 0.4, lon), 0, MARKS - 1)
    made += straight(SILENT, (lat - 0.5, lon), (lat - 0.2, lon + 0.3), 0, MARKS - 1, (49, 95))
    for n, track in enumerate(OTHERS):
        made += straight(track, (lat - 0.5, lon), (lat - 0.55, lon + 0.02 * n), 0, MARKS - 1)
    return made


def _there_and_back(
    track: int, place: tuple[float, float], away: tuple[float, float]
) -> list[Page]:
    """Return a hull that comes for 6 o'clock, stays for four hours, and goes."""
    legs = [straight(track, away, place, 0, 36), straight(track, place, place, 36, 60),
            straight(track, place, away, 60, MARKS - 1)]  # fmt: skip
    at = {}
    for leg in legs:
        for page in leg:
            for b, y, x in zip(*way(page.day, page.heard, page.way), strict=True):
                at[int(b)] = (float(y), float(x))
    bins = sorted(at)
    return pages(track, bins, [at[b][0] for b in bins], [at[b][1] for b in bins])


def events(lat: float = PLACE[0], lon: float = PLACE[1]) -> list[dict[str, Any]]:
    """Return the rows of four events; ids and files as a replay has them."""
    meeting = event("encounter", (FISHER, CARRIER), T0 + 6 * HOUR, T0 + 10 * HOUR, 0.9)
    stay = event("loitering", (DRIFTER,), T0 + 2 * HOUR, T0 + 22 * HOUR, 0.7)
    gap = event("gap", (SILENT,), T0 + 8 * HOUR, T0 + 16 * HOUR, 0.5)
    jam = event("interference", (), T0 + 12 * HOUR, T0 + 14 * HOUR, 0.3)
    gap["measured"] = {"duration_h": 8.0, "silence_surprise": 2.52, "silence_known_share": 0.9}
    meeting["measured"] = {"duration_h": 4.0, "median_distance_m": 111, "min_distance_m": None}
    jam["measured"] = {"duration_h": 2.0, "vessels_count": 5, "radius_nmi": 20.0}
    made = [meeting, stay, gap, jam]
    at = [(lat, lon), (lat + 0.35, lon), (lat - 0.45, lon + 0.1), (lat, lon + 0.4)]
    for one, (y, x) in zip(made, at, strict=True):
        one |= {
            "lat": y, "lon": x, "ships": ["a fishing vessel"] * len(one["tracks"]),
            "place": "31 nmi west of Dakar (SN), 27 nmi from shore", "zone": "", "rule": "r >= 1",
            "for": [{"name": "x", "weight": 1.0, "says": "It was 27 nmi from shore."}],
            "against": [{"name": "y", "weight": -1.0, "says": "Ships do that."}],
            "lines": [{"file": "sea.nmea", "line": 7 * n} for n in range(1, 30)],
        }  # fmt: skip
    return made


def folder(
    path: Path, names: tuple[str, ...] = (), at: tuple[float, float] = PLACE, **summary: Any
) -> Path:
    """Write the results of a replay into a folder; `names` are those of the first ships."""
    tracks = (CARRIER, FISHER, DRIFTER, SILENT, *OTHERS)
    names += tuple(f"SHIP {n}" for n in range(len(names), len(tracks)))
    claims = [(t, "name", name) for t, name in zip(tracks, names, strict=True)]
    claims += [(CARRIER, "imo", "9074729"), (CARRIER, "call_sign", "CALLME")]
    rows = events(*at)
    record(path, ways(*at), claims, events=rows)
    told = {
        "sternlight": "9.9", "simulated": False, "places": [], "not_read": [],
        "inputs": [{"name": "far/away/sea.nmea", "format": "nmea", "lines": 1000}],
        "settings": Settings().of_results(), **summary,
    }  # fmt: skip
    (path / "summary.json").write_text(json.dumps(told))
    mine = {t: [row["id"] for row in rows if f"{t // 1000}.1" in row["tracks"]] for t in tracks}
    lines = [
        json.dumps(_vessel(t, name, mine[t], n))
        for n, (t, name) in enumerate(zip(tracks, names, strict=True))
    ]
    (path / "vessels.jsonl").write_text("\n".join(lines) + "\n")
    return path


def _vessel(track: int, name: str, ids: list[str], n: int) -> dict[str, Any]:
    sign = {"sign": "x", "shown": True, "events": ids, "weight": 0.5, "says": f"{name} met."}
    return {
        "mmsi": track // 1000, "track": f"{track // 1000}.1", "name": name, "imo": None,
        "call_sign": "", "ship_type": "fishing", "flag": "FR", "flag_name": "France",
        "score": 0.9 - n / 10, "says": "", "signs_shown": 1, "signs_looked_for": 4,
        "contributions": [sign] if ids else [], "missing": [], "events": ids,
        "first_heard": None, "last_heard": None, "names": [],
    }  # fmt: skip
