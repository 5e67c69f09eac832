"""Who stays near a vessel while it stays, played with small fleets."""

import pytest

from anomalies.event import Event
from anomalies.loitering import Loitering
from tests.fleets import ANNA, BELLA, CARLA, DORA, EMMA, HOUR, T0, Stretch, events, fixes, voyage

LAT, LON = 58.0, 5.0
SAIL, DRIFT = Stretch(3, 10.0), Stretch(8, 0.6, 215.0)
HALF_NMI = 0.5 / 60


def of_anna(*others: list, **how: object) -> Event:
    rows = voyage(ANNA, LAT, LON, SAIL, DRIFT, SAIL)
    heard = fixes(rows + [row for other in others for row in other])
    return next(e for e in events(Loitering(), heard, **how).values() if e.tracks == (ANNA,))


def beside(track: int, north_nmi: float, *stretches: Stretch) -> list:
    return voyage(track, LAT + north_nmi / 60, LON, *(stretches or (SAIL, DRIFT, SAIL)))


def count(event: Event) -> float:
    return event.evidence.measured["companions_count"]


def test_who_drifts_within_a_mile_keeps_company_and_is_named() -> None:
    event = of_anna(beside(BELLA, 0.5), beside(CARLA, 3.0))
    assert count(event) == 1
    assert event.evidence.others == (BELLA,)


def test_of_a_great_fleet_three_are_named() -> None:
    names = (BELLA, CARLA, DORA, EMMA)
    event = of_anna(*(beside(t, 0.1 * i + 0.2) for i, t in enumerate(names)))
    assert count(event) == 3
    assert len(event.evidence.others) == 3


@pytest.mark.parametrize(("hours", "companions"), [(2.5, 0), (6.5, 1)])
def test_a_companion_stays_for_half_of_the_time(hours: float, companions: int) -> None:
    leaves = SAIL, Stretch(hours, 0.6, 215.0), Stretch(10, 10.0)
    assert count(of_anna(beside(BELLA, 0.5, *leaves))) == companions


def test_who_passes_at_speed_is_no_company() -> None:
    to_and_fro = [Stretch(0.5, 4.0, course) for course in (0.0, 180.0)] * 8
    assert count(of_anna(beside(BELLA, 0.2, SAIL, *to_and_fro, SAIL))) == 0


def test_a_companion_that_left_hours_ago_is_still_named_with_its_lines() -> None:
    rows = beside(BELLA, 0.5, SAIL, Stretch(6.5, 0.6, 215.0), Stretch(10, 10.0))
    heard = fixes(voyage(ANNA, LAT, LON, SAIL, Stretch(10, 0.6, 215.0), SAIL) + rows)
    cuts = [T0 + h * HOUR for h in range(3, 17)]
    found = events(Loitering(), heard, cuts=cuts)
    event = next(e for e in found.values() if e.tracks == (ANNA,))
    assert count(event) == 1
    lines = set(heard.line[heard.track == BELLA].tolist())
    assert len(lines & set(event.evidence.lines)) > 30
