"""How two vessels came together and parted, played with small fleets."""

import pytest

from anomalies.encounter import Encounter
from anomalies.event import Event
from tests.fleets import ANNA, BELLA, Stretch, events, fixes, voyage

LAT, LON = 58.0, 5.0
DRIFT = Stretch(4, 0.7, 215.0)
EAST_M = 0.0017  # degrees of longitude: 100 m


def met(*fleets: list, **how: object) -> Event:
    (event,) = events(Encounter(), fixes([row for rows in fleets for row in rows]), **how).values()
    return event


def carrier() -> list:
    """Comes from the south for three hours, lies beside for four, goes north."""
    south = LAT - 3 * 12 / 60
    passages = Stretch(3, 12.0, 0.0), DRIFT, Stretch(6, 12.0, 0.0)
    return voyage(ANNA, south, LON + EAST_M, *passages)


def fisher(**other: float) -> list:
    """Works to and fro over some miles, drifts for four hours, works."""
    there, back = Stretch(1.5, 3.4, 90.0), Stretch(1.5, 3.4, 270.0)
    return voyage(BELLA, LAT, LON, there, back, DRIFT, there, back, *[Stretch(3, 3.4, 90.0)])


def said(event: Event) -> dict[str, float]:
    return dict(event.evidence.measured)


def test_a_carrier_and_a_fisher_come_from_apart_and_part() -> None:
    values = said(met(carrier(), fisher()))
    assert values["approach_nmi"] == pytest.approx(24, abs=2.5)
    assert values["parting_nmi"] == pytest.approx(24, abs=4)
    assert values["slower_fastest_kn"] == pytest.approx(3.4, abs=0.1)
    assert values["held_spread_nmi"] == pytest.approx(1.4, abs=0.2)
    assert values["dark_h"] == 0


def test_at_a_ship_that_lies_there_the_other_one_calls() -> None:
    lies = voyage(BELLA, LAT, LON, Stretch(14, 0.0))
    comes = voyage(ANNA, LAT - 0.6, LON, Stretch(3, 12.0), Stretch(4), Stretch(6, 12.0))
    values = said(met(lies, comes))
    assert values["slower_fastest_kn"] == pytest.approx(0, abs=0.01)
    assert values["held_spread_nmi"] == pytest.approx(0, abs=0.01)
    assert values["approach_nmi"] > 20


def test_neighbours_that_swing_past_each_other_were_never_apart() -> None:
    one = voyage(ANNA, LAT, LON, Stretch(14))
    away = Stretch(3), Stretch(0.5, 0.4, 90.0), Stretch(3), Stretch(1, 0.4, 90.0), Stretch(6)
    two = voyage(BELLA, LAT, LON + 2 * EAST_M, *away)
    values = said(met(one, two, until=None))
    assert "approach_nmi" not in values  # they were together when the recording began
    assert values["parting_nmi"] < 1


def test_how_they_came_is_not_said_of_ships_heard_only_when_they_were_there() -> None:
    silent = voyage(
        ANNA, LAT - 0.6, LON + EAST_M, Stretch(3, 12.0, heard=False), DRIFT, Stretch(6, 12.0)
    )
    values = said(met(silent, fisher()))
    assert "approach_nmi" not in values
    assert values["parting_nmi"] > 20


def test_hours_unheard_are_shown_apart_from_hours_apart() -> None:
    dark = Stretch(2.5, 0.0), Stretch(2, 0.0, heard=False), Stretch(3, 0.0)
    sails = Stretch(2.5, 0.0), Stretch(1, 6.0, 0.0), Stretch(1, 6.0, 180.0), Stretch(3, 0.0)
    stays = voyage(ANNA, LAT, LON, Stretch(7.5))
    unheard = said(met(stays, voyage(BELLA, LAT, LON + EAST_M, *dark)))
    apart = said(met(stays, voyage(BELLA, LAT, LON + EAST_M, *sails)))
    assert unheard["dark_h"] == pytest.approx(2, abs=0.4)
    assert apart["dark_h"] == 0
    for values in (unheard, apart):
        assert values["duration_h"] - values["heard_h"] == pytest.approx(2, abs=0.5)


def test_who_said_it_was_at_anchor_is_shown() -> None:
    heard = fixes(carrier() + fisher())
    heard.nav_status[heard.track == ANNA] = 1
    (event,) = events(Encounter(), heard).values()
    assert said(event)["at_rest_share"] == 1
