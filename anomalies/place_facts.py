"""How far a place is from shore and from port, as measured values of events."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from anomalies.last_heard import Last
from tracks.batch import F64, Mask, Points
from tracks.geodesy import from_xyz, unit_xyz
from tracks.places import Places


def near_land(
    at: Points | Last, places: Places, port_radius_nmi: float, min_shore_nmi: float
) -> Mask:
    """Return which positions are nearer to a port or the shore than that; none without a map."""
    near_port = places.near_port(at.lat, at.lon, port_radius_nmi)
    near_shore = places.shore_nmi(at.lat, at.lon) < min_shore_nmi  # nan: no map
    return np.asarray(near_port | near_shore)


def place_facts(places: Places, lat: F64, lon: F64) -> list[dict[str, float]]:
    """Return `shore_nmi` and `port_nmi` of each position; what is not known is left out."""
    shore_nmi = np.asarray(places.shore_nmi(lat, lon), np.float64)
    port_nmi = np.asarray(places.nearest(lat, lon)[0], np.float64)
    return _facts(shore_nmi.tolist(), port_nmi.tolist())


def nearest_facts(places: Places, several: Sequence[Points]) -> list[dict[str, float]]:
    """Return the smallest `shore_nmi` and `port_nmi` of the points of each; none is empty."""
    if not several:
        return []
    begin = np.cumsum([0, *map(len, several)])[:-1]
    lat = np.concatenate([points.lat for points in several])
    lon = np.concatenate([points.lon for points in several])
    shore_nmi = np.asarray(places.shore_nmi(lat, lon), np.float64)
    port_nmi = np.asarray(places.nearest(lat, lon)[0], np.float64)
    return _facts(*(np.minimum.reduceat(nmi, begin).tolist() for nmi in (shore_nmi, port_nmi)))


def _facts(shore_nmi: list[float], port_nmi: list[float]) -> list[dict[str, float]]:
    return [
        {
            name: value
            for name, value in (("shore_nmi", shore), ("port_nmi", port))
            if math.isfinite(value)
        }
        for shore, port in zip(shore_nmi, port_nmi, strict=True)
    ]


def middle(lat: F64, lon: F64) -> tuple[float, float]:
    """Return the mean position, taken in space: right across longitude 180 and at the poles."""
    mean_lat, mean_lon = from_xyz(unit_xyz(lat, lon).mean(axis=0))
    return float(mean_lat), float(mean_lon)
