"""Flat JSON lines: one object a line, its keys are the columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from receiver.decoded import BadInput, Decoded
from receiver.formats import arrow, records, times
from receiver.formats.blocks import line_blocks
from receiver.formats.columns import required
from receiver.formats.delimited import Fix
from receiver.formats.rows import Seen, decode
from receiver.sources.logfile import Input


def read(
    recording: Input, source: int, first_line: int, fix: Fix | None = None
) -> Iterator[Decoded]:
    """Yield the reports of flat JSON lines, a block at a time.

    Arrow reads a block whose lines are all as the first ones were; any other
    block is read line by line, which is slower and leaves out single lines only.
    """
    sample = records.first_objects(recording.head, 1000)
    if not sample:
        raise BadInput(f"{recording.name} begins with no line that is a whole JSON object")
    names = list(dict.fromkeys(name for record in sample for name in record))
    at = {q: names[i] for q, i in required(names, recording.name).items()}
    cells = [str(record.get(at["t"]) or "").encode() for record in sample]
    times.check(cells, at["t"], recording.name)
    month_first = times.month_first(cells)
    kinds = _kinds(sample, list(at.values()))
    pending: Counter[str] = Counter()
    seen = Seen()
    for block in line_blocks(recording, pending):
        counts = Counter(pending)
        pending.clear()
        counts["lines"] = block.count(b"\n")
        table = _read_json(block, kinds) if kinds else None
        if table is not None and table.num_rows == counts["lines"]:
            columns = {q: table.column(n).combine_chunks() for q, n in at.items()}
            found = arrow.rows(columns, first_line, month_first)
        else:
            found = records.block(block, first_line, _flatten(at), counts, month_first)
        if fix:
            fix(found)
        first_line += counts["lines"]
        yield decode(found, source, counts, seen)


def _kinds(sample: list[dict[str, Any]], names: list[str]) -> dict[str, type]:
    """Return for each column whether it holds text or numbers; empty where one holds both."""
    kinds: dict[str, type] = {}
    for name in names:
        held = {type(record.get(name)) for record in sample} - {type(None)}
        if held <= {int, float}:
            kinds[name] = float
        elif held == {str}:
            kinds[name] = str
        else:
            return {}
    return kinds


def _read_json(block: bytes, kinds: dict[str, type]) -> Any:
    """Return the block as an Arrow table; None where a line is not of these kinds."""
    import pyarrow as pa
    from pyarrow import json

    types = {float: pa.float64(), str: pa.string()}
    schema = pa.schema([(name, types[kind]) for name, kind in kinds.items()])
    try:
        return json.read_json(
            pa.BufferReader(block),
            json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except pa.ArrowInvalid:
        return None


def _flatten(at: dict[str, str]) -> records.Flatten:
    def flatten(value: Any, counts: Counter[str]) -> list[records.Record]:
        if not isinstance(value, dict):
            counts["dropped: line is not a JSON object"] += 1
            return []
        return [{q: value.get(name) for q, name in at.items()}]

    return flatten
