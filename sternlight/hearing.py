"""Whether a source hears what it usually hears.

A source that is deaf hears no ship, and one that is half deaf (water in a
plug, a bent antenna, a new noise) misses most; neither says anything about the
ships.  Half deaf means: in the last 15 minutes fewer lines than a quarter of
what is usual here, where usual is the median of the source's own quarters of an
hour over the last seven days, or that of this time of day if it is less.

Pure: all times are given.  What is neglected: a source that was half deaf when
it was first switched on counts as healthy, since nothing better is known of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from sternlight.text import duration

State = Literal["opening", "hearing", "half deaf", "silent", "lost", "ended"]
STATES: tuple[State, ...] = ("opening", "hearing", "half deaf", "silent", "lost", "ended")
# In these nothing at all is heard; "half deaf" excuses a vessel's silence, too.
DEAF: frozenset[State] = frozenset({"opening", "silent", "lost", "ended"})

MINUTE_S, QUARTER_S, DAY_S = 60.0, 900.0, 86_400.0
KNOWN_DAYS = 7
KNOWN_COUNT = KNOWN_DAYS * 96  # quarters of an hour
LEAST_COUNT = 96  # a day of hearing: before that nobody knows what is usual
HALF_DEAF_SHARE, WELL_SHARE = 0.25, 0.5  # worse than the one; and better than the other again
LEAST_LINES = 40  # a usual quarter with fewer is too close to chance to judge another by
LEAP_S = 300.0  # more between two checks: the clock was set, or the computer slept


class Turn(NamedTuple):
    """A source changed its state, at `t`; what the state says is so since `since`."""

    t: float
    source: str
    state: State
    why: str  # one sentence without a full stop, for people
    since: float


@dataclass(slots=True)
class Hearing:
    """One source's state, from the lines that came; `t` in all calls is Unix seconds."""

    source: str
    silence_s: float
    t: float  # when it was opened
    state: State = "opening"
    why: str = "nothing heard yet"
    since: float = field(init=False)
    last_heard: float | None = None
    lines_count: int = 0
    _watched: float = field(init=False)  # it listens since then, with breaks of a minute at most
    _checked: float = field(init=False)
    _minutes: dict[int, int] = field(default_factory=dict)  # lines by minute since 1970
    _quarters: dict[int, int] = field(default_factory=dict)  # lines by quarter of an hour
    _usual: float | None = None

    def __post_init__(self) -> None:
        self.since = self._watched = self._checked = self.t

    def heard(self, t: float, lines_count: int) -> Turn | None:
        """Count lines that came; none at all means that the source is open and quiet."""
        if not lines_count:
            if self.state in ("lost", "ended"):
                return self._turn(t, "opening", "open again, nothing heard yet")
            return None
        if self.state in DEAF and (self.last_heard is None or t - self.last_heard > MINUTE_S):
            self._watched = t
        self.last_heard = t
        self.lines_count += lines_count
        minute = int(t // MINUTE_S)
        self._minutes[minute] = self._minutes.get(minute, 0) + lines_count
        return self._turn(t, "hearing", "") if self.state in DEAF else None

    def lost(self, t: float, why: str) -> Turn | None:
        """Say that it could not be opened or broke off; told again only if `why` is new."""
        return None if (self.state, self.why) == ("lost", why) else self._turn(t, "lost", why)

    def ended(self, t: float) -> Turn | None:
        """Say that nothing will ever follow."""
        return None if self.state == "ended" else self._turn(t, "ended", "its input has ended")

    def check(self, t: float) -> Turn | None:
        """Look, about once a second, whether it fell silent or is half deaf."""
        if not 0 <= t - self._checked <= LEAP_S:
            self._leap(t - self._checked)
        minute, self._checked = int(self._checked // MINUTE_S), t
        if self.state in ("opening", "hearing", "half deaf"):
            quiet_since = max(self.since if self.state == "opening" else 0.0, self.last_heard or 0)
            if t - quiet_since >= self.silence_s:
                says = f"nothing heard for {duration(self.silence_s)}"
                return self._turn(t, "silent", says, quiet_since)
        return self._each_minute(t) if int(t // MINUTE_S) != minute else None

    @property
    def rate_per_min(self) -> float:
        """Lines a minute over the last 15 full minutes, or as many as there are."""
        minutes = self._window(self._checked)
        if minutes:
            return sum(minutes) / len(minutes)
        passed_s = max(1.0, self._checked - self._watched)
        return sum(self._minutes.values()) / passed_s * MINUTE_S

    @property
    def usual_per_min(self) -> float | None:
        """What is usual now, None before a day is known."""
        return None if self._usual is None else self._usual / 15

    def save(self) -> dict[str, Any]:
        """Return what is known of its usual rates, for JSON."""
        return {"quarters": sorted(self._quarters.items())}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take over what `save` gave."""
        self._quarters = {int(quarter): int(count) for quarter, count in saved["quarters"]}

    def _turn(self, t: float, state: State, why: str, since: float | None = None) -> Turn:
        self.state, self.why, self.since = state, why, t if since is None else since
        return Turn(t, self.source, state, why, self.since)

    def _leap(self, by_s: float) -> None:
        """Count a leap of the clock as no time: nothing could be heard in it."""
        self.since += by_s
        self._watched = self._checked + by_s
        self._minutes.clear()
        if self.last_heard is not None:
            self.last_heard += by_s

    def _window(self, t: float) -> list[int]:
        """Return the lines of the last full minutes, at most 15, in which it was listened to."""
        now = int(t // MINUTE_S)
        first = max(now - 15, -int(-self._watched // MINUTE_S))
        return [self._minutes.get(minute, 0) for minute in range(first, now)]

    def _each_minute(self, t: float) -> Turn | None:
        now = int(t // MINUTE_S)
        self._minutes = {m: n for m, n in self._minutes.items() if m >= now - 15}
        if self.state not in ("hearing", "half deaf"):
            return None
        window = self._window(t)
        if len(window) < 15:
            return None
        if now % 15 == 0 or self._usual is None:
            self._usual = self._usual_count(now // 15)
        turn = self._compare(t, sum(window))
        if now % 15 == 0 and self.state == "hearing":
            self._learn(now // 15 - 1, sum(window))
        return turn

    def _learn(self, quarter: int, count: int) -> None:
        self._quarters[quarter] = count
        self._quarters = {q: n for q, n in self._quarters.items() if 0 <= quarter - q < KNOWN_COUNT}

    def _usual_count(self, quarter: int) -> float | None:
        """Return the lines of a usual quarter of an hour at this time of day."""
        # Here, since `sternlight status` knows the words of this module and needs no arrays; the
        # standard library's median would load fractions and decimals into a station.
        import numpy as np

        known = {q: n for q, n in self._quarters.items() if 0 < quarter - q <= KNOWN_COUNT}
        if len(known) < LEAST_COUNT:
            return None
        # Within an hour of this time of day: 8 quarters for each day known.
        alike = [n for q, n in known.items() if (quarter - q + 4) % 96 <= 8]
        usual = float(np.median(list(known.values())))
        return min(usual, float(np.median(alike))) if len(alike) >= 4 else usual

    def _compare(self, t: float, count: int) -> Turn | None:
        usual = self._usual
        if usual is None or usual < LEAST_LINES:
            well, bad = True, False
        else:
            well, bad = count > WELL_SHARE * usual, count < HALF_DEAF_SHARE * usual
        if self.state == "hearing" and bad and usual:
            says = f"{count / 15:.1f} lines a minute, where {usual / 15:.1f} are usual"
            return self._turn(t, "half deaf", says, t - QUARTER_S)
        if self.state == "half deaf" and usual is None:
            self._quarters.clear()  # half deaf for most of a week: this is how it is now
            return self._turn(t, "hearing", "what is usual is learned anew")
        if self.state == "half deaf" and well:
            return self._turn(t, "hearing", "")
        return None
