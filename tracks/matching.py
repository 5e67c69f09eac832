"""Matches detections to hulls that were heard, and to hulls that were silent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tracks import reach
from tracks.assignment import NOBODY, Choice, choose
from tracks.batch import F64, I64, Mask
from tracks.crowd import Crowd, rows_by
from tracks.detections import Detections, Kind, Match, Rules
from tracks.fits import RECORD_M, away, density_nmi2, of_lengths
from tracks.geodesy import NMI_M, distance_m
from tracks.stood import Stood
from tracks.unheard import unheard

SEEN = 0.9  # ours: a sensor sees the ship that is there so often
_MOST = 50.0  # log-odds; more is certain
HOLE_H = 1.0  # `tracks.points.Resample`: over so long a hole a hull is taken to go straight
IDLE_NMI = 1.0  # ours: of a fishing ship's bends within such a hole hardly one is wider
SLACK = 1.5  # ours: who gives a radius may err a little in it
_NONE = np.empty(0, np.int64)


def check(seen: Detections, stood: Stood) -> list[Match | None]:
    """Return what comes of taking each detection for a hull, row by row; both have shape (N,).

    None where nothing can be said: the hull was not heard before.
    """
    apart_m, _ = away(stood, seen.lat, seen.lon, seen.uncertainty_m)
    slack_nmi = (SLACK * seen.uncertainty_m + RECORD_M) / NMI_M
    heard, able = stood.heard, reach.able_kn(stood)
    fits = apart_m / NMI_M <= slack_nmi + able * HOLE_H / 2
    can = reach.reaches(stood, seen.lat, seen.lon, np.fmax(able, reach.MAX_KN), slack_nmi)
    implied = np.transpose(reach.implied_kn(stood, seen.lat, seen.lon)).tolist()
    silent = np.transpose([stood.t0, stood.t1]).tolist()
    unknown = ~heard & np.isnan(stood.t0) & (np.isnan(stood.t1) | can)
    made: list[Match | None] = []
    for i, track in enumerate(stood.track.tolist()):
        if unknown[i]:
            made.append(None)
        elif heard[i]:
            kind: Kind = "seen as well" if fits[i] or can[i] else "contradicts"
            made.append(Match(kind, track, float(apart_m[i]) / NMI_M))
        else:
            kind = "fills a gap" if can[i] else "contradicts"
            made.append(Match(kind, track, silent=tuple(silent[i]), implied_kn=tuple(implied[i])))
    return made


def match(
    seen: Detections, taken: Sequence[int], named: Mask, stood: Stood, rules: Rules
) -> list[Match]:
    """Return what is known of each detection of some scenes, by its place.

    `stood` has the hulls that may matter at each of their times.  `taken` says which hull
    each detection has been found to be already, or 0; what is told of those means nothing.
    `named` are those that say they are somebody else than any hull heard.
    """
    heard = stood.take(stood.heard)
    silent = stood.take(~stood.heard & ~np.isnan(stood.t0))
    free = np.array([track == 0 for track in taken], np.bool_) & ~named
    used = {(s, track) for s, track in zip(seen.scene.tolist(), taken, strict=True) if track}
    crowd = Crowd.of(seen, heard, rules)
    pairs = _heard_pairs(seen, heard, crowd, rules, free, used)
    clear = float(np.log(rules.clear_odds))
    choices = choose(pairs.row, pairs.column, pairs.log_odds, len(seen), clear)
    made = [Match("not heard", witnesses_count=int(count)) for count in crowd.witnesses]
    left = []
    idle = _Idle.of(seen, heard, choices, pairs, used)
    for i in np.flatnonzero(free).tolist():
        witnesses = int(crowd.witnesses[i])
        told = _told(i, choices[i], pairs, witnesses) or idle.near(seen, i, witnesses)
        if told is None:
            left.append(i)
        else:
            made[i] = told
    for i, told in zip(left, unheard(seen, left, silent, used, crowd, rules), strict=True):
        made[i] = told
    return made


class _Pairs(NamedTuple):
    """Detections beside hulls that were heard, as far as they may be one."""

    row: I64  # detection
    column: I64  # into `tracks`, one number for each hull in each scene
    log_odds: F64
    away_m: F64
    tracks: list[int]  # and 0 behind them, which NOBODY stands for


def _heard_pairs(
    seen: Detections,
    heard: Stood,
    crowd: Crowd,
    rules: Rules,
    free: Mask,
    used: set[tuple[int, int]],
) -> _Pairs:
    by_time, lengths = rows_by(heard.t), rules.lengths(heard.track)
    names: dict[tuple[int, int], int] = {}
    found: list[tuple[int, int, float, float]] = []
    for i in np.flatnonzero(free).tolist():
        scene = int(seen.scene[i])
        rows = by_time.get(float(seen.t[i]), _NONE)
        hulls = heard.take(rows)
        apart_m, spread_m = away(hulls, seen.lat[i], seen.lon[i], seen.uncertainty_m[i])
        odds = SEEN / (1 - SEEN) * density_nmi2(apart_m, spread_m) / crowd.others_nmi2[i]
        odds *= of_lengths(float(seen.length_m[i]), lengths[rows])
        possible = odds >= 1 / rules.clear_odds
        for at in np.flatnonzero(possible).tolist():
            track = int(hulls.track[at])
            if (scene, track) in used:
                continue
            name = names.setdefault((scene, track), len(names))
            found.append((i, name, float(np.log(odds[at])), float(apart_m[at])))
    told = np.array(found, np.float64).reshape(-1, 4)
    row, name = told[:, :2].astype(np.int64).T
    return _Pairs(row, name, told[:, 2], told[:, 3], [*(track for _, track in names), 0])


def _told(i: int, choice: Choice, pairs: _Pairs, witnesses: int) -> Match | None:
    """Return what the hulls that were heard say of a detection; None: it is none of them."""
    odds = float(np.exp(min(choice.margin, _MOST)))
    if choice.others:
        every = (choice.column, *choice.others)
        between = tuple(pairs.tracks[c] for c in every)
        return Match("ambiguous", odds=odds, between=between, witnesses_count=witnesses)
    if choice.column == NOBODY:
        return None
    at = np.flatnonzero((pairs.row == i) & (pairs.column == choice.column))[0]
    away_nmi, track = float(pairs.away_m[at]) / NMI_M, pairs.tracks[choice.column]
    return Match("seen as well", track, away_nmi, odds, witnesses_count=witnesses)


class _Idle(NamedTuple):
    """Hulls that were heard, by time, and in which scenes a detection is known to be them.

    A hull heard with an hour's holes may have been a mile beside the way that is drawn.  If no
    other detection is it, one that is near must not be called a ship without AIS.
    """

    hulls: Stood
    by_time: dict[float, I64]
    busy: set[tuple[int, int]]

    @classmethod
    def of(
        cls,
        seen: Detections,
        heard: Stood,
        choices: Sequence[Choice],
        pairs: _Pairs,
        used: set[tuple[int, int]],
    ) -> _Idle:
        scenes = seen.scene.tolist()
        known = {(s, pairs.tracks[c.column]) for s, c in zip(scenes, choices, strict=True)}
        return cls(heard, rows_by(heard.t), known | used)

    def near(self, seen: Detections, i: int, witnesses: int) -> Match | None:
        """Return that a detection may be such a hull; None if there is none near."""
        hulls = self.hulls.take(self.by_time.get(float(seen.t[i]), _NONE))
        apart_m = distance_m(*hulls.place(), seen.lat[i], seen.lon[i])
        close = hulls.track[apart_m <= IDLE_NMI * NMI_M + seen.uncertainty_m[i]].tolist()
        free = [track for track in close if (int(seen.scene[i]), track) not in self.busy]
        if not free:
            return None
        return Match("ambiguous", between=(*free, 0), witnesses_count=witnesses)
