"""Detections of nobody that was heard then: a silent hull, if hardly anybody else can be it.

A silent hull lies somewhere in what it could have reached, nobody knows where.  So it fits
a detection the better, the smaller its reach; and it competes with the ships without AIS
to be expected in as much sea, with other silent hulls, and with other detections in its reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tracks import reach
from tracks.assignment import NOBODY
from tracks.batch import F64
from tracks.crowd import Crowd, rows_by
from tracks.detections import Detections, Match, Rules
from tracks.geodesy import NMI_M
from tracks.likeness import of_lengths
from tracks.standing import Standing

_NONE = np.empty(0, np.int64)


def unheard(
    seen: Detections,
    left: Sequence[int],
    silent: Standing,
    used: set[tuple[int, int]],
    crowd: Crowd,
    rules: Rules,
) -> list[Match]:
    """Return what is known of detections that are no hull that was heard then."""
    by_time = rows_by(silent.t)
    reached = [
        _Reached.of(silent.take(by_time.get(float(seen.t[i]), _NONE)), seen, i, used, rules)
        for i in left
    ]
    rivals: dict[tuple[int, int], int] = {}  # in how many places each could have been
    for i, found in zip(left, reached, strict=True):
        for track in found.hulls.track.tolist():
            key = (int(seen.scene[i]), track)
            rivals[key] = rivals.get(key, 0) + 1
    return [
        _fills(i, found, seen, rivals, crowd, rules) for i, found in zip(left, reached, strict=True)
    ]


class _Reached(NamedTuple):
    """The silent hulls that could have been at a detection, and how thinly each is spread."""

    hulls: Standing
    share_nmi2: F64  # the chance to be in one square mile there

    @classmethod
    def of(
        cls, hulls: Standing, seen: Detections, i: int, used: set[tuple[int, int]], rules: Rules
    ) -> _Reached:
        scene, slack = int(seen.scene[i]), float(seen.uncertainty_m[i]) / NMI_M
        slacks = np.full(len(hulls), slack)
        able = reach.able_kn(hulls)
        can = reach.reaches(hulls, seen.lat[i], seen.lon[i], able, slacks)
        taken = [track for where, track in used if where == scene]
        can &= ~np.isin(hulls.track, taken)
        hulls, able, slacks = hulls.take(can), able[can], slacks[can]
        share = 1 / np.maximum(reach.area_nmi2(hulls, able, slacks), np.pi * max(slack, 0.1) ** 2)
        length = float(seen.length_m[i])
        alike = [of_lengths(length, rules.lengths_m.get(t, np.nan)) for t in hulls.track.tolist()]
        return cls(hulls, share * np.array(alike, np.float64))


def _fills(
    i: int,
    found: _Reached,
    seen: Detections,
    rivals: Mapping[tuple[int, int], int],
    crowd: Crowd,
    rules: Rules,
) -> Match:
    hulls, scene, witnesses = found.hulls, int(seen.scene[i]), int(crowd.witnesses[i])
    anybody = float(crowd.others_nmi2[i] + found.share_nmi2.sum())
    odds = []
    for share, track in zip(found.share_nmi2.tolist(), hulls.track.tolist(), strict=True):
        elsewhere = (rivals[scene, track] - 1) * share
        odds.append(share / max(anybody - share + elsewhere, 1e-12))
    best = int(np.argmax(odds)) if odds else NOBODY
    if best != NOBODY and odds[best] >= rules.filling_odds:
        one = hulls.take(np.array([best]))
        before, behind = reach.implied_kn(one, seen.lat[[i]], seen.lon[[i]])
        return Match(
            "fills a gap", int(one.track[0]), odds=odds[best],
            silent=(float(one.t0[0]), float(one.t1[0])),
            implied_kn=(float(before[0]), float(behind[0])),
            witnesses_count=witnesses, silent_count=len(odds),
        )  # fmt: skip
    likely = [n for n in np.argsort(odds)[::-1].tolist()
              if odds[n] / (1 + odds[n]) >= rules.possible_share]  # fmt: skip
    if likely:
        between = (*(int(hulls.track[n]) for n in likely), 0)
        return Match("ambiguous", odds=odds[best], between=between,
                     witnesses_count=witnesses, silent_count=len(odds))  # fmt: skip
    hears = witnesses >= rules.witnesses_count
    return Match("without AIS" if hears else "outside hearing",
                 witnesses_count=witnesses, silent_count=len(odds))  # fmt: skip
