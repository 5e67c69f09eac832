"""Other stations than the standard one: who hears what, and what is counted when."""

import math
import sys
from dataclasses import replace

import numpy as np
import pytest

from tests.recordings import ROOT

sys.path.append(str(ROOT / "scripts"))

import _evaluate_gaps as gaps
import _evaluate_reception as reception
import _evaluate_sea as sea
import _evaluate_stations as stations
from _evaluate_metrics import Span
from _evaluate_run import Found

from receiver.sources import sea_traffic
from sternlight.data import load_places
from sternlight.settings import load as settings_in_use
from tracks.batch import BIN_S

HOUR, DAY = 3600.0, 86400.0
T0 = gaps.START
CAST = sea.Cast({sea_traffic.Trawler: 6, sea_traffic.Passer: 4, sea_traffic.DayBoat: 6})
END = T0 + 2 * DAY


@pytest.fixture(scope="module")
def sent() -> sea.Recording:
    """All that is sent on a small sea in two days."""
    world = sea.Play(3, CAST.vessels, T0, END, cast=CAST)
    hidden = sea.hide(world, reception.stream(3, 6), 4.0, (2.0, 10.0))
    return sea.record(world, stations.EVERYWHERE, hidden)


def placed(sent: sea.Recording, seed: int, nmi: float = 0.0, **climate: object) -> stations.Placed:
    made = reception.Climate(**climate)  # type: ignore[arg-type]
    class_b = sent.sea.register.class_b
    return stations.Placed(
        reception.Antenna.draw(made, class_b, T0, END, seed), lambda _: 1852.0 * nmi
    )


def test_two_receivers_hear_copies_of_one_transmission_and_neither_hears_in_its_outage(
    sent: sea.Recording,
) -> None:
    ears = [placed(sent, 1), placed(sent, 2, -20.0)]
    heard = stations.heard_by(sent, ears, 5)
    rows = heard.positions
    assert np.all(np.diff(rows.t) >= 0)
    assert rows.line.tolist() == list(range(len(rows)))
    for source, ear in enumerate(ears):
        mine = rows.take(rows.source == source)
        assert len(np.unique(mine.key)) == len(mine) > 1000
        ((a, z),) = ear.outages
        assert not np.any((mine.t >= a) & (mine.t < z))
    both = np.intersect1d(*(rows.key[rows.source == k] for k in (0, 1)))
    assert len(both) > 1000
    assert np.isin(rows.key, sent.positions.key).all()
    assert heard.antenna.outages == ears[0].outages + ears[1].outages


def test_a_receiver_hears_as_far_from_where_it_stands_as_the_same_antenna_at_home(
    sent: sea.Recording,
) -> None:
    here, there = placed(sent, 1), placed(sent, 1, 30.0)
    ship, t, one = np.zeros(50, np.int64), np.full(50, T0 + HOUR), np.ones(50)
    at = 1852 * np.linspace(1, 60, 50) * np.exp(2j)
    assert there.chance(ship, t, at + 30 * 1852, one) == pytest.approx(
        here.chance(ship, t, at, one)
    )
    assert there.silent(ship, t, at + 30 * 1852, one) == pytest.approx(
        here.silent(ship, t, at, one)
    )


def test_of_two_ears_both_must_miss_a_ship_and_who_transmits_to_nobody_is_missed(
    sent: sea.Recording,
) -> None:
    deaf = placed(sent, 1, range_nmi=(0.1, 0.1), soft_nmi=(0.1, 0.1))
    good = placed(sent, 2, range_nmi=(900.0, 900.0), outages_count=0, weak_spells_count=0)
    ship, t, at = np.array([0]), np.array([T0 + HOUR]), np.array([30_000 + 0j])
    sent_count = np.array([60.0])

    def silent(*ears: stations.Ear) -> float:
        return float(stations.Ears(ears, sent.antenna).silent(ship, t, at, sent_count)[0])

    assert silent(deaf, good) == silent(good) < 0.05
    assert silent(deaf) > 0.99


def test_satellites_hear_only_while_they_pass_and_as_often_as_is_said_of_them() -> None:
    class_b = np.arange(4000) % 2 == 1
    orbit = stations.Passes.draw(class_b, T0, END, 1)
    lasts_min = (orbit.end - orbit.begin) / 60
    assert np.all((lasts_min >= 10) & (lasts_min <= 15))
    every_h = np.diff(orbit.begin) / HOUR
    assert every_h.min() >= 1
    assert np.median(every_h) < 2 < every_h.max()  # one in eight is missing
    ship, at = np.arange(4000), np.full(4000, 40_000 - 60_000j)
    between = np.full(4000, (orbit.end[0] + orbit.begin[1]) / 2)
    one = np.ones(4000)
    assert not orbit.chance(ship, between, at, one).any()
    assert orbit.silent(ship, between, at, one) == pytest.approx(1)
    during = np.full(4000, orbit.begin[0] + BIN_S / 2)  # the ten minutes lie within the pass
    for b in (False, True):
        mine = ship[class_b == b]
        said = orbit.silent(mine, during[mine], at[mine], 30 * one[mine])
        heard = orbit.chance(mine, during[mine], at[mine], 30 * one[mine])
        assert heard.mean() == pytest.approx(1 - said.mean(), abs=0.02)
    near = np.full(4000, stations.PORT + 0j)
    assert orbit.chance(ship, during, near, one).mean() < orbit.chance(
        ship, during, at - 300_000, one).mean() / 4  # fmt: skip


