"""Voyages: worked by hand, and as a slow walk from mark to mark tells them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracks.batch import BIN_S
from tracks.ports import Visits
from tracks.voyages import CALL_H, CALL_SPEED_KN, Voyages, voyages

DAY = 144  # marks


def visits(*spans: tuple[float, float, str], certainty: int = 4) -> Visits:
    """Return visits from mark to mark at places."""
    start, end, place = zip(*spans, strict=True)
    return Visits.make(
        len(spans),
        start=np.array(start) * BIN_S,
        end=np.array(end) * BIN_S,
        place=[name.encode() for name in place],
        country=[b"SN"] * len(spans),
        certainty=certainty,
    )


def test_a_voyage_runs_from_leaving_a_port_to_being_known_in_port_again() -> None:
    heard = np.r_[10:30, 60:63, 70:75]
    found = voyages(
        visits((0, 10, "Dakar"), (75, 90, "Mbour")), heard, shore_nmi=np.arange(len(heard))
    )
    assert found.to_records().tolist() == [
        (
            10 * BIN_S, 75 * BIN_S, b"Dakar", b"SN", b"Mbour", b"SN",
            pytest.approx(65 / DAY), 1, pytest.approx(27 / 6), pytest.approx(31 / 6), 27.0,
            0, pytest.approx(65 / DAY),
        )
    ]  # fmt: skip


def test_one_that_lasts_reaches_to_when_the_ship_was_last_heard() -> None:
    known = visits((0, 10, "Dakar"))
    (found,) = voyages(known, np.array([20, 300])).to_records().tolist()
    assert math.isnan(found[1])
    assert found[4:6] == (b"", b"")
    assert found[6:9] == (pytest.approx(290 / DAY), 2, pytest.approx(2 / 6))
    assert not len(voyages(known, np.array([5, 10])))
    assert not len(voyages(Visits.empty(), np.array([5, 10])))


def test_a_visit_that_is_not_sure_or_lasts_ends_and_begins_none() -> None:
    sure = visits((0, 10, "Dakar"), (90, np.nan, "Mbour"))
    near = visits((40, 50, "Rufisque"), certainty=1)
    both = Visits.concat([sure, near]).take(np.array([0, 2, 1]))
    found = voyages(both, np.arange(100))
    assert [row[2:5:2] for row in found.to_records().tolist()] == [(b"Dakar", b"Mbour")]
    assert len(found) == 1


def test_in_a_silence_it_may_have_called_if_it_could_go_there_and_back_and_stay() -> None:
    known = visits((0, 10, "Dakar"), (1000, 1001, "Dakar"))
    heard = np.r_[11:100, 160:999]  # ten hours of silence: sixty marks and one
    counts = {
        nmi: voyages(known, heard, land_nmi=nmi).unheard_calls_count[0] for nmi in (0, 30, 32)
    }
    assert counts == {0: 1, 30: 1, 32: 0}
    sure = voyages(known, heard, land_nmi=30.0).sure_days[0]
    assert sure == pytest.approx((1000 - 160) / DAY)
    assert voyages(known, heard, land_nmi=32.0).sure_days[0] == pytest.approx(990 / DAY)


def test_where_any_silence_may_hide_a_call_nobody_called_before_leaving() -> None:
    known = visits((0, 10, "Dakar"), (12, 14, "Dakar"), (20, 30, "Dakar"))
    found = voyages(known, np.array([11, 15]), call_h=0.0)
    assert found.unheard_calls_count.tolist() == [2, 2]


parts = st.lists(
    st.tuples(st.sampled_from("vvuhhhh"), st.integers(1, 400), st.sampled_from([0.0, 10.0, 90.0])),
    max_size=30,
)


@given(parts)
def test_they_are_what_a_walk_from_mark_to_mark_tells(parts: list[tuple[str, int, float]]) -> None:
    at, spans, marks, nmi = 0, [], [], []
    for kind, step, land in parts:
        at += step
        if kind == "h":
            marks.append(at)
            nmi.append(land)
        else:
            spans.append((at, at + step, kind))
            at += step
    known = visits(*spans) if spans else Visits.empty()
    known.certainty[known.place == b"u"] = 1
    found = voyages(known, np.array(marks, np.int64), np.array(nmi), np.array(nmi))
    expected = slow([s for s in spans if s[2] == "v"], list(zip(marks, nmi, strict=True)))
    assert len(found) == len(expected)
    for row, other in zip(numbers(found), expected, strict=True):
        assert row == pytest.approx(other, nan_ok=True)


def numbers(found: Voyages) -> list[list[float]]:
    names = ("start", "end", "length_days", "heard_days_count", "heard_h", "longest_silence_h",
             "max_shore_nmi", "unheard_calls_count", "sure_days")  # fmt: skip
    return np.array([getattr(found, name) for name in names]).T.tolist()


def slow(spans: list[tuple[int, int, str]], marks: list[tuple[int, float]]) -> list[list[float]]:
    told = []
    ends = [
        *((a[1], b[0]) for a, b in itertools.pairwise(spans)),
        *((s[1], None) for s in spans[-1:]),
    ]
    for left, came in ends:
        at_sea = [m for m in marks if m[0] > left and (came is None or m[0] < came)]
        moments = [(left, 0.0), *at_sea, *([] if came is None else [(came, 0.0)])]
        if len(moments) == 1 or moments[0][0] == moments[-1][0]:
            continue
        sure, since, calls, silence = 0, left, 0, 0
        for a, b in itertools.pairwise(moments):
            silence = max(silence, b[0] - a[0])
            if (b[0] - a[0]) / 6 >= CALL_H + (a[1] + b[1]) / CALL_SPEED_KN:
                calls, sure, since = calls + 1, max(sure, a[0] - since), b[0]
        end = moments[-1][0]
        told.append([
            left * BIN_S, math.nan if came is None else came * BIN_S, (end - left) / DAY,
            len({m[0] // DAY for m in at_sea}), len(at_sea) / 6, silence / 6,
            max((m[1] for m in at_sea), default=math.nan), calls,
            max(sure, end - since) / DAY,
        ])  # fmt: skip
    return told
