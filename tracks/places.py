"""What lies near a position: the shore, ports, anchorages, and zones by distance.

Everything comes with the product or from the user's own files, so it works
offline.  docs/places.md says where the data come from, how far they are off,
and what they leave out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from tracks.batch import F32, F64, I64, U8, Mask
from tracks.geodesy import NMI_M, bearing_deg, distance_m, wrap_lon
from tracks.limits import Limits, Reach
from tracks.nearby import Spots
from tracks.place import Place, PlacesError
from tracks.placefile import OpenGeopackage, read_places
from tracks.shore import FARTHEST_NMI, Shore

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ZONE_NAMES", "Place", "Places", "PlacesError"]

SHORE_FILE, PORTS_FILE = "shore.npz", "ports.csv"

# United Nations Convention on the Law of the Sea, articles 3, 33, 57 and 86; by distance only
ZONE_UNKNOWN, ZONE_LAND, ZONE_12, ZONE_24, ZONE_200, ZONE_HIGH_SEAS = range(6)
ZONE_NAMES = (
    "unknown",
    "on land or in inland waters",
    "within 12 nmi of shore",
    "12 to 24 nmi from shore",
    "24 to 200 nmi from shore",
    "high seas, over 200 nmi from shore",
)
_ZONE_ENDS_NMI = np.array([0, 12, 24, 200], np.float32)

_WINDS = "north north-northeast northeast east-northeast east east-southeast southeast"
_WINDS += " south-southeast south south-southwest southwest west-southwest west west-northwest"
_COMPASS = (*_WINDS.split(), "northwest", "north-northwest")
_AS_DRAWN = Reach(0.0, 0.0)
_AT_NMI = 1.0  # nearer than that a ship is at a port, not a bearing away from it


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Ports, anchorages, zones and the map of distances to shore.

    All methods but `label` and `describe` take arrays of latitudes and
    longitudes of shape (N,) and accept nan; any longitude is taken.
    """

    harbours: tuple[Place, ...]  # ports and anchorages; a place's index is its place in here
    zones: tuple[Place, ...]
    shore: Shore | None
    _spots: Spots = field(repr=False)
    _spot_owner: I64 = field(repr=False)
    _lat: F64 = field(repr=False)  # of each place, and nan at the end
    _lon: F64 = field(repr=False)
    _port: Mask = field(repr=False)  # likewise
    _limits: dict[Reach, Limits] = field(default_factory=dict, repr=False)

    @classmethod
    def load(
        cls,
        folder: Path,
        extra: Sequence[Path] = (),
        open_geopackage: OpenGeopackage | None = None,
    ) -> Places:
        """Read the data in `folder` (config/places) and the user's own files.

        Raises PlacesError for a file that cannot be used; see `read_places`.
        """
        files = (folder / PORTS_FILE, *extra)
        places = [place for path in files for place in read_places(path, open_geopackage)]
        try:
            return cls.of(places, Shore.load(folder / SHORE_FILE))
        except (ValueError, OSError) as error:
            raise PlacesError(f"{error}; install Sternlight again") from error

    @classmethod
    def none(cls) -> Places:
        """Return places that know nothing: every mask is off, for comparison with others."""
        return cls.of([])

    @classmethod
    def of(cls, places: Sequence[Place], shore: Shore | None = None) -> Places:
        """Return the given places; without a map, distances to shore are unknown."""
        harbours = tuple(p for p in places if p.kind != "zone")
        zones = tuple(p for p in places if p.kind == "zone")
        lat, lon, owner = _samples(harbours)
        _prepare(zones)
        at = np.array([[p.lat, p.lon] for p in harbours] + [[np.nan, np.nan]])
        port = np.array([p.kind == "port" for p in harbours] + [False])
        spots = Spots.make(lat, lon)
        return cls(harbours, zones, shore, spots, owner, at[:, 0], at[:, 1], port)

    def along_with(self, more: Sequence[Place]) -> Places:
        """Return these places and some more."""
        return Places.of([*self.harbours, *self.zones, *more], self.shore) if more else self

    @property
    def names(self) -> list[str]:
        """The names of ports and anchorages, in the order of their indices."""
        return [place.name for place in self.harbours]

    def label(self, index: int) -> str:
        """Return how to call a port or anchorage: "Dakar (SN)"; "" for -1."""
        if index < 0:
            return ""
        place = self.harbours[index]
        return f"{place.name} ({place.country})" if place.country else place.name

    def shore_nmi(self, lat: ArrayLike, lon: ArrayLike) -> F32:
        """Return the distance to the nearest coast in nmi, 0 on land, at most 300.

        nan where the position is nan, and everywhere without a map.  0 is not a
        fault of the position: the map knows no river, harbour or narrow inlet.
        """
        if self.shore is None:
            return np.full(np.broadcast(lat, lon).shape, np.nan, np.float32)
        return self.shore.nmi(lat, lon)

    def zone(self, lat: ArrayLike, lon: ArrayLike) -> U8:
        """Return the zone by distance from shore, one of the ZONE_ numbers; see ZONE_NAMES.

        Neglected: straight baselines, islets, and every boundary between
        states.  It is not a legal statement.
        """
        shore = self.shore_nmi(lat, lon)
        code = np.searchsorted(_ZONE_ENDS_NMI, shore) + ZONE_LAND
        return np.where(np.isnan(shore), ZONE_UNKNOWN, code).astype(np.uint8)

    def nearest(self, lat: ArrayLike, lon: ArrayLike) -> tuple[F32, I64]:
        """Return the distance in nmi to the nearest port or anchorage, and its index.

        It is 0 inside an outline; outside, outlines are sampled every mile or
        so.  inf and -1 where there is none, nan and -1 where the position is nan.
        """
        y, x = _flat(lat, lon)
        away_nmi, spot = self._spots.nearest(y, x)
        which = np.where(spot < 0, -1, self._spot_owner[spot] if len(self._spot_owner) else -1)
        limits = self.limits(_AS_DRAWN)
        held = limits.outlines.holding(y, x)
        inside = held >= 0
        away_nmi[inside] = 0
        which[inside] = limits.outline_owner[held[inside]]
        return away_nmi, which

    def limits(self, reach: Reach) -> Limits:
        """Return how far ports and anchorages reach for who asks so."""
        if reach not in self._limits:
            self._limits[reach] = Limits.make(self.harbours, reach)
        return self._limits[reach]

    def near_port(self, lat: ArrayLike, lon: ArrayLike, radius_nmi: float) -> Mask:
        """Return which positions lie within `radius_nmi` of a port or anchorage.

        One with a radius of its own is asked by that, one with an outline by
        its outline.  False where the position is nan, and without places.
        """
        return self.limits(Reach(radius_nmi, radius_nmi)).contain(*_flat(lat, lon))

    def zones_at(self, lat: ArrayLike, lon: ArrayLike) -> list[tuple[str, ...]]:
        """Return for each position the names of the user's zones in which it lies."""
        y, x = _flat(lat, lon)
        names: list[list[str]] = [[] for _ in y]
        for zone in self.zones:
            for i in np.flatnonzero(_in_zone(zone, y, x)):
                names[i].append(zone.name)
        return [tuple(n) for n in names]

    def at(self, index: I64) -> tuple[F64, F64]:
        """Return where ports and anchorages are; nan for -1."""
        return self._lat[index], self._lon[index]

    def is_port(self, index: I64) -> Mask:
        """Return which are ports and not anchorages; False for -1."""
        return self._port[index]

    def from_named(self, lat: ArrayLike, lon: ArrayLike) -> list[str]:
        """Say where each position is from a place with a name: "12 nmi south of Mbour (SN)"."""
        y, x = _flat(lat, lon)
        away_nmi, which = self.nearest(y, x)
        named = np.array([place.named for place in self.harbours] + [True], np.bool_)
        others = np.flatnonzero(named[:-1])
        for row in np.flatnonzero(~named[which]):
            away_m = distance_m(y[row], x[row], *self.at(others))
            which[row] = others[away_m.argmin()] if len(others) else -1
            away_nmi[row] = away_m.min(initial=np.inf) / NMI_M
        columns = (c.tolist() for c in (y, x, away_nmi, which))
        return [self._from_port(*row) for row in zip(*columns, strict=True)]

    def describe(self, lat: float, lon: float) -> str:
        """Say where a position is: "31 nmi west-southwest of Dakar (SN), 28 nmi from shore"."""
        return self.describe_all([lat], [lon])[0]

    def describe_all(self, lat: ArrayLike, lon: ArrayLike) -> list[str]:
        """Say where each position is; many at once take a tenth of the time of one by one."""
        y, x = _flat(lat, lon)
        away_nmi, which = self.nearest(y, x)
        columns = zip(
            y.tolist(),
            x.tolist(),
            away_nmi.tolist(),
            which.tolist(),
            self.shore_nmi(y, x).tolist(),
            self.zones_at(y, x),
            strict=True,
        )
        return [self._says(*row) for row in columns]

    def _says(
        self, lat: float, lon: float, away: float, which: int, shore: float, zones: tuple[str, ...]
    ) -> str:
        if math.isnan(lat) or math.isnan(lon):
            return "at an unknown position"
        parts = [self._from_port(lat, lon, away, which), _from_shore(shore)]
        parts += [f"in {name}" for name in zones]
        return ", ".join(part for part in parts if part)

    def _from_port(self, lat: float, lon: float, away_nmi: float, which: int) -> str:
        if which < 0:
            east = float(wrap_lon(lon))
            return f"{abs(lat):.2f}° {'SN'[lat >= 0]}, {abs(east):.2f}° {'WE'[east >= 0]}"
        place = self.harbours[which]
        if away_nmi < _AT_NMI:
            return f"at {self.label(which)}"
        bearing = float(bearing_deg(place.lat, place.lon, lat, lon))
        wind = _COMPASS[round(bearing / 360 * len(_COMPASS)) % len(_COMPASS)]
        return f"{_distance(away_nmi)} {wind} of {self.label(which)}"


