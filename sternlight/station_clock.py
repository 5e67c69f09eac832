"""The station's clock: moments of the monotonic clock to UTC, sane, never stepping by itself.

A Raspberry Pi has no clock of its own when off, a time server may come late, and
somebody may set the clock wrong.  Everything the station hears is dated with
monotonic time plus an offset that only this module changes.  docs/station-state.md
says when, for readers.

What changes the system clock in small amounts is followed slowly.  A larger
difference must hold for SETTLE_S and be borne out, by base stations or by the
kernel; else the station keeps its own time and says so once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from sternlight.base_stations import BaseStations
from sternlight.system_clock import elapsed_s, kernel_synchronised, started_blind
from sternlight.text import duration, iso
from sternlight.timeline import Timeline

How = Literal["system, synchronised", "system", "base stations", "unsure", "waiting"]
Basis = Literal["system", "base stations", "unsure", "waiting"]

RELEASED = 1_793_491_200.0  # 2026-11-01, the month of release 0.1.0: no clock is earlier
LATEST = RELEASED + 20 * 365.25 * 86_400  # nobody runs this release 20 years later

SMALL_S = 2.0  # what is less is followed slowly, what is more needs proof
SETTLE_S = 10.0  # a difference that does not hold so long is nothing to decide about
SILENT_S = 86_400.0  # by then a clock that nobody sets is off by some seconds
AGREE_S = 60.0  # base stations, heard through a slow feed, do not contradict within this


@dataclass(frozen=True, slots=True)
class ClockState:
    """How the time is known, and how far the other clocks are from it (theirs minus ours)."""

    how: How
    system_offset_s: float
    base_offset_s: float | None  # None: too few base stations, or they disagree
    steps_count: int  # times that the clock in use was set, not slewed, since the start


class StationClock:
    """Dates what the station hears.

    `floor` is the last Unix time that this station has written down, 0 if none.
    Used by one thread, except `mono`, which any may call.
    """

    def __init__(
        self,
        floor: float,
        *,
        wait_s: float = 300.0,
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = elapsed_s,
        synchronised: Callable[[], bool | None] = kernel_synchronised,
        blind: Callable[[], bool] = started_blind,
    ) -> None:
        self.mono = mono
        self._wall, self._ask = wall, synchronised
        self._floor, self._wait_s = max(floor, RELEASED), wait_s
        self._began, self._system = self._look()
        self._synced = synchronised()
        self._first = self._system
        self._blind = blind() and not self._synced
        self._base = BaseStations()
        self._base_settles = _Settling()
        self._system_settles = _Settling()
        self._line = Timeline(self._floor - self._began)
        self._basis: Basis = "waiting"
        self._confirmed = self._began  # when base stations last told the time in use
        self._guessed = False  # we go on from the floor, and know nothing better
        self._refused: float | None = None  # the offset that we said is not followed
        self._contradicted: float | None = None  # what we said base stations say
        self._steps_count = 0
        self._stepped = self._began - SETTLE_S
        self._unsaid = self._begin(self._began)
        if not self.sane:
            self._unsaid = [self._why_waiting()]

    @property
    def sane(self) -> bool:
        """Whether `at` gives times to be used; until then it only counts on from the floor."""
        return self._basis != "waiting"

    @property
    def state(self) -> ClockState:
        """How the time was known at the last check."""
        how: How = self._basis
        if how == "system" and self._synced:
            how = "system, synchronised"
        now = self.mono()
        ours, base = self._ours(now), self._base.offset_s(now)
        base_offset_s = None if base is None else base - ours
        return ClockState(how, self._system - ours, base_offset_s, self._steps_count)

    def at(self, mono_s: float) -> float:
        """Return Unix seconds of a moment of `mono`, of the last hour."""
        return self._line.at(mono_s)

    def hear(self, offsets_s: Iterable[float]) -> None:
        """Take in times just heard from base stations: theirs minus ours, as `at` gave it.

        To be called before the next `check`, since that may change our time.
        Also while waiting, with lines that wait.
        """
        now = self.mono()
        ours = self._ours(now)
        self._base.hear(now, [ours + float(offset) for offset in offsets_s])

    def check(self) -> list[str]:
        """Look at the clocks, once a second; return a sentence for each decision."""
        now, self._system = self._look()
        self._synced = self._ask()
        said, self._unsaid = self._unsaid, []
        if self._blind and (self._synced or abs(self._system - self._first) >= SMALL_S):
            self._blind = False  # a time server has answered, or somebody set the clock
        if not self.sane:
            return said + self._begin(now)
        if abs(self._system - self._ours(now)) < SMALL_S and not self._blind:
            said += self._agree(now)
        else:
            said += self._disagree(now)
        return said + self._contradiction(now)

    def _look(self) -> tuple[float, float]:
        """Return monotonic time, and by how much UTC is more, says the system clock."""
        before = self.mono()
        wall = self._wall()
        now = self.mono()
        return now, wall - (before + now) / 2

    def _ours(self, now: float) -> float:
        return self._line.at(now) - now

    def _base_offset(self, now: float) -> float | None:
        """Return what base stations agree on, unless it is before what we have written down."""
        base = self._base.offset_s(now)
        return None if base is None or base + self._began < self._floor - AGREE_S else base

    def _begin(self, now: float) -> list[str]:
        """Find a time to begin with."""
        basis: Basis
        told = self._system + now
        base = self._base_offset(now)
        least = self._floor - self._began  # lines that waited may not lie behind those written
        if _is_plausible(told) and self._system >= least - SMALL_S and not self._blind:
            basis, offset = "system", max(self._system, least)
            says = f"The system clock is used; it says {_moment(told)}."
        elif self._synced and _is_plausible(told):
            basis, offset = "system", self._system
            says = (
                f"The system clock is synchronised and says {_moment(told)}, but the last time"
                f" written down is {_moment(self._floor)}, {_span(self._floor - told)} later."
            )
        elif base is not None:
            basis, offset = "base stations", max(base, least)
            self._confirmed = now
            says = f"The time is taken from base stations: {_moment(base + now)}."
        elif now - self._began >= self._wait_s:
            self._guessed = True
            basis, offset = "unsure", least
            if _is_plausible(told):
                offset = max(self._system, least)
            says = (
                f"Nobody told the time for {_span(self._wait_s)}; the station goes on from"
                f" {_moment(offset + now)} and marks its times as unsure."
            )
        else:
            return []
        self._line = Timeline(offset)
        self._stepped = now
        self._basis = basis
        self._refused = self._system if basis != "system" else None
        return [says]

    def _why_waiting(self) -> str:
        told = self._system + self._began
        why = f"is after {_moment(LATEST)}"
        if told < self._floor:
            why = f"is before {_moment(self._floor)}, the last time known"
        elif _is_plausible(told):
            why = "stood still while this computer was off"
        return (
            f"The system clock says {_moment(told)}, which {why}; what is heard waits up to"
            f" {_span(self._wait_s)} for a time server or base stations."
        )

    def _agree(self, now: float) -> list[str]:
        """Follow the system clock slowly."""
        self._line.slew(now, self._system)
        self._system_settles.forget()
        if self._basis == "system":
            return []
        self._use("system")
        return [f"The system clock is used again; it says {_moment(self._system + now)}."]

    def _disagree(self, now: float) -> list[str]:
        """Decide whom to follow where the system clock is off, or not to be trusted."""
        base = self._base_offset(now)
        settled = self._system_settles.holds(now, self._system)
        if settled and self._may_step(now) and self._is_better(now, base):
            says = self._step(now, self._system, "as the system clock does")
            self._use("system")
            return [says]
        if self._basis == "system" and not settled:
            return []
        said = self._refusal(now, base) if settled else []
        if base is not None:
            return said + self._follow(now, base)
        if self._basis == "system" or now - self._confirmed > SILENT_S:
            self._basis = "unsure"
        return said

    def _may_step(self, now: float) -> bool:
        return now - self._stepped >= SETTLE_S

    def _is_better(self, now: float, base: float | None) -> bool:
        """Return whether there is reason to follow the system clock however far it is."""
        told = self._system + now
        if not _is_plausible(told) or self._blind:
            return False
        if base is None:
            return bool(self._synced) or (self._guessed and told >= self._floor)
        off = abs(self._system - base)
        return off < abs(self._ours(now) - base) or bool(self._synced and off < AGREE_S)

    def _refusal(self, now: float, base: float | None) -> list[str]:
        if self._refused is not None and abs(self._refused - self._system) < SMALL_S:
            return []
        self._refused = self._system
        off = self._system - self._ours(now)
        side = "ahead of" if off > 0 else "behind"
        why = "nothing confirms it" if base is None else "base stations say otherwise"
        return [
            f"The system clock says {_moment(self._system + now)}, {_span(abs(off))} {side} the"
            f" station's; {why}, so it is not followed."
        ]

    def _follow(self, now: float, base: float) -> list[str]:
        """Use the base stations' time, slowly where it is near."""
        off = abs(base - self._ours(now))
        far = off >= AGREE_S
        if far and not self._base_settles.holds(now, base):
            return []
        said = []
        if far:
            said = [self._step(now, base, "as base stations do")]
        elif off > SMALL_S:
            self._line.slew(now, base)
        if not said and self._basis != "base stations":
            said = ["The time is taken from base stations, which confirm the station's."]
        self._use("base stations")
        self._confirmed = now
        return said

    def _use(self, basis: Literal["system", "base stations"]) -> None:
        self._basis = basis
        self._guessed = False
        self._base_settles.forget()
        if basis == "system":
            self._refused = None

    def _step(self, now: float, offset: float, whose: str) -> str:
        before = self._line.at(now)
        self._line.step(now, offset)
        self._stepped = now
        self._steps_count += 1
        by = now + offset - before
        side = "forward" if by > 0 else "back"
        says = f"The clock steps {side} by {_span(abs(by))} to {_moment(now + offset)}, {whose}."
        if by < 0:
            says += f" What is heard is set aside until {_moment(before)} has come again."
        return says

    def _contradiction(self, now: float) -> list[str]:
        """Say, once, that base stations tell another time than the one in use."""
        base = self._base.offset_s(now)
        off = 0.0 if base is None else base - self._ours(now)
        followed = self._basis != "system" and self._base_offset(now) is not None
        if base is None or followed or abs(off) < AGREE_S / 2:
            self._contradicted = None
            return []
        known = self._contradicted
        if abs(off) < AGREE_S or (known is not None and abs(known - base) < AGREE_S):
            return []
        self._contradicted = base
        side = "ahead of" if off > 0 else "behind"
        return [
            f"Base stations say that it is {_moment(base + now)}, {_span(abs(off))} {side} the"
            " clock in use. Either that clock is wrong, or what they send is not live."
        ]


class _Settling:
    """Says whether a value has held still for SETTLE_S."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._value = self._since = float("nan")

    def holds(self, now: float, value: float) -> bool:
        if not abs(value - self._value) < SMALL_S:
            self._value, self._since = value, now
        return now - self._since >= SETTLE_S


def _is_plausible(t: float) -> bool:
    return RELEASED <= t <= LATEST


def _moment(t: float) -> str:
    try:
        return iso(t)
    except (ValueError, OverflowError, OSError):  # a year that no calendar has
        return f"{t:.0f} s after 1970"


def _span(seconds: float) -> str:
    return duration(seconds) if seconds < 700 * 86_400 else f"{seconds / 31_557_600:.1f} years"
