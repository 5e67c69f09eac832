"""A made-up map of distances to shore, for tests that need one and no real coast."""

from __future__ import annotations

from functools import cache

import numpy as np

from tracks.place import Place
from tracks.places import Places
from tracks.shore import COLUMNS, ROWS, Shore


@cache
def shore(nmi: float) -> Shore:
    """Return a map by which every place is as far from shore."""
    return Shore.of(np.full((ROWS, COLUMNS), nmi))


def sea(shore_nmi: float = 6.0, *places: Place) -> Places:
    """Return a sea that is as far from shore everywhere, with some ports."""
    return Places.of(places, shore(shore_nmi))
