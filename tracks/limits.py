"""How far the places of a list reach: who asks says it, unless a place has an edge of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tracks.batch import F64, I64, Mask
from tracks.nearby import Discs, Outlines
from tracks.place import Place, widened


class Reach(NamedTuple):
    """How near a place counts as there."""

    port_nmi: float  # of a port that is a point without radius
    anchorage_nmi: float  # of an anchorage that is
    beyond_nmi: float = 0.0  # beyond the radius or the outline of one that has its own


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of all places for one `Reach`."""

    discs: Discs
    disc_owner: I64  # index of the place
    outlines: Outlines
    outline_owner: I64

    @classmethod
    def make(cls, harbours: Sequence[Place], reach: Reach) -> Limits:
        """Prepare the limits of ports and anchorages."""
        points = [i for i, p in enumerate(harbours) if p.outline is None]
        drawn = [i for i, p in enumerate(harbours) if p.outline is not None]
        edges = [widened(harbours[i].outline, reach.beyond_nmi) for i in drawn]
        at = np.array([[harbours[i].lat, harbours[i].lon] for i in points]).reshape(-1, 2)
        radius_nmi = np.array([_radius_nmi(harbours[i], reach) for i in points])
        discs = Discs.make(at[:, 0].copy(), at[:, 1].copy(), radius_nmi)
        return cls(
            discs, np.array(points, np.int64), Outlines.make(edges), np.array(drawn, np.int64)
        )

    def contain(self, lat: F64, lon: F64) -> Mask:
        """Return which positions, shape (N,), lie within the limits of a place."""
        inside = self.discs.contain(lat, lon)
        if len(self.outline_owner):
            inside |= self.outlines.holding(lat, lon) >= 0
        return inside

    def holding(self, lat: F64, lon: F64) -> I64:
        """Return within the limits of which place each position lies, or -1.

        That is one whose outline holds it, or else the one whose centre is nearest.
        """
        disc = self.discs.holding(lat, lon)
        which = np.where(disc < 0, -1, self.disc_owner[disc] if len(self.disc_owner) else -1)
        held = self.outlines.holding(lat, lon)
        which[held >= 0] = self.outline_owner[held[held >= 0]]
        return which


def _radius_nmi(place: Place, reach: Reach) -> float:
    if not np.isnan(place.radius_nmi):
        return place.radius_nmi + reach.beyond_nmi
    return reach.port_nmi if place.kind == "port" else reach.anchorage_nmi
