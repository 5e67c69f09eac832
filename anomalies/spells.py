"""Slow hours of vessels make spells of slow time: whole numbers of ten-minute marks.

An hour is six consecutive ten-minute legs, all of them heard, and is named by
the mark at which it ends.  Slow hours that touch make one spell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from anomalies.marks import HOUR, keys_of
from tracks.batch import F64, I64, U64, Columns, Mask, Points, column
from tracks.geodesy import distance_m


@dataclass(frozen=True, slots=True)
class Spells(Columns):
    """Slow times of vessels, from one mark to another; ordered by (track, last)."""

    track: I64 = column(np.int64)
    first: I64 = column(np.int64)
    last: I64 = column(np.int64)
    broken: Mask = column(np.bool_)  # an hour that ended later was swift
    told: I64 = column(np.int64)  # how long it was when last told of; 0 if never

    def followed(self) -> Mask:
        """Return whether a spell of the same vessel stands behind each."""
        return np.append(self.track[1:] == self.track[:-1], np.zeros(min(len(self), 1), np.bool_))


class Hours(NamedTuple):
    """Hours heard in full, by the rows of the points at which they end."""

    rows: I64
    way_m: F64


def hours(points: Points) -> Hours:
    """Return every hour heard in full; points are ordered by (track, bin)."""
    leg_m = distance_m(points.lat[:-1], points.lon[:-1], points.lat[1:], points.lon[1:])
    return hours_of(points, leg_m)


def hours_of(points: Points, leg_m: F64) -> Hours:
    """Return the same where the way from each point to the next is known."""
    if len(points) <= HOUR:
        return Hours(np.empty(0, np.int64), np.empty(0))
    whole = points.track[HOUR:] == points.track[:-HOUR]
    whole &= points.bin[HOUR:] - points.bin[:-HOUR] == HOUR
    rows = np.flatnonzero(whole) + HOUR
    way_m = leg_m[rows - HOUR]
    for leg in range(HOUR - 1, 0, -1):  # always in this order, so that no sum depends on the batch
        way_m = way_m + leg_m[rows - leg]
    return Hours(rows, way_m)


def touching(known: Spells, track: I64, ends: I64) -> Spells:
    """Return `known` spells and slow hours ending at `ends`, those that touch as one."""
    new = Spells.make(len(ends), track=track, first=ends - HOUR, last=ends)
    every = Spells.concat([known, new])
    every = every.take(np.argsort(keys_of(every.track, every.last), kind="stable"))
    apart = (every.track[1:] != every.track[:-1]) | (every.first[1:] > every.last[:-1])
    return united(every, apart)


def united(spells: Spells, apart: Mask) -> Spells:
    """Return the spells with each joined to the one before, except where `apart`.

    `apart` has one value for each spell but the first.
    """
    if not len(spells):
        return spells
    heads = np.flatnonzero(np.append(True, apart))
    ends = np.append(heads[1:], len(spells)) - 1
    return Spells(
        spells.track[heads],
        spells.first[heads],
        spells.last[ends],
        spells.broken[ends],
        np.maximum.reduceat(spells.told, heads),
    )


def count_between(keys: U64, track: I64, after: I64, before: I64) -> I64:
    """Return how many of the sorted `keys` of (track, mark) lie between two marks of a track."""
    begin = np.searchsorted(keys, keys_of(track, after), side="right")
    count: I64 = np.searchsorted(keys, keys_of(track, before), side="left") - begin
    return np.maximum(count, 0)
