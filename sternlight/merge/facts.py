"""Claims and port visits of one hull as several stations have them, joined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sternlight.record.read import Visit
from tracks.geodesy import NMI_M, distance_m

SAME_PLACE_NMI = 3.0  # ours: what two stations call by different names is one port if so near
DAY_S = 86_400


class Said(NamedTuple):
    """A row of the table of claims."""

    mmsi: int
    hull: int
    field: str
    value: str
    first: float
    last: float
    days_count: int
    last_day: int


def claims(every: Iterable[Said]) -> list[Said]:
    """Return one row for each value.

    On how many days it was heard is known of each station alone: together at least on as many
    as either, and on the sum if their times do not overlap.
    """
    made: dict[tuple[int, int, str, str], Said] = {}
    for one in sorted(every, key=lambda said: (said.first, said)):
        key = one[:4]
        before = made.get(key)
        if before is None:
            made[key] = one
            continue
        apart = one.first // DAY_S > before.last // DAY_S
        days = (
            before.days_count + one.days_count if apart else max(before.days_count, one.days_count)
        )
        made[key] = before._replace(
            last=max(before.last, one.last), days_count=days,
            last_day=max(before.last_day, one.last_day),
        )  # fmt: skip
    return [made[key] for key in sorted(made)]


class Origin(NamedTuple):
    """A visit as a station has it; its lines are those of that station's log."""

    station: int
    visit: Visit


def visits(every: Sequence[Origin]) -> list[tuple[Visit, list[Origin]]]:
    """Return the visits of one hull, those of one place that overlap as one, and where from.

    One visit has the place and lines of the station that is surest of it; it goes on if it
    does by the station that heard the ship last.
    """
    made: list[tuple[Visit, list[Origin]]] = []
    for one in sorted(every, key=lambda origin: (origin.visit.start, origin.station)):
        before = made[-1] if made else None
        if before is not None and _same(before[0], one.visit):
            made[-1] = (_wider(before[0], one.visit), [*before[1], one])
        else:
            made.append((one.visit, [one]))
    return made


def _same(a: Visit, b: Visit) -> bool:
    overlap = a.end is None or b.start <= a.end
    apart_nmi = float(distance_m(a.lat, a.lon, b.lat, b.lon)) / NMI_M
    return overlap and (a.place == b.place or apart_nmi <= SAME_PLACE_NMI)


def _wider(a: Visit, b: Visit) -> Visit:
    sure = a if a.certainty >= b.certainty else b
    end = None if a.end is None or b.end is None else max(a.end, b.end)
    return sure._replace(
        start=min(a.start, b.start), end=end,
        stopped_h=max(a.stopped_h, b.stopped_h), heard_h=max(a.heard_h, b.heard_h),
    )  # fmt: skip
