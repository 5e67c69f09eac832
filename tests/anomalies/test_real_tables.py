"""Real tracks of ../shared/recordings: what is known of them must be found."""

import csv
import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from anomalies.encounter import Encounter
from anomalies.gap import Gap
from anomalies.score import assess
from tests.fleets import HOUR, events
from tests.recordings import ROOT, recording
from tracks.batch import HULLS_PER_MMSI, Fixes
from tracks.places import Places


def iso(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def table(path: Path, parse: Callable[[str], float], *columns: str) -> Fixes:
    """Read the columns for MMSI, time, latitude and longitude."""
    mmsi, t, lat, lon = columns
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        rows = [
            (int(r[mmsi]), parse(r[t]), float(r[lat]), float(r[lon])) for r in csv.DictReader(file)
        ]
    rows = sorted(r for r in rows if abs(r[2]) <= 90 and abs(r[3]) <= 180)
    who, when, north, east = (np.array(column) for column in zip(*rows, strict=True))
    return Fixes.make(
        len(rows),
        track=who * HULLS_PER_MMSI + 1,
        mmsi=who,
        t=when,
        lat=north,
        lon=east,
        line=np.arange(len(rows)),
    )


def places() -> Places:
    return Places.load(ROOT / "config" / "places")


def test_gfws_published_gap_of_416000301_is_found_to_the_second() -> None:
    path = recording("tables/pyseas_gap_positions_gfw_416000301.csv")
    heard = table(path, iso, "ssvid", "timestamp", "lat", "lon")
    (gap,) = events(Gap(), heard).values()
    assert gap.start == iso("2018-12-25 11:40:42")
    assert gap.end == iso("2018-12-26 04:25:31")
    assert gap.evidence.measured["implied_speed_kn"] == pytest.approx(3.768, abs=0.02)


def test_a_week_without_a_satellite_is_not_a_dark_gap() -> None:
    path = recording("tables/skytruth_pelagos_raw10k_2012.csv.gz")
    heard = table(path, float, "mmsi", "timestamp", "latitude", "longitude")
    long = [
        e
        for e in events(Gap(), heard, places=places()).values()
        if e.mmsis == (701000001,) and 167 < e.evidence.measured["duration_h"] < 170
    ]
    assert len(long) == 1
    judged = assess(long[0], {})
    assert judged.score < 0.5
    assert any("sparse" in f.says for f in judged.objections)


def test_pilots_and_ferries_in_the_solent_make_no_transshipment() -> None:
    path = recording("tables/stonesoup_SolentAIS_20160112.csv")
    heard = table(path, iso, "MMSI", "Time", "Latitude_degrees", "Longitude_degrees")
    assert not events(Encounter(), heard, places=places())
    # Even if half an hour were enough, all of them are in port.
    assert not events(Encounter(min_duration_h=0.5), heard, places=places())
    for found in events(Encounter(min_duration_h=0.5), heard).values():
        assert assess(found, {}).score < 0.5
    assert float(heard.t.max() - heard.t.min()) < 2 * HOUR
