"""Join the parts of long messages, and never the parts of two ships.

A part names its message by a sequence number of one digit, so a part that was
lost could be completed by a stranger's.  Parts are joined only if they agree in
all they say (TAG group, station, sequence number, count, channel), come in order
and within 3 s of recording time.  Where a first part was replaced by another
before it was complete, nobody can tell whose the next part is: for 3 s all
parts of that key are dropped.  At most 64 messages wait.

Nearly all parts follow one another directly; those are paired at once.  Only the
others walk through `Assembler.feed`, which by itself would give the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from receiver.nmea import Sentences
from receiver.swar import rows
from tracks.batch import F64, I64, U8, U64, Columns, Mask, column

MAX_AGE_S = 3.0  # as AIS-catcher has it
MAX_PENDING = 64
MAX_LINES_APART = 64  # instead of the age, where a recording has no times
WIDTH = 96  # characters kept of a joined payload; the longest we decode has 71


class Part(NamedTuple):
    """One part of a message, as it stood in its sentence; fields 0 where it says nothing."""

    total: int
    number: int
    sequence: int
    channel: int
    station: int
    group: int
    own: bool
    t: float
    place: int  # counted in sentences
    payload: bytes
    fill: int


class Message(NamedTuple):
    """A message whose parts all came; time and station are the first part's."""

    first: Part
    last: Part
    payload: bytes


@dataclass(slots=True)
class _Pending:
    parts: list[Part]


@dataclass(slots=True)
class Assembler:
    """The parts of one source that wait for the rest of their message."""

    counts: Counter[str] = field(default_factory=Counter)
    _pending: dict[tuple[int, ...], list[_Pending]] = field(default_factory=dict)
    _doubted: dict[tuple[int, ...], Part] = field(default_factory=dict)

    def feed(self, part: Part) -> Message | None:
        """Take the next part; return the message that it completes."""
        key = _key(part)
        waiting = [p for p in self._pending.get(key, ()) if _fresh(p.parts[0], part)]
        if part.number == 1:
            self._begin(key, waiting, part)
            return None
        fitting = [
            p for p in waiting if len(p.parts) == part.number - 1 and _agree(p.parts[-1], part)
        ]
        if not fitting:
            self.counts["dropped: part without its beginning"] += 1
            return None
        doubt = self._doubted.get(key)
        if len(fitting) > 1 or (doubt is not None and _fresh(doubt, part)):
            self.counts["dropped: part of doubtful origin"] += 1
            return None
        found = fitting[0]
        found.parts.append(part)
        if part.number < part.total:
            return None
        self._forget(key, waiting, found)
        return Message(found.parts[0], part, b"".join(p.payload for p in found.parts))

    def _begin(self, key: tuple[int, ...], waiting: list[_Pending], part: Part) -> None:
        replaced = [p for p in waiting if _agree(p.parts[0], part)]
        for p in replaced:
            waiting.remove(p)
            if p.parts[0].payload != part.payload:  # else a copy from another antenna
                self._doubted[key] = part
                self.counts["dropped: first part replaced"] += 1
        self._pending.pop(key, None)  # the newest stands last
        self._pending[key] = [*waiting, _Pending([part])]
        while sum(map(len, self._pending.values())) > MAX_PENDING:
            oldest = next(iter(self._pending))
            self._pending[oldest].pop(0)
            if not self._pending[oldest]:
                del self._pending[oldest]
            self.counts["dropped: too many messages waiting"] += 1
        if len(self._doubted) > MAX_PENDING:
            self._doubted = {k: d for k, d in self._doubted.items() if _fresh(d, part)}

    def _forget(self, key: tuple[int, ...], waiting: list[_Pending], done: _Pending) -> None:
        left = [p for p in waiting if p is not done]
        if left:
            self._pending[key] = left
        else:
            self._pending.pop(key, None)

    def waiting(self) -> list[Part]:
        """Return the first parts that wait, and those that cast doubt."""
        firsts = [p.parts[0] for many in self._pending.values() for p in many]
        return firsts + list(self._doubted.values())


def _key(part: Part) -> tuple[int, ...]:
    if part.group:
        return part.own, part.total, part.group
    return part.own, part.total, part.station, part.sequence, 0


def _agree(a: Part, b: Part) -> bool:
    """Tell whether nothing that both say differs."""
    return all(
        x == y or not x or not y
        for x, y in (
            (_tuned(a.channel), _tuned(b.channel)),
            (a.station, b.station),
            (a.sequence, b.sequence),
        )
    )


def _tuned(channel: int) -> int:
    """Channels are called A and B, or 1 and 2."""
    return {ord("1"): ord("A"), ord("2"): ord("B")}.get(channel, channel)


def _fresh(first: Part, part: Part) -> bool:
    if np.isnan(first.t) or np.isnan(part.t):
        return 0 <= part.place - first.place <= MAX_LINES_APART
    return abs(part.t - first.t) <= MAX_AGE_S  # clocks of feeds step back, too


@dataclass(frozen=True, slots=True)
class Joined(Columns):
    """Messages of several parts; time, station and channel as the first part says."""

    t: F64 = column(np.float64, np.nan)
    line: I64 = column(np.int64)  # of the last part
    length: I64 = column(np.int64)
    fill: U8 = column(np.uint8)
    own: Mask = column(np.bool_)
    station: U64 = column(np.uint64)


