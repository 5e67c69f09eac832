"""What a station remembers for years: of each hull and UTC day, a page of a few hundred bytes.

A page tells when and where the hull was heard, how far from shore, in port or fishing by
its own word, and what it claimed to be.  A fold from ten-minute points and claims to pages;
a page is written once its day has been over for `SETTLED_S`, and never changes then.

A claim comes without a position.  It is a hull's if at that time no other hull under the
same MMSI was heard; with two of them on the air nobody can say whose it was, and it is kept
as the number's own, of hull 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tracks.batch import F32, F64, I64, U8, U32, Columns, Text, column

FIELDS = ("name", "call_sign", "imo", "ship_type", "size")
NOBODYS = 0  # the hull of claims of which it is not known whose they are


@dataclass(frozen=True, slots=True)
class Days(Columns):
    """One row for each hull and day; ordered by (day, track)."""

    track: I64 = column(np.int64)
    day: I64 = column(np.int64)  # Unix days
    first: F64 = column(np.float64)  # Unix seconds of the first mark at which it was heard
    last: F64 = column(np.float64)
    port_count: I64 = column(np.int64)  # marks at which it was near a port or anchorage
    fishing_count: I64 = column(np.int64)  # marks with status 7, engaged in fishing
    high_seas_count: I64 = column(np.int64)  # marks over 200 nmi from shore
    max_shore_nmi: F32 = column(np.float32, np.nan)


@dataclass(frozen=True, slots=True)
class Said(Columns):
    """What was claimed on a day; ordered by (mmsi, hull, field, value)."""

    mmsi: U32 = column(np.uint32)
    hull: U8 = column(np.int64)  # track % HULLS_PER_MMSI; NOBODYS: it is not known whose
    field: U8 = column(np.uint8)  # index into FIELDS
    value: Text = column("S20", b"")  # a size as b"190x32", in metres; numbers as text
    first: F64 = column(np.float64)
    last: F64 = column(np.float64)
    day: I64 = column(np.int64)


class Pages(NamedTuple):
    """Pages of the record: `heard` and `ways` are those of `days`, packed by `tracks.way`."""

    days: Days
    heard: Sequence[bytes]
    ways: Sequence[bytes]
    said: Said
