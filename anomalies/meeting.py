"""What happened while two vessels were together: distances, speeds, place, lines."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anomalies.marks import keys_of
from anomalies.runs import Meetings, Runs
from tracks.batch import BIN_S, F64, I64, U64, Points
from tracks.geodesy import NMI_M, distance_m, from_xyz, unit_xyz

_KN = 3600 / NMI_M / BIN_S  # metres in a ten-minute leg to knots


class Measured(NamedTuple):
    """One row for each meeting, in their order."""

    marks_count: I64  # ten-minute marks at which both were heard, within the distance
    heard_steps: I64  # ten-minute legs during which they were together
    median_distance_m: F64
    min_distance_m: F64
    median_speed_kn: F64  # the mean of both vessels' medians over their ten-minute legs
    lat: F64  # where both were on average
    lon: F64


def measure(runs: Runs, found: Meetings, kept: Points, keys: U64) -> Measured:
    """Measure the meetings `found` made of `runs`, from the points in `kept`.

    `kept` holds both vessels' points at all marks of the runs, ordered by
    `keys`.  Speed is the way between two consecutive marks, as Global Fishing
    Watch's pipe-encounters has it; for two vessels they publish the two
    directions of one meeting apart, and their merged figure is the mean of the
    two medians, as here.
    """
    length = runs.last - runs.first + 1
    run = np.repeat(np.arange(len(runs)), length)
    ends = np.cumsum(length)
    bins = runs.first[run] + np.arange(len(run)) - (ends - length)[run]
    rows = [np.searchsorted(keys, keys_of(track[run], bins)) for track in (runs.a, runs.b)]
    meeting = np.repeat(np.arange(len(found)), found.runs_count)[run]
    heads = np.searchsorted(meeting, np.arange(len(found)))
    (lat_a, lon_a), (lat_b, lon_b) = ((kept.lat[r], kept.lon[r]) for r in rows)
    apart_m = distance_m(lat_a, lon_a, lat_b, lon_b)
    legs = np.flatnonzero(run[1:] == run[:-1]) + 1
    legs_m = [
        distance_m(lat[legs - 1], lon[legs - 1], lat[legs], lon[legs])
        for lat, lon in ((lat_a, lon_a), (lat_b, lon_b))
    ]
    medians_m = [grouped_median(leg_m, meeting[legs]) for leg_m in legs_m]
    place = np.add.reduceat(unit_xyz(lat_a, lon_a) + unit_xyz(lat_b, lon_b), heads)
    marks = np.diff(heads, append=len(run))
    return Measured(
        marks,
        marks - found.runs_count,
        grouped_median(apart_m, meeting),
        np.minimum.reduceat(apart_m, heads),
        (medians_m[0] + medians_m[1]) / 2 * _KN,
        *from_xyz(place),
    )


def grouped_median(values: F64, group: I64) -> F64:
    """Return the median of each group; groups are 0, 1, 2 ... in order, none empty."""
    ordered = values[np.lexsort((values, group))]
    heads = np.searchsorted(group, np.arange(group[-1] + 1))
    sizes = np.diff(heads, append=len(group))
    medians: F64 = (ordered[heads + (sizes - 1) // 2] + ordered[heads + sizes // 2]) / 2
    return medians
