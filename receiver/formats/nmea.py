"""NMEA 0183 with AIS sentences: one line or several a message, with or without times."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from receiver import messages
from receiver.assembler import Assembler, Joined, assemble
from receiver.dating import Dating, utc
from receiver.decoded import Decoded
from receiver.decoder import decode, field, payloads
from receiver.nmea import Lines, Sentences, scan
from receiver.rare import decode_rare
from receiver.sources.logfile import Input
from receiver.stamps import stamp
from receiver.swar import PAD, columns, rows, unarmour
from tracks.batch import F64, I64, U8, PositionBatch, StaticBatch

CHUNK = 1 << 21  # bytes; about 40,000 sentences: the cost of a step is not that of its calls
B = TypeVar("B", PositionBatch, StaticBatch)
_SENTENCE = re.compile(rb"![\w-]{2}VD[MO],\d")


@dataclass(frozen=True, slots=True)
class Nmea:
    """Sentences of any talker, in any company.

    `start` (Unix seconds) dates a recording that has no times at all, not even
    base stations'.  `rare` asks for the messages that carry neither position nor
    identity as well, which takes a hundred times as long for each.
    """

    name: str = "nmea"
    start: float | None = None
    rare: bool = False

    def recognises(self, head: bytes, name: str, /) -> bool:
        """Return whether there is an AIS sentence near the beginning."""
        return _SENTENCE.search(head) is not None

    def read(self, recording: Input, source: int, first_line: int, /) -> Iterator[Decoded]:
        """Yield the reports in batches; see receiver/formats/base.py."""
        reader = Reader(source, first_line, Dating(self.start), rare=self.rare)
        for skipped, chunk in chunks(recording):
            reader.skip(skipped)
            yield reader.step(chunk)


class Reader:
    """The sentences of one source, chunk after chunk: what waits, and what time it is."""

    def __init__(self, source: int, first_line: int, dating: Dating, *, rare: bool = False) -> None:
        self.counts: Counter[str] = Counter()
        self._source = source
        self.line = first_line
        self._dating = dating
        self._rare = rare
        self._assembler = Assembler()
        self._place = 0

    def skip(self, lines: int) -> None:
        """Go past lines that are too long to be read."""
        self.counts["dropped: line too long"] += lines
        self.counts["lines"] += lines
        self.line += lines

    @property
    def waits(self) -> bool:
        """Whether a message has begun whose other parts may still come."""
        return bool(self._assembler.waiting())

    def step(self, buffer: U8, heard_t: F64 | None = None) -> Decoded:
        """Decode whole lines; the buffer ends in PAD bytes of slack.

        `heard_t` (one for each line) is when we heard it ourselves; then nothing
        that the lines say of the time counts, and `clock_offsets_s` tells what base
        stations' clocks show against it.
        """
        core = buffer[:-PAD]
        lines = Lines.of(core)
        sentences, counts = scan(buffer, lines)
        t, station, group = stamp(buffer, lines, sentences)
        offsets_s = np.empty(0)
        if heard_t is not None:
            t = heard_t[sentences.line]
            at, told = _base_stations(buffer, sentences)
            offsets_s = (told - t[at])[~np.isnan(told)]
        else:
            counts["sentences without a time"] += int(np.count_nonzero(np.isnan(t)))
            t = self._dating.date(
                t, lambda: _base_stations(buffer, sentences), lambda: _seconds(buffer, sentences)
            )
        sentences = replace(sentences, t=t, station=station, group=group)
        joined, joined_bytes = assemble(buffer, sentences, self._place, self._assembler)
        heard = list(payloads(buffer, sentences, joined, joined_bytes))
        found = [decode(p, counts) for p in heard]
        counts["lines"] += len(lines.ends) - int(not len(core) or core[-1] == ord("\n"))
        own = self._own_ship(buffer, sentences, joined, joined_bytes)
        decoded = Decoded(
            self._placed(_ordered([f[0] for f in found])),
            self._placed(_ordered([f[1] for f in found])),
            counts + self.take_counts(),
            own,
            [
                message._replace(line=message.line + self.line)
                for p in (heard if self._rare else ())
                for message in decode_rare(p)
            ],
            offsets_s,
        )
        self.line += counts["lines"]
        self._place += len(sentences)
        return decoded

    def _own_ship(
        self, buffer: U8, s: Sentences, joined: Joined, joined_bytes: U8
    ) -> PositionBatch:
        if not s.own.any():
            return PositionBatch.empty()
        counts: Counter[str] = Counter()
        said = [decode(p, counts) for p in payloads(buffer, s, joined, joined_bytes, own=True)]
        self.counts["own ship"] += sum(n for k, n in counts.items() if k.startswith("type "))
        return self._placed(_ordered([positions for positions, _ in said]))

    def take_counts(self) -> Counter[str]:
        """Return what was counted outside of the chunks' own counts, and forget it."""
        counts = self.counts + self._assembler.counts
        self.counts.clear()
        self._assembler.counts.clear()
        return counts

    def _placed(self, batch: B) -> B:
        source = np.full(len(batch), self._source, np.uint16)
        return replace(batch, line=batch.line + self.line, source=source)


