"""The definition of each published sign, held against an example worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalies import features as make
from anomalies.features import SHIP_KINDS, Calls, Features, ShipDays, one_a_day, summed
from anomalies.indicators import INDICATORS, Indicator
from anomalies.standing import Mark, standings

DAY = 86_400.0
NAN = np.nan


def days(*rows: tuple[int, int, int, int], **columns: object) -> ShipDays:
    """Return days of ships: (ship, day, marks heard, marks near port), heard from 1 to 23 h."""
    ship, day, heard, port = (np.array(c) for c in zip(*rows, strict=True))
    first, last = day * DAY + 3600, day * DAY + 23 * 3600
    told = {"heard_count": heard, "port_count": port, "first": first, "last": last}
    return ShipDays.make(len(rows), ship=ship, day=day, **told, **columns)


def calls(*rows: tuple[float, float, float], **columns: object) -> Calls:
    """Return visits of ship 0: (first day, last day, hours heard there)."""
    start, end, heard_h = (np.array(c) for c in zip(*rows, strict=True))
    return Calls.make(len(rows), start=start * DAY, end=end * DAY, heard_h=heard_h, **columns)


def at_sea(through: range, every: int) -> float:
    """Return the longest time at sea of a ship heard on some days, in port on days 0 and 200."""
    rows = [(0, 0, 60, 60), *((0, day, 60, 0) for day in through[::every]), (0, 200, 60, 9)]
    return float(make.at_sea_days(1, days(*rows))[0])


def fishing(in_24_h: float, in_port: int = 0, days_count: int = 10) -> float:
    """Return the hours a day of a ship that was heard for 12 h on each day at sea."""
    rows = [(0, day, 72, 0) for day in range(days_count)] + [(0, 40, 60, 60)]
    counts = [round(in_24_h * 3)] * days_count + [in_port]  # of 72 marks: an hour is three
    return float(make.fishing_per_day_h(1, days(*rows, fishing_count=counts))[0])


def shore(farthest: list[float], reach_nmi: float) -> float:
    rows = days(*((0, day, 60, 0) for day in range(len(farthest))), max_shore_nmi=farthest)
    return float(make.max_shore_nmi(1, rows, reach_nmi, 200.0)[0])


def beyond(marks: list[int], reach_nmi: float = 300.0) -> float:
    rows = days(*((0, day, 100, 20) for day in range(len(marks))), high_seas_count=marks)
    return float(make.high_seas_share(1, rows, reach_nmi)[0])


def foreign(*where: str) -> float:
    rows = calls(
        *((day, day + 0.5, 6) for day in range(len(where))),
        located=[country != "" for country in where],
        foreign=[country not in ("", "NO") for country in where],
    )
    return float(make.foreign_visits_count(1, rows)[0])


def voyage(*lengths: float) -> float:
    """Return the usual voyage of a ship that lay in port for a day between voyages."""
    begins = np.cumsum([0.0, *(length + 1 for length in lengths)])
    gone = make.voyages(calls(*((begin, begin + 1, 24) for begin in begins)))
    return float(make.usual_voyage_days(1, *gone)[0])


def still(*visits: tuple[float, float, float]) -> float:
    return float(make.still_days(1, calls(*visits))[0])


class Example(NamedTuple):
    """What a function makes of an example, and what comes out by hand: two of each."""

    shown: Callable[[], float]
    by_hand: float
    not_shown: Callable[[], float]
    by_hand_too: float


EVENTS = Example(
    lambda: summed([0.2, 0.4, 0.3]), 0.4 + 0.3 / 2 + 0.2 / 4,
    lambda: summed([0.2, 0.3]), 0.3 + 0.2 / 2,
)  # fmt: skip
EXAMPLES: dict[str, Example] = {
    # Heard on every ninth day from 1 to 100: the silences are shorter than ten days.  On every
    # twelfth they are longer, and each day stands alone: from 1 h to 23 h.
    "long_at_sea": Example(
        lambda: at_sea(range(1, 101), 9), 99 + 22 / 24, lambda: at_sea(range(1, 101), 12), 22 / 24
    ),
    "usual_voyage": Example(lambda: voyage(80, 10, 70), 70, lambda: voyage(20, 90, 30), 30),
    "far_out": Example(lambda: shore([20, 250, 40], 260), 250, lambda: shore([20, 40], 260), 40),
    "high_seas": Example(lambda: beyond([60, 60]), 120 / 160, lambda: beyond([8, 8]), 16 / 160),
    "reflagged": Example(lambda: 2, 2, lambda: 1, 1),  # tests/sternlight/test_record_features.py
    "renamed": Example(lambda: 3, 3, lambda: 2, 2),  # the same
    "foreign_ports": Example(
        lambda: foreign("SE", "NO", "DK", "SE", "", "GB"), 4, lambda: foreign("NO", "SE", ""), 1
    ),
    # 45 of 72 marks are 62.5 % of the time: 15 of 24 hours.
    "fishing_hours": Example(lambda: fishing(15), 15, lambda: fishing(9), 9),
    # A hundred days heard for half of the time, and for a little less.
    "lies_still": Example(
        lambda: still((0, 100, 1200), (150, 190, 960)), 100,
        lambda: still((0, 100, 1199), (150, 190, 960)), 40,
    ),
    "flag": Example(lambda: 1, 1, lambda: 0, 0),  # the same
    **dict.fromkeys(
        ("transshipment", "loitering", "dark_gap", "identity", "long_voyage", "listed"), EVENTS
    ),
}  # fmt: skip


@pytest.mark.parametrize("one", INDICATORS, ids=lambda one: one.name)
def test_each_definition_gives_what_its_example_gives_by_hand(one: Indicator) -> None:
    example = EXAMPLES[one.name]
    for made, by_hand, shown in (
        (example.shown(), example.by_hand, True),
        (example.not_shown(), example.by_hand_too, False),
    ):
        assert made == pytest.approx(by_hand)
        assert _shows(one, made) == shown


def _shows(one: Indicator, value: float) -> bool:
    row = {one.feature: value, "kind": SHIP_KINDS.index("fishing"), "memory_days": 400.0}
    marks = [Mark("a", one.kind, value, "Says.")] if one.kind else []
    (standing,) = standings(Features.make(1, **row), [marks])
    return one.name in [sign.indicator.name for sign in standing.signs if sign.shown]


def test_a_day_in_port_ends_the_time_at_sea() -> None:
    rows = [(0, day, 60, 5 * (day == 50)) for day in range(100)]
    assert make.at_sea_days(1, days(*rows))[0] == pytest.approx(49 + 22 / 24)


def test_ships_do_not_mix_and_one_that_was_never_at_sea_has_0() -> None:
    rows = days(*((0, day, 60, 0) for day in range(5)), (1, 5, 60, 60), (2, 6, 60, 0))
    assert make.at_sea_days(4, rows).tolist() == pytest.approx([4 + 22 / 24, 0, 22 / 24, 0])


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (shore([20, 40], 60), "nobody was heard 200 nmi out"),
        (shore([20, 40], NAN), "nobody knows how far out anybody was heard"),
        (shore([NAN], 300), "it was never heard in a known place"),
        (beyond([0, 0], 100), "nobody was heard beyond 200 nmi"),
        (beyond([60]), "heard at sea for less than a day"),
        (foreign("", ""), "no port has a country"),
        (voyage(80, 90), "fewer than three voyages"),
        (voyage(80, 0.1, 90), "a move within the harbour is no voyage"),
        (fishing(0), "never said that it fished"),
        (fishing(15, in_port=40), "said so in port as well"),
        (fishing(24), "said so all the time"),
        (fishing(15, days_count=9), "too few days"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_seen_is_nan_and_not_zero(made: float, why: str) -> None:
    assert np.isnan(made), why


def test_what_is_shown_shows_that_it_can_be_seen() -> None:
    assert shore([250], NAN) == 250
    assert beyond([60, 60], NAN) == 120 / 160


def test_days_of_several_hulls_of_a_ship_are_one_day() -> None:
    rows = days((1, 7, 20, 2), (0, 8, 5, 0), (1, 6, 9, 0), (1, 7, 30, 0),
                max_shore_nmi=[NAN, 4, 5, 9])  # fmt: skip
    joined = one_a_day(rows)
    assert joined.ship.tolist() == [0, 1, 1]
    assert joined.day.tolist() == [8, 6, 7]
    assert joined.heard_count.tolist() == [5, 9, 50]
    assert joined.port_count.tolist() == [0, 0, 2]
    assert joined.max_shore_nmi.tolist() == [4, 5, 9]


scores = st.lists(st.floats(0, 1), max_size=60)


@given(scores, st.floats(0, 1), st.randoms(use_true_random=False))
def test_a_sum_of_scores_is_bounded_grows_and_has_no_order(
    some: list[float], more: float, random
) -> None:
    shuffled = list(some)
    random.shuffle(shuffled)
    assert max(some, default=0.0) <= summed(some) <= min(1, 2 * max(some, default=0.0))
    assert summed(shuffled) == summed(some) <= summed([*some, more])


def test_nothing_is_made_of_no_rows() -> None:
    none, no_calls = ShipDays.empty(), Calls.empty()
    assert make.at_sea_days(2, one_a_day(none)).tolist() == [0, 0]
    assert make.still_days(2, no_calls).tolist() == [0, 0]
    for column in (
        make.max_shore_nmi(2, none, 300, 200),
        make.high_seas_share(2, none, 300),
        make.fishing_per_day_h(2, none),
        make.foreign_visits_count(2, no_calls),
        make.usual_voyage_days(2, *make.voyages(no_calls)),
    ):
        assert np.isnan(column).all()
