r"""A station's own raw log: every line that was heard, from whom, and when by our clock.

    # Sternlight raw log 1
    # station=2f6c... segment=12 first_line=38211 previous=9d1b... previous_root=... lateness_s=0
    # source=01 name=roof format=nmea clock=ours
    \s:01,c:1732233600.123*5B\!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24
    # t=1732233661.500 source=01 deaf: the connection was refused
    # t=1732234200.000 anchorages=1,14.62000,-17.38000,0.80,9,1731000000,1732200000 learned
    # lines=6 sha256=... root=... file=... end

A line stands as it came, behind a TAG block (NMEA 0183, 4.10) with the number
of its source and our time, so that every program that reads NMEA can read the
log.  Lines that begin with # are the station's own words; values in them are
percent-encoded.  A station reads what it has just written with this very code,
so a replay of its log sees what it saw.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import xor
from typing import Any
from urllib.parse import quote, unquote

import numpy as np

from receiver.dating import Dating
from receiver.decoded import BadInput, Decoded, Told
from receiver.formats import by_name
from receiver.formats.nmea import Reader
from receiver.sources.logfile import Input
from receiver.swar import PAD
from tracks.anchorages import Anchorages, Learned
from tracks.batch import F64, I64, PositionBatch, StaticBatch
from tracks.listening import Turns

MAGIC = b"# Sternlight raw log 1"
_SENTENCES = re.compile(rb'"nmea"\s*:\s*\[')  # in AIS-catcher's lines
_ABOVE = re.compile(rb"\$PGHP[^,\n]*(?:,[^,\n]*){8},")  # see receiver/stamps.py
_TAG = b"\\s:%02d,c:%.3f*00\\"
WIDTH = len(_TAG % (1, 1e9))  # of every TAG block, from 2001 to 2286
PIECE_BYTES = 4 << 20  # about 40,000 lines
SOURCES = 100  # numbers of two digits


def tag(source: int, t: float) -> bytes:
    """Return the TAG block that stands before a line."""
    content = b"s:%02d,c:%.3f" % (source, t)
    return b"\\%s*%02X\\" % (content, reduce(xor, content))


def remark(words: str = "", /, **values: object) -> bytes:
    """Return a line of the station's own: `key=value ... words`."""
    pairs = [f"{key}={quote(str(value), safe=':/+,')}" for key, value in values.items()]
    text = " ".join([*pairs, *([words] if words else [])])
    return f"# {text}\n".encode("ascii", "replace")


def deaf(source: int, t: float, why: str) -> bytes:
    """Return the remark that a source hears nothing from `t` on."""
    return remark(f"deaf: {_one_line(why)}", t=f"{t:.3f}", source=f"{source:02d}")


def listening(source: int, t: float) -> bytes:
    """Return the remark that a source that was deaf hears again."""
    return remark("listening", t=f"{t:.3f}", source=f"{source:02d}")


def learned(t: float, anchorages: Anchorages) -> bytes:
    """Return the remark that the station uses these anchorages from `t` on.

    So its log tells what it masked, whatever another would learn of the same ships.
    """
    rows = (
        f"{number},{lat:.5f},{lon:.5f},{radius_nmi:.2f},{ships},{first:.0f},{last:.0f}"
        for number, lat, lon, radius_nmi, ships, first, last in anchorages.to_records().tolist()
    )
    return remark("learned", t=f"{t:.3f}", anchorages="+".join(rows))


def mark(source: int, at: str) -> bytes:
    """Return the remark from where a source would go on behind the lines before this one."""
    return remark(source=f"{source:02d}", mark=at)


def introduction(source: int, name: str, format_name: str, clock: str, address: str) -> bytes:
    """Return the remark that says what stands behind the number of a source."""
    number = f"{source:02d}"
    return remark(source=number, name=name, format=format_name, clock=clock, address=address)


def values_of(line: bytes) -> dict[str, str]:
    """Return the values of a remark by name, and the rest of its words under ""."""
    values: dict[str, str] = {}
    words = line[1:].decode("ascii", "replace").split()
    for at, word in enumerate(words):
        key, equals, value = word.partition("=")
        if not equals or not key.isidentifier():
            return values | {"": " ".join(words[at:])}
        values[key] = unquote(value)
    return values


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


