"""A made-up sea of six days: a road in which ships lie at anchor, and a place where ships meet.

Each day three cargo ships come from sea, lie 18 hours in the road some hundred metres
from each other, and go.  Elsewhere, as far from shore, a carrier lies as long, and a
fishing vessel comes alongside for six hours: every day the same, each with new names.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from receiver.encode import counts, encode, sentences
from tracks.geodesy import NMI_M, destination

T0 = 1_772_323_200.0  # 2026-03-01T00:00:00Z
DAYS, HOUR = 6, 3600.0
ROAD, GROUND = (15.0, -17.35), (14.8, -17.7)  # some 10 nmi from shore, far from any port
EVERY_S = 1200.0
CARGO, FISHING = 70, 30

# First MMSI, ship type, which place, how far north of it in metres, from and to which hour.
VISITS = (
    (210_000_100, CARGO, ROAD, 0.0, 3.0, 21.0),
    (210_000_200, CARGO, ROAD, 350.0, 3.5, 21.5),
    (210_000_300, CARGO, ROAD, 700.0, 4.0, 22.0),
    (210_000_400, CARGO, GROUND, 0.0, 3.0, 21.0),
    (210_000_500, FISHING, GROUND, 60.0, 9.0, 15.0),
)


@cache
def lines() -> list[bytes]:
    """Return the sentences of all days, with times, in order."""
    found: list[tuple[float, bytes]] = []
    for day in range(DAYS):
        for mmsi, ship_type, place, north_m, begin_h, end_h in VISITS:
            begin, end = T0 + (24 * day + begin_h) * HOUR, T0 + (24 * day + end_h) * HOUR
            found += _visit(mmsi + day, ship_type, place, north_m, begin, end)
    return [line for _, line in sorted(found)]


def _visit(
    mmsi: int, ship_type: int, place: tuple[float, float], north_m: float, begin: float, end: float
) -> list[tuple[float, bytes]]:
    """Come at 10 kn in an hour and a half, lie, and go as one came."""
    lead_s = 1.5 * HOUR
    t = np.floor(np.arange(begin - lead_s, end + lead_s, EVERY_S)) + mmsi % 59
    off_s = np.maximum(begin - t, t - end).clip(min=0)
    lat, lon = destination(*destination(*place, 0.0, north_m), 270.0, off_s / HOUR * 10 * NMI_M)
    sog_kn = np.where(off_s > 0, 10.0, 0.0)
    where = encode(1, {"mmsi": np.full(len(t), mmsi), "type": 1,
                       "nav_status": np.where(off_s > 0, 0, 1),
                       **counts(1, lat, lon, sog_kn, 90.0)})  # fmt: skip
    who = encode(5, {"mmsi": np.array([mmsi]), "ship_type": ship_type, "name": f"SHIP {mmsi}"})
    told = [
        (moment, sentences(who, t=moment, stamp="tag").to_bytes()) for moment in t[::9].tolist()
    ]
    own = sentences(where, t=t, stamp="tag").to_bytes().splitlines(keepends=True)
    return [*told, *zip(t.tolist(), own, strict=True)]
