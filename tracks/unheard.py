"""Detections of nobody that was heard then: a silent hull, if hardly anybody else can be it.

A silent hull lies somewhere in what it could have reached, nobody knows where.  So it fits
a detection the better, the smaller its reach; and it competes with the ships without AIS
to be expected in as much sea, with other silent hulls, and with other detections in its reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tracks import reach
from tracks.assignment import NOBODY
from tracks.batch import F64, I64
from tracks.crowd import Crowd, rows_by
from tracks.detections import Detections, Match, Rules
from tracks.fits import of_lengths
from tracks.geodesy import NMI_M
from tracks.stood import Stood

_NONE = np.empty(0, np.int64)


def unheard(
    seen: Detections,
    left: Sequence[int],
    silent: Stood,
    used: set[tuple[int, int]],
    crowd: Crowd,
    rules: Rules,
) -> list[Match]:
    """Return what is known of detections that are no hull that was heard then."""
    by_time, lengths = rows_by(silent.t), rules.lengths(silent.track)
    able = reach.able_kn(silent)
    reached = []
    for i in left:
        rows = by_time.get(float(seen.t[i]), _NONE)
        taken = [track for scene, track in used if scene == seen.scene[i]]
        rows = rows[~np.isin(silent.track[rows], taken)]
        reached.append(_Reached.of(silent.take(rows), able[rows], lengths[rows], seen, i))
    rivals = _rivals(seen.scene[np.array(left, np.int64)], reached)
    return [
        _fills(i, found, others, seen, crowd, rules)
        for i, found, others in zip(left, reached, rivals, strict=True)
    ]


class _Reached(NamedTuple):
    """The silent hulls that could have been at a detection, and how thinly each is spread."""

    hulls: Stood
    share_nmi2: F64  # the chance to be in one square mile there

    @classmethod
    def of(cls, hulls: Stood, able_kn: F64, lengths_m: F64, seen: Detections, i: int) -> _Reached:
        slack = float(seen.uncertainty_m[i]) / NMI_M
        can = reach.reaches(hulls, seen.lat[i], seen.lon[i], able_kn, np.array(slack))
        hulls = hulls.take(can)
        area = reach.area_nmi2(hulls, able_kn[can], np.array(slack))
        share = 1 / np.maximum(area, np.pi * max(slack, 0.1) ** 2)
        return cls(hulls, share * of_lengths(float(seen.length_m[i]), lengths_m[can]))


def _rivals(scene: I64, reached: Sequence[_Reached]) -> list[I64]:
    """Return for the hulls of each detection at how many others of its scene each could be."""
    made = [_NONE] * len(reached)
    for rows in rows_by(scene.astype(np.float64)).values():
        every = np.concatenate([reached[row].hulls.track for row in rows.tolist()])
        tracks, count = np.unique(every, return_counts=True)
        for row in rows.tolist():
            made[row] = count[np.searchsorted(tracks, reached[row].hulls.track)] - 1
    return made


def _fills(
    i: int, found: _Reached, rivals: I64, seen: Detections, crowd: Crowd, rules: Rules
) -> Match:
    hulls, witnesses, share = found.hulls, int(crowd.witnesses[i]), found.share_nmi2
    others = crowd.others_nmi2[i] + share.sum() - share + rivals * share
    odds = (share / np.maximum(others, 1e-12)).tolist()
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
    likely = sorted(
        (n for n, odd in enumerate(odds) if odd / (1 + odd) >= rules.possible_share),
        key=lambda n: -odds[n],
    )
    if likely:
        between = (*(int(hulls.track[n]) for n in likely), 0)
        return Match("ambiguous", odds=odds[best], between=between,
                     witnesses_count=witnesses, silent_count=len(odds))  # fmt: skip
    hears = witnesses >= rules.witnesses_count
    return Match("without AIS" if hears else "outside hearing",
                 witnesses_count=witnesses, silent_count=len(odds))  # fmt: skip
