"""Months on a coast with known truth: who lay where, who met whom, and who was who.

A generator for evaluations, without NMEA: batches of positions and claims as a station
takes them, and the truth about them.  A day at sea takes a moment to make, as ways are
straight lines between knots and a ship's reports are thinned to one in five minutes.

Ways of life are in `_months_life`, coasts in `_months_sites`, names in `_months_names`; the
antenna is that of `_evaluate_reception`.  Added to it here: long fadings, basins in whose
shadow little or nothing is heard, and transponders that are switched off at the quay.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from _evaluate_reception import Antenna, Climate, stream
from _months_diary import Diary, Stop
from _months_life import OTHERS, Appointment, Carrier, Fisher, World, roles
from _months_names import Identity, identities
from _months_sites import SITES, Site
from _months_truth import Chain, Meeting, Truth, Visit
from numpy.random import Generator

from receiver.sources.sea_chart import C128, DAY, HOUR, KN, NMI
from receiver.sources.sea_ships import Register, register
from receiver.sources.sea_voyage import Voyage
from tracks.batch import CLASS_A, CLASS_B, F64, I64, U8, Mask, PositionBatch, StaticBatch
from tracks.shore import Shore

START = 1_772_323_200.0  # 2026-03-01T00:00:00Z
BATCH_S = 6 * HOUR
CLIMATE = Climate(outages_count=4, weak_spells_count=3)
GPS_M = 8.0
CLAIMS_SHARE = 1 / 12  # of the positions heard come with a claim: one an hour
FADES_A_DAY, FADE_H = 1.2, (0.3, 4.0)
COMES_S = 2 * HOUR


class _Sent(NamedTuple):
    """What ships send, ordered by ship and time."""

    ship: I64
    t: F64
    p: C128
    v: C128
    status: U8

    def take(self, rows: Mask | I64) -> _Sent:
        return _Sent._make(column[rows] for column in self)


class Months:
    """Some months of some vessels along one of the coasts, which the seed picks.

    `heard_share` is the share of reports that is not lost in ways beside the antenna's.
    """

    def __init__(
        self,
        seed: int,
        days: float = 60.0,
        vessels: int = 60,
        heard_share: float = 1.0,
        every_s: float = 300.0,
        shore: Shore | None = None,
    ) -> None:
        self.site: Site = SITES[seed % len(SITES)]
        self.start, self.end = START, START + days * DAY
        self.world = World(self.site, self.start, self.end, shore)
        self.roles = roles(vessels)
        self.seed, self.heard_share, self.every_s = seed, heard_share, every_s
        self.register: Register = register([b for _, b in self.roles], stream(seed, 40))
        self.truth = Truth()
        self._live()
        self._name()
        self._hear()
        self._tell()

    def batches(self) -> Iterator[tuple[PositionBatch, StaticBatch, float]]:
        """Yield what was heard, six hours at a time, and until when that is everything."""
        for as_of in np.arange(self.start + BATCH_S, self.end + BATCH_S, BATCH_S).tolist():
            rows = [
                slice(*np.searchsorted(b.t, (as_of - BATCH_S, as_of)))
                for b in (self.positions, self.statics)
            ]
            yield self.positions.take(rows[0]), self.statics.take(rows[1]), as_of

    def _live(self) -> None:
        """Write everybody's diary."""
        rngs = [stream(self.seed, 41, ship) for ship in range(len(self.roles))]
        ships: dict[str, list[int]] = {}
        for ship, (role, _) in enumerate(self.roles):
            ships.setdefault(role, []).append(ship)
        fishers = [Fisher.draw(k, self.world, rngs[k]) for k in ships["fisher"]]
        carriers = [
            Carrier.draw(k, self.world, fishers, rngs[k])
            for k in ships["carrier"] + ships.get("bunkering", [])
        ]
        diaries: dict[int, Diary] = {one.ship: one.write(self.world) for one in fishers}
        self._rounds: list[tuple[list[Appointment], list[Stop]]] = []
        for carrier in carriers:
            diaries[carrier.ship], told = carrier.write(self.world)
            self._rounds += told
        for role, (live, _, _) in OTHERS.items():
            diaries |= {ship: live(self.world, rngs[ship]) for ship in ships.get(role, ())}
        self.diaries = [diaries[ship] for ship in range(len(self.roles))]
        self.voyages = [diary.voyage() for diary in self.diaries]

    def _name(self) -> None:
        trades = [role for role, _ in self.roles]
        self.truth.identities = identities(
            self.register, trades, self.start, self.end, stream(self.seed, 42)
        )
        users: dict[int, list[int]] = {}
        for one in self.truth.identities:
            for mmsi in one.mmsis:
                users.setdefault(mmsi, []).append(one.ship)
        self.truth.shared = {mmsi: tuple(s) for mmsi, s in users.items() if len(s) > 1}

    def _hear(self) -> None:
        """Let everybody send, and keep what is heard."""
        rng = stream(self.seed, 43)
        class_b = self.register.class_b
        antenna = Antenna.draw(CLIMATE, class_b, self.start, self.end, self.seed)
        parts = [self._sent(ship, rng) for ship in range(len(self.roles))]
        sent = _Sent._make(np.concatenate(column) for column in zip(*parts, strict=True))
        chance = antenna.chance(sent.ship, sent.t, sent.p, np.where(class_b[sent.ship], 3.0, 6.0))
        chance *= self._shadow(sent, stream(self.seed, 44)) * self.heard_share
        chance[self._faded(sent, stream(self.seed, 45))] *= 0.02
        heard = sent.take(np.flatnonzero(rng.uniform(size=len(sent.t)) < chance))
        self._by_ship = heard
        self._first = np.searchsorted(heard.ship, np.arange(len(self.roles) + 1))
        heard = heard.take(np.argsort(heard.t, kind="stable"))
        self.truth.ship = heard.ship
        self.positions = self._positions(heard, rng)
        self.statics = self._statics(heard, rng)

    def _sent(self, ship: int, rng: Generator) -> _Sent:
        way = self.voyages[ship]
        t = np.arange(max(self.start, way.t[0]), min(self.end, way.t[-1]), self.every_s)
        t = t + rng.uniform(0, self.every_s) + rng.uniform(-0.15, 0.15, len(t)) * self.every_s
        t = t[(t > self.start) & (t < min(self.end, way.t[-1]))]
        p, v, leg = _follow(way, t)
        on = way.on[leg]
        turns = self.truth.identities[ship].on
        if turns:
            on &= np.any([(t >= a) & (t < z) for a, z in turns], axis=0)
        rows = np.flatnonzero(on)
        return _Sent(np.full(len(rows), ship), t[rows], p[rows], v[rows], way.status[leg][rows])

    def _shadow(self, sent: _Sent, rng: Generator) -> F64:
        """Return what part of a ship's reports gets out of the basin it lies in."""
        harbours = self.site.harbours
        deep = rng.choice([0.0, 0.05, 0.4, 1.0], size=len(harbours), p=[0.3, 0.2, 0.25, 0.25])
        berths = np.clip(deep * rng.uniform(0.5, 1.5, (len(self.roles), len(harbours))), 0, 1)
        share = np.ones(len(sent.t))
        for k, harbour in enumerate(harbours):
            inside = np.abs(sent.p - self.site.at(harbour.berth)) < 0.4 * NMI
            share[inside] = berths[sent.ship[inside], k]
        return share

    def _faded(self, sent: _Sent, rng: Generator) -> Mask:
        """Return which reports are sent while the ship's signal is away, for whatever reason."""
        span_s, ships = self.end - self.start, len(self.roles)
        count = int(FADES_A_DAY * span_s / DAY)
        begin = np.sort(rng.uniform(self.start, self.end, (ships, count)), axis=1)
        low, high = np.log(FADE_H).tolist()
        lasts_s = HOUR * np.exp(rng.uniform(low, high, (ships, count)))
        shift = 2 * span_s * np.arange(ships)  # one search for all ships
        last = np.searchsorted((begin + shift[:, None]).ravel(), sent.t + shift[sent.ship]) - 1
        since = np.maximum(last, 0)
        mine = (last >= 0) & (since // max(count, 1) == sent.ship)
        return np.asarray(mine & (sent.t < begin.ravel()[since] + lasts_s.ravel()[since]), np.bool_)

    def _positions(self, heard: _Sent, rng: Generator) -> PositionBatch:
        n = len(heard.t)
        lat, lon = self.site.lat_lon(
            heard.p + GPS_M * (rng.normal(size=n) + 1j * rng.normal(size=n))
        )
        is_b = self.register.class_b[heard.ship]
        return PositionBatch.make(
            n,
            t=heard.t,
            mmsi=self._claimed(heard)[0],
            lat=lat.round(6),
            lon=((lon.round(6) + 180) % 360 - 180),
            sog_kn=np.abs(np.abs(heard.v) / KN + rng.normal(0, 0.08, n)).round(1),
            cog_deg=((90 - np.degrees(np.angle(heard.v))).round(1) % 360),
            nav_status=np.where(is_b, 15, heard.status),
            ship_class=np.where(is_b, CLASS_B, CLASS_A),
            type=np.where(is_b, 18, 1),
            line=np.arange(n),
            key=np.arange(1, n + 1),
        )

    def _claimed(self, heard: _Sent) -> tuple[I64, I64]:
        """Return under which number each report is sent, and which of the ship's claims holds."""
        mmsi, row = np.zeros(len(heard.t), np.int64), np.zeros(len(heard.t), np.int64)
        for one in self.truth.identities:
            mine = np.flatnonzero(heard.ship == one.ship)
            begins = np.array([claim.start for claim in one.claims])
            row[mine] = np.searchsorted(begins, heard.t[mine], "right") - 1
            mmsi[mine] = np.array([claim.mmsi for claim in one.claims])[row[mine]]
        return mmsi, row

    def _statics(self, heard: _Sent, rng: Generator) -> StaticBatch:
        rows = np.flatnonzero(rng.uniform(size=len(heard.t)) < CLAIMS_SHARE)
        ship, ships = heard.ship[rows], self.register
        mmsi, which = (column[rows] for column in self._claimed(heard))
        every = [self.truth.identities[s].claims[k] for s, k in zip(ship, which, strict=True)]
        is_b = ships.class_b[ship]
        part_a = is_b & (rng.uniform(size=len(rows)) < 0.5)  # of type 24: the name and no more
        said = ~part_a
        batch = StaticBatch.make(
            len(rows),
            t=heard.t[rows],
            mmsi=mmsi,
            type=np.where(is_b, 24, 5),
            name=[b"" if b and not a else one.name.encode() for one, a, b in
                  zip(every, part_a, is_b, strict=True)],
            call_sign=[one.call_sign.encode() if s else b"" for one, s in
                       zip(every, said, strict=True)],
            imo=np.where(is_b, 0, [one.imo for one in every]),
            ship_type=np.where(said, ships.ship_type[ship], 0),
            to_bow_m=np.where(said, ships.to_bow[ship], 0),
            to_stern_m=np.where(said, ships.to_stern[ship], 0),
            to_port_m=np.where(said, ships.to_port[ship], 0),
            to_starboard_m=np.where(said, ships.to_starboard[ship], 0),
            line=rows,
        )  # fmt: skip
        return batch

    def _tell(self) -> None:
        """Write the truth down."""
        truth = self.truth
        for ship, diary in enumerate(self.diaries):
            truth.visits += self._visits(ship, diary)
        berths = {(v.hull, v.start): v for v in truth.visits}
        for meets, stops in self._rounds:
            landing = berths.get((meets[0].carrier, stops[-1].start)) if meets and stops else None
            for one in meets:
                meeting = self._meeting(one)
                if not self.start < meeting.start < meeting.end < self.end:
                    continue
                truth.meetings.append(meeting)
                if landing and meeting.hands_over:
                    truth.chains.append(
                        Chain(
                            meeting.a, meeting.b, landing.place, meeting.start, stops[0].start,
                            landing.start, landing.end, meeting.hulls, meeting.heard_h,
                            landing.heard,
                        )
                    )  # fmt: skip
        truth.meetings.sort(key=lambda one: one.start)
        truth.chains.sort(key=lambda one: one.meeting_start)

    def _visits(self, ship: int, diary: Diary) -> list[Visit]:
        mine = self._heard_of(ship)
        made: list[Visit] = []
        before: dict[complex, float] = {}
        for stop in diary.stops:
            if stop.end <= self.start or stop.start >= self.end:
                continue
            place = self.site.at(stop.harbour.berth if stop.harbour else self.site.roads)
            away_nmi = np.inf
            if place in before:
                since = mine.p[(mine.t >= before[place]) & (mine.t <= stop.start)]
                away_nmi = float(np.abs(since - place).max(initial=0.0)) / NMI
            before = {place: stop.end}
            made.append(self._visit(ship, stop, away_nmi, mine))
        return made

    def _visit(self, ship: int, stop: Stop, away_nmi: float, mine: _Sent) -> Visit:
        nmi = np.abs(mine.p - stop.at) / NMI
        there = (mine.t >= stop.start) & (mine.t <= stop.end)
        comes = (mine.t > stop.start - COMES_S) & (mine.t < stop.start)
        goes = (mine.t > stop.end) & (mine.t < stop.end + COMES_S)
        (lat,), (lon,) = self.site.lat_lon(np.array([stop.at]))
        listed = stop.harbour is not None and stop.harbour.name
        return Visit(
            self.mmsi_at(ship, stop.start), ship, listed or "",
            "port" if listed else "harbour" if stop.harbour else "roads",
            stop.start, stop.end, float(lat), float(lon), away_nmi,
            stop.start > self.start + COMES_S and stop.end < self.end - COMES_S,
            int(there.sum()), *(float(nmi[k].min(initial=np.inf)) for k in (comes, goes)),
        )  # fmt: skip

    def _meeting(self, one: Appointment) -> Meeting:
        assert one.together is not None
        both = [self._heard_of(ship).t for ship in (one.fisher, one.carrier)]
        marks = np.arange(one.start, one.end, 60.0)
        heard = np.ones(len(marks), np.bool_)
        for t in both:
            t = np.r_[-np.inf, t, np.inf]
            behind = np.searchsorted(t, marks)
            heard &= t[behind] - t[behind - 1] < HOUR
        runs = np.diff(np.flatnonzero(np.r_[True, ~heard, True])) - 1
        (lat,), (lon,) = self.site.lat_lon(one.together.p[:1])
        mmsi = [self.mmsi_at(ship, one.start) for ship in (one.fisher, one.carrier)]
        return Meeting(mmsi[0], mmsi[1], one.start, one.end, float(lat), float(lon),
                       (one.fisher, one.carrier), self.roles[one.carrier][0] == "carrier",
                       float(runs.max(initial=0)) / 60)  # fmt: skip

    def mmsi_at(self, ship: int, t: float) -> int:
        """Return under which number a ship went at a time."""
        claims = self.truth.identities[ship].claims
        return next((c.mmsi for c in claims if c.start <= t < c.end), claims[0].mmsi)

    def _heard_of(self, ship: int) -> _Sent:
        return _Sent._make(c[self._first[ship] : self._first[ship + 1]] for c in self._by_ship)


def _follow(way: Voyage, t: F64) -> tuple[C128, C128, I64]:
    """Return where a ship is at times and how fast, and which leg of its way that is."""
    leg = np.clip(np.searchsorted(way.t, t, "right") - 1, 0, len(way.t) - 2)
    span_s = np.maximum(way.t[leg + 1] - way.t[leg], 1e-6)
    v = (way.p[leg + 1] - way.p[leg]) / span_s
    return way.p[leg] + v * (t - way.t[leg]), v, leg


__all__ = ["Chain", "Identity", "Meeting", "Months", "Truth", "Visit"]
