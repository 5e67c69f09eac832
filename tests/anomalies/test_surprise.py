"""How surprising silences are: a station that hears some ships well and others seldom."""

import numpy as np
import pytest

from anomalies.gap import Gap
from anomalies.usual import PRIORS, SEA, Usual
from tests.fleets import HOUR, T0, changes, events, standing
from tracks.batch import HULLS_PER_MMSI, Fixes

DAYS, SHIPS = 4, 30
WELL, EDGE = 58.0, 58.6  # where nine in ten bins are heard, and where one in ten is


def sea(silent: dict[int, tuple[float, float]]) -> Fixes:
    """Return fixes of ships that stay; the even ones are heard well, `silent` for some hours."""
    rng = np.random.default_rng(11)
    bins = np.arange(DAYS * 144)
    parts = []
    for ship in range(SHIPS):
        heard = rng.random(len(bins)) < (0.1 if ship % 2 else 0.9)
        t = T0 + (bins + rng.random(len(bins))) * 600
        begin, end = silent.get(ship, (np.inf, np.inf))
        heard &= ~((t >= T0 + begin * HOUR) & (t < T0 + end * HOUR))
        n = int(heard.sum())
        track = (257_000_100 + ship) * HULLS_PER_MMSI + 1
        lat = (EDGE if ship % 2 else WELL) + 0.001 * ship
        parts.append(
            Fixes.make(n, track=track, mmsi=257_000_100 + ship, t=t[heard], lat=lat, lon=5.0,
                       sog_kn=0.6, cog_deg=rng.random(n) * 360, ship_class=1)
        )  # fmt: skip
    every = Fixes.concat(parts)
    columns = {n: getattr(every, n) for n in Fixes.described()}
    line = np.argsort(np.argsort(every.t))
    return Fixes.make(len(every), **{**columns, "line": line})


def of(found, ship: int) -> list:
    track = (257_000_100 + ship) * HULLS_PER_MMSI + 1
    return [e for e in found.values() if e.tracks == (track,)]


def test_a_silence_of_three_hours_is_a_gap_where_ships_are_heard_well() -> None:
    (gap,) = of(events(Gap(), sea({4: (80, 83)})), 4)
    assert (gap.end - gap.start) / HOUR == pytest.approx(3.3, abs=0.5)
    assert gap.evidence.measured["silence_surprise"] > 2
    assert gap.evidence.rule == "duration_h > 2 and silence_surprise >= 2"


def test_no_short_silence_is_a_gap_where_ships_are_seldom_heard() -> None:
    found = events(Gap(), sea({}))
    short = [e for e in found.values() if e.end and e.end - e.start <= 6 * HOUR]
    assert not short
    everything = events(Gap(min_duration_h=2), sea({}))
    assert len(everything) > 100
    late = [e for e in everything.values() if e.start > T0 + 24 * HOUR]
    surprise = [e.evidence.measured.get("silence_surprise", 0) for e in late]
    assert np.mean(np.array(surprise) >= 2) <= 0.02


def test_in_the_first_hours_nothing_is_called_surprising() -> None:
    found = of(events(Gap(min_duration_h=2), sea({4: (1.0, 4.0)})), 4)
    assert found[0].evidence.measured.get("silence_surprise", 0) < 2


def test_a_surprising_silence_is_told_two_hours_after_the_last_fix() -> None:
    heard = sea({4: (80, 99)})
    cuts = (T0 + np.arange(78, 90, 0.25) * HOUR).tolist()
    until = T0 + 90 * HOUR
    said = changes(Gap(), heard.take(heard.t <= until), cuts=cuts, until=until, ended=False)
    (gap,) = of(standing(said), 4)
    assert gap.evidence.measured["duration_h"] == 2
    assert gap.evidence.measured["silence_surprise"] > 2


def test_the_fall_of_the_tail_is_that_of_the_silences_seen() -> None:
    rng = np.random.default_rng(5)
    usual = Usual.empty().seen(rng.exponential(0.7 / np.log(10), 20_000))
    one_in = usual.one_in(np.array([0.7, 1.4, 2.1]), PRIORS[SEA])
    assert one_in == pytest.approx([1, 2, 3], rel=0.12)


def test_a_few_silences_that_were_made_hardly_move_it() -> None:
    rng = np.random.default_rng(5)
    lost, made = rng.exponential(0.3, 19_000), 3 + rng.random(1_000)
    with_made = (
        Usual.empty().seen(np.concatenate([lost, made])).one_in(np.array([1.5]), PRIORS[SEA])
    )
    without = Usual.empty().seen(lost).one_in(np.array([1.5]), PRIORS[SEA])
    assert with_made == pytest.approx(without, rel=0.2)