def _base_stations(buffer: U8, s: Sentences) -> tuple[I64, F64]:
    """Return which sentences are base stations' reports, and the time that they tell."""
    first = buffer[s.payload]
    is_base = (first == ord("4")) | (first == ord(";"))  # messages 4 and 11
    at = np.flatnonzero(is_base & (s.total == 1) & (s.length >= 28) & ~s.own)
    words, sound = unarmour(columns(rows(buffer, s.payload[at], 24)))
    at, words = at[sound], words[:, sound]
    names = ("year", "month", "day", "hour", "minute", "second")
    return at, utc(*(field(words, messages.BASE_STATION[n]).view(np.int64) for n in names))


def _seconds(buffer: U8, s: Sentences) -> F64:
    """Return the second of the minute in class A position reports, nan elsewhere."""
    out = np.full(len(s), np.nan)
    first = buffer[s.payload]
    at = np.flatnonzero(
        (first >= ord("1")) & (first <= ord("3")) & (s.total == 1) & (s.length >= 28)
    )
    words, sound = unarmour(columns(rows(buffer, s.payload[at], 24)))
    second = field(words, messages.CLASS_A["second"]).astype(np.float64)
    out[at] = np.where(sound & (second < messages.SECOND_NONE), second, np.nan)
    return out


def chunks(recording: Input) -> Iterator[tuple[int, U8]]:
    """Yield runs of whole lines of about CHUNK bytes, with PAD bytes of slack behind each.

    The array is used again for the next run.  Before it stands the number of
    lines that were left out, since they are longer than a chunk.
    """
    buffer = bytearray(CHUNK + PAD)
    view = memoryview(buffer)
    carriage = b"\n" not in recording.head and b"\r" in recording.head  # old Mac lines
    held, skipped, skipping = 0, 0, False
    while True:
        got = recording.readinto(view[held:CHUNK])
        if carriage:
            buffer[held : held + got] = buffer[held : held + got].replace(b"\r", b"\n")
        filled = held + got
        end = buffer.rfind(b"\n", 0, filled) + 1
        last = filled < CHUNK
        if last:
            end = filled
            buffer[end : end + PAD] = bytes(PAD)
        begin = 0
        if skipping:
            begin = buffer.find(b"\n", 0, end) + 1
            skipping = begin == 0
        if skipping or (end == 0 and filled == CHUNK):
            skipped += not skipping
            skipping, begin, end = True, filled, filled
        if end > begin or (last and skipped):
            yield skipped, np.frombuffer(buffer, np.uint8)[begin : end + PAD]
            skipped = 0
        if last:
            return
        held = filled - end
        view[:held] = view[end:filled]


def _ordered(batches: list[B]) -> B:
    """Join batches in the order of their lines; all but the first are small."""
    found = [b for b in batches if len(b)]
    joined = type(batches[0]).concat(found) if batches else found[0]
    if len(found) < 2:
        return joined
    return joined.take(np.argsort(joined.line, kind="stable"))
