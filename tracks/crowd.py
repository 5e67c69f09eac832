"""How many ships there were around detections: who else it could be, and whether anybody hears."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tracks.batch import F64, HULLS_PER_MMSI, I64
from tracks.detections import Detections, Rules
from tracks.geodesy import NMI_M, distance_m
from tracks.stood import Stood

NEAR_NMI, AROUND_NMI = 3.0, 20.0  # ours: how many ships there are is counted in these circles
_NONE = np.empty(0, np.int64)


class Crowd(NamedTuple):
    """How many ships there were around each detection."""

    others_nmi2: F64  # ships without AIS to be expected, by square nautical mile
    witnesses: I64

    @classmethod
    def of(cls, seen: Detections, heard: Stood, rules: Rules) -> Crowd:
        """Count the hulls that were heard, and what else was seen, around each detection."""
        by_time = rows_by(heard.t)
        lat, lon = heard.place()
        density, witnesses = np.empty(len(seen)), np.zeros(len(seen), np.int64)
        same = rows_by(seen.scene.astype(np.float64))
        for i, (t, scene) in enumerate(zip(seen.t.tolist(), seen.scene.tolist(), strict=True)):
            rows = by_time.get(t, _NONE)
            away = distance_m(lat[rows], lon[rows], seen.lat[i], seen.lon[i]) / NMI_M
            mates = same[float(scene)]
            apart = distance_m(seen.lat[mates], seen.lon[mates], seen.lat[i], seen.lon[i]) / NMI_M
            near = max(np.count_nonzero(away <= NEAR_NMI), np.count_nonzero(apart <= NEAR_NMI) - 1)
            wide = max(np.count_nonzero(away <= AROUND_NMI), np.count_nonzero(apart <= AROUND_NMI))
            density[i] = max(near / (np.pi * NEAR_NMI**2), (wide + 1) / (np.pi * AROUND_NMI**2))
            close = heard.track[rows[away <= rules.witness_radius_nmi]]
            witnesses[i] = len(np.unique(close // HULLS_PER_MMSI))
        return cls(density, witnesses)


def rows_by(key: F64) -> dict[float, I64]:
    """Return the rows that have each value of a key."""
    order = np.argsort(key, kind="stable")
    values, first = np.unique(key[order], return_index=True)
    rows = np.split(order, first[1:]) if len(values) else []
    return dict(zip(values.tolist(), rows, strict=True))
