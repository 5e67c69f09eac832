"""A sea with known truth, heard by an antenna and written down as NMEA.

For tests, for manuals, and to try Sternlight without a recording.  No ship in
it exists: `docs/simulator.md` says what is real, what is made up and what is
missing.  It knows no clock; the same settings give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from receiver.encode import Lines, Stamp
from receiver.sources import sea_chart as chart
from receiver.sources import sea_messages as messages
from receiver.sources import sea_truth
from receiver.sources.sea import GRID_S, Sea, generator
from receiver.sources.sea_chart import HOUR
from receiver.sources.sea_messages import Bridge, Group, Receiver
from receiver.sources.sea_radio import STATIC_S, Ear, Station, intervals_s, transmissions
from tracks.batch import F64

SAYS = "This sea is simulated; no ship in it exists."
SHORE = Station()
START = 1_772_323_200.0  # 2026-03-01T00:00:00Z
CHUNK_S = 1800.0  # how much time is worked on at once
_EARS, _CHUNK = 3, 4  # streams of random numbers beside those of the sea
_BASE = chart.lat_lon(np.array([chart.PORT]))
_BUOY = chart.lat_lon(np.array([chart.PILOTS]))


@dataclass(frozen=True, slots=True)
class Simulation:
    """A simulated recording; its fields are its settings.

    `thin_s` keeps a ship's position reports at least so far apart, as feeds
    do; 0 is the full rate of ITU-R M.1371, about four times the lines.
    `station` None hears every place alike, as if from orbit.  `outages` are
    pairs (hours after the start, hours long) in which the station is off.
    `wanted` False plays ordinary life only, so that every alarm is a false one.
    """

    seed: int = 7
    hours: float = 24.0
    vessels: int = 60
    start: float = START  # Unix seconds
    station: Station | None = SHORE
    thin_s: float = 60.0
    outages: tuple[tuple[float, float], ...] = ()
    wanted: bool = True
    stamp: Stamp = "tag"
    bad_checksum_share: float = 0.002
    duplicate_share: float = 0.01

    def __post_init__(self) -> None:
        for name, low, high in (
            ("seed", 0, 2**63),
            ("hours", 0.01, 1e6),
            ("vessels", 1, 99_999),
            ("start", 0, 4e9),
            ("thin_s", 0, 3600),
            ("bad_checksum_share", 0, 1),
            ("duplicate_share", 0, 1),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} is {value:g}; choose from {low:g} to {high:g}")

    @property
    def end(self) -> float:
        """When the recording ends, Unix seconds: a whole number of half minutes after it began."""
        return self.start + GRID_S * max(round(self.hours * HOUR / GRID_S), 1)

    def sea(self) -> Sea:
        """Return the sea itself: where everybody truly is."""
        return Sea(self.seed, self.vessels, self.start, self.end, self.wanted)

    def lines(self) -> Iterator[bytes]:
        """Yield the recording piece by piece, whole lines in the order of their times.

        The first line is a remark that it is simulated.  Memory grows with the
        number of vessels and not with the hours.
        """
        yield (
            f"# Simulated by Sternlight (seed {self.seed}): no ship in this recording exists.\n"
        ).encode()
        sea, rng = self.sea(), generator(self.seed, _EARS)
        class_b = sea.register.class_b
        station = self.station or SHORE
        ear = Ear.draw(self._at(), station.range_nmi, class_b, rng)
        bridge = Bridge.draw(class_b, rng)
        phases = rng.uniform(0, 1, (2, self.vessels))
        for k, a in enumerate(np.arange(self.start, self.end, CHUNK_S)):
            t = np.arange(a, min(a + CHUNK_S, self.end) + GRID_S / 2, GRID_S)
            rng = generator(self.seed, _CHUNK, k)
            yield self._write(self._heard(sea, ear, bridge, t, phases, rng), t, rng)

    def _at(self) -> complex | None:
        return None if self.station is None else chart.place(self.station.lat, self.station.lon)

    def _heard(
        self, sea: Sea, ear: Ear, bridge: Bridge, t: F64, phases: F64, rng: Generator
    ) -> list[Group]:
        """Return what is heard between the first and the last mark; moves `phases` on."""
        ships, tracks = sea.register, sea.tracks(t)
        every_s = intervals_s(tracks, ships.class_b, self.thin_s)
        sent, phases[0] = transmissions(tracks, every_s, phases[0], rng)
        told_s = np.full((1, 1), max(STATIC_S, 12 * self.thin_s))
        told, phases[1] = transmissions(tracks, told_s, phases[1], rng)
        base_t = np.arange(t[0] + 0.3, t[-1], max(10.0, self.thin_s / 2))
        buoy_t = np.arange(t[0] + 5.1, t[-1], max(180.0, 3 * self.thin_s))
        return [
            *messages.positions(ear.heard(sent, rng), ships, bridge, rng),
            *messages.statics(ear.heard(told, rng), ships, bridge, rng),
            messages.base_station(base_t, float(_BASE[0][0]), float(_BASE[1][0])),
            messages.aid_to_navigation(buoy_t, float(_BUOY[0][0]), float(_BUOY[1][0])),
        ]

    def _write(self, groups: list[Group], t: F64, rng: Generator) -> bytes:
        name = b"SIMSAT" if self.station is None else self.station.name.encode()
        receiver = Receiver(self.stamp, name, self.bad_checksum_share, self.duplicate_share)
        written = [receiver.write(group, float(t[-1]) - 0.1, rng) for group in groups]
        heard = np.concatenate([times for _, times in written])
        on = np.ones(len(heard), np.bool_)
        for after_h, lasts_h in self.outages:
            off = self.start + after_h * HOUR
            on &= (heard < off) | (heard >= off + lasts_h * HOUR)
        order = np.argsort(heard, kind="stable")
        return Lines.concat([lines for lines, _ in written]).take(order[on[order]]).to_bytes()

    def truth(self) -> list[dict[str, Any]]:
        """Return what truly happens, one object for each thing, behind one with the settings.

        Keys: `kind mmsis start end lat lon note`; times as ISO 8601 in UTC, `end`
        None for what goes on when the recording ends.  Begun before it counts
        from its start.
        """
        sea = self.sea()
        found = list(sea_truth.acts(sea))
        at = self._at()
        if self.station is not None and at is not None:
            found += sea_truth.silences(sea, self.station, at)
            for after_h, lasts_h in self.outages:
                off, on = (self.start + h * HOUR for h in (after_h, after_h + lasts_h))
                end = on if on < self.end else None
                found.append(
                    sea_truth.record("outage", [], off, end, at, "the station hears nobody")
                )
        found.sort(key=lambda true: (true["start"], true["kind"], true["mmsis"]))
        head = {"kind": "simulation", "says": SAYS, **asdict(self)}
        return [head | {"start": sea_truth.iso(self.start), "end": sea_truth.iso(self.end)}, *found]


# What `python3 scripts/run.py` replays when it is given nothing else.
EMBEDDED = Simulation(seed=7, hours=44.0, vessels=62)
