"""Positions of hulls at full ten-minute marks, between fixes less than an hour apart.

A mark has a point if a fix lies exactly on it, or if it lies between two
consecutive fixes of the track that are less than `max_interpolation_s` apart.
Nothing is ever carried on beyond the last fix: a ship that has not been heard
is nowhere.  There is no day boundary, and longitude 180 is a line like others.

Of several fixes at one time, the first heard ends the leg before, the last
heard begins the leg behind; none in between makes a point.

Neglected: the ship's own speed and course.  Between two fixes it is taken to
have gone straight and evenly (see `tracks.geodesy.interpolate`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracks.batch import BIN_S, F64, I64, Columns, Fixes, Points, column, starts
from tracks.geodesy import interpolate
from tracks.keyed import merge, rows_of
from tracks.state import State


@dataclass(frozen=True, slots=True)
class _Last(Columns):
    """The last fix of each track that another could still follow; sorted by track."""

    track: I64 = column(np.int64)
    t: F64 = column(np.float64, -np.inf)
    lat: F64 = column(np.float64, np.nan)
    lon: F64 = column(np.float64, np.nan)
    line: I64 = column(np.int64)


@dataclass(frozen=True, slots=True)
class Resample:
    """A fold from fixes to points; its state is the last fix of each track."""

    max_interpolation_s: float = 3600.0  # GFW pipe-encounters: an hour or more is a hole

    def start(self) -> State:
        """Return the state before anything was heard."""
        return _Last.empty().to_state()

    def step(self, state: State, fixes: Fixes, as_of: float) -> tuple[State, Points]:
        """Return the points that `fixes` complete, ordered by (track, bin).

        `fixes` are ordered by (track, t), none earlier than those of the steps
        before.  A point is given in the step that brings the fix on or behind
        its mark, so less than `max_interpolation_s` after the mark.
        """
        last = _Last.from_state(state)
        if not len(fixes):
            return state, Points.empty()
        first = starts(fixes.track)
        rows, known = rows_of(last.track, fixes.track[first])
        t_before = np.empty(len(fixes))
        t_before[1:] = fixes.t[:-1]
        t_before[first] = -np.inf
        t_before[first[known]] = last.t[rows[known]]
        points = self._points(last, fixes, t_before)
        ends = np.append(first[1:], len(fixes)) - 1
        last = merge(last, _Last(*(getattr(fixes, n)[ends] for n in _Last.described())))
        return last.take(last.t > as_of - self.max_interpolation_s).to_state(), points

    def _points(self, last: _Last, fixes: Fixes, t_before: F64) -> Points:
        """Return the points behind each fix's predecessor, up to the fix itself."""
        mark = np.floor(fixes.t / BIN_S)
        legs = np.flatnonzero(mark * BIN_S > t_before)
        near = fixes.t[legs] - t_before[legs] < self.max_interpolation_s
        wanted = near | (mark[legs] * BIN_S == fixes.t[legs])
        legs, near = legs[wanted], near[wanted]
        to = mark[legs].astype(np.int64)
        count = np.ones(len(legs), np.int64)
        count[near] = to[near] - np.floor(t_before[legs[near]] / BIN_S).astype(np.int64)
        leg = np.repeat(legs, count)
        steps_back = np.repeat(np.cumsum(count), count) - 1 - np.arange(len(leg))
        return _at(last, fixes, leg, np.repeat(to, count) - steps_back)


def _at(last: _Last, fixes: Fixes, leg: I64, bins: I64) -> Points:
    """Return the point at each of `bins`, on the leg that ends with fix `leg`."""
    lat, lon, line_before = fixes.lat[leg], fixes.lon[leg], fixes.line[leg]
    t = bins * float(BIN_S)
    inner = np.flatnonzero(t != fixes.t[leg])
    end = leg[inner]
    before = _predecessors(last, fixes, end)
    share = (t[inner] - before.t) / (fixes.t[end] - before.t)
    line_before[inner] = before.line
    lat[inner], lon[inner] = interpolate(
        before.lat, before.lon, fixes.lat[end], fixes.lon[end], share
    )
    return Points(
        fixes.track[leg], bins, lat, lon, line_before, fixes.line[leg], fixes.nav_status[leg]
    )


def _predecessors(last: _Last, fixes: Fixes, rows: I64) -> _Last:
    """Return the fixes before those in `rows`: out of the batch, or else remembered."""
    before = _Last(*(getattr(fixes, n)[rows - 1] for n in _Last.described()))
    remembered = (rows == 0) | (before.track != fixes.track[rows])
    known, _ = rows_of(last.track, fixes.track[rows[remembered]])
    for name in _Last.described():
        getattr(before, name)[remembered] = getattr(last, name)[known]
    return before
