"""What a small chart shows: how far it reaches, where things lie on it, and its marks.

Up to latitude 80 it is equirectangular, true to scale at its middle; beyond, where meridians
meet, it is azimuthal equidistant about its middle, and north is up there only.  Longitude 180
is like any other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tracks.batch import F64, I64
from tracks.geodesy import NMI_M, bearing_deg, destination, distance_m, lon_difference, wrap_lon
from tracks.shore import NODES_PER_DEGREE, ROWS, Shore

POLAR_LAT_DEG = 80.0
LEAST_NMI = 6.0  # from the middle to an edge: closer, the coast of the map would be invented
MARGIN = 1.12
# The coast is drawn so far out to sea: nodes stand 6 nmi apart, and a cape between two of them
# shows only in how near they are to it.  Without this, Dakar would lie in the sea.
SEAWARD_NMI = 1.5
COAST_NMI = 80.0  # a coast no farther than this is brought into view
NODES_COUNT = (
    250  # of the map of distances, along a side; a wider view takes every second, third...
)
TICKS_COUNT = 4  # along a side, at most
_STEPS_MIN = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 5400, 10800)
_BARS_NMI = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


class Land(NamedTuple):
    """Heights of a surface that is above 0 on land, at the nodes of a grid; shape (M, N) each."""

    x_nmi: F64
    y_nmi: F64
    height: F64


class Tick(NamedTuple):
    """Where a meridian or a parallel meets the edge, and what it is called."""

    at_nmi: float
    says: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A square view: its middle, and how far its edges are from there."""

    lat: float
    lon: float
    half_nmi: float

    @classmethod
    def around(cls, lat: ArrayLike, lon: ArrayLike) -> Frame:
        """Return a view that holds all these positions; nan is left out.  One must not be."""
        y, x = np.ravel(np.asarray(lat, np.float64)), np.ravel(np.asarray(lon, np.float64))
        known = np.isfinite(y) & np.isfinite(x)
        y, x = y[known], x[known]
        east = lon_difference(x[0], x)
        middle = cls(
            float((y.min() + y.max()) / 2),
            float(wrap_lon(x[0] + (east.min() + east.max()) / 2)),
            LEAST_NMI,
        )
        at = np.abs(np.concatenate(middle.xy(y, x)))
        return cls(middle.lat, middle.lon, max(LEAST_NMI, float(at.max()) * MARGIN))

    @property
    def polar(self) -> bool:
        """Whether it lies where meridians meet."""
        return abs(self.lat) > POLAR_LAT_DEG

    def xy(self, lat: ArrayLike, lon: ArrayLike) -> tuple[F64, F64]:
        """Return where positions lie, in nmi east and north of the middle; nan stays nan."""
        if self.polar:
            away_nmi = distance_m(self.lat, self.lon, lat, lon) / NMI_M
            course = np.radians(bearing_deg(self.lat, self.lon, lat, lon))
            return away_nmi * np.sin(course), away_nmi * np.cos(course)
        x = lon_difference(self.lon, lon) * self._nmi_per_deg
        return x, np.subtract(lat, self.lat, dtype=np.float64) * 60

    def land(self, shore: Shore) -> Land:
        """Return what to draw the coast from: its line is where the height is 0."""
        rows, columns = self._nodes()
        lat = rows / NODES_PER_DEGREE - 90.0
        lon = columns / NODES_PER_DEGREE - 180.0
        y, x = np.meshgrid(lat, lon, indexing="ij")
        height = SEAWARD_NMI - shore.at_nodes(rows, columns)
        if self.polar:
            return Land(*self.xy(y, x), height)
        # Counted on past longitude 180, so that the far side comes where it belongs.
        return Land((x - self.lon) * self._nmi_per_deg, (y - self.lat) * 60, height)

    def ticks(self) -> tuple[list[Tick], list[Tick]]:
        """Return the meridians along the lower edge and the parallels along the left one."""
        if self.polar:
            return [], []
        return (
            _ticks(self.lon, self.half_nmi, self._nmi_per_deg, "EW"),
            _ticks(self.lat, self.half_nmi, 60.0, "NS"),
        )

    def bar_nmi(self) -> float:
        """Return how long a scale to draw, about a quarter of the width."""
        fits = [bar for bar in _BARS_NMI if bar <= 0.6 * self.half_nmi]
        return max(fits)

    @property
    def _nmi_per_deg(self) -> float:
        """How long a degree of longitude is in the middle."""
        return 60 * math.cos(math.radians(self.lat))

    def _nodes(self) -> tuple[I64, I64]:
        """Return which rows and columns of the map of distances the view needs."""
        reach_deg = self.half_nmi / 60 * (1.5 if self.polar else 1)
        south = math.floor((self.lat - reach_deg + 90) * NODES_PER_DEGREE) - 1
        north = math.ceil((self.lat + reach_deg + 90) * NODES_PER_DEGREE) + 1
        rows = np.arange(max(south, 0), min(north, ROWS - 1) + 1)
        wide_deg = 180.0 if self.polar else min(180.0, self.half_nmi / self._nmi_per_deg)
        west = math.floor((self.lon - wide_deg + 180) * NODES_PER_DEGREE) - 1
        east = math.ceil((self.lon + wide_deg + 180) * NODES_PER_DEGREE) + 1
        columns = np.arange(west, east + 1)
        return rows[:: 1 + len(rows) // NODES_COUNT], columns[:: 1 + len(columns) // NODES_COUNT]


def nearest_coast(shore: Shore, lat: float, lon: float) -> tuple[float, float] | None:
    """Return about where land is nearest to a position; None beyond COAST_NMI."""
    frame = Frame(lat, lon, COAST_NMI)
    land = frame.land(shore)
    away_nmi = np.where(land.height >= 0, np.hypot(land.x_nmi, land.y_nmi), np.inf)
    nearest = int(away_nmi.argmin())
    if away_nmi.flat[nearest] > COAST_NMI:
        return None
    course = math.degrees(math.atan2(land.x_nmi.flat[nearest], land.y_nmi.flat[nearest]))
    found = destination(lat, lon, course, away_nmi.flat[nearest] * NMI_M)
    return float(found[0]), float(found[1])


def _ticks(middle_deg: float, half_nmi: float, nmi_per_deg: float, halves: str) -> list[Tick]:
    reach_min = half_nmi / nmi_per_deg * 60
    step = next((s for s in _STEPS_MIN if 2 * reach_min / s <= TICKS_COUNT), _STEPS_MIN[-1])
    inside_min = reach_min * 0.88  # so that what is written at a tick has room
    first = math.ceil((middle_deg * 60 - inside_min) / step)
    last = math.floor((middle_deg * 60 + inside_min) / step)
    minutes = [step * count for count in range(first, last + 1)]
    return [Tick((m / 60 - middle_deg) * nmi_per_deg, _angle(m, halves)) for m in minutes]


def _angle(minutes: int, halves: str) -> str:
    """Write 875 minutes as 14°35′N; a longitude is counted on past 180."""
    if halves == "EW":
        minutes = (minutes + 180 * 60) % (360 * 60) - 180 * 60
    degrees, rest = divmod(abs(minutes), 60)
    half = halves[minutes < 0] if minutes % (180 * 60) else ""
    return f"{degrees}°{rest:02d}′{half}" if rest else f"{degrees}°{half}"