def _from_shore(shore: float) -> str:
    if math.isnan(shore):
        return ""
    if shore == 0:
        return "on land or in inland waters on a coarse map"
    if shore >= FARTHEST_NMI:
        return f"over {FARTHEST_NMI:g} nmi from shore"
    return "under 1 nmi from shore" if shore < 1 else f"{_distance(shore)} from shore"


def _distance(nmi: float) -> str:
    return f"{nmi:.1f} nmi" if nmi < 9.95 else f"{nmi:,.0f} nmi"


def _flat(lat: ArrayLike, lon: ArrayLike) -> tuple[F64, F64]:
    y, x = np.atleast_1d(np.asarray(lat, np.float64), np.asarray(lon, np.float64))
    return y, x


def _samples(harbours: Sequence[Place]) -> tuple[F64, F64, I64]:
    """Return points that stand for the places in a search for the nearest, and whose they are."""
    points = [i for i, p in enumerate(harbours) if p.outline is None]
    lat, lon = [harbours[i].lat for i in points], [harbours[i].lon for i in points]
    owner = list(points)
    for i, place in enumerate(harbours):
        if place.outline is not None:
            around = _around(place.outline)
            lat += around[:, 1].tolist()
            lon += around[:, 0].tolist()
            owner += [i] * len(around)
    return np.array(lat, np.float64), np.array(lon, np.float64), np.array(owner, np.int64)


def _around(outline: Any) -> F64:
    """Return points along an outline, at least 8 and at most 200, else every 0.02 degrees."""
    import shapely

    edge = outline.boundary
    points = np.linspace(0, edge.length, int(np.clip(edge.length / 0.02, 8, 200)))
    around: F64 = shapely.get_coordinates(shapely.line_interpolate_point(edge, points))
    return around


def _prepare(zones: Sequence[Place]) -> None:
    """Index the outlines of zones, of which one may have a million corners."""
    outlines = [zone.outline for zone in zones if zone.outline is not None]
    if outlines:
        import shapely

        shapely.prepare(outlines)


def _in_zone(zone: Place, lat: F64, lon: F64) -> Mask:
    if zone.outline is None:
        return np.asarray(distance_m(lat, lon, zone.lat, zone.lon) <= zone.radius_nmi * NMI_M)
    import shapely

    return np.asarray(shapely.intersects_xy(zone.outline, wrap_lon(lon), lat))
