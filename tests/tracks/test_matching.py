"""What others saw, beside hulls that were heard or silent: by hand, and in a made-up sea."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.tracks.pages import DAY, T0, Page, marks, straight
from tracks.detections import WITHIN_S, Detections, Match, Rules
from tracks.matching import check, match

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

import evaluate_detections

ANNA, BELLA, CARLA = (257_000_000_001 + 1000 * n for n in (1, 2, 3))
NOON = T0 + 12 * 3600
MILE = 1 / 60


def seen(
    *places: tuple[float, float], t: float = NOON, size_m: float = 300.0, **more: object
) -> Detections:
    lat, lon = zip(*places, strict=True)
    return Detections.make(
        len(places),
        t=t,
        lat=lat,
        lon=(np.array(lon) + 180) % 360 - 180,
        uncertainty_m=size_m,
        **more,
    )


def told(pages: list[Page], what: Detections, rules: Rules | None = None) -> list[Match]:
    standing = marks(pages).of_all(np.unique(what.t), WITHIN_S)
    nobody = np.zeros(len(what), np.bool_)
    return match(what, [0] * len(what), nobody, standing, rules or Rules())


def crossing(
    track: int, lat: float = 10.0, lon: float = 20.0, silent: tuple[int, int] = (0, -1)
) -> list[Page]:
    """A ship that goes north at 12 kn and is at `lat` at noon."""
    return straight(track, (lat - 1, lon), (lat + 1, lon), 42, 102, silent)


@pytest.mark.parametrize("lon", [20.0, 180.0])
def test_a_hull_that_was_heard_there_was_seen_as_well(lon: float) -> None:
    [one] = told(crossing(ANNA, lon=lon), seen((10.001, lon + 0.001)))
    assert (one.kind, one.track) == ("seen as well", ANNA)
    assert one.away_nmi == pytest.approx(np.hypot(0.06, 0.06 * np.cos(np.radians(10))), rel=0.02)
    assert one.odds > 20


def test_two_ships_side_by_side_cannot_be_told_apart() -> None:
    pages = [*crossing(ANNA), *crossing(BELLA, lon=20 + 0.1 * MILE)]
    [one] = told(pages, seen((10, 20 + 0.05 * MILE)))
    assert one.kind == "ambiguous"
    assert {ANNA, BELLA} <= set(one.between)
    assert not one.track


def test_if_both_are_seen_apart_enough_each_is_told() -> None:
    pages = [*crossing(ANNA), *crossing(BELLA, lon=20 + 1 * MILE)]
    found = told(pages, seen((10, 20 + 1 * MILE), (10, 20)))
    assert [one.track for one in found] == [BELLA, ANNA]


def test_lengths_tell_what_places_cannot() -> None:
    pages = [*crossing(ANNA), *crossing(BELLA, lon=20 + 0.1 * MILE)]
    what = seen((10, 20 + 0.05 * MILE), length_m=190.0)
    [one] = told(pages, what, Rules(lengths_m={ANNA: 200.0, BELLA: 20.0}))
    assert (one.kind, one.track) == ("seen as well", ANNA)


def test_a_silent_hull_that_alone_could_be_there_is_told_with_its_speeds() -> None:
    pages = crossing(ANNA, silent=(69, 75))  # from 11:20 to 12:40
    [one] = told(pages, seen((10, 20)))
    assert (one.kind, one.track) == ("fills a gap", ANNA)
    assert one.silent == (T0 + 68 * 600, T0 + 76 * 600)
    assert one.implied_kn == pytest.approx((12, 12), rel=0.02)
    assert one.odds > 10


def test_two_silent_hulls_that_both_could_be_there_stay_ambiguous() -> None:
    pages = [*crossing(ANNA, silent=(69, 75)), *crossing(BELLA, lon=20.01, silent=(69, 75))]
    [one] = told(pages, seen((10, 20)))
    assert one.kind == "ambiguous"
    assert {ANNA, BELLA} < set(one.between)
    assert not one.track


def test_a_silent_hull_that_could_be_either_of_two_is_neither_for_sure() -> None:
    pages = crossing(ANNA, silent=(69, 75))
    found = told(pages, seen((10, 20 - 2.2 * MILE), (10, 20 + 2.2 * MILE)))
    assert [one.kind for one in found] == ["ambiguous", "ambiguous"]
    assert not any(one.track for one in found)


def test_a_long_silence_fits_everybody_and_so_nobody() -> None:
    others = [page for n in range(5) for page in crossing(BELLA + 1000 * n, lon=20.22 + 0.02 * n)]
    [one] = told([*crossing(ANNA, silent=(45, 99)), *others], seen((10, 20)))
    assert one.kind == "outside hearing"
    assert not one.track
    assert one.silent_count == 1


def test_where_ships_near_by_were_heard_a_ship_that_fits_none_is_without_ais() -> None:
    pages = [*crossing(ANNA), *crossing(BELLA, lon=20.1)]
    [near] = told(pages, seen((10, 20 + 3 * MILE)))
    [far] = told(pages, seen((10, 22)))
    assert (near.kind, near.witnesses_count) == ("without AIS", 2)
    assert (far.kind, far.witnesses_count) == ("outside hearing", 0)


def test_beside_a_hull_that_nothing_else_fits_nobody_is_called_without_ais() -> None:
    lies = straight(ANNA, (10, 20), (10, 20), 42, 102)
    pages = [*lies, *crossing(BELLA, lon=20.1)]
    beside = (10, 20 + 0.95 * MILE)
    [one] = told(pages, seen(beside, size_m=50.0))
    assert (one.kind, set(one.between)) == ("ambiguous", {ANNA, 0})
    anna, other = told(pages, seen((10, 20), beside, size_m=50.0))
    assert (anna.track, other.kind) == (ANNA, "without AIS")


def test_no_order_of_hulls_and_detections_changes_what_is_told() -> None:
    pages = [
        *crossing(ANNA),
        *crossing(BELLA, lon=20.05),
        *crossing(CARLA, lon=22, silent=(69, 75)),
    ]
    places = [(10.0, 20.0), (10.0, 20.05), (10.0, 22.0), (10.2, 24.0)]
    forward = told(pages, seen(*places))
    back = told(pages[::-1], seen(*places[::-1]))
    assert [m.kind for m in forward] == [m.kind for m in back[::-1]]
    assert [m.track for m in forward] == [m.track for m in back[::-1]] == [ANNA, BELLA, CARLA, 0]


def test_a_hull_known_by_its_identity_is_nobody_else_in_that_scene() -> None:
    what = seen((10, 20), (10, 20 + 0.1 * MILE))
    standing = marks(crossing(ANNA)).of_all(np.array([NOON]), WITHIN_S)
    nobody = np.zeros(2, np.bool_)
    found = match(what, [ANNA, 0], nobody, standing, Rules())
    assert found[1].kind == "outside hearing"


@pytest.mark.parametrize(
    ("place", "silent", "kind"),
    [
        ((10, 20), (0, -1), "seen as well"),
        ((10, 21), (0, -1), "contradicts"),
        ((10, 20.1), (60, 84), "fills a gap"),
        ((10, 24), (60, 84), "contradicts"),
    ],
)
def test_an_identity_is_a_claim_that_place_and_time_may_contradict(
    place: tuple[float, float], silent: tuple[int, int], kind: str
) -> None:
    pages = crossing(ANNA, silent=silent)
    what = seen(place)
    [one] = check(what, marks(pages).of(np.array([ANNA]), what.t))
    assert one is not None
    assert (one.kind, one.track) == (kind, ANNA)


def test_of_a_hull_not_heard_before_nothing_is_said() -> None:
    what = seen((9, 20), t=float(DAY * 86_400 + 6 * 3600))
    assert check(what, marks(crossing(ANNA)).of(np.array([ANNA]), what.t)) == [None]


def test_in_a_busy_sea_hulls_heard_are_matched_rightly_and_none_wrongly() -> None:
    """Five ships in 100 square miles, sure to within 500 m; whole table: docs/detections.md."""
    count: Counter[tuple[str, str]] = evaluate_detections.outcome(0.05, 500.0, range(2))
    heard = {came: n for (truth, came), n in count.items() if truth == "heard"}
    assert sum(heard.values()) > 1000
    assert heard["right"] >= 0.95 * sum(heard.values())
    assert not heard.get("wrong")
    assert not count["silent", "wrong"]
