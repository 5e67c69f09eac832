"""Rows of any table to reports: one place for sentinels, what is dropped, and identities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from receiver.decoded import Decoded
from receiver.formats import words
from receiver.formats.columns import SPEEDS
from receiver.formats.times import EARLIEST, LATEST
from tracks.batch import (
    CLASS_UNKNOWN,
    F64,
    I64,
    STATUS_UNDEFINED,
    U8,
    U64,
    Mask,
    PositionBatch,
    StaticBatch,
    starts,
)

MMSI_MAX = 999_999_999
SOG_NONE_KN = 102.25  # 102.3 is "not available", 102.2 is "102.2 or more"
REPEAT_S = 3600.0
SEEN_MAX = 1 << 20  # ships; AIS has about 500,000
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: an odd number without pattern


class Claims(Protocol):
    """The cells of a table that say who a ship is."""

    digest: U64
    """Of each row, equal where the cells are equal, in any batch; 0 where it claims nothing."""

    def at(self, rows: I64) -> dict[str, Sequence[bytes]]:
        """Return the cells of some rows by quantity (columns.CLAIMS), as they were written."""
        ...


@dataclass(slots=True)
class Words:
    """A column of few different cells: row `i` holds `values[codes[i]]`, or nothing at -1."""

    codes: NDArray[np.int32]
    values: Sequence[bytes]

    def codes_of(self, meaning: Any, missing: int) -> U8:
        """Return for each row what `meaning` makes of its cell."""
        made = np.array([*(meaning(value) for value in self.values), missing], np.uint8)
        return made[self.codes]


@dataclass(slots=True)
class Rows:
    """Rows as a table gives them; `numbers` and `words` by quantity, all of length (n,).

    A number that is missing or cannot be read is nan, and so is such a time.
    """

    line: I64
    t: F64
    numbers: dict[str, F64]
    words: dict[str, Words] = field(default_factory=dict)
    claims: Claims | None = None


class Seen:
    """What each ship of an input claimed last, so that a claim is not told with every row.

    One that lasts is told again every `REPEAT_S`, for whoever asks how long it did.
    """

    def __init__(self) -> None:
        nobody = np.iinfo(np.uint64).max
        self.mmsi: U64 = np.array([nobody])  # sorted
        self.digest: U64 = np.zeros(1, np.uint64)
        self.told: F64 = np.full(1, np.nan)  # when, in Unix seconds

    def new(self, mmsi: U64, digest: U64, t: F64) -> Mask:
        """Return which claims are to be told; rows are ordered by ship, then by place."""
        first = starts(mmsi)
        last = np.r_[first[1:], len(mmsi)] - 1
        at = np.minimum(np.searchsorted(self.mmsi, mmsi[first]), len(self.mmsi) - 1)
        told = np.where(self.mmsi[at] == mmsi[first], self.told[at], np.nan)
        new: Mask = np.r_[True, digest[1:] != digest[:-1]]
        new[first] = (self.digest[at] != digest[first]) | ~(np.abs(t[first] - told) < REPEAT_S)
        latest = np.maximum.accumulate(np.where(new, np.arange(len(t)), -1))[last]
        self._keep(mmsi[first], digest[last], np.where(latest >= first, t[latest], told))
        return new

    def _keep(self, mmsi: U64, digest: U64, told: F64) -> None:
        old = ~np.isin(self.mmsi, mmsi)
        if len(old) > SEEN_MAX:
            old[:-1] = False
        merged = np.r_[self.mmsi[old], mmsi]
        order = np.argsort(merged)
        self.mmsi = merged[order]
        self.digest = np.r_[self.digest[old], digest][order]
        self.told = np.r_[self.told[old], told][order]


def decode(rows: Rows, source: int, counts: Counter[str], seen: Seen | None = None) -> Decoded:
    """Return the reports of some rows, and in their counts what was dropped and why.

    Without `seen` every claim is told.

    Neglected: rate of turn, accuracy, ETA, cargo, and every column without a meaning here.
    """
    mmsi = rows.numbers["mmsi"]
    with np.errstate(invalid="ignore"):
        good_mmsi = (mmsi >= 0) & (mmsi <= MMSI_MAX) & (mmsi == np.floor(mmsi))
    good_t = (rows.t >= EARLIEST) & (rows.t < LATEST)
    ship_class = _class(rows)
    ship = ship_class != words.NOT_A_SHIP
    _count(counts, "dropped: MMSI is not a number of up to nine digits", ~good_mmsi)
    unread = good_mmsi & ~good_t
    _count(counts, "dropped: time cannot be read", unread & np.isnan(rows.t))
    _count(counts, "dropped: time before 1990 or after 2100", unread & ~np.isnan(rows.t))
    known = good_mmsi & good_t
    _count(counts, "dropped: shore station or aid to navigation", known & ~ship)
    known &= ship
    lat, lon = _place(rows.numbers)
    placed = known & ~np.isnan(lat)
    statics = _statics(rows, known, source, seen)
    if "lat" in rows.numbers:
        silent = known & np.isnan(lat)
        if rows.claims is not None:
            told = silent & (rows.claims.digest != 0)
            _count(counts, "rows with identity only", told)
            silent &= ~told
        _count(counts, "dropped: no position", silent)
    at = np.flatnonzero(placed)
    positions = _positions(rows, at, lat[at], lon[at], ship_class[at], source)
    return Decoded(positions, statics, counts)


def _count(counts: Counter[str], what: str, rows: Mask) -> None:
    if n := int(np.count_nonzero(rows)):
        counts[what] += n


def _class(rows: Rows) -> U8:
    column = rows.words.get("ship_class")
    if column is None:
        return np.full(len(rows.t), CLASS_UNKNOWN, np.uint8)
    return column.codes_of(words.ship_class, CLASS_UNKNOWN)


def _place(numbers: dict[str, F64]) -> tuple[F64, F64]:
    """Return latitude and longitude, both nan where either is missing or out of range."""
    lat, lon = numbers["lat"].copy(), numbers["lon"].copy()
    with np.errstate(invalid="ignore"):
        nowhere = ~((np.abs(lat) <= 90) & (np.abs(lon) <= 180))
    lat[nowhere] = lon[nowhere] = np.nan
    lon[lon == 180] = -180
    return lat, lon


def _within(values: F64, end: float) -> F64:
    """Return `values` with nan in place of what is below 0 or not below `end`."""
    with np.errstate(invalid="ignore"):
        return np.where((values >= 0) & (values < end), values, np.nan)


def level(values: F64) -> F64:
    """Return levels in dB or ppm with nan in place of what no receiver measures."""
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) < 1000, values, np.nan)


def _speed(numbers: dict[str, F64], at: I64) -> F64:
    for unit, factor in SPEEDS.items():
        if unit in numbers:
            return _within(numbers[unit][at] * factor, SOG_NONE_KN)
    return np.full(len(at), np.nan)


def _positions(
    rows: Rows, at: I64, lat: F64, lon: F64, ship_class: U8, source: int
) -> PositionBatch:
    def number(name: str) -> F64:
        column = rows.numbers.get(name)
        return np.full(len(at), np.nan) if column is None else column[at]

    t, mmsi = rows.t[at], rows.numbers["mmsi"][at]
    sog, cog = _speed(rows.numbers, at), _within(number("cog_deg"), 360)
    status = rows.words.get("nav_status")
    kind = number("type")
    return PositionBatch.make(
        len(at),
        t=t,
        mmsi=mmsi,
        lat=lat,
        lon=lon,
        sog_kn=sog,
        cog_deg=cog,
        heading_deg=_within(number("heading_deg"), 360),
        nav_status=(
            STATUS_UNDEFINED
            if status is None
            else status.codes_of(words.status, STATUS_UNDEFINED)[at]
        ),
        ship_class=ship_class,
        type=np.nan_to_num(_within(kind, 28)),
        source=source,
        line=rows.line[at],
        key=key(t, mmsi, lat, lon, sog, cog),
        signal_db=level(number("signal_db")),
        ppm=level(number("ppm")),
    )


def key(*columns: F64) -> U64:
    """Return a 64-bit hash of each row; -0 equals 0 and nan equals nan."""
    h = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        bits = np.where(np.isnan(column), np.nan, column + 0.0).view(np.uint64)
        h = (h ^ bits) * MIX
        h ^= h >> np.uint64(32)
    return h


def _statics(rows: Rows, known: Mask, source: int, seen: Seen | None) -> StaticBatch:
    """Return the claims of each ship where they differ from those of its row before."""
    if rows.claims is None:
        return StaticBatch.empty()
    at = np.flatnonzero(known & (rows.claims.digest != 0))
    if not len(at):
        return StaticBatch.empty()
    if seen is not None:
        at = at[_by_ship(rows.numbers["mmsi"][at].astype(np.uint64))]
        mmsi = rows.numbers["mmsi"][at].astype(np.uint64)
        at = np.sort(at[seen.new(mmsi, rows.claims.digest[at], rows.t[at])])
    batch = claimed(rows.claims.at(at), len(at)) | {
        "t": rows.t[at],
        "mmsi": rows.numbers["mmsi"][at],
        "source": source,
        "line": rows.line[at],
    }
    if "type" in rows.numbers:
        batch["type"] = np.nan_to_num(_within(rows.numbers["type"][at], 28))
    return _saying(StaticBatch.make(len(at), **batch))


def _by_ship(mmsi: U64) -> I64:
    """Return the order by (MMSI, place), by sorting both packed into one number."""
    packed = np.sort(mmsi << np.uint64(32) | np.arange(len(mmsi), dtype=np.uint64))
    return (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)


def claimed(cells: dict[str, Sequence[bytes]], n: int) -> dict[str, Any]:
    """Return columns of a StaticBatch from cells as they were written."""

    def each(name: str, meaning: Any) -> list[Any]:
        return [meaning(cell) for cell in cells[name]] if name in cells else [0] * n

    made: dict[str, Any] = {
        "name": np.array([words.text(c, 20) for c in cells.get("name", ())] or b"", "S20"),
        "call_sign": np.array([words.text(c, 7) for c in cells.get("call_sign", ())] or b"", "S7"),
        "destination": np.array(
            [words.text(c, 20) for c in cells.get("destination", ())] or b"", "S20"
        ),
        "imo": each("imo", words.imo),
        "ship_type": each("ship_type", words.ship_type),
        "draught_m": _positive(each("draught_m", words.number)),
    }
    sides = {s: np.array(each(f"to_{s}_m", words.metres)) for s in _SIDES}
    whole = {s: np.array(each(s, words.metres)) for s in ("length_m", "width_m")}
    # Where only the size is known, ITU-R M.1371-5 (3.3.3, figure 41) says it all astern
    # and to starboard: a = c = 0.
    for a, b, size in (("bow", "stern", "length_m"), ("port", "starboard", "width_m")):
        none = (sides[a] == 0) & (sides[b] == 0)
        made[f"to_{a}_m"] = sides[a]
        made[f"to_{b}_m"] = np.where(none, whole[size], sides[b])
    return made


_SIDES = ("bow", "stern", "port", "starboard")
_WHO = ("name", "call_sign", "imo", "ship_type", "destination", *(f"to_{s}_m" for s in _SIDES))


def _positive(values: list[float]) -> F64:
    value = np.array(values, np.float64)
    return np.where((value > 0) & (value < 1e4), value, np.nan)


def _saying(batch: StaticBatch) -> StaticBatch:
    """Leave out claims of nothing."""
    says = ~np.isnan(batch.draught_m)
    for name in _WHO:
        column = getattr(batch, name)
        says |= column != column.dtype.type()
    return batch.take(says)
