"""(a), other stations: young ones, two receivers, one on a ship, and none but satellites.

A sea is heard once as if every ship's transmissions reached everybody but for its own
fading; each receiver here then hears a part of that.  A transmission that two
hear has one key.  Ships and acts are those of `_evaluate_gaps`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, cast

import numpy as np
from _evaluate_ablation import Made
from _evaluate_gaps import (
    A_WEEK,
    CAST,
    LASTS_H,
    LEARN_DAYS,
    OUTAGE,
    PARTLY,
    START,
    Silences,
    silences_of,
)
from _evaluate_metrics import Ranking, Span, average_precision, match, pooled
from _evaluate_reception import Antenna, Climate, Spell, stream
from _evaluate_run import Factors, Found, found_in
from _evaluate_sea import THIN_S, Play, Recording, hide, record
from _evaluate_tables import STRONG, Tables, figure, rate, share, table
from numpy.typing import ArrayLike

from receiver.sources.sea_chart import (
    C128,
    DAY,
    HOUR,
    KN,
    NMI,
    ORIGIN_LAT,
    ORIGIN_LON,
    PORT,
    vector,
)
from sternlight.settings import Settings
from sternlight.station import NO_TURNS
from tracks.batch import BIN_S, F64, I64, Mask, PositionBatch
from tracks.listening import Turns
from tracks.places import Places

EVERYWHERE = Climate((9e3, 9e3), terrain=0.0, shadows_count=0, outages_count=0, weak_spells_count=0)
PLATFORM = vector(200.0, 50.0 * NMI)  # where the second receiver stands
ABOARD = Climate((16.0, 26.0), terrain=0.1, shadows_count=0)  # a lower mast than ashore
LEGS = (vector(215.0, 55.0 * NMI), vector(320.0, 55.0 * NMI))  # it sails from one to the other
ABOARD_KN = 12.0
PASS_MIN, PASS_EVERY_H = (10.0, 15.0), (1.0, 2.0)
LOST_PASSES = 1 / 8  # satellites have other things to do, too
FAR, NEAR_PORT, CROWD_NMI = 0.2, 0.02, 60.0  # a transmission's chance; lower where many transmit
B_FROM_ORBIT = 0.15  # of class A's
AGES = {"day 1": (0, 1), "days 2 and 3": (1, 3), "week 1": (0, 7), "week 2": (7, 14),
        "week 4": (21, 28)}  # fmt: skip


class Ear(Protocol):
    """A receiver, as `Antenna` is one, but at a place of its own."""

    @property
    def outages(self) -> tuple[Spell, ...]:
        """When it hears nobody."""
        ...

    def chance(self, ship: I64, t: F64, at: C128, sent: F64) -> F64:
        """Return the chance that any of `sent` transmissions made about `t` is heard."""
        ...

    def silent(self, ship: I64, t: F64, at: C128, sent: F64) -> F64:
        """Return the chance that nothing is heard in ten minutes, to who knows all but fading."""
        ...


@dataclass(frozen=True)
class Placed:
    """An antenna that stands or sails."""

    antenna: Antenna
    place: Callable[[F64], C128 | complex]  # by time

    @property
    def outages(self) -> tuple[Spell, ...]:
        """When it hears nobody."""
        return self.antenna.outages

    def chance(self, ship: I64, t: F64, at: C128, sent: F64) -> F64:
        """As an `Ear`."""
        return self.antenna.chance(ship, t, at - self.place(t), sent)

    def silent(self, ship: I64, t: F64, at: C128, sent: F64) -> F64:
        """As an `Ear`."""
        return self.antenna.silent(ship, t, at - self.place(t), sent)


@dataclass(frozen=True)
class Passes:
    """Satellites that pass over all of the sea, and hear less where many ships transmit at once."""

    begin: F64  # Unix seconds, of each pass
    end: F64
    ships: F64  # factor of each
    fades: F64  # (ships, passes), mean 1; drawn from a gamma distribution of shape 2
    outages: tuple[Spell, ...] = ()

    @classmethod
    def draw(cls, class_b: Mask, start: float, end: float, seed: int) -> Passes:
        """Draw when they come, and how well each hears each ship."""
        rng = stream(seed, 11)
        count = int((end - start) / (HOUR * PASS_EVERY_H[0])) + 1
        begin = start + HOUR * np.cumsum(rng.uniform(*PASS_EVERY_H, count))
        begin = begin[rng.uniform(size=count) >= LOST_PASSES]
        lasts_s = 60 * rng.uniform(*PASS_MIN, len(begin))
        fades = rng.gamma(2.0, 0.5, (len(class_b), len(begin)))
        return cls(begin, begin + lasts_s, np.where(class_b, B_FROM_ORBIT, 1.0), fades)

    def _clear(self, ship: I64, at: C128) -> F64:
        crowd = np.exp(-((np.abs(at - PORT) / NMI / CROWD_NMI) ** 2))
        return np.asarray((FAR + (NEAR_PORT - FAR) * crowd) * self.ships[ship], np.float64)

    def chance(self, ship: I64, t: F64, at: C128, sent: F64) -> F64:
        """As an `Ear`."""
        row = np.maximum(np.searchsorted(self.begin, t, "right") - 1, 0)
        over = (t >= self.begin[row]) & (t < self.end[row])
        heard = 1 - np.exp(-self._clear(ship, at) * self.fades[ship, row] * sent)
        return np.asarray(np.where(over, heard, 0.0), np.float64)

    def silent(self, ship: I64, t: F64, at: C128, sent: F64) -> F64:
        """As an `Ear`; `t` is the middle of the ten minutes."""
        marks = np.stack([self.begin, self.end], axis=1).ravel()
        over_s = np.r_[0.0, np.cumsum(np.diff(marks) * (np.arange(len(marks) - 1) % 2 == 0))]
        first, last = (np.interp(t + x, marks, over_s) for x in (-BIN_S / 2, BIN_S / 2))
        likely = self._clear(ship, at) * sent * (last - first) / BIN_S
        return np.asarray((1 + likely / 2) ** -2, np.float64)  # the mean over the fades


@dataclass(frozen=True)
class Ears:
    """Several receivers, and behind them how well a ship is heard by anybody."""

    each: tuple[Ear, ...]
    anybody: Antenna

    @property
    def outages(self) -> tuple[Spell, ...]:
        """When one of them hears nobody."""
        return tuple(spell for ear in self.each for spell in ear.outages)

    def silent(self, ship: I64, t: F64, at: ArrayLike, sent: ArrayLike) -> F64:
        """Return the chance that none hears anything in ten minutes."""
        where, count = np.asarray(at, np.complex128), np.asarray(sent, np.float64)
        none = np.prod([ear.silent(ship, t, where, count) for ear in self.each], axis=0)
        return np.asarray(1 - (1 - none) * (1 - self.anybody.silent(ship, t, where, count)))


def heard_by(recording: Recording, ears: Sequence[Ear], seed: int) -> Recording:
    """Return what those receivers hear of all that was sent; the first is source 0."""
    sent, sea = recording.positions, recording.sea
    order = np.argsort(sea.register.mmsi)
    ship = order[np.searchsorted(sea.register.mmsi[order], sent.mmsi)]
    # Within a hundredth of a mile per mile of where it truly was.
    east = (sent.lon - ORIGIN_LON) * np.cos(np.radians(sent.lat))
    at: C128 = np.asarray(60 * NMI * (east + 1j * (sent.lat - ORIGIN_LAT)), np.complex128)
    bins = ((sent.t - sea.start) // BIN_S).astype(np.int64)
    one = recording.sent[ship, np.minimum(bins, recording.sent.shape[1] - 1)] * THIN_S / BIN_S
    rng = stream(seed, 10)
    parts = [
        replace(
            (part := sent.take(rng.uniform(size=len(sent)) < ear.chance(
                ship, sent.t, at, np.maximum(one, 1.0)))),
            source=np.full(len(part), k, np.uint16),
        )
        for k, ear in enumerate(ears)
    ]  # fmt: skip
    heard = PositionBatch.concat(parts)
    heard = heard.take(np.argsort(heard.t, kind="stable"))
    heard = replace(heard, line=np.arange(len(heard)))
    antenna = cast(Antenna, Ears(tuple(ears), recording.antenna))  # all that is asked of one
    return recording._replace(positions=heard, antenna=antenna)


class Judged(NamedTuple):
    """What came of one recording."""

    every: Silences
    factors: tuple[Factors, ...]  # of the event listed for each; () if none is
    elsewhere: F64  # when gap events began that are no silence of two hours or more

    def within(self, since: float, until: float) -> Judged:
        """Return what began in that time, but for what is neither true nor innocent."""
        s = self.every
        rows = np.flatnonzero((s.start >= since) & (s.start < until) & (s.cause != PARTLY))
        began = self.elsewhere[(self.elsewhere >= since) & (self.elsewhere < until)]
        return Judged(s.take(rows), tuple(self.factors[r] for r in rows.tolist()), began)

    @property
    def ranking(self) -> Ranking:
        """The silences by score; events that are none are wrong ones."""
        more = len(self.elsewhere)
        return Ranking(
            np.append(self.every.truth, np.zeros(more, np.bool_)),
            np.append(self.every.score, np.full(more, np.inf)),
        )

    @property
    def made(self) -> Made:
        """The silences by score, and what each score is made of."""
        return Made(Ranking(self.every.truth, self.every.score), self.factors)


def judged(
    recording: Recording, settings: Settings, places: Places, turns: Turns = NO_TURNS
) -> Judged:
    """Judge a recording and compare what is listed with what truly was."""
    silences = silences_of(recording, places)
    heard = found_in(recording.positions, recording.statics, settings, places, turns)
    gaps = [found for found in heard if found.kind == "gap"]
    return _matched(silences, gaps, recording.sea.register.mmsi)


def _matched(silences: Silences, gaps: Sequence[Found], mmsi: I64) -> Judged:
    rows = zip(silences.ship.tolist(), silences.start, silences.end, strict=True)
    true = [Span((int(mmsi[ship]),), a, z) for ship, a, z in rows]
    matched = match([gap.span for gap in gaps], true)
    score = np.full(len(silences), -np.inf)
    factors: list[Factors] = [()] * len(silences)
    for i, j in matched.items():
        score[j], factors[j] = gaps[i].score, gaps[i].factors
    elsewhere = [gap.span.start for i, gap in enumerate(gaps) if i not in matched]
    return Judged(replace(silences, score=score), tuple(factors), np.array(elsewhere, np.float64))


def _sea(seed: int, days: float, climate: Climate) -> Recording:
    sea = Play(seed, CAST.vessels, START, START + days * DAY, cast=CAST)
    return record(sea, climate, hide(sea, stream(seed, 6), A_WEEK, LASTS_H))


def young(seed: int, days: float, settings: Settings, places: Places) -> Judged:
    """Play a station from its first day on."""
    return judged(_sea(seed, days, Climate()), settings, places)


def others(seed: int, days: float, settings: Settings, places: Places) -> dict[str, Judged]:
    """Play one sea and let the other stations hear it."""
    sent = _sea(seed, days, EVERYWHERE)
    sea = sent.sea
    b, start, end = sea.register.class_b, sea.start, sea.end
    antennas = [Antenna.draw(c, b, start, end, 1_000_000 * k + seed)
                for k, c in enumerate((Climate(), Climate(), ABOARD), 1)]  # fmt: skip
    ashore, platform, aboard = (replace(a, ships=antennas[0].ships) for a in antennas)
    two = (Placed(ashore, lambda _: 0j), Placed(platform, lambda _: PLATFORM))
    both = heard_by(sent, two, seed)
    found = {
        "two receivers, told when one is down": judged(both, settings, places, _turns(two)),
        "two receivers, not told": judged(both, settings, places),
    }
    ship = Placed(aboard, lambda t: _to_and_fro(t - start))
    alone: dict[str, Ear] = {
        "a receiver on a ship that sails at 12 kn": ship,
        "satellites, no station": Passes.draw(b, start, end, seed),
    }
    for name, ear in alone.items():
        found[name] = judged(heard_by(sent, (ear,), seed), settings, places)
    return found


def _turns(ears: Sequence[Ear]) -> Turns:
    """Return what a station says of receivers that are down."""
    rows = sorted(
        (t, source, deaf)
        for source, ear in enumerate(ears)
        for spell in ear.outages
        for t, deaf in zip(spell, (True, False), strict=True)
    )
    t, source, deaf = zip(*rows, strict=True)
    return Turns.make(len(rows), t=t, source=source, deaf=deaf)


def _to_and_fro(passed_s: F64) -> C128:
    """Return where the ship with the receiver is."""
    a, z = LEGS
    legs = passed_s * ABOARD_KN * KN / abs(z - a)
    return np.asarray(a + (z - a) * (1 - np.abs(legs % 2 - 1)), np.complex128)


HEAD = (
    "silences of 2 h or more",
    "switched off",
    "listed, of these right",
    f"score {STRONG} or more: precision",
    "recall",
    "false alarms a week",
    "average precision",
    "by length alone",
    "knowing all but the fading",
)


def of_stations(
    stations: Sequence[Judged], seas: Sequence[dict[str, Judged]], days: tuple[float, float]
) -> Tables:
    """Return the tables; `days` is how long the young stations' seas last, and the others'."""
    ages = {name: span for name, span in AGES.items() if span[1] <= days[0]}
    since = min(LEARN_DAYS, days[1] / 3)
    names = list(seas[0])
    return {
        "stations-young": table(
            ["", *HEAD], [_row(name, stations, *span) for name, span in ages.items()]
        ),
        "stations-other": table(
            ["", *HEAD], [_row(name, [s[name] for s in seas], since, days[1]) for name in names]
        ),
        "stations-down": table(
            ["", "silences of 2 h or more", "listed", f"score {STRONG} or more"],
            [_down(name, [s[name] for s in seas]) for name in names[:2]],
        ),
    }


def _row(name: str, found: Sequence[Judged], since_day: float, until_day: float) -> list[str]:
    parts = [one.within(*(START + day * DAY for day in (since_day, until_day))) for one in found]
    silences, rankings = [p.every for p in parts], [p.ranking for p in parts]
    every = pooled(rankings)
    listed, strong = every.flagged(0.0), every.flagged(STRONG)
    weeks = len(found) * (until_day - since_day) / 7
    count = sum(map(len, silences))
    by = [[Ranking(s.truth, of) for s, of in zip(silences, score, strict=True)]
          for score in ([s.hours for s in silences], [s.surprise for s in silences])]  # fmt: skip
    return [
        name,
        f"{count:,}",
        f"{listed.true:,}",
        f"{listed.flagged:,}, {listed.right:,}",
        share(strong.right, strong.flagged),
        share(strong.right, strong.true),
        rate(strong.flagged - strong.right, weeks),
        *(figure(r, average_precision) for r in (rankings, *by)),
    ]


def _down(name: str, found: Sequence[Judged]) -> list[str]:
    """Write what was made of innocent silences that began when a receiver went down."""
    score = np.concatenate([one.every.score[one.every.cause == OUTAGE] for one in found])
    listed, strong = int((score > -np.inf).sum()), int((score >= STRONG).sum())
    return [name, f"{len(score):,}", share(listed, len(score)), share(strong, len(score))]