def assemble(buffer: U8, s: Sentences, place: int, assembler: Assembler) -> tuple[Joined, U8]:
    """Join the parts among the sentences of a buffer; those of earlier buffers still wait.

    `place` is the number of sentences before this buffer.  Returns the messages
    and their payloads, shape (N, WIDTH), in the order in which they were completed.
    """
    multi = np.flatnonzero(s.total > 1)
    if not len(multi):
        return Joined.empty(), np.empty((0, WIDTH), np.uint8)
    first, second = _direct_pairs(s, multi, place, assembler.waiting())
    paired = np.zeros(len(s), np.bool_)
    paired[first] = paired[second] = True
    messages = []
    for i in multi[~paired[multi]]:
        at = int(s.payload[i])
        message = assembler.feed(
            Part(
                int(s.total[i]), int(s.number[i]), int(s.sequence[i]), int(s.channel[i]),
                int(s.station[i]), int(s.group[i]), bool(s.own[i]), float(s.t[i]), place + int(i),
                buffer[at : at + int(s.length[i])].tobytes(), int(s.fill[i]),
            )
        )  # fmt: skip
        if message is not None:
            messages.append((int(i), message))
    payloads = _concatenate(buffer, s, first, second)
    joined = Joined(
        s.t[first],
        s.line[second],
        s.length[first] + s.length[second],
        s.fill[second],
        s.own[first],
        s.station[first],
    )
    if messages:
        joined, payloads = _merge(joined, payloads, second, s, messages)
    return joined, payloads


def _direct_pairs(s: Sentences, multi: I64, place: int, waiting: list[Part]) -> tuple[I64, I64]:
    """Find parts 1 and 2 of two that follow one another and that nothing casts doubt on."""
    a, b = multi[:-1], multi[1:]
    ok = (b - a == 1) & (s.total[a] == 2) & (s.total[b] == 2)
    ok &= (s.number[a] == 1) & (s.number[b] == 2) & (s.own[a] == s.own[b])
    ok &= (s.group[a] == s.group[b]) & (s.sequence[a] == s.sequence[b])
    ok &= (s.station[a] == s.station[b]) | ((s.group[a] != 0) & (s.station[b] == 0))
    ok &= s.channel[a] == s.channel[b]
    age = s.t[b] - s.t[a]
    ok &= np.isnan(age) | (np.abs(age) <= MAX_AGE_S)
    a, b = a[ok], b[ok]
    # A first part that waits for its second under the same key may be meant instead.
    begun = s.number == 1
    begun[a] = False
    alone = multi[begun[multi]]
    keys = np.r_[
        _loose_keys(s, alone), np.array([_loose_key(p) for p in waiting], np.uint64)
    ].astype(np.uint64)
    if len(keys):
        at = np.r_[alone, np.array([p.place - place for p in waiting], np.int64)].astype(np.int64)
        t = np.r_[s.t[alone], np.array([p.t for p in waiting])]
        clear = ~_near_another(_loose_keys(s, a), a, s.t[a], keys, at, t)
        a, b = a[clear], b[clear]
    return a, b


def _loose_keys(s: Sentences, i: I64) -> U64:
    return np.where(s.group[i] != 0, s.group[i], s.station[i] * np.uint64(257) + s.sequence[i])


def _loose_key(p: Part) -> int:
    return p.group if p.group else (p.station * 257 + p.sequence) & (2**64 - 1)


def _near_another(key: U64, at: I64, t: F64, other_key: U64, other_at: I64, other_t: F64) -> Mask:
    """Tell which rows have another of the same key at most MAX_AGE_S before them."""
    near = np.zeros(len(key), np.bool_)
    rows_of = np.argsort(key, kind="stable")
    low = np.searchsorted(key[rows_of], other_key, "left")
    high = np.searchsorted(key[rows_of], other_key, "right")
    for k in np.flatnonzero(high > low):
        i = rows_of[low[k] : high[k]]
        age = t[i] - other_t[k]
        apart = at[i] - other_at[k]
        near[i] |= np.where(
            np.isnan(age),
            (apart >= 0) & (apart <= MAX_LINES_APART),
            (np.abs(age) <= MAX_AGE_S) & (apart >= 0),
        )
    return near


def _concatenate(buffer: U8, s: Sentences, first: I64, second: I64) -> U8:
    """Write both payloads of each pair behind one another, filled up with '0'."""
    out = np.full((len(first), WIDTH), ord("0"), np.uint8)
    lengths = s.length[first]
    for length in np.flatnonzero(
        np.bincount(lengths)
    ):  # a handful of values: a feed cuts at the same place
        i = np.flatnonzero(lengths == length)
        cut = min(int(length), WIDTH)
        out[i, :cut] = rows(buffer, s.payload[first[i]], cut)
        if cut < WIDTH:
            rest = WIDTH - cut
            out[i, cut:] = rows(buffer, np.minimum(s.payload[second[i]], len(buffer) - rest), rest)
    out[np.arange(WIDTH) >= (lengths + s.length[second])[:, None]] = ord("0")
    return out


def _merge(
    joined: Joined, payloads: U8, second: I64, s: Sentences, messages: list[tuple[int, Message]]
) -> tuple[Joined, U8]:
    """Put the messages that were joined one by one among the others, by their last part."""
    at = np.array([i for i, _ in messages])
    extra = Joined(
        np.array([m.first.t for _, m in messages]),
        s.line[at],
        np.array([len(m.payload) for _, m in messages], np.int64),
        s.fill[at],
        s.own[at],
        np.array([m.first.station for _, m in messages], np.uint64),
    )
    text = np.frombuffer(
        b"".join(m.payload[:WIDTH].ljust(WIDTH, b"0") for _, m in messages), np.uint8
    )
    order = np.argsort(np.r_[second, at], kind="stable")
    both = np.concatenate([payloads, text.reshape(-1, WIDTH)])
    return Joined.concat([joined, extra]).take(order), both[order]
