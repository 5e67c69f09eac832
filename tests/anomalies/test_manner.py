"""How a vessel came, stayed and left, played with single ships."""

import numpy as np
import pytest

from anomalies.loitering import Loitering
from tests.fleets import ANNA, Stretch, events, fixes, voyage

SAIL, DRIFT = Stretch(4, 12.0), Stretch(7, 0.8, 215.0)


def stayed(*stretches: Stretch, status: int = 0) -> dict[str, float]:
    heard = fixes(voyage(ANNA, 58.0, 5.0, *stretches))
    heard.nav_status[:] = status
    (event,) = events(Loitering(), heard).values()
    return dict(event.evidence.measured)


def test_a_carrier_that_stops_broke_a_passage_and_drifted_straight() -> None:
    values = stayed(SAIL, DRIFT, SAIL)
    assert values["before_fastest_kn"] == pytest.approx(12, abs=0.1)
    assert values["after_fastest_kn"] == pytest.approx(12, abs=0.1)
    assert values["fastest_kn"] == pytest.approx(0.8, abs=0.01)
    assert values["drift_share"] == pytest.approx(1, abs=0.01)
    assert values["held_spread_nmi"] > 1.5


def test_the_slowing_down_does_not_count_as_speed_of_the_stay() -> None:
    values = stayed(SAIL, Stretch(0.25, 5.0), DRIFT, Stretch(0.25, 5.0), SAIL)
    assert values["fastest_kn"] == pytest.approx(0.8, abs=0.01)


def test_who_fishes_with_lines_moves_on_in_between() -> None:
    drift, move = Stretch(1.5, 0.6, 215.0), Stretch(1 / 6, 6.0, 35.0)
    values = stayed(SAIL, drift, move, drift, move, drift, move, drift, SAIL)
    assert values["fastest_kn"] == pytest.approx(6, abs=0.1)
    assert values["drift_share"] < 0.6


def test_a_ship_at_anchor_holds_its_place_whatever_came_before() -> None:
    values = stayed(SAIL, Stretch(1 / 3, 4.0), Stretch(8, 0.0), SAIL, status=1)
    assert values["held_spread_nmi"] < 0.05 < values["spread_nmi"]
    assert values["at_rest_share"] == 1


def test_what_was_not_heard_before_and_after_is_not_said() -> None:
    values = stayed(DRIFT)
    assert {"before_fastest_kn", "after_fastest_kn"}.isdisjoint(values)


def test_a_stay_as_short_as_an_hour_can_be_measured() -> None:
    heard = fixes(voyage(ANNA, 58.0, 5.0, SAIL, Stretch(1.2, 0.0), SAIL))
    (event,) = events(Loitering(min_duration_h=0.5), heard).values()
    assert np.isfinite(list(event.evidence.measured.values())).all()
