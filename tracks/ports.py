"""Port visits as they are told; `tracks.visits` finds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tracks.batch import F64, I64, U8, Columns, Text, column

PORT, ANCHORAGE, SHORE = range(3)  # SHORE: a stop right at the shore where no list has a place
KINDS = ("port", "anchorage", "shore")


SURE = 2  # the least certainty of a visit that counts as one


@dataclass(frozen=True, slots=True)
class Visits(Columns):
    """Port visits; ordered by (track, start).

    `certainty`, after Global Fishing Watch's confidence: 1 it was only near; 2 it stopped or
    fell silent there; 3 besides, it was heard coming or going; 4 both.
    """

    track: I64 = column(np.int64)
    start: F64 = column(np.float64)  # Unix seconds: first known to be there
    end: F64 = column(np.float64, np.nan)  # last known to be there; nan while it lasts
    place: Text = column("S64", b"")  # as `Places.label` has it, UTF-8
    country: Text = column("S2", b"")  # ISO 3166-1 alpha-2; empty where not known
    kind: U8 = column(np.uint8, PORT)
    lat: F64 = column(np.float64, np.nan)  # where it lay
    lon: F64 = column(np.float64, np.nan)
    stopped_h: F64 = column(np.float64)
    heard_h: F64 = column(np.float64)
    certainty: U8 = column(np.uint8)
    line_in: I64 = column(np.int64)  # the raw line of the first report of it, and of the last
    line_out: I64 = column(np.int64)


class Ports(NamedTuple):
    """What became known of port visits in a step."""

    arrived: Visits  # those that have just become sure: certainty 2 or more; `end` is nan
    over: Visits  # those that ended, whatever their certainty; told once


NOTHING = Ports(Visits.empty(), Visits.empty())
