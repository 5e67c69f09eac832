"""What truly happened in simulated months, and what of it was heard."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from _months_names import Identity

from tracks.batch import I64

AT_BERTH_COUNT = 3  # reports; one alone says no more than the last one before the berth
CLOSE_NMI, NEAR_NMI = 2.0, 6.0  # to a berth: before its port, and on the way to it
HOWS = (
    "heard at the berth",
    "heard before the port only",  # coming or going, close to it
    "heard coming and going only",  # some miles off
    "heard coming or going only",
    "not heard",
)


@dataclass(frozen=True)
class Visit:
    """A true ship lay still at a harbour, or at anchor in roads."""

    mmsi: int
    hull: int  # the true ship's number
    place: str  # as the list of ports calls it; "" if it is not listed, or roads
    kind: str  # port, harbour (on no list) or roads
    start: float  # when it came to rest
    end: float  # when it left
    lat: float
    lon: float
    away_nmi: float  # how far off it was heard since it last lay here; inf: it had not
    whole: bool  # it began and ended within the months
    heard_count: int  # reports heard while it lay there
    in_nmi: float  # how near it was heard in the two hours before; inf: not at all
    out_nmi: float  # and in the two after

    @property
    def how(self) -> str:
        """What of it was heard, one of HOWS."""
        if self.heard_count >= AT_BERTH_COUNT:
            return HOWS[0]
        if self.heard_count or min(self.in_nmi, self.out_nmi) < CLOSE_NMI:
            return HOWS[1]
        if max(self.in_nmi, self.out_nmi) < NEAR_NMI:
            return HOWS[2]
        return HOWS[3] if min(self.in_nmi, self.out_nmi) < NEAR_NMI else HOWS[4]

    @property
    def heard(self) -> bool:
        """Whether enough was heard to know that it came here and left: the first three of HOWS."""
        return self.whole and self.how in HOWS[:3]


@dataclass(frozen=True)
class Meeting:
    """Two ships lay or drifted side by side at sea."""

    a: int  # MMSIs: the fishing vessel's
    b: int  # and the carrier's, or the tanker's
    start: float
    end: float
    lat: float
    lon: float
    hulls: tuple[int, int]
    hands_over: bool  # catch; not so, if the other is a tanker that bunkers it
    heard_h: float  # for how long both were heard without an hour's silence


@dataclass(frozen=True)
class Chain:
    """A fishing vessel met a carrier, which then called at a port."""

    fishing: int  # MMSIs at the time of the meeting
    carrier: int
    port: str
    meeting_start: float
    arrival: float  # when it came to rest in the roads or, without waiting, at the berth
    landing_start: float  # at the berth
    landing_end: float
    hulls: tuple[int, int]
    meeting_heard_h: float
    landing_heard: bool


@dataclass
class Truth:
    """All that is known of the months, whether or not it was heard."""

    visits: list[Visit] = field(default_factory=list)  # ordered by (hull, start)
    meetings: list[Meeting] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)  # of every ship
    shared: dict[int, tuple[int, ...]] = field(default_factory=dict)  # MMSI: ships that used it
    ship: I64 = field(default_factory=lambda: np.empty(0, np.int64))  # by `line` of a position
