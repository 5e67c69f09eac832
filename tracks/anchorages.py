"""Anchorages that a station learns from where ships lie still for long.

An anchorage is where at least eight different ships lay for twelve hours or more within
half a mile (Global Fishing Watch: twenty vessels, twelve hours, half a kilometre, on
the whole world's ships over years; one station hears fewer, and not for so long).
Where such places touch they are one anchorage, told as discs that cover them.

A place at which ships meet at sea must not become a port by itself, or the station
would learn not to see what it is there to see.  So fishing vessels do not count, nor
ships that do not say what they are; nor does a stay during which one of these lay within
500 m for two hours.  Who drifts does not stay (`tracks.stays`); ships are counted, and not
their stays; and nothing far from shore is learned.  docs/places.md says what remains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tracks.batch import F64, I64, Columns, Mask, column, starts
from tracks.geodesy import EARTH_RADIUS_M, NMI_M, distance_m
from tracks.place import Place
from tracks.stays import Resting, Stays

COMPANY_M, COMPANY_S = 500.0, 7200.0  # an encounter: Miller et al. 2018
MARGIN_NMI = 0.3  # ours: about a large ship's swing, since stays are told by their middle
MOST = 1000  # discs, those with the most ships first
FISHING = 30  # ITU-R M.1371-5, table 53
FEW = 1000  # stays that may be compared each with each
AT_ONCE = 200  # stays asked about together; bounds memory


@dataclass(frozen=True, slots=True)
class Anchorages(Columns):
    """Discs in which ships lie at anchor; those of one anchorage have one number."""

    number: I64 = column(np.int64)  # of the anchorage, from 1
    lat: F64 = column(np.float64)
    lon: F64 = column(np.float64)
    radius_nmi: F64 = column(np.float64)
    vessels_count: I64 = column(np.int64)  # different ships that lay in the whole anchorage
    first: F64 = column(np.float64)  # Unix seconds: the beginning of the first stay there
    last: F64 = column(np.float64)  # and the end of the last

    @property
    def count(self) -> int:
        """How many anchorages there are."""
        return int(self.number.max(initial=0))

    @classmethod
    def of_rows(cls, rows: Sequence[Sequence[float]]) -> Anchorages:
        """Return the table of these rows, each in the order of the columns."""
        columns = zip(cls.described(), zip(*rows, strict=True), strict=False)
        return cls.make(len(rows), **dict(columns))

    def places(self) -> list[Place]:
        """Return the discs as places."""
        return [
            Place(
                f"anchorage learned here ({ships} ships)",
                "anchorage",
                lat,
                lon,
                radius_nmi,
                named=False,
            )
            for lat, lon, radius_nmi, ships in zip(
                self.lat.tolist(),
                self.lon.tolist(),
                self.radius_nmi.tolist(),
                self.vessels_count.tolist(),
                strict=True,
            )
        ]


class Learned(NamedTuple):
    """What was learned, and from when on it is used: not for what was judged up to then."""

    t: float  # Unix seconds
    anchorages: Anchorages


@dataclass(frozen=True, slots=True)
class Anchoring:
    """What makes an anchorage."""

    vessels_count: int = 8  # ours: GFW has 20
    within_nmi: float = 0.5  # ours: GFW has 0.5 km
    min_stay_h: float = 12.0  # GFW
    memory_days: float = 90.0  # ours
    max_shore_nmi: float = 12.0  # ours: the territorial sea

    def __post_init__(self) -> None:
        if not 0 < self.within_nmi <= 5:
            raise ValueError(f"within_nmi is {self.within_nmi:g}; it must be over 0 and at most 5")

    @property
    def resting(self) -> Resting:
        """The fold that remembers the stays."""
        return Resting(self.memory_days, self.max_shore_nmi)

    def possible(self, stays: Stays) -> bool:
        """Return whether there may be an anchorage; most often this says at once that not.

        So nobody loads scikit-learn in vain.  Company is not looked at, and of very many
        stays it says yes.
        """
        stays = stays.take(self._long(stays))
        stays = stays.take(np.argsort(stays.track, kind="stable"))
        ship = starts(stays.mmsi)
        if not 0 < self.vessels_count <= len(ship):
            return False
        if len(stays) > FEW:
            return True
        apart_m = distance_m(stays.lat[:, None], stays.lon[:, None], stays.lat, stays.lon)
        near = apart_m <= self.within_nmi * NMI_M
        ships_count = np.logical_or.reduceat(near, ship, axis=1).sum(axis=1)
        return bool(ships_count.max() >= self.vessels_count)

    def learn(self, stays: Stays) -> Anchorages:
        """Return the anchorages, the one with the most ships first.

        `stays` have their column `counts`.  Loads scikit-learn where there may be one.
        """
        if not self.possible(stays):
            return Anchorages.empty()
        stays = stays.take(self._long(stays) & ~_in_company(stays))
        stays = stays.take(np.lexsort((stays.start, stays.track)))
        ships_count = np.zeros(len(stays), np.int64)
        for row, near in _near(stays, stays, self._angle):
            of_ships = np.unique(np.stack([row, stays.mmsi[near]]), axis=1)
            ships_count += np.bincount(of_ships[0], minlength=len(stays))
        cores = np.flatnonzero(ships_count >= self.vessels_count)
        cores = cores[np.argsort(-ships_count[cores], kind="stable")]
        if not len(cores):
            return Anchorages.empty()
        return self._discs(_apart(stays.take(cores), self.within_nmi * NMI_M), stays)

    def _discs(self, centres: Stays, stays: Stays) -> Anchorages:
        """Return a disc about each centre; those of touching ones are one anchorage."""
        from sklearn.cluster import DBSCAN

        of = DBSCAN(
            eps=2 * self._angle, min_samples=1, metric="haversine", algorithm="ball_tree"
        ).fit_predict(_radians(centres))
        near = [np.stack([of[row], stay]) for row, stay in _near(centres, stays, self._angle)]
        lies_in, stay = np.concatenate(near, axis=1)
        ships_count, first, last = (np.zeros(of.max() + 1) for _ in range(3))
        for number in range(of.max() + 1):
            own = stays.take(np.unique(stay[lies_in == number]))
            ships_count[number] = len(np.unique(own.mmsi))
            first[number], last[number] = own.start.min(), own.end.max()
        order = np.lexsort((of, -ships_count[of]))
        of = of[order]
        return Anchorages.make(
            len(of),
            number=np.cumsum(np.r_[True, of[1:] != of[:-1]]),
            lat=centres.lat[order],
            lon=centres.lon[order],
            radius_nmi=self.within_nmi + MARGIN_NMI,
            vessels_count=ships_count[of],
            first=first[of],
            last=last[of],
        )

    def _long(self, stays: Stays) -> Mask:
        return np.asarray(stays.counts & (stays.heard_h >= self.min_stay_h))

    @property
    def _angle(self) -> float:
        return self.within_nmi * NMI_M / EARTH_RADIUS_M


def _in_company(stays: Stays) -> Mask:
    """Return which stays that count had one beside them, for long, that does not."""
    ours, theirs = np.flatnonzero(stays.counts), stays.take(~stays.counts)
    together = np.zeros(len(stays), np.bool_)
    for row, near in _near(stays.take(ours), theirs, COMPANY_M / EARTH_RADIUS_M):
        own = ours[row]
        from_t = np.maximum(stays.start[own], theirs.start[near])
        to_t = np.minimum(stays.end[own], theirs.end[near])
        together[own[to_t - from_t >= COMPANY_S]] = True
    return together


def _near(stays: Stays, others: Stays, angle: float) -> Iterator[tuple[I64, I64]]:
    """Yield the rows of `stays`, and those of `others` within an angle of each, in blocks."""
    if not (len(stays) and len(others)):
        return
    from sklearn.neighbors import BallTree

    tree = BallTree(_radians(others), metric="haversine")
    where = _radians(stays)
    for begin in range(0, len(stays), AT_ONCE):
        found = tree.query_radius(where[begin : begin + AT_ONCE], angle)
        count = np.array([len(rows) for rows in found])
        yield np.repeat(np.arange(begin, begin + len(count)), count), np.concatenate(found)


def _apart(stays: Stays, least_m: float) -> Stays:
    """Return stays farther than `least_m` from each other that have all others within it."""
    chosen: list[int] = []
    left = np.ones(len(stays), np.bool_)
    while left.any() and len(chosen) < MOST:
        chosen.append(int(left.argmax()))
        one = stays.take(np.array(chosen[-1:]))
        left &= distance_m(one.lat, one.lon, stays.lat, stays.lon) > least_m
    return stays.take(np.array(chosen))


def _radians(stays: Stays) -> F64:
    return np.radians(np.stack([stays.lat, stays.lon], axis=1))
