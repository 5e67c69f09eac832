"""The columns in which reports travel: one array for each quantity, one row for each report.

Missing is nan in a float column and the `fill` of an integer column; an AIS
sentinel such as latitude 91 or heading 511 never gets this far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
U32 = NDArray[np.uint32]
U16 = NDArray[np.uint16]
U8 = NDArray[np.uint8]
Text = NDArray[np.bytes_]
Mask = NDArray[np.bool_]

CLASS_UNKNOWN, CLASS_A, CLASS_B = 0, 1, 2
STATUS_UNDEFINED = 15  # ITU-R M.1371-5, table 47: "not defined", also the default

HULLS_PER_MMSI = 1000  # a track is mmsi * HULLS_PER_MMSI + hull, hulls counted from 1


def column(dtype: Any, fill: Any = 0) -> Any:
    """Declare a column of `dtype` whose missing value is `fill`."""
    return field(metadata={"dtype": np.dtype(dtype), "fill": fill})


@dataclass(frozen=True, slots=True)
class Columns:
    """Arrays of one length; the base of every batch."""

    _described: ClassVar[dict[type, dict[str, Field[Any]]]] = {}

    @classmethod
    def described(cls) -> dict[str, Field[Any]]:
        """Return the columns by name, in order."""
        described = Columns._described.get(cls)
        if described is None:
            described = Columns._described[cls] = {f.name: f for f in fields(cls)}
        return described

    @classmethod
    def dtype(cls) -> np.dtype[np.void]:
        """Return the dtype of one row, for files and for saved state."""
        return np.dtype([(n, f.metadata["dtype"]) for n, f in cls.described().items()])

    @classmethod
    def make(cls, n: int, **columns: Any) -> Self:
        """Build a batch of `n` rows; columns not given hold their missing value."""
        unknown = columns.keys() - cls.described().keys()
        if unknown:
            raise TypeError(f"{cls.__name__} has no column {sorted(unknown)}")
        made = []
        for name, f in cls.described().items():
            dtype = f.metadata["dtype"]
            if name in columns:
                given = np.asarray(columns[name], dtype)
                made.append(given if given.shape == (n,) else np.full(n, given, dtype))
            else:
                made.append(np.full(n, f.metadata["fill"], dtype))
        return cls(*made)

    @classmethod
    def empty(cls) -> Self:
        """Return a batch without rows."""
        return cls.make(0)

    @classmethod
    def concat(cls, batches: Sequence[Self]) -> Self:
        """Join batches, first to last."""
        if not batches:
            return cls.empty()
        if len(batches) == 1:
            return batches[0]
        return cls(*(np.concatenate([getattr(b, n) for b in batches]) for n in cls.described()))

    def to_records(self) -> NDArray[np.void]:
        """Return the rows as one structured array of `dtype()`."""
        records = np.empty(len(self), self.dtype())
        for name in self.described():
            records[name] = getattr(self, name)
        return records

    def take(self, rows: NDArray[Any] | slice) -> Self:
        """Return the rows that an index array, a mask or a slice picks."""
        if isinstance(rows, slice):
            return type(self)(*[getattr(self, n)[rows] for n in self.described()])
        if rows.dtype == np.bool_:
            rows = np.flatnonzero(rows)
        return type(self)(*[getattr(self, n).take(rows) for n in self.described()])

    def to_state(self, prefix: str = "") -> dict[str, NDArray[Any]]:
        """Return the columns by name, each name behind `prefix`, to be saved."""
        return {prefix + n: getattr(self, n) for n in self.described()}

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], prefix: str = "") -> Self:
        """Undo `to_state`."""
        return cls(*(state[prefix + n] for n in cls.described()))

    def __len__(self) -> int:
        first = next(iter(self.described()))
        return len(getattr(self, first))


@dataclass(frozen=True, slots=True)
class PositionBatch(Columns):
    """Position reports, in any order, as they were decoded."""

    t: F64 = column(np.float64, np.nan)  # Unix seconds UTC at which the report was heard
    mmsi: U32 = column(np.uint32)
    lat: F64 = column(np.float64, np.nan)  # degrees, WGS 84
    lon: F64 = column(np.float64, np.nan)  # degrees, -180 up to but not including 180
    sog_kn: F32 = column(np.float32, np.nan)
    cog_deg: F32 = column(np.float32, np.nan)
    heading_deg: F32 = column(np.float32, np.nan)
    nav_status: U8 = column(np.uint8, STATUS_UNDEFINED)
    ship_class: U8 = column(np.uint8, CLASS_UNKNOWN)
    type: U8 = column(np.uint8)  # AIS message type; 0 where a table does not say
    source: U16 = column(np.uint16)  # which input, file or feed
    station: U16 = column(np.uint16)  # which receiving station the line names; 0: none
    line: I64 = column(np.int64)  # place in the raw log, counted over all inputs; provenance
    key: U64 = column(np.uint64)  # hash of the payload; equal for copies of one transmission
    signal_db: F32 = column(np.float32, np.nan)
    ppm: F32 = column(np.float32, np.nan)  # frequency error of the transmission


@dataclass(frozen=True, slots=True)
class StaticBatch(Columns):
    """Claims of identity.  Empty text and 0 mean that the message does not say."""

    t: F64 = column(np.float64, np.nan)
    mmsi: U32 = column(np.uint32)
    type: U8 = column(np.uint8)
    name: Text = column("S20", b"")
    call_sign: Text = column("S7", b"")
    imo: U32 = column(np.uint32)
    ship_type: U8 = column(np.uint8)  # the raw number, ITU-R M.1371-5 table 53
    to_bow_m: U16 = column(np.uint16)
    to_stern_m: U16 = column(np.uint16)
    to_port_m: U16 = column(np.uint16)
    to_starboard_m: U16 = column(np.uint16)
    draught_m: F32 = column(np.float32, np.nan)
    destination: Text = column("S20", b"")
    source: U16 = column(np.uint16)
    line: I64 = column(np.int64)


@dataclass(frozen=True, slots=True)
class Fixes(PositionBatch):
    """Reports after cleaning, each assigned to a hull; ordered by (track, t)."""

    track: I64 = column(np.int64)  # mmsi * HULLS_PER_MMSI + hull


@dataclass(frozen=True, slots=True)
class Points(Columns):
    """Positions of hulls at full ten-minute marks, interpolated; ordered by (track, bin).

    Each stands between two fixes at most an hour apart, `line_before` and
    `line_after` (the same one where a fix lies on the mark).  Where a track has
    no point at a mark, it was not heard around it.
    """

    track: I64 = column(np.int64)
    bin: I64 = column(np.int64)  # the mark: Unix seconds / BIN_S
    lat: F64 = column(np.float64, np.nan)
    lon: F64 = column(np.float64, np.nan)
    line_before: I64 = column(np.int64)
    line_after: I64 = column(np.int64)
    nav_status: U8 = column(np.uint8, STATUS_UNDEFINED)  # as the fix on or behind the mark says


BIN_S = 600  # the ten-minute grid of Miller et al. 2018, doi 10.3389/fmars.2018.00240


def starts(sorted_keys: NDArray[Any]) -> I64:
    """Return where each run of equal values begins in a sorted array."""
    if not len(sorted_keys):
        return np.empty(0, np.int64)
    return np.flatnonzero(np.r_[True, sorted_keys[1:] != sorted_keys[:-1]])
