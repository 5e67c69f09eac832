"""The ways of the map: read again as the page's script does, they are the record's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sternlight.record.read import open_record
from sternlight.report.heard import Heard, Sea
from sternlight.report.waylines import UNITS_PER_DEG, Meridian, thinned, waylines
from tests.sternlight.records import record
from tests.sternlight.report.folders import CARRIER, PLACE, SILENT, ways
from tests.tracks.pages import DAY, straight
from tracks.batch import HULLS_PER_MMSI
from tracks.way import MARKS

FIRST = DAY * MARKS


def marks(folder: Path, lon: float = PLACE[1]) -> Heard:
    record(folder, ways(PLACE[0], lon))
    with open_record(folder) as kept:
        return Sea.of(kept, [DAY]).marks(DAY, DAY)


def read_again(pieces: list[list[int]]) -> list[np.ndarray]:
    """Return mark, latitude and longitude of each point of each piece."""
    flat = np.cumsum(np.array([v for piece in pieces for v in piece]).reshape(-1, 3), axis=0)
    sizes = np.cumsum([len(piece) // 3 for piece in pieces])[:-1]
    return np.split(flat / (1, UNITS_PER_DEG, UNITS_PER_DEG), sizes)


@pytest.mark.parametrize("lon", [PLACE[1], 179.9, -179.5])
def test_every_mark_lies_on_its_way(tmp_path: Path, lon: float) -> None:
    heard = marks(tmp_path, lon)
    meridian = Meridian.amid(heard.lon)
    lines = waylines(heard, FIRST, meridian)
    assert [line.track for line in lines] == np.unique(heard.track).tolist()
    on = meridian.on(heard.lon)
    for line in lines:
        pieces = read_again(line.pieces)
        for row in np.flatnonzero(heard.track == line.track).tolist():
            mark = heard.bin[row] - FIRST
            (piece,) = [p for p in pieces if p[0, 0] <= mark <= p[-1, 0]]
            lat, x = (np.interp(mark, piece[:, 0], piece[:, i]) for i in (1, 2))
            assert abs(lat - heard.lat[row]) < 0.0002
            assert abs(x - on[row]) < 0.002  # a chord of the map is no great circle


def test_a_silence_divides_a_way(tmp_path: Path) -> None:
    lines = {w.track: w.pieces for w in waylines(marks(tmp_path), FIRST, Meridian(0.0))}
    assert [(int(p[0, 0]), int(p[-1, 0])) for p in read_again(lines[SILENT])] == [
        (0, 48),
        (96, 143),
    ]
    assert len(lines[CARRIER]) == 1


def test_no_line_is_drawn_across_the_map_where_a_way_leaves_it(tmp_path: Path) -> None:
    track = 538_900_009 * HULLS_PER_MMSI + 1
    record(tmp_path, straight(track, (0.0, 170.0), (0.0, 190.0), 0, 100))
    with open_record(tmp_path) as kept:
        heard = Sea.of(kept, [DAY]).marks(DAY, DAY)
    (cut,) = waylines(heard, FIRST, Meridian(0.0))
    assert len(cut.pieces) == 2
    assert all(
        np.abs(np.diff(piece[:, 2])).max(initial=0) < 180 for piece in read_again(cut.pieces)
    )
    (whole,) = waylines(heard, FIRST, Meridian.amid(heard.lon))
    assert len(whole.pieces) == 1


def test_too_many_points_are_thinned_but_those_of_spared_ships_and_ends(tmp_path: Path) -> None:
    heard = marks(tmp_path)
    heard = Heard(*(getattr(heard, n) for n in ("track", "bin", "lat", "lon", "first", "last")),
                  np.ones(len(heard), np.bool_))  # fmt: skip
    few = thinned(heard, len(heard) // 10, np.array([CARRIER]))
    assert few.kept.sum() < len(heard) / 4
    assert few.kept[few.track == CARRIER].all()
    assert len(waylines(few, FIRST, Meridian(0.0))) == len(waylines(heard, FIRST, Meridian(0.0)))
    assert thinned(heard, len(heard), np.array([CARRIER])) is heard


def test_nothing_heard_is_no_way() -> None:
    assert waylines(Heard.empty(), 0, Meridian.amid(np.empty(0))) == []
