"""A subscriber's night and the hours of digests, held against a clock read minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternlight.alerts.hours import awake, digest_after, zone_of
from sternlight.alerts.subscription import Digest, Subscription
from tests.sternlight.alerts.world import DAY, MONDAY

ZONES = ("", "Europe/Berlin", "America/St_Johns", "Pacific/Chatham", "Africa/Dakar",
         "Australia/Lord_Howe", "America/Santiago")  # fmt: skip
# Around the days on which clocks are changed somewhere, and others.
MOMENTS = st.one_of(
    st.integers(int(MONDAY), int(MONDAY + 366 * DAY)),
    *(
        st.integers(int(t - 2 * DAY), int(t + 2 * DAY))
        for t in (
            datetime(2026, 3, 29, tzinfo=UTC).timestamp(),
            datetime(2026, 10, 25, tzinfo=UTC).timestamp(),
            datetime(2026, 4, 4, 16, tzinfo=UTC).timestamp(),
            datetime(2026, 9, 6, tzinfo=UTC).timestamp(),
            datetime(2026, 11, 1, tzinfo=UTC).timestamp(),
        )
    ),
)
HALVES = st.integers(0, 47).map(lambda n: n / 2)


def one(
    zone: str, quiet: tuple[float, float] | None = None, digest: Digest = "now"
) -> Subscription:
    return Subscription(1, "active", 0.0, "a@example.org", zone=zone, quiet=quiet, digest=digest)


def shown_h(zone: str, t: float) -> float:
    """Return what the local clock shows, in hours."""
    here = datetime.fromtimestamp(t, ZoneInfo(zone) if zone else UTC)
    return here.hour + here.minute / 60


def sleeps(zone: str, quiet: tuple[float, float], t: float) -> bool:
    hour, (begin, end) = shown_h(zone, t), quiet
    return begin <= hour < end if begin <= end else not end <= hour < begin


@given(st.sampled_from(ZONES), st.tuples(HALVES, HALVES), MOMENTS)
def test_quiet_hours_end_when_the_local_clock_says_so(
    zone: str, quiet: tuple[float, float], minute: int
) -> None:
    t = minute // 60 * 60.0
    found = awake(one(zone, quiet), t)
    first = t
    while quiet[0] != quiet[1] and sleeps(zone, quiet, first):
        first += 900 if first % 900 == 0 else 60
    # Where the clock jumps over the hour, it is the hour that would have been.
    assert first <= found <= first + 3600
    assert quiet[0] == quiet[1] or not sleeps(zone, quiet, found)
    if shown_h(zone, found) == quiet[1]:
        assert found == first or found - first in (1800, 3600)


@given(st.sampled_from(ZONES), st.sampled_from(["now", "daily", "weekly"]), MOMENTS)
def test_digests_go_out_at_seven_each_day_or_each_monday(
    zone: str, digest: Digest, second: int
) -> None:
    moment, day = digest_after(one(zone, digest=digest), second)
    first = second // 900 * 900 + 900
    monday = digest != "daily"
    here = datetime.fromtimestamp(first, ZoneInfo(zone) if zone else UTC)
    while (here.hour, here.minute) != (7, 0) or (monday and here.weekday()):
        first += 900
        here = datetime.fromtimestamp(first, ZoneInfo(zone) if zone else UTC)
    assert (moment, day) == (first, here.date())


def test_quiet_hours_that_a_clock_shows_twice_last_both_times() -> None:
    """Berlin, 25 October 2026: at 3 the clock is set back to 2, which is 01:00 UTC."""
    berlin = one("Europe/Berlin", (1.0, 2.5))
    midnight = datetime(2026, 10, 25, tzinfo=UTC).timestamp()
    ends = [awake(berlin, midnight + 60 * minute) - midnight for minute in (0, 10, 40, 70, 100)]
    assert ends == [1800, 1800, 2400, 5400, 6000]


def test_nobody_without_quiet_hours_waits() -> None:
    assert awake(one("Europe/Berlin"), MONDAY) == MONDAY
    assert awake(one("", (5.0, 5.0)), MONDAY) == MONDAY


def test_quiet_hours_of_a_whole_day_end_with_the_day() -> None:
    assert awake(one("", (0.0, 24.0)), MONDAY + 5) == MONDAY + DAY


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "a\0b"])
def test_a_zone_that_is_none_is_taken_for_utc(name: str) -> None:
    assert zone_of(one(name)) is UTC
