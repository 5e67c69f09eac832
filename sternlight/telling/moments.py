"""When something was, for people: in UTC, and by the clock of the reader or of the place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple


class Moments(NamedTuple):
    """A span of time as it is written; `end` and `local_end` are "" while it goes on."""

    start: str
    end: str
    local_start: str
    local_end: str
    zone: str  # IANA name, or as UTC-01:00 the nautical zone of the place


def moments(start: float, end: float | None, lon: float, zone: tzinfo | None = None) -> Moments:
    """Write a span in UTC and in the reader's zone; else in the nautical zone of `lon`.

    Nautical zones are the 24 of 15 degrees each that ships at sea keep.
    """
    local = zone or timezone(timedelta(hours=round(lon / 15)))
    return Moments(*_span(start, end, UTC), *_span(start, end, local), str(local))


def moment(t: float) -> str:
    """Write a Unix time as 2026-03-01 02:50, UTC."""
    return f"{datetime.fromtimestamp(t, UTC):%Y-%m-%d %H:%M}"


def _span(start: float, end: float | None, zone: tzinfo) -> tuple[str, str]:
    """Return start and end; the day of the end is left out if it is that of the start."""
    began = datetime.fromtimestamp(start, zone)
    if end is None:
        return f"{began:%Y-%m-%d %H:%M}", ""
    over = datetime.fromtimestamp(end, zone)
    same = over.date() == began.date()
    return f"{began:%Y-%m-%d %H:%M}", f"{over:%H:%M}" if same else f"{over:%Y-%m-%d %H:%M}"
