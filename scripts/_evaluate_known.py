"""(c) What others say of some recordings, beside what we say of them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from _evaluate_conformance import Row, events_in, fixes, span
from _evaluate_tables import STRONG

from anomalies.encounter import Encounter
from anomalies.event import Event
from anomalies.gap import Gap
from anomalies.score import assess
from tracks.batch import Fixes
from tracks.places import Places


def unix(text: str) -> float:
    """Return a written time as Unix seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def read_table(path: Path, parse: Callable[[str], float], *columns: str) -> Fixes:
    """Read the columns for MMSI, time, latitude and longitude; wild positions are left out."""
    mmsi, t, lat, lon = columns
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        rows = [
            (int(r[mmsi]), parse(r[t]), float(r[lat]), float(r[lon])) for r in csv.DictReader(file)
        ]
    rows = sorted(r for r in rows if abs(r[2]) <= 90 and abs(r[3]) <= 180)
    who, when, north, east = zip(*rows, strict=True)
    return fixes(who, t=when, lat=north, lon=east)


def published_gap(folder: Path) -> Row:
    """Return whether the gap that GFW published of 416000301 is found to the second."""
    with (folder / "tables" / "pyseas_gaps_data_416000301.csv").open(encoding="utf-8") as file:
        (gap,) = csv.DictReader(file)
    path = folder / "tables" / "pyseas_gap_positions_gfw_416000301.csv"
    found = events_in(Gap(), read_table(path, unix, "ssvid", "timestamp", "lat", "lon"))
    off, on = unix(gap["gap_start"]), unix(gap["gap_end"])
    speed_kn = float(gap["gap_implied_speed_knots"])
    wrong = [] if [(e.start, e.end) for e in found] == [(off, on)] else ["times"]
    ours_kn = [e.evidence.measured["implied_speed_kn"] for e in found]
    if any(abs(kn - speed_kn) > 0.02 for kn in ours_kn):
        wrong.append("speed")
    told = ", ".join(
        f"{span(e.start, e.end or e.start)}, {kn:.2f} kn"
        for e, kn in zip(found, ours_kn, strict=True)
    )
    expected = f"{span(off, on)}, {speed_kn:.2f} kn"
    return Row("416000301, GFW's published gap", expected, told or "nothing", ", ".join(wrong))


def other_provider(folder: Path) -> Row:
    """Return whether the longest silence of the same ship, as others heard it, is theirs."""
    with (folder / "tables" / "pyseas_gaps_data_416000301.csv").open(encoding="utf-8") as file:
        (gap,) = csv.DictReader(file)
    path = folder / "tables" / "pyseas_gap_positions_ee_416000301.csv"
    found = events_in(Gap(), read_table(path, unix, "ssvid", "timestamp", "lat", "lon"))
    lasted_h = [e.evidence.measured["duration_h"] for e in found]
    expected_h = float(gap["max_ee_gap"])
    agrees = len(lasted_h) == 1 and abs(lasted_h[0] - expected_h) < 1e-3
    ours = ", ".join(f"{h:.3f} h" for h in lasted_h) or "nothing"
    case = "416000301, as another provider heard it"
    return Row(case, f"{expected_h:.3f} h", ours, "" if agrees else "length")


def silences_of_168_h(folder: Path, places: Places) -> list[Event]:
    """Return the gaps of a week that 701000001, heard now and then by satellite, has."""
    path = folder / "tables" / "skytruth_pelagos_raw10k_2012.csv.gz"
    heard = read_table(path, float, "mmsi", "timestamp", "latitude", "longitude")
    return [
        e
        for e in events_in(Gap(), heard, places=places)
        if e.mmsis == (701000001,) and 167 < e.evidence.measured["duration_h"] < 170
    ]


def week_without_satellite(folder: Path, places: Places) -> Row:
    """Return whether the silence of 168 h in sparse reception is told, and not as a dark one."""
    scores = [assess(e, {}).score for e in silences_of_168_h(folder, places)]
    agrees = len(scores) == 1 and scores[0] < STRONG
    ours = ", ".join(f"a gap with a score of {score:.2f}" for score in scores) or "nothing"
    expected = f"one gap, less than {STRONG}: satellites hear it now and then"
    return Row("701000001, 168 h", expected, ours, "" if agrees else "score")


def solent_fixes(folder: Path) -> Fixes:
    """Return 84 minutes of pilots and ferries in port."""
    path = folder / "tables" / "stonesoup_SolentAIS_20160112.csv"
    return read_table(path, unix, "MMSI", "Time", "Latitude_degrees", "Longitude_degrees")


def solent(folder: Path, places: Places) -> Row:
    """Return whether they bring no encounter."""
    found = events_in(Encounter(min_duration_h=0.5), solent_fixes(folder), places=places)
    case = "the Solent, even if half an hour of meeting were enough"
    ours = f"{len(found) or 'nothing'}"
    return Row(case, "nothing: all are in port", ours, "encounters" if found else "")


def of_recordings(folder: Path, places: Places) -> list[Row]:
    """Return a row for each recording of which others have a result."""
    return [
        published_gap(folder),
        other_provider(folder),
        week_without_satellite(folder, places),
        solent(folder, places),
    ]
