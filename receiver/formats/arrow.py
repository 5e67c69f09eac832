"""Arrow columns, as Parquet and flat JSON lines give them, to rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from receiver.formats import times, words
from receiver.formats.columns import CLAIMS, NUMBERS, WORDS
from receiver.formats.rows import MIX, Rows, Words
from tracks.batch import F64, I64, U64


def rows(columns: Mapping[str, Any], first: int, month_first: bool = False) -> Rows:
    """Return Arrow arrays by quantity as rows; `first` is the number of the first one."""
    claims = {q: _encoded(columns[q]) for q in CLAIMS if q in columns}
    return Rows(
        line=first + np.arange(len(columns["t"])),
        t=seconds(columns["t"], month_first),
        numbers={q: _numbers(columns[q]) for q in NUMBERS if q in columns},
        words={q: _words(_encoded(columns[q])) for q in WORDS if q in columns},
        claims=ArrowClaims.of(claims) if claims else None,
    )


def seconds(column: Any, month_first: bool = False) -> F64:
    """Return a column of times, whatever its type, as Unix seconds; nan where unreadable."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_date(kind):
        column = column.cast(pa.timestamp("s"))
        kind = column.type
    if pa.types.is_timestamp(kind):
        unit = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit]
        return _floats(column.cast(pa.int64())) / unit
    if not _is_text(kind):
        return times.from_numbers(_numbers(column))
    text = _plain(column).fill_null(b"")
    _, offsets, data = text.buffers()
    places = np.frombuffer(offsets, np.int32)[text.offset : text.offset + len(text) + 1]
    ends: I64 = places.astype(np.int64)
    held = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
    padded = np.concatenate([held, np.zeros(times.WIDTH, np.uint8)])
    return times.from_text(padded, ends[:-1], np.diff(ends), month_first)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return any(
        test(kind)
        for test in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_string_view,
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_binary_view,
        )
    )


def _plain(column: Any) -> Any:
    """Return a column of text or of anything else as Arrow binary."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not _is_text(column.type):
        column = column.cast(pa.string())
    return column.cast(pa.binary())


def _words(column: Any) -> Words:
    """Return a dictionary-encoded column of bytes as Words."""
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    values = [bytes(v).strip() if v is not None else b"" for v in column.dictionary.to_pylist()]
    return Words(codes, values)


def _encoded(column: Any) -> Any:
    return _plain(column).dictionary_encode()


def _floats(column: Any) -> F64:
    import pyarrow as pa

    made: F64 = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return made


def _numbers(column: Any) -> F64:
    import pyarrow as pa

    if not _is_text(column.type):
        try:
            return _floats(column)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # lists, times ...
            return np.full(len(column), np.nan)
    few = _words(_encoded(column))
    return np.array([*(words.number(v) for v in few.values), np.nan])[few.codes]


@dataclass(slots=True)
class ArrowClaims:
    """The columns that say who a ship is, dictionary-encoded; see rows.Claims."""

    digest: U64
    columns: dict[str, Any]

    @classmethod
    def of(cls, columns: dict[str, Any]) -> ArrowClaims:
        """Digest encoded columns."""
        digest: Any = np.uint64(0)
        for column in columns.values():
            few = _words(column)
            said = np.array([*(words.digest(v) for v in few.values), 0], np.uint64)
            digest = digest * MIX + said[few.codes]
        return cls(digest, columns)

    def at(self, rows: I64) -> dict[str, Sequence[bytes]]:
        """Return the cells of some rows by quantity."""
        return {q: [v or b"" for v in c.take(rows).to_pylist()] for q, c in self.columns.items()}
