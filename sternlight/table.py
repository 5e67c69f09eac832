"""Decoded reports as one table: CSV, Parquet or JSON lines, written as they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from receiver.decoded import BadInput, Decoded, Rare
from sternlight.jsontext import dumps
from sternlight.text import DEFUSED, FORMULA, plain
from tracks.batch import CLASS_A, CLASS_B, F64, STATUS_UNDEFINED, PositionBatch, StaticBatch

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
COLUMNS = (
    *("time", "mmsi", "type"),
    *POSITION_COLUMNS,
    *STATIC_COLUMNS,
    *("own_ship", "other", "file", "line"),
)
TEXTS = ("name", "call_sign", "destination", "other", "file")
DIGITS = {"lat": 6, "lon": 6, "sog_kn": 1, "cog_deg": 1, "heading_deg": 0, "draught_m": 1}
ENDINGS = (".csv", ".parquet", ".jsonl")


class Writer(Protocol):
    """Takes Arrow tables, one after the other."""

    def write_table(self, table: Any) -> None:
        """Write the rows of `table`."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


def ending(path: Path) -> str:
    """Return the ending of a table's name.  Raises BadInput if it names no format."""
    found = path.suffix.lower()
    if found not in ENDINGS:
        raise BadInput(
            f"--out {path}: the name must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"
        )
    return found


def open_table(path: Path) -> Writer:
    """Return a writer for the format that the file's ending names.  Raises BadInput."""
    import pyarrow.csv
    import pyarrow.parquet

    kind = ending(path)
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
        "own_ship": pa.bool_(),
        "imo": pa.uint32(),
        "ship_type": pa.uint8(),
        "line": pa.int64(),
        **dict.fromkeys(TEXTS, pa.string()),
        **dict.fromkeys(("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m"), pa.uint16()),
    }
    return pa.schema([(name, kinds.get(name, pa.float64())) for name in COLUMNS])


def to_table(decoded: Decoded, file: str, first_line: int) -> Any:
    """Return the messages of one batch as an Arrow table, in the order of their lines.

    Lines count from 1 within the file.  What a message does not say is null.
    """
    import pyarrow as pa

    parts = [
        _positions(decoded.positions, own_ship=False),
        _positions(decoded.own, own_ship=True),
        _statics(decoded.statics),
        _rare(decoded.rare),
    ]
    table = pa.concat_tables([_completed(part, plain(file), first_line) for part in parts])
    line = table["line"].to_numpy()
    return table if (line[:-1] <= line[1:]).all() else table.take(np.argsort(line, kind="stable"))


def _positions(positions: PositionBatch, own_ship: bool) -> dict[str, Any]:
    columns = {name: _numbers(positions, name) for name in POSITION_COLUMNS}
    columns["nav_status"] = _without(positions.nav_status, STATUS_UNDEFINED)
    names: NDArray[Any] = np.full(256, None, object)
    names[CLASS_A], names[CLASS_B] = "A", "B"
    columns["ship_class"] = names[positions.ship_class]
    return columns | _heads(positions) | {"own_ship": np.full(len(positions), own_ship)}


def _statics(statics: StaticBatch) -> dict[str, Any]:
    columns = {name: _numbers(statics, name) for name in STATIC_COLUMNS if name not in TEXTS}
    for name in ("name", "call_sign", "destination"):
        found, inverse = np.unique(getattr(statics, name), return_inverse=True)
        texts: NDArray[Any] = np.array([plain(v) or None for v in found.tolist()], object)
        columns[name] = texts[inverse]
    return columns | _heads(statics)


def _rare(rare: Sequence[Rare]) -> dict[str, Any]:
    return {
        "time": _times(np.array([r.t for r in rare], np.float64)),
        "mmsi": [r.mmsi for r in rare],
        "type": [r.type for r in rare],
        "other": [dumps(r.fields) for r in rare],
        "line": np.array([r.line for r in rare], np.int64),
    }


def _heads(batch: PositionBatch | StaticBatch) -> dict[str, Any]:
    return {"time": _times(batch.t), "mmsi": batch.mmsi, "type": batch.type, "line": batch.line}


def _numbers(batch: PositionBatch | StaticBatch, name: str) -> Any:
    """Return a column; nan, and 0 of a static, are missing."""
    values: NDArray[Any] = getattr(batch, name)
    if name in DIGITS:
        values = np.round(values.astype(np.float64), DIGITS[name])
    return _without(values, 0) if name in STATIC_COLUMNS else values


def _times(t: F64) -> Any:
    known = np.isfinite(t)
    milliseconds = np.round(np.where(known, t, 0) * 1000).astype("datetime64[ms]")
    return np.ma.masked_array(milliseconds, ~known)


def _without(values: NDArray[Any], missing: int) -> Any:
    return np.ma.masked_array(values, (values == missing) | (values != values))


def _completed(columns: dict[str, Any], file: str, first_line: int) -> Any:
    """Return columns as a table; those not given are null."""
    import pyarrow as pa

    n = len(columns["line"])
    columns["line"] = columns["line"] - (first_line - 1)
    columns["file"] = pa.repeat(pa.scalar(file), n)
    arrays = [
        pa.array(columns[f.name], f.type, from_pandas=True)
        if f.name in columns
        else pa.nulls(n, f.type)
        for f in schema()
    ]
    return pa.Table.from_arrays(arrays, schema=schema())


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

    return pc.replace_substring_regex(texts, FORMULA.pattern, DEFUSED)


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
