"""Give the reports of one MMSI to its hulls, one report after the other.

This is the definition of `tracks.segment`, in plain Python, for the few MMSIs
on which its fast pass cannot decide.  A report goes to the hull that can have
made it and that it fits best (`tracks.plausible`); of equals, to the one heard
last, then to the one heard first of all.  One that no hull can have made
begins a new hull.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan, sqrt

from tracks.batch import HULLS_PER_MMSI
from tracks.plausible import (
    CHANGE_KN,
    CHANGE_KN_PER_H,
    DRIFT_KN,
    FIX_NMI,
    MOST_CHANGE_KN,
    RADIUS_NMI,
    STRAY_SHARE,
    UNTOLD_KN,
    Rule,
)

Moment = tuple[float, ...]  # one row of `tracks.plausible.Motion`

SET_ASIDE = 0  # in place of a hull's number


@dataclass(slots=True)
class Hull:
    """What is remembered of a hull: when it was heard first and last, and where."""

    number: int
    first_t: float
    count: int
    last: Moment
    row: int | None = None  # of its last report, if that is among those being matched


def match(rule: Rule, hulls: list[Hull], reports: Iterable[Moment]) -> list[int]:
    """Return the hull's number for each report, in order of time; `hulls` is brought up to date.

    SET_ASIDE takes the place of the number where a report fits no hull and too
    many doubtful ones were begun already, or all numbers are used up.
    """
    numbers = []
    for row, report in enumerate(reports):
        hull = _take(rule, hulls, report)
        if hull is None:
            numbers.append(SET_ASIDE)
            continue
        hull.count += 1
        hull.last, hull.row = report, row
        numbers.append(hull.number)
    return numbers


def _take(rule: Rule, hulls: list[Hull], report: Moment) -> Hull | None:
    """Return the hull that takes the report, an old one or a new one; None to set it aside."""
    best: Hull | None = None
    best_rank, doubtful_count = (0.0, 0.0, 0), 0
    for hull in hulls:
        t = hull.last[0]
        doubtful = hull.count < rule.established_count or t - hull.first_t < rule.established_s
        if doubtful and len(hulls) > 1:
            if (report[0] - t) / 3600 > rule.memory_h:
                continue
            doubtful_count += 1
        if not reaches(rule, hull.last, report):
            continue
        off = misfit(rule, hull.last, report, doubtful * rule.doubt_nmi)
        rank = (off, -t, hull.number)
        if best is None or rank < best_rank:
            best, best_rank = hull, rank
    if best is None and doubtful_count < rule.max_doubtful_count and len(hulls) < _MAX_HULLS:
        best = Hull(len(hulls) + 1, report[0], 0, report)
        hulls.append(best)
    return best


_MAX_HULLS = HULLS_PER_MMSI - 1


def reaches(rule: Rule, a: Moment, b: Moment) -> bool:
    """Do as `Rule.reaches`, operation by operation."""
    hours = (b[0] - a[0]) / 3600
    claimed = max(a[7], b[7]) * rule.claimed_share
    speed = max(claimed, rule.max_speed_kn)
    late = (claimed if min(a[8], b[8]) > 0 else speed) * rule.tolerance_h
    tolerated = max(late, rule.tolerance_nmi)
    reach = speed * hours * (speed * hours) + tolerated * tolerated
    return _squared(a[1] - b[1], a[2] - b[2], a[3] - b[3]) <= reach


def misfit(rule: Rule, a: Moment, b: Moment, doubt_nmi: float) -> float:
    """Do as `Rule.misfit`, operation by operation."""
    hours = (b[0] - a[0]) / 3600
    off_nmi = _off_nmi(a, b, min(hours, rule.reckoning_h)) + doubt_nmi
    fastest = max(a[7], b[7]) if a[8] + b[8] > 0 else UNTOLD_KN
    width = FIX_NMI + (fastest + DRIFT_KN) * hours * STRAY_SHARE
    square = width * width + off_nmi * off_nmi
    change = CHANGE_KN + min(hours * CHANGE_KN_PER_H, MOST_CHANGE_KN)
    changed = a[7] - b[7] if min(a[8], b[8]) > 0 else change
    speeds = (change * change + changed * changed) / change
    return square * sqrt(square) / width * speeds


def _off_nmi(a: Moment, b: Moment, hours: float) -> float:
    half = (a[7] if a[8] > 0 else b[7]) * hours / (2 * RADIUS_NMI)
    other = (b[7] if b[8] > 0 else a[7]) * hours / (2 * RADIUS_NMI)
    first, second = (b if isnan(a[4]) else a), (a if isnan(b[4]) else b)
    if isnan(first[4]):
        plain = sqrt(_squared(a[1] - b[1], a[2] - b[2], a[3] - b[3]))
        return abs(plain - (half + other) * RADIUS_NMI)
    x = a[1] + first[4] * half + second[4] * other
    y = a[2] + first[5] * half + second[5] * other
    z = a[3] + first[6] * half + second[6] * other
    length = sqrt(x * x + y * y + z * z)
    return sqrt(_squared(x / length - b[1], y / length - b[2], z / length - b[3]))


def _squared(dx: float, dy: float, dz: float) -> float:
    return (dx * dx + dy * dy + dz * dz) * (RADIUS_NMI * RADIUS_NMI)
