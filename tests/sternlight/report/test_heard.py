"""Marks of the record as arrays: against its own reader, page by page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sternlight.record import read
from sternlight.record.read import open_record
from sternlight.report.around import Around, near, of_track
from sternlight.report.heard import Heard, Sea
from tests.sternlight.records import record
from tests.sternlight.report.folders import OTHERS, PLACE, SILENT, ways
from tests.tracks.pages import DAY, Page, straight
from tracks.geodesy import NMI_M, distance_m
from tracks.way import DAY_S, MARKS


def everything(folder: Path, days: list[int]) -> Heard:
    with open_record(folder) as kept:
        return Sea.of(kept, days).marks(min(days), max(days))


def two_days() -> list[Page]:
    track = OTHERS[0]
    late = straight(track, (0.0, 179.9), (0.1, -179.9 + 360), 100, 143)
    pages = [page._replace(day=page.day + 1) for page in straight(track, (0.1, 1), (0.2, 2), 0, 9)]
    return [*late, *pages, *straight(OTHERS[1], (5, 5), (6, 6), 3, 50, (10, 20))]


def test_marks_are_those_of_the_record(tmp_path: Path) -> None:
    record(tmp_path, two_days())
    marks = everything(tmp_path, [DAY, DAY + 1])
    with open_record(tmp_path) as kept:
        slow = [(d.track, *row) for d in read.days(kept) for row in zip(*d.way(), strict=True)]
    assert [(t, b) for t, b, *_ in slow] == list(
        zip(marks.track.tolist(), marks.bin.tolist(), strict=True)
    )
    assert np.allclose([row[2:] for row in slow], np.column_stack([marks.lat, marks.lon]))


def test_pieces_begin_and_end_at_silences_and_go_on_over_midnight(tmp_path: Path) -> None:
    record(tmp_path, two_days())
    marks = everything(tmp_path, [DAY, DAY + 1])
    of = DAY * MARKS
    assert (marks.bin[marks.first] - of).tolist() == [100, 3, 21]
    assert (marks.bin[marks.last] - of).tolist() == [153, 9, 50]


def test_only_the_days_asked_for_are_read(tmp_path: Path) -> None:
    record(tmp_path, two_days())
    assert set(everything(tmp_path, [DAY + 1]).bin // MARKS) == {DAY + 1}
    with open_record(tmp_path) as kept:
        assert not len(Sea.of(kept, [DAY + 7]).marks(DAY, DAY + 9))
        assert set(Sea.of_ship(kept, [OTHERS[1]]).track.tolist()) == {OTHERS[1]}


@pytest.mark.parametrize(
    ("lon", "radius_nmi"), [(PLACE[1], 10), (PLACE[1], 3.5), (179.95, 10), (-179.99, 10)]
)
def test_who_is_near_a_place_is_found_as_by_looking_at_all(
    tmp_path: Path, lon: float, radius_nmi: float
) -> None:
    lat = PLACE[0] - 0.45
    record(tmp_path, ways(PLACE[0], lon))
    with open_record(tmp_path) as kept:
        (day,) = Around(Sea.of(kept, [DAY])).days(DAY * DAY_S, DAY * DAY_S + 5)
    marks = day.marks
    slow = distance_m(lat, lon, marks.lat, marks.lon) <= radius_nmi * NMI_M
    by = near(day, lat, lon, radius_nmi)
    assert 0 < slow.sum() < len(marks)
    assert sorted(zip(by.track, by.bin, strict=True)) == sorted(
        zip(marks.track[slow], marks.bin[slow], strict=True)
    )
    assert of_track(day, SILENT).tolist() == marks.bin[marks.track == SILENT].tolist()
    assert day.counts.sum() == len(marks)
