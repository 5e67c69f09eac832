"""Which silences of hulls were spent in port, by what was heard before and behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracks.batch import F64, I64, Columns, Mask, column
from tracks.calls import NO, Facts
from tracks.geodesy import NMI_M
from tracks.legs import HOUR_MARKS, Leg, Marks, Way
from tracks.limits import Reach
from tracks.places import Places
from tracks.stays import REACH_M

if TYPE_CHECKING:
    from tracks.visits import Visiting

TRANSIT_KN = 5.0  # ours: few fish at more
APPROACH_KN = 3.0  # ours: hardly a ship nears its berth, from a mile off, at less


@dataclass(frozen=True, slots=True)
class Silences(Columns):
    """Long silences that were spent in port, as far as can be told; ordered by `row`.

    Those that are not `joint` were spent where the hull was last heard before (`before`),
    where it was heard next (`after`), or part in the one port and part in the other.
    """

    row: I64 = column(np.int64)  # of the mark behind each
    joint: Mask = column(np.bool_)  # in one port, to which both sides tell
    before: Mask = column(np.bool_)
    after: Mask = column(np.bool_)
    lat: F64 = column(np.float64, np.nan)  # the place, if joint
    lon: F64 = column(np.float64, np.nan)


def spent_there(rules: Visiting, way: Way, f: Facts, places: Places) -> Silences:
    """Return the silences that were spent in port, as far as can be told.

    On either side the hull was there, or it made for it, or came from there; and at its own
    speed the way would have taken `least_h` less.  Or it was there on both sides, for
    `silent_h`; or so long near a shore, having made for it, and then coming from it.  Or it was
    there on one side, on its way to land or from it, and the way would have taken `silent_h` less.
    """
    b = np.flatnonzero(way.holes & way.fresh & (way.gap <= rules.memory_marks))
    if not len(b):
        return Silences.empty()
    a, m = b - 1, way.marks
    silent_h = way.gap[b] / HOUR_MARKS
    long = silent_h >= rules.silent_h
    in_a, in_b = (f.inside & ~f.leaving)[a], f.inside[b]
    sure = f.core | f.rest
    at_a, at_b = in_a & (sure[a] | long), in_b & (sure[b] | long)
    lat, lon = np.where(at_a, (m.lat[a], m.lon[a]), (m.lat[b], m.lon[b]))
    neither = np.flatnonzero(~at_a & ~at_b)
    if len(neither):
        lat[neither], lon[neither] = _port(rules, m.take(a[neither]), places)
    came, went = Leg.of(way, a, a - 1), Leg.of(way, b, b + 1)
    speed_kn = np.fmax(came.speed_kn, went.speed_kn)
    way_m = came.away_m(lat, lon) + went.away_m(lat, lon)
    joint = (at_a | _makes_for(rules, came, lat, lon)) & (at_b | _makes_for(rules, went, lat, lon))
    joint &= (speed_kn >= TRANSIT_KN) | (at_a & at_b & _turned(came, went, places))
    joint &= silent_h - _hours(way_m, speed_kn) >= rules.least_h
    joint |= at_a & at_b & long
    to_land, from_land = came.ashore(places), went.ashore(places)
    found = np.isnan(went.speed_kn) & (way.way_m[b] <= REACH_M)
    shore = _near_shore(rules, way, b, places) & long & to_land & (from_land | found) & ~joint
    lat[shore], lon[shore] = m.lat[a[shore]], m.lon[a[shore]]
    joint |= shore
    heard_of = way.gap[b] <= rules.unheard_marks  # a hull at sea is forgotten then
    joint &= np.where(f.inside[a], ~f.breaks[b], heard_of)
    before, after = (
        there & long & land & (silent_h - _hours(way.way_m[b], leg.speed_kn) >= rules.silent_h)
        for there, land, leg in (
            ((in_a & f.core[a]), to_land, came),
            (in_b & f.core[b] & (f.inside[a] | heard_of), from_land, went),
        )
    )
    spent = Silences(b, joint, before & ~joint, after & ~joint, lat, lon)
    return spent.take(joint | before | after)


def _port(rules: Visiting, marks: Marks, places: Places) -> tuple[F64, F64]:
    """Return where the nearest ports are, nan where it is roads; there ships are heard."""
    port = places.limits(Reach(rules.unheard_nmi, 0.0)).holding(marks.lat, marks.lon)
    port = np.where(port < 0, places.nearest(marks.lat, marks.lon)[1], port)
    return places.at(np.where(places.is_port(port), port, NO))


def _makes_for(rules: Visiting, leg: Leg, lat: F64, lon: F64) -> Mask:
    """Return which made for positions, near by then, at a speed at which few fish."""
    near = leg.away_m(lat, lon) <= rules.unheard_nmi * NMI_M
    return near & leg.heads_for(lat, lon) & (leg.speed_kn >= TRANSIT_KN)


def _turned(came: Leg, went: Leg, places: Places) -> Mask:
    """Return which came in and went out, not too slowly."""
    able = np.minimum(came.speed_kn, went.speed_kn) >= APPROACH_KN
    return np.asarray(able & came.inbound(places) & went.inbound(places))


def _hours(way_m: F64, speed_kn: F64) -> F64:
    """Return how long a way takes, at a speed that is not too slow for anybody."""
    return np.asarray(way_m / NMI_M / np.fmax(speed_kn, TRANSIT_KN))


def _near_shore(rules: Visiting, way: Way, row: I64, places: Places) -> Mask:
    """Return on both sides of which silences a hull was near one place at the shore."""
    near = np.flatnonzero(way.way_m[row] <= rules.leave_nmi * NMI_M)
    at = np.stack([row[near] - 1, row[near]])
    nmi = places.shore_nmi(way.marks.lat[at], way.marks.lon[at])
    found = np.zeros(len(row), np.bool_)
    found[near] = (nmi <= rules.coarse_shore_nmi).all(axis=0)
    return found