def test_the_ship_with_the_receiver_sails_at_its_speed_and_turns_at_the_ends() -> None:
    t = np.arange(0, 40 * HOUR, 60.0)
    at = stations._to_and_fro(t)
    kn = np.abs(np.diff(at)) / 60 / (1852 / 3600)
    assert np.median(kn) == pytest.approx(stations.ABOARD_KN)
    assert kn.max() <= stations.ABOARD_KN + 1e-9
    a, z = stations.LEGS
    assert at[0] == a
    assert np.abs(at - z).min() < 1852 / 5
    assert np.abs(at - a).max() <= abs(z - a) * 1.000001


def test_what_a_station_says_of_its_receivers_comes_in_order_of_time(sent: sea.Recording) -> None:
    ears = [placed(sent, 1), placed(sent, 2)]
    turns = stations._turns(ears)
    assert np.all(np.diff(turns.t) >= 0)
    for source, ear in enumerate(ears):
        mine = turns.take(turns.source == source)
        assert list(zip(mine.t, mine.deaf, strict=True)) == [
            (ear.outages[0][0], True), (ear.outages[0][1], False)
        ]  # fmt: skip


def silences(*rows: tuple[float, float, int]) -> gaps.Silences:
    start, hours, cause = (np.array(c) for c in zip(*rows, strict=True))
    return gaps.Silences.make(
        len(rows), ship=0, start=T0 + start * HOUR, end=T0 + (start + hours) * HOUR,
        truth=cause == gaps.OFF, cause=cause,
    )  # fmt: skip


def test_a_silence_counts_for_the_time_in_which_it_began_and_with_its_events_factors() -> None:
    every = silences((2, 30, gaps.OFF), (40, 3, gaps.WEAK), (50, 4, gaps.PARTLY))
    found = [
        Found(
            "gap",
            Span((7,), T0 + a * HOUR, T0 + z * HOUR),
            score,
            math.nan,
            False,
            None,
            False,
            said,
        )
        for a, z, score, said in [(2, 32, 0.7, (("a", 0.8),)), (44, 46, 0.9, ())]
    ]
    one = stations._matched(every, found, np.array([7]))
    first, second = one.within(T0, T0 + DAY), one.within(T0 + DAY, T0 + 3 * DAY)
    assert (first.ranking.truth.tolist(), first.ranking.score.tolist()) == ([True], [0.7])
    assert first.factors == first.made.factors == ((("a", 0.8),),)
    assert second.ranking.score.tolist() == [-math.inf, math.inf]  # not listed; no silence
    rows = stations.of_stations([one], [{"told": one, "not told": one}], (3.0, 2.0))
    young = rows["stations-young"].splitlines()
    assert [line.split(" |")[0] for line in young[2:]] == ["| day 1", "| days 2 and 3"]
    assert young[2].split(" | ")[1:4] == ["1", "1", "1, 1"]
    assert "| told | 0 | none | none |" in rows["stations-down"]


def test_who_is_told_that_a_receiver_is_down_lists_fewer_of_its_ships(sent: sea.Recording) -> None:
    """And what every score is made of adds up to it."""
    settings, places = settings_in_use(), load_places([])
    ears = [placed(sent, 1, range_nmi=(60.0, 60.0), outages_count=0, weak_spells_count=0),
            placed(sent, 4, -20.0, outage_h=(9.0, 9.0), weak_spells_count=0)]  # fmt: skip
    heard = stations.heard_by(sent, ears, 5)
    # Half of the ships are heard by the second receiver only.
    far = heard.sea.register.mmsi[::2]
    rows = heard.positions
    rows = rows.take((rows.source == 1) | ~np.isin(rows.mmsi, far))
    heard = heard._replace(positions=replace(rows, line=np.arange(len(rows))))

    def listed(turns: stations.Turns) -> int:
        of = stations.judged(heard, settings, places, turns)
        for score, factors in zip(of.every.score, of.factors, strict=True):
            if factors:
                assert score == pytest.approx(1 / (1 + math.exp(-sum(w for _, w in factors))))
        return int((of.every.score[of.every.cause == gaps.OUTAGE] > -np.inf).sum())

    assert listed(stations._turns(ears)) < listed(stations.NO_TURNS)
