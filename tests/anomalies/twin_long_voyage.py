"""The slow twin of the long voyages: one hull after the other, moment by moment."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import NamedTuple

import numpy as np

from anomalies.long_voyage import LongVoyage
from tests.fleets import points, visits
from tracks.batch import Fixes, Points
from tracks.geodesy import NMI_M, distance_m
from tracks.places import Places
from tracks.ports import Visits

DAY = 86_400.0
Found = dict[tuple[tuple[int, ...], float, float | None], dict[str, float]]


class Moment(NamedTuple):
    t: float
    lat: float = np.nan
    lon: float = np.nan
    status: int = 0


class Call(NamedTuple):
    start: float
    end: float  # nan while it lasts
    lat: float
    lon: float


def long_voyages(d: LongVoyage, heard: Fixes, until: float, places: Places, *_: object) -> Found:
    known = visits(heard, until, places)
    return voyages(d, points(heard), known, until, places)


def voyages(d: LongVoyage, marks: Points, known: Visits, until: float, places: Places) -> Found:
    """Return the long voyages; `known` are all that became sure, with those that last."""
    found: Found = {}
    at: dict[int, list[Moment]] = defaultdict(list)
    last: dict[int, float] = {}
    for track, mark, lat, lon, status in zip(
        marks.track, marks.bin, marks.lat, marks.lon, marks.nav_status, strict=True
    ):
        last[int(track)] = max(last.get(int(track), 0), mark * 600.0)
        if at_sea(d, places, lat, lon):
            at[int(track)].append(Moment(mark * 600.0, float(lat), float(lon), int(status)))
    calls: dict[int, list[Call]] = defaultdict(list)
    rows = zip(known.track, known.start, known.end, known.lat, known.lon, strict=True)
    for track, *call in rows:
        calls[int(track)].append(Call(*map(float, call)))
    newest = until // 600 * 600
    for track, of in calls.items():
        for call, following in itertools.pairwise([*sorted(of), None]):
            if not np.isnan(call.end):
                key, said = voyage(
                    d, call, following, at[track], last.get(track, 0), newest, places
                )
                if said:
                    found[(track,), call.end, key] = said
    return found


def voyage(
    d: LongVoyage,
    port: Call,
    following: Call | None,
    heard: list[Moment],
    last: float,
    newest: float,
    places: Places,
) -> tuple[float | None, dict[str, float]]:
    until = following.start if following else newest
    moments = [Moment(port.end)]
    moments += [m for m in sorted(heard) if port.end < m.t <= until]
    moments += [Moment(following.start)] if following else []
    lost = False
    for i, (a, b) in enumerate(itertools.pairwise(moments)):
        if b.t - a.t > d.max_silence_days * DAY:
            moments, lost = moments[: i + 1], True
            break
    # Whoever was heard near land behind its last moment at sea may be found to have come in then.
    if not following and last <= moments[-1].t:
        lost |= newest - moments[-1].t > d.max_silence_days * DAY
    away_s = moments[-1].t - port.end
    if away_s < d.min_days * DAY or all(np.isnan(m.lat) for m in moments):
        return None, {}
    silences = [b.t - a.t for a, b in itertools.pairwise(moments)]
    sure, calls, since = 0.0, 0, port.end
    for a, b in itertools.pairwise(moments):
        steam_h = (away_nmi(places, a) + away_nmi(places, b)) / d.call_speed_kn
        if (b.t - a.t) / 3600 >= steam_h + d.call_h:
            calls, since = calls + 1, b.t
        sure = max(sure, b.t - since)
    sea = [m for m in moments if not np.isnan(m.lat)]
    said = {
        "away_days": away_s / DAY,
        "days_count": moments[-1].t // DAY - port.end // DAY + 1,
        "heard_days_count": len({m.t // DAY for m in sea}),
        "heard_h": len(sea) / 6,
        "longest_silence_h": max(silences) / 3600,
        "unheard_calls_count": calls,
        "sure_days": sure / DAY,
        "fishing_share": sum(m.status == 7 for m in sea) / len(sea),
    }
    shore = [float(places.shore_nmi(m.lat, m.lon)) for m in sea]
    if not np.isnan(shore[0]):
        said["max_shore_nmi"] = max(shore)
        said["high_seas_share"] = sum(nmi > 200 for nmi in shore) / len(sea)
    if following and not lost:
        apart_m = distance_m(port.lat, port.lon, following.lat, following.lon)
        said["ports_apart_nmi"] = float(apart_m) / NMI_M
    return (moments[-1].t if following or lost else None), said


def at_sea(d: LongVoyage, places: Places, lat: float, lon: float) -> bool:
    near = bool(places.near_port([lat], [lon], d.port_radius_nmi)[0])
    return not near and not places.shore_nmi(lat, lon) < d.min_shore_nmi


def away_nmi(places: Places, m: Moment) -> float:
    if np.isnan(m.lat):
        return 0.0
    port, shore = float(places.nearest([m.lat], [m.lon])[0][0]), places.shore_nmi(m.lat, m.lon)
    known = [nmi for nmi in (port, float(shore)) if np.isfinite(nmi) and nmi != 300]
    return min(known, default=0.0)
