"""A subscriber's day: when it is night there, and when digests go out."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sternlight.alerts.subscription import Subscription

DIGEST_HOUR = 7  # before work; a weekly one stands above the week's, on Monday
MONDAY = 0


def zone_of(one: Subscription) -> tzinfo:
    """Return the zone of a subscriber's quiet hours and digests; UTC where none is known."""
    try:
        return ZoneInfo(one.zone) if one.zone else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # Names go out of use.  Nobody is to miss an alert by that, least of all somebody else.
        return UTC


def awake(one: Subscription, t: float) -> float:
    """Return Unix time `t`, or when the subscriber's quiet hours end that it lies in."""
    if one.quiet is None or one.quiet[0] == one.quiet[1]:
        return t
    begin_h, end_h = one.quiet
    zone = zone_of(one)
    here = datetime.fromtimestamp(t, zone)
    hour = here.hour + here.minute / 60 + (here.second + here.microsecond / 1e6) / 3600
    across = begin_h > end_h
    if not ((begin_h <= hour or hour < end_h) if across else begin_h <= hour < end_h):
        return t
    day = here.date() + timedelta(days=across and hour >= begin_h)
    return _at(day, end_h, zone, t)


def digest_after(one: Subscription, t: float) -> tuple[float, date]:
    """Return when the first digest after Unix time `t` goes out, and of which local day it is."""
    zone = zone_of(one)
    day = datetime.fromtimestamp(t, zone).date()
    while True:
        moment = _at(day, DIGEST_HOUR, zone, -float("inf"))
        if moment > t and (one.digest == "daily" or day.weekday() == MONDAY):
            return moment, day
        day += timedelta(days=1)


def _at(day: date, hour: float, zone: tzinfo, after: float) -> float:
    """Return when a local clock shows an hour of a day: the first time that is after `after`."""
    shown = datetime.combine(day, time()) + timedelta(hours=hour)
    # Where clocks are turned back, it shows the hour twice; where they are turned on, never, and
    # then what it shows that much later counts.
    moments = [shown.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1)]
    return next((moment for moment in moments if moment > after), moments[0])
