"""Which events a subscriber wants: by kind, by place, and by the lists that name a ship of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from sternlight.alerts.subscription import Near, Wants
from tracks.batch import F64, Mask
from tracks.geodesy import NMI_M, distance_m


class Seen(NamedTuple):
    """An event as far as it is looked at; of an area as of ships, its place is a point."""

    kind: str
    lat: float  # WGS 84; nan is nowhere
    lon: float
    lists: Collection[str] = ()  # names of the files of lists that name one of its ships


class Events(NamedTuple):
    """Some events, as columns of shape (N,)."""

    kind: list[str]
    lat: F64
    lon: F64
    lists: list[Collection[str]]

    @classmethod
    def of(cls, seen: Iterable[Seen]) -> Self:
        """Return events as columns."""
        rows = list(seen)
        lat, lon = (np.array([row[i] for row in rows], np.float64) for i in (1, 2))
        return cls([row.kind for row in rows], lat, lon, [row.lists for row in rows])


@dataclass(slots=True)
class Wish:
    """What one subscriber wants, ready to be held against many events."""

    wants: Wants
    _area: Any = None  # a prepared shapely geometry

    def fits(self, events: Events) -> Mask:
        """Return which events are wanted, shape (N,): those that pass all that is asked for."""
        wants = self.wants
        fit = np.ones(len(events.kind), np.bool_)
        if wants.kinds:
            fit &= np.array([kind in wants.kinds for kind in events.kind], np.bool_)
        if wants.watchlists:
            named = set(wants.watchlists)
            fit &= np.array([not named.isdisjoint(lists) for lists in events.lists], np.bool_)
        if wants.near is not None:
            fit &= near(wants.near, events)
        if wants.area is not None and fit.any():
            fit &= self._inside(events)
        return fit

    def _inside(self, events: Events) -> Mask:
        """Return which events lie in the area, or on its edge."""
        import shapely
        import shapely.geometry

        if self._area is None:
            self._area = shapely.geometry.shape(self.wants.area)
            shapely.prepare(self._area)
        inside = np.asarray(shapely.intersects_xy(self._area, events.lon, events.lat), np.bool_)
        # An area may reach longitude 180 from the one side, and a position lie on it as -180.
        edge = np.abs(events.lon) == 180
        if edge.any():
            lon = np.where(edge, -events.lon, events.lon)
            inside |= np.asarray(shapely.intersects_xy(self._area, lon, events.lat), np.bool_)
        return inside


def near(circle: Near, events: Events) -> Mask:
    """Return which events lie within a circle, shape (N,)."""
    away_m = distance_m(circle.lat, circle.lon, events.lat, events.lon)
    return np.asarray(away_m <= circle.radius_nmi * NMI_M)
