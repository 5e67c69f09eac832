"""AIS-catcher's JSON lines: with the raw sentences (JSON_NMEA, JSON_FULL) or without them.

Where a line carries the sentences, they are the truth: they go to the NMEA
reader behind a TAG block with the time of reception, so that a recording gives
the same reports whichever way it was made.  Otherwise the decoded fields are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from receiver.decoded import Decoded
from receiver.formats import by_name, records
from receiver.formats.blocks import line_blocks
from receiver.formats.columns import recognise
from receiver.formats.rows import level
from receiver.sources.logfile import Input
from tracks.batch import F32, I64, PositionBatch

_CLASS = {1: "A", 2: "A", 3: "A", 5: "A", 27: "A", 18: "B", 19: "B", 24: "B"}


class AisCatcher:
    """Example: `{"class":"AIS","rxuxtime":1668075025,"signalpower":-20.1,"nmea":["!AIVDM..."]}`.

    Neglected in lines without sentences: rate of turn, ETA, and messages
    without a position or an identity, which are counted.
    """

    name = "aiscatcher"

    def recognises(self, head: bytes, name: str, /) -> bool:
        """Return whether the first objects are of AIS-catcher's class."""
        return any(_is_ours(o) for o in records.first_objects(head))

    def read(self, recording: Input, source: int, first_line: int, /) -> Iterator[Decoded]:
        """Yield the reports; signal strength and frequency error are kept."""
        if any(isinstance(o.get("nmea"), list) for o in records.first_objects(recording.head)):
            return _Sentences(recording, first_line).read(source)
        return records.read(recording, source, first_line, _flatten)


def _is_ours(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.get("class") == "AIS"
        and ("nmea" in value or "rxuxtime" in value or "rxtime" in value)
    )


def _flatten(value: Any, counts: Counter[str]) -> list[records.Record]:
    if not _is_ours(value):
        counts["dropped: not a line of AIS-catcher"] += 1
        return []
    names = list(value)
    record = {q: value[names[i]] for q, i in recognise(names).items()}
    kind = value.get("type")
    record |= {"type": kind, "t": _heard(value), "ship_class": None}
    counts[f"type {kind}" if isinstance(kind, int) else "type unknown"] += 1
    if isinstance(kind, int):
        record["ship_class"] = _CLASS.get(kind)
    if not record.keys() & {"lat", "name", "call_sign", "imo", "ship_type"}:
        return []
    return [record]


def _heard(value: dict[str, Any]) -> Any:
    return value.get("rxuxtime", value.get("rxtime"))


class _Sentences:
    """The raw sentences of JSON lines as NMEA, line for line."""

    def __init__(self, recording: Input, first_line: int) -> None:
        self._recording = recording
        self._first_line = first_line
        self._counts: Counter[str] = Counter()
        self._levels: list[tuple[I64, F32, F32]] = []  # lines, signal_db, ppm

    def read(self, source: int) -> Iterator[Decoded]:
        nmea = by_name("nmea")
        sentences = Input(self._recording.name, self._blocks())
        for decoded in nmea.read(sentences, source, self._first_line):
            decoded.counts.update(self._counts)
            self._counts.clear()
            decoded.positions = self._with_levels(decoded.positions)
            yield decoded

    def _blocks(self) -> Iterator[bytes]:
        line = self._first_line
        for block in line_blocks(self._recording, self._counts):
            ours = [self._ours(text) for text in block[:-1].split(b"\n")]
            self._levels.append(_levels(ours, line))
            line += len(ours)
            yield b"".join(_nmea(value) for value in ours)

    def _ours(self, line: bytes) -> dict[str, Any]:
        value: dict[str, Any] = records.parsed(line) if line.strip() else {}
        if value == {} or _is_ours(value):
            return value
        self._counts["dropped: not a line of AIS-catcher"] += 1
        return {}

    def _with_levels(self, batch: PositionBatch) -> PositionBatch:
        """Fill in the signal levels of a batch, and forget those of lines before it."""
        if not len(batch):
            return batch
        oldest = int(batch.line.min())
        self._levels = [level for level in self._levels if level[0][-1] >= oldest]
        line, signal_db, ppm = (np.concatenate(c) for c in zip(*self._levels, strict=True))
        at = np.searchsorted(line, batch.line)
        columns = batch.to_state() | {"signal_db": signal_db[at], "ppm": ppm[at]}
        return PositionBatch.from_state(columns)


def _levels(values: list[dict[str, Any]], first_line: int) -> tuple[I64, F32, F32]:
    signal_db, ppm = (
        level(np.array([records.number(v.get(name)) for v in values])).astype(np.float32)
        for name in ("signalpower", "ppm")
    )
    return first_line + np.arange(len(values)), signal_db, ppm


def _nmea(value: dict[str, Any]) -> bytes:
    """Return the sentences of one object as one line, each behind a TAG block with its time."""
    sentences = value.get("nmea")
    if not isinstance(sentences, list):
        return b"\n"
    t = records.time(_heard(value))
    tag = b"" if np.isnan(t) else _tag(t)
    texts = (
        s.encode("ascii", "replace").replace(b"\n", b" ") for s in sentences if isinstance(s, str)
    )
    return b" ".join(tag + text for text in texts) + b"\n"


def _tag(t: float) -> bytes:
    """Return a TAG block that gives the time of reception (NMEA 0183, 4.10)."""
    content = f"c:{t:.6f}".rstrip("0").rstrip(".").encode()
    checksum = 0
    for byte in content:
        checksum ^= byte
    return b"\\%s*%02X\\" % (content, checksum)