@dataclass(slots=True)
class _Carried(Dating):
    """Gives a sentence without a time the last one before it, and never looks ahead.

    So a time does not depend on how the log was cut.
    """

    _last_t: float = np.nan

    def date(
        self, t: F64, base_stations: Callable[[], tuple[I64, F64]], seconds: Callable[[], F64]
    ) -> F64:
        """Fill the missing times of a run of sentences; nan before the first that has one."""
        known = np.maximum.accumulate(np.where(np.isnan(t), 0, np.arange(1, len(t) + 1)))
        dated: F64 = np.r_[self._last_t, t][known]
        self._last_t = float(np.r_[self._last_t, dated][-1])
        return dated


@dataclass(slots=True)
class _Stream:
    """One source of the log: how its lines are read."""

    number: int
    format: str
    ours: bool  # the time is ours, whatever the lines say
    nmea: Reader | None
    above: bytes = b""  # the last line that tells the time of those below it

    @classmethod
    def of(cls, number: int, said: Mapping[str, str]) -> _Stream:
        name = said.get("format", "nmea")
        reader = Reader(number, 0, _Carried()) if name == "nmea" else None
        return cls(number, name, said.get("clock") != "feed", reader)

    def read(self, lines: Sequence[bytes], at: I64, heard: F64) -> Decoded:
        """Decode lines without their TAG blocks; `at` are their numbers in the whole log."""
        if self.nmea is not None:
            return self._sentences(self.nmea, lines, at, heard)
        if self.format != "aiscatcher":
            return self._objects(lines, at, heard)
        # Its reader decides by the first lines whether there are sentences in them all.
        with_them = np.array([bool(_SENTENCES.search(line)) for line in lines])
        return _merged(
            [
                self._objects([lines[i] for i in rows.tolist()], at[rows], heard[rows])
                for rows in (np.flatnonzero(with_them), np.flatnonzero(~with_them))
                if len(rows)
            ]
        )

    def _objects(self, lines: Sequence[bytes], at: I64, heard: F64) -> Decoded:
        # A blank line first, or bytes that look like UTF-16 there would hide all other lines.
        recording = Input.of_bytes("", b"\n".join([b"  ", *lines]) + b"\n")
        decoded = _joined(list(by_name(self.format).read(recording, self.number, -1)))
        decoded.counts["blank lines"] = max(0, decoded.counts["blank lines"] - 1)
        return _moved(decoded, at, 0, heard if self.ours else None)

    def _sentences(self, reader: Reader, lines: Sequence[bytes], at: I64, heard: F64) -> Decoded:
        first = reader.line
        if not self.ours:
            lines, at = [self.above, *lines], np.r_[at[0], at]
        text = b"\n".join(lines) + b"\n"
        if not self.ours and b"$PGHP" in text:
            self.above = (_ABOVE.findall(text) or [b""])[-1]
        buffer = np.frombuffer(text + bytes(PAD), np.uint8)
        return _moved(reader.step(buffer, heard if self.ours else None), at, first, None)


@dataclass(slots=True)
class LogReader:
    """The lines of one segment, piece after piece.

    `first_line` is the number of the segment's first line.
    """

    first_line: int
    header: dict[str, str] = field(default_factory=dict)
    _streams: dict[bytes, _Stream] = field(default_factory=dict)

    @property
    def waits(self) -> bool:
        """Whether a message has begun whose other parts may still come."""
        return any(s.nmea is not None and s.nmea.waits for s in self._streams.values())

    def step(self, piece: bytes) -> Decoded:
        """Decode whole lines.  Raises BadInput for a header that makes no sense."""
        lines = piece.split(b"\n")
        lines.pop()
        counts = Counter({"lines": len(lines)})
        groups: dict[bytes, list[int]] = {}
        runs: list[tuple[_Stream | None, list[int]]] = []
        turns: list[tuple[float, int, bool]] = []
        learned: list[Learned] = []
        for i, line in enumerate(lines):
            if line[:3] == b"\\s:":
                groups.setdefault(line[3:5], []).append(i)
            elif line[:1] == b"#":
                if b" name=" in line:  # from here on, lines may have another format
                    runs += self._runs(groups)
                    groups = {}
                self._take(line, turns, learned)
            else:
                counts["dropped: not a line of a station's log"] += 1
        runs += self._runs(groups)
        read = [stream.read(*self._parts(lines, rows)) for stream, rows in runs if stream]
        lost = sum(len(rows) for stream, rows in runs if stream is None)
        counts["dropped: line of an unknown source"] += lost
        self.first_line += len(lines)
        decoded = _merged(read)
        del decoded.counts["lines"]
        decoded.counts.update(+counts)
        decoded.told = Told(
            self.header.get("station", ""),
            float(self.header.get("lateness_s", 0.0)),
            _turns(turns),
            tuple(learned),
        )
        return decoded

    def _runs(self, groups: Mapping[bytes, list[int]]) -> list[tuple[_Stream | None, list[int]]]:
        return [(self._streams.get(key), rows) for key, rows in groups.items()]

    def _parts(self, lines: Sequence[bytes], rows: Sequence[int]) -> tuple[list[bytes], I64, F64]:
        """Return what stands behind TAG blocks, the lines' numbers, and when they were heard."""
        heard = np.array([_time(lines[i][8 : WIDTH - 4]) for i in rows])
        return [lines[i][WIDTH:] for i in rows], np.array(rows) + self.first_line, heard

    def _take(
        self, line: bytes, turns: list[tuple[float, int, bool]], learned: list[Learned]
    ) -> None:
        """Take note of what the station says of itself."""
        if line.startswith(MAGIC):
            return
        said = values_of(line)
        try:
            number = int(said.get("source", "0"))
            t = float(said.get("t", "nan"))
            if "station" in said:
                self.header |= said
                float(said.get("lateness_s", 0.0))
            elif "name" in said:
                self._streams[said["source"].encode()] = _Stream.of(number, said)
            elif "anchorages" in said and np.isfinite(t):
                learned.append(Learned(t, _anchorages(said["anchorages"])))
            elif said.get("", "").startswith(("deaf", "listening")) and np.isfinite(t):
                turns.append((t, number, said[""].startswith("deaf")))
        except ValueError as error:
            raise BadInput(
                f"the raw log says {line[:200]!r}, which makes no sense: {error}"
            ) from error


