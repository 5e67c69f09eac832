"""The coasts along which the simulated months are lived: real places, invented traffic.

Each has listed ports (some a mile or more from where the list puts them), small harbours
on the shore that no list has, roads where ships wait, and the ways between them.  One is
a straight coast with several ports, one a cape with one, one an island near longitude 180.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from receiver.sources.sea_chart import C128, KN, NMI, vector
from tracks.batch import F64
from tracks.shore import Shore

LatLon = tuple[float, float]
_DEGREE_M = 111_195.0  # of the sphere on which tracks.geodesy measures
CLEAR_OF_SHORE_NMI = 6.0


@dataclass(frozen=True)
class Harbour:
    """Where ships lie: its basins, and the way from there to open water."""

    name: str  # as the list of ports calls it, "Callao (PE)"; "" if no list has it
    berth: LatLon
    way: tuple[LatLon, ...]  # the last one is its offing, from which other offings are in sight


@dataclass(frozen=True)
class Site:
    """A coast with a receiving station."""

    name: str
    station: LatLon
    mid: int  # of the coast's flag
    harbours: tuple[Harbour, ...]
    roads: LatLon  # where ships wait
    waited_for: int  # for the first of the harbours, so many
    lane: tuple[LatLon, ...]  # along which others pass, within hearing; its ends are not
    close: tuple[LatLon, ...]  # a way past a port, a mile or two off
    sector_deg: tuple[float, float]  # bearings under which the open sea lies

    @property
    def ports(self) -> list[Harbour]:
        """Those that are listed."""
        return [h for h in self.harbours if h.name]

    @property
    def coves(self) -> list[Harbour]:
        """Those that are not."""
        return [h for h in self.harbours if not h.name]

    def at(self, place: LatLon) -> complex:
        """Return where a position in degrees lies, in metres from the station."""
        (lat0, lon0), (lat, lon) = self.station, place
        east = ((lon - lon0 + 180) % 360 - 180) * _DEGREE_M * float(np.cos(np.radians(lat)))
        return complex(east, (lat - lat0) * _DEGREE_M)

    def lat_lon(self, p: C128) -> tuple[F64, F64]:
        """Return latitude and longitude in degrees; undoes `at`."""
        lat0, lon0 = self.station
        lat = lat0 + p.imag / _DEGREE_M
        lon = lon0 + p.real / (_DEGREE_M * np.cos(np.radians(lat)))
        return lat, (lon + 180) % 360 - 180

    def out_of(self, harbour: Harbour) -> list[complex]:
        """Return the way out of a harbour."""
        return [self.at(place) for place in harbour.way]

    def spot(self, rng: Generator, nmi: tuple[float, float], shore: Shore | None) -> complex:
        """Draw a place in open water between two distances from the station."""
        while True:
            at = vector(rng.uniform(*self.sector_deg), rng.uniform(*nmi) * NMI)
            lat, lon = self.lat_lon(np.array([at]))
            if shore is None or shore.nmi(lat, lon)[0] > CLEAR_OF_SHORE_NMI:
                return at


def sails_h(way: Sequence[complex], kn: float) -> float:
    """Return how long a way takes at one speed, in hours."""
    return float(np.abs(np.diff(np.array(way))).sum()) / (kn * KN) / 3600


SITES = (
    Site(
        "a straight coast",
        (-12.075, -77.215),
        760,
        (
            Harbour("Callao (PE)", (-12.048, -77.145), ((-12.042, -77.175), (-12.02, -77.26),
                                                       (-12.10, -77.38))),
            Harbour("Chancay (PE)", (-11.588, -77.278), ((-11.595, -77.30), (-11.62, -77.40))),
            Harbour("Ancon (PE)", (-11.772, -77.182), ((-11.775, -77.21), (-11.80, -77.34))),
            Harbour("", (-12.474, -76.803), ((-12.48, -76.83), (-12.53, -76.95))),  # Pucusana
            Harbour("", (-12.128, -77.042), ((-12.14, -77.07), (-12.20, -77.28))),
        ),
        (-12.005, -77.215),
        1,
        ((-9.5, -79.6), (-11.5, -77.75), (-12.25, -77.45), (-15.0, -76.1)),
        ((-11.40, -77.50), (-11.56, -77.305), (-11.605, -77.293), (-11.66, -77.32),
         (-11.80, -77.36)),
        (205.0, 290.0),
    ),
    Site(
        "a cape",
        (14.74, -17.52),
        663,
        (
            Harbour("Dakar (SN)", (14.683, -17.423), ((14.672, -17.413), (14.635, -17.405),
                                                     (14.610, -17.470), (14.60, -17.62))),
            Harbour("M'Bao Oil Terminal (SN)", (14.712, -17.387), ((14.70, -17.38),
                    (14.635, -17.38), (14.600, -17.470), (14.60, -17.62))),
            Harbour("", (14.757, -17.522), ((14.775, -17.53), (14.75, -17.66))),  # Ngor
            Harbour("", (14.920, -17.127), ((14.95, -17.14), (15.02, -17.35),
                                            (14.90, -17.66))),  # Kayar
        ),
        (14.640, -17.360),
        2,
        ((17.5, -17.3), (15.2, -17.72), (14.6, -17.85), (12.0, -17.9)),
        ((14.60, -17.60), (14.62, -17.46), (14.668, -17.425), (14.66, -17.39), (14.60, -17.42),
         (14.60, -17.62)),
        (225.0, 318.0),
    ),
    Site(
        "an island near longitude 180",
        (-18.13, 178.44),
        520,
        (
            Harbour("Suva (FJ)", (-18.132, 178.423), ((-18.145, 178.405), (-18.17, 178.395),
                                                     (-18.27, 178.42))),
            Harbour("Levuka (FJ)", (-17.683, 178.838), ((-17.69, 178.87), (-17.75, 178.96),
                                                       (-18.10, 178.86), (-18.27, 178.62))),
            Harbour("", (-18.246, 178.062), ((-18.27, 178.07), (-18.32, 178.10))),
        ),
        (-18.150, 178.400),
        1,
        ((-18.9, 175.4), (-18.45, 178.2), (-18.42, 178.8), (-17.5, -178.6)),
        ((-18.27, 178.42), (-18.175, 178.397), (-18.148, 178.41), (-18.15, 178.425),
         (-18.175, 178.397), (-18.30, 178.45)),
        (118.0, 172.0),
    ),
)  # fmt: skip
