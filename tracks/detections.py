"""Ships that others saw, matched to the hulls that a station heard.

A detection is a place at a moment, from a satellite, a radar, a camera or another station.
It may be

- a hull that was heard then: it lies where the hull was, nearer than chance would have it,
- a hull that was silent then and could have been there, if hardly anybody else could,
- somebody whom the station did not hear.

Detections of one scene, which is one sensor at one time, are paired with hulls one to one
(`tracks.assignment`).  How likely somebody else lies there follows from how many ships were
heard or seen around it: as many again are taken to sail without AIS.  That is coarse, and
near what Paolo et al. 2024 (doi 10.1038/s41586-023-06825-8) found: of industrial
fishing vessels three in four are not tracked publicly, of other large ships one in four.

It does not prove that two are one ship: only that they were at one place at one time.
Neglected: which way a detected ship headed, and how well a sensor sees small ships.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from tracks.batch import F64, I64, Columns, column

Kind = Literal[
    "seen as well", "fills a gap", "ambiguous", "contradicts", "not heard", "without AIS",
    "outside hearing",
]  # fmt: skip

WITHIN_S = 3 * 86_400.0  # ours: who was silent for longer could be anybody of too many


@dataclass(frozen=True, slots=True)
class Detections(Columns):
    """What was seen, in any order."""

    t: F64 = column(np.float64)  # Unix seconds
    lat: F64 = column(np.float64)
    lon: F64 = column(np.float64)
    uncertainty_m: F64 = column(np.float64)  # 19 of 20 ships lie so near
    length_m: F64 = column(np.float64, np.nan)
    scene: I64 = column(np.int64)  # equal for what one sensor saw at one time


class Match(NamedTuple):
    """What is known of one detection.  nan and () where it does not apply."""

    kind: Kind
    track: int = 0  # the hull; 0: none
    away_nmi: float = np.nan  # from where the hull was, if it was heard
    odds: float = np.nan  # how many times likelier than anything else
    between: tuple[int, ...] = ()  # tracks, and 0 for a ship that was not heard
    silent: tuple[float, float] = (np.nan, np.nan)  # last heard before, and again; nan: not yet
    implied_kn: tuple[float, float] = (np.nan, np.nan)  # from where it was last heard, and on
    witnesses_count: int = 0  # other ships heard near by then
    silent_count: int = 0  # hulls that were silent then and could have been there


@dataclass(frozen=True, slots=True)
class Rules:
    """When a match counts."""

    clear_odds: float = 20.0  # so many times likelier than the next best
    filling_odds: float = 10.0  # for a hull that was silent: than all others who could be there
    possible_share: float = 0.2  # a silent hull as likely as that is named among others
    witness_radius_nmi: float = 10.0  # as for gaps
    witnesses_count: int = 2  # so many ships heard near by, and the station hears that place
    lengths_m: Mapping[int, float] = field(default_factory=dict)  # by track

    def lengths(self, tracks: I64) -> F64:
        """Return the lengths of hulls in metres; nan where none is claimed."""
        found = [self.lengths_m.get(track, np.nan) for track in tracks.tolist()]
        return np.array(found, np.float64)