@dataclass(frozen=True, slots=True)
class StationLog:
    """A segment of a station's raw log."""

    name: str = "stationlog"

    def recognises(self, head: bytes, name: str, /) -> bool:
        """Return whether it begins as every segment does."""
        return head.startswith(MAGIC)

    def read(self, recording: Input, source: int, first_line: int, /) -> Iterator[Decoded]:
        """Yield the reports; `source` is the number of their source in the log instead."""
        reader = LogReader(first_line)
        kept = b""
        while piece := recording.read(PIECE_BYTES):
            whole, newline, kept = (kept + piece).rpartition(b"\n")
            if newline:
                yield reader.step(whole + newline)
        if kept:  # cut off; it counts as a line, so that those of later segments keep their number
            yield replace(
                reader.step(b"\n"), counts=Counter({"lines": 1, "dropped: line cut off": 1})
            )


def _time(digits: bytes) -> float:
    try:
        return float(digits)
    except ValueError:
        return np.nan


def _anchorages(text: str) -> Anchorages:
    """Read what `learned` wrote.  Raises ValueError."""
    width = len(Anchorages.described())
    rows = [[float(cell) for cell in row.split(",")] for row in text.split("+") if row]
    if any(len(row) != width or not np.isfinite(row).all() for row in rows):
        raise ValueError(f"an anchorage has {width} numbers")
    return Anchorages.of_rows(rows)


def _turns(found: Sequence[tuple[float, int, bool]]) -> Turns:
    columns = zip(*found, strict=True) if found else ((), (), ())
    t, source, is_deaf = columns
    return Turns.make(len(found), t=list(t), source=list(source), deaf=list(is_deaf))


def _moved(decoded: Decoded, at: I64, first: int, heard: F64 | None) -> Decoded:
    """Give reports the numbers of their lines in the log, and our time where it counts."""

    def moved(batch: Any) -> Any:
        rows = batch.line - first
        times = {} if heard is None else {"t": heard[rows]}
        return replace(batch, line=at[rows], **times)

    decoded.positions, decoded.statics = moved(decoded.positions), moved(decoded.statics)
    decoded.own = moved(decoded.own)
    return decoded


def _joined(read: Sequence[Decoded]) -> Decoded:
    """Join what was read of one source, first to last."""
    counts: Counter[str] = Counter()
    for decoded in read:
        counts.update(decoded.counts)
    return Decoded(
        PositionBatch.concat([d.positions for d in read]),
        StaticBatch.concat([d.statics for d in read]),
        counts,
        PositionBatch.concat([d.own for d in read]),
        [message for d in read for message in d.rare],
        np.concatenate([d.clock_offsets_s for d in read] or [np.empty(0)]),
    )


def _merged(read: Sequence[Decoded]) -> Decoded:
    """Join what was read of several sources, in the order of the lines."""
    if len(read) == 1:
        return read[0]
    joined = _joined(read)
    for name in ("positions", "statics", "own"):
        batch = getattr(joined, name)
        setattr(joined, name, batch.take(np.argsort(batch.line, kind="stable")))
    return joined
