"""The chart on which the simulated sea is laid: metres east and north as complex numbers.

The waters are those off Cap-Vert, Senegal, where a shore station sees open
Atlantic from south to north-east.  Only the coast, the port and the anchorage
are real; the lane, the grounds and everybody on them are made up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracks.batch import F64

C128 = NDArray[np.complex128]

KN = 1852 / 3600  # metres a second
NMI = 1852.0
HOUR = 3600.0
DAY = 86400.0

ORIGIN_LAT, ORIGIN_LON = 14.74, -17.52  # Pointe des Almadies
_A_M, _E2 = 6_378_137.0, 0.006694379990141  # WGS 84
_GOLDEN = (5**0.5 - 1) / 2


def _lon_degree_m(lat: F64) -> F64:
    phi = np.radians(lat)
    degree_m = np.radians(1.0) * _A_M * np.cos(phi) / np.sqrt(1 - _E2 * np.sin(phi) ** 2)
    return np.asarray(degree_m, np.float64)


_LAT_DEGREE_M = float(
    np.radians(1.0) * _A_M * (1 - _E2) / (1 - _E2 * np.sin(np.radians(ORIGIN_LAT)) ** 2) ** 1.5
)


def place(lat: float, lon: float) -> complex:
    """Return where a position in degrees lies on the chart, in metres."""
    east = (lon - ORIGIN_LON) * float(_lon_degree_m(np.asarray(lat)))
    return complex(east, (lat - ORIGIN_LAT) * _LAT_DEGREE_M)


def lat_lon(p: C128) -> tuple[F64, F64]:
    """Return latitude and longitude in degrees of places on the chart, shape (N,) each.

    Distances between ships a mile apart come out within 1 % everywhere within
    200 nmi of the origin; further away the chart is stretched.
    """
    lat = ORIGIN_LAT + p.imag / _LAT_DEGREE_M
    return lat, ORIGIN_LON + p.real / _lon_degree_m(lat)


def vector(bearing_deg: float, length_m: float) -> complex:
    """Return the step of that length in that direction, clockwise from north."""
    return complex(length_m * np.exp(1j * np.radians(90 - bearing_deg)))


def spots(count: int, inner_nmi: float, outer_nmi: float, turn: float) -> C128:
    """Spread `count` places evenly over the sea to the west, between two distances.

    Evenly, so that ships which have nothing to do with each other do not meet.
    `turn`, 0 to 1, moves all of them along.
    """
    k = np.arange(count)
    area = (k + 0.5) / max(count, 1)
    r = NMI * np.sqrt(inner_nmi**2 + area * (outer_nmi**2 - inner_nmi**2))
    bearing_deg = SEAWARD_DEG[0] + np.diff(SEAWARD_DEG) * ((turn + k * _GOLDEN) % 1)
    return np.asarray(r * np.exp(1j * np.radians(90 - bearing_deg)), np.complex128)


def room_m(count: int, inner_nmi: float, outer_nmi: float) -> float:
    """Return about how far apart the `spots` lie, in metres."""
    sector = np.radians(SEAWARD_DEG[1] - SEAWARD_DEG[0]) / 2
    return float(NMI * np.sqrt(sector * (outer_nmi**2 - inner_nmi**2) / max(count, 1)))


SEAWARD_DEG = (215.0, 320.0)
INNER_NMI = (9.0, 19.0)  # grounds of boats that are home in the evening
OUTER_NMI = (23.0, 31.0)  # where carriers and larger trawlers are

PORT = place(14.683, -17.423)  # Dakar, the basins
PORT_MOUTH = place(14.672, -17.413)
GOREE = place(14.668, -17.402)
HANN = place(14.716, -17.424)  # the bay north of the port: boats, yachts
NGOR = place(14.757, -17.522)  # boats on the north coast
PILOTS = place(14.635, -17.405)  # where ships take a pilot
ANCHORAGE = place(14.640, -17.360)
CAPE = place(14.610, -17.470)  # south of Cap Manuel
WEST = place(14.600, -17.700)  # clear of the peninsula
LANE = place(14.6, -17.95)  # its middle; it runs north and south, from 8 to 21 N at the most
ESTUARY = (place(13.6, -17.35), place(12.55, -17.05))  # the ferry's way south
