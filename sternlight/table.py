"""Decoded reports as one table: CSV, Parquet or JSON lines, written as they are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from receiver.decoded import BadInput, Decoded
from sternlight.jsontext import dumps
from sternlight.text import plain
from tracks.batch import CLASS_A, CLASS_B, PositionBatch, StaticBatch

POSITION_COLUMNS = ("lat", "lon", "sog_kn", "cog_deg", "heading_deg", "nav_status", "ship_class")
STATIC_COLUMNS = (
    "name",
    "call_sign",
    "imo",
    "ship_type",
    "to_bow_m",
    "to_stern_m",
    "to_port_m",
    "to_starboard_m",
    "draught_m",
    "destination",
)
COLUMNS = ("time", "mmsi", "type", *POSITION_COLUMNS, *STATIC_COLUMNS, "file", "line")
TEXTS = ("name", "call_sign", "destination", "file")
DIGITS = {"lat": 6, "lon": 6, "sog_kn": 1, "cog_deg": 1, "heading_deg": 0, "draught_m": 1}
ENDINGS = (".csv", ".parquet", ".jsonl")

# A spreadsheet runs a cell that begins so; an apostrophe in front makes it text.
FORMULA = re.compile(r"^[=+\-@\t\r]")


class Writer(Protocol):
    """Takes Arrow tables, one after the other."""

    def write_table(self, table: Any) -> None:
        """Write the rows of `table`."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


def open_table(path: Path) -> Writer:
    """Return a writer for the format that the file's ending names.  Raises BadInput."""
    import pyarrow.csv
    import pyarrow.parquet

    kind = path.suffix.lower()
    if kind not in ENDINGS:
        raise BadInput(
            f"--out {path}: the name must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"
        )
    if kind == ".parquet":
        writer: Writer = pyarrow.parquet.ParquetWriter(path, schema(), compression="zstd")
        return writer
    return _Csv(path) if kind == ".csv" else _JsonLines(path)


def schema() -> Any:
    """Return the Arrow schema of the table."""
    import pyarrow as pa

    kinds = {
        "time": pa.timestamp("ms", "UTC"),
        "mmsi": pa.uint32(),
        "type": pa.uint8(),
        "nav_status": pa.uint8(),
        "ship_class": pa.string(),
        "imo": pa.uint32(),
        "ship_type": pa.uint8(),
        "line": pa.int64(),
        **dict.fromkeys(TEXTS, pa.string()),
        **dict.fromkeys(("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m"), pa.uint16()),
    }
    return pa.schema([(name, kinds.get(name, pa.float64())) for name in COLUMNS])


def to_table(decoded: Decoded, file: str, first_line: int) -> Any:
    """Return the reports of one batch as an Arrow table, in the order of their lines.

    Lines count from 1 within the file.  What a message does not say is null.
    """
    import pyarrow as pa

    positions, statics = decoded.positions, decoded.statics
    order = np.argsort(np.concatenate([positions.line, statics.line]), kind="stable")
    columns = _columns(positions, statics)
    columns["line"] = _both(positions.line - first_line + 1, statics.line - first_line + 1), None
    columns["file"] = np.full(len(order), plain(file), object), None
    arrays = []
    for f in schema():
        values, missing = columns[f.name]
        mask = None if missing is None else missing[order]
        arrays.append(pa.array(values[order], f.type, mask=mask, from_pandas=True))
    return pa.Table.from_arrays(arrays, schema=schema())


Column = tuple[NDArray[Any], NDArray[np.bool_] | None]


def _columns(positions: PositionBatch, statics: StaticBatch) -> dict[str, Column]:
    """Return values and where they are missing, positions first, then statics."""
    n, m = len(positions), len(statics)
    t = _both(positions.t, statics.t)
    known = np.isfinite(t)
    milliseconds = np.round(np.where(known, t, 0) * 1000).astype("datetime64[ms]")
    columns: dict[str, Column] = {
        "time": (milliseconds, ~known),
        "mmsi": (_both(positions.mmsi, statics.mmsi), None),
        "type": (_both(positions.type, statics.type), None),
    }
    silent = np.r_[np.zeros(n, np.bool_), np.ones(m, np.bool_)]
    for name in POSITION_COLUMNS:
        values = _position_values(positions, name)
        empty = np.zeros(m, values.dtype)
        missing = values != values if values.dtype.kind == "f" else values == ""
        columns[name] = _both(values, empty), silent | np.r_[missing, np.ones(m, np.bool_)]
    for name in STATIC_COLUMNS:
        values = _static_values(statics, name)
        missing = (values == "") | (values == 0) | (values != values)
        empty = np.zeros(n, values.dtype)
        columns[name] = _both(empty, values), np.r_[np.ones(n, np.bool_), missing]
    return columns


def _both(of_positions: NDArray[Any], of_statics: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([of_positions, of_statics])


def _position_values(positions: PositionBatch, name: str) -> NDArray[Any]:
    values: NDArray[Any] = getattr(positions, name)
    if name == "ship_class":
        names: NDArray[Any] = np.full(256, "", object)
        names[CLASS_A], names[CLASS_B] = "A", "B"
        shown: NDArray[Any] = names[values]
        return shown
    return np.round(values.astype(np.float64), DIGITS[name]) if name in DIGITS else values


def _static_values(statics: StaticBatch, name: str) -> NDArray[Any]:
    values: NDArray[Any] = getattr(statics, name)
    if name in TEXTS:
        found, inverse = np.unique(values, return_inverse=True)
        texts: NDArray[Any] = np.array([plain(v) for v in found.tolist()], object)
        return texts[inverse]
    return np.round(values.astype(np.float64), DIGITS[name]) if name in DIGITS else values


class _Csv:
    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.csv

        as_text = [(f.name, pa.string() if f.name == "time" else f.type) for f in schema()]
        self._writer = pyarrow.csv.CSVWriter(path, pa.schema(as_text))

    def write_table(self, table: Any) -> None:
        for name in TEXTS:
            table = _with(table, name, _by_value(table[name], _defused))
        self._writer.write_table(_with_times_as_text(table))

    def close(self) -> None:
        self._writer.close()


class _JsonLines:
    def __init__(self, path: Path) -> None:
        self._out = path.open("w", encoding="ascii", newline="\n")

    def write_table(self, table: Any) -> None:
        for row in _with_times_as_text(table).to_pylist():
            said: Mapping[str, Any] = {k: v for k, v in row.items() if v is not None}
            self._out.write(dumps(said) + "\n")

    def close(self) -> None:
        self._out.close()


def _defused(texts: Any) -> Any:
    import pyarrow.compute as pc

    risky = pc.match_substring_regex(texts, FORMULA.pattern)
    return pc.if_else(risky, pc.binary_join_element_wise("'", texts, ""), texts)


def _with_times_as_text(table: Any) -> Any:
    import pyarrow.compute as pc

    def text(times: Any) -> Any:
        # The unit "ms" gives the seconds three digits behind the point.
        return pc.strftime(times, "%Y-%m-%dT%H:%M:%SZ")

    return _with(table, "time", _by_value(table["time"], text))


def _by_value(column: Any, function: Callable[[Any], Any]) -> Any:
    """Apply `function` to each different value only; most repeat a lot."""
    coded = column.combine_chunks().dictionary_encode()
    return function(coded.dictionary).take(coded.indices)


def _with(table: Any, name: str, column: Any) -> Any:
    return table.set_column(table.schema.get_field_index(name), name, column)
