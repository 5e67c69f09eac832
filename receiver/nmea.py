"""Find AIS sentences in bytes and read everything of them but the payload, as columns.

A sentence is `!ttVDM,total,number,sequence,channel,payload,fill*hh` (IEC 61162-1).
The common shape is recognised for a whole block of lines at once; whatever looks
like a sentence but is not of that shape goes, one by one, through a pattern that
also knows a superfluous field and a missing checksum.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import reduce
from operator import xor

import numpy as np

from receiver.swar import PAD, columns, every, hexadecimal, rows, xor_between
from tracks.batch import F64, I64, U8, U64, Columns, Mask, column

WINDOW = 96  # characters in which the star of a sentence of the common shape is looked for
SHORTEST = 16  # bytes of a sentence; with more beginnings than that, most are none
LONGEST = 1024  # bytes of one sentence; 82 by the standard, satellite feeds send more


def _word(pattern: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(pattern, "little"))


# "!..VD?,d" then ",d," where '?' is M or O, which differ in one bit.
_MASK0, _SHAPE0 = _word(b"\xff\0\0\xff\xff\xfd\xff\0"), _word(b"!\0\0VDM,\0")
_MASK1, _SHAPE1 = _word(b"\xff\0\xff\0\0\0\0\0"), _word(b",\0,\0\0\0\0\0")
_LIKELY = _word(b"\xff\0\0\xff\xff\0\0\0"), _word(b"!\0\0VD\0\0\0")

_ODD = re.compile(
    rb"!(?P<body>[^!*\\\s]{2}VD(?P<own>[MO]),(?P<total>\d\d?),(?P<number>\d\d?),(?P<sequence>\d{0,2}),"
    rb"(?P<channel>[^,*!]{0,3}),(?P<payload>[0-W`-w]+),(?P<fill>[0-5])?(?:,\d)?)"
    rb"(?:\*(?P<checksum>[0-9A-Fa-f]{2}))?(?P<rest>\s*$)?"
)


@dataclass(frozen=True, slots=True)
class Sentences(Columns):
    """Sound sentences in the order of the buffer; places are offsets into it."""

    start: I64 = column(np.int64)  # of '!'
    end: I64 = column(np.int64)  # behind the checksum
    payload: I64 = column(np.int64)
    length: I64 = column(np.int64)  # of the payload, in characters
    fill: U8 = column(np.uint8)  # bits of the last character that do not count
    total: U8 = column(np.uint8)
    number: U8 = column(np.uint8)
    sequence: U8 = column(np.uint8)  # its character; 0: none
    channel: U8 = column(np.uint8)  # its character; 0: none
    own: Mask = column(np.bool_)  # VDO: the receiving ship speaks of itself
    line: I64 = column(np.int64)  # counted from the beginning of the buffer
    t: F64 = column(np.float64, np.nan)
    station: U64 = column(np.uint64)  # hash of its name; 0: not named
    group: U64 = column(np.uint64)  # hash of the TAG block's group; 0: none


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the lines of a buffer end."""

    ends: I64  # of each newline, and the end of the content

    @classmethod
    def of(cls, core: U8) -> Lines:
        """Find the newlines."""
        return cls(np.append(np.flatnonzero(core == 10), len(core)))

    def at(self, places: I64) -> I64:
        """Return the index of the line in which each place lies; places are sorted."""
        ends = self.ends
        # One sentence on every line is the rule, and checked sooner than searched.
        single = len(ends) == len(places) + 1
        if single and (ends[:-1] > places).all() and (ends[:-2] < places[1:]).all():
            return np.arange(len(places))
        return np.searchsorted(ends, places)

    def start(self, line: I64) -> I64:
        """Return where a line begins."""
        begin = self.ends[line - 1] + 1
        begin[line == 0] = 0
        return begin


def scan(buffer: U8, lines: Lines) -> tuple[Sentences, Counter[str]]:
    """Find the sound sentences of a buffer that ends in PAD bytes of slack.

    Returns them without times, and counts what was found and what was not sound.
    """
    counts: Counter[str] = Counter()
    start = _starts(buffer)
    if not len(start):
        return Sentences.empty(), counts
    found, sound, odd = _common(buffer, lines, start)
    whole = xor_between(buffer, start + 1, found.end - 3) == hexadecimal(
        every(buffer, "<u2")[found.end - 2]
    )
    counts["dropped: bad checksum"] += int(np.count_nonzero(sound & ~whole))
    sound &= whole
    line = found.line
    if not sound.all():
        found = found.take(sound)
    if odd.any():
        extra = [
            _parse_odd(buffer, int(start[i]), int(line[i]), lines, counts)
            for i in np.flatnonzero(odd)
        ]
        found = Sentences.concat([found, *(s for s in extra if s is not None)])
        found = found.take(np.argsort(found.start))
    plain = (found.total >= 1) & (found.total <= 9) & (found.number >= 1)
    plain &= found.number <= found.total
    if not plain.all():
        counts["dropped: malformed sentence"] += int(np.count_nonzero(~plain))
        found = found.take(plain)
    counts["sentences"] += len(found)
    return found, counts


def _starts(buffer: U8) -> I64:
    """Return where sentences may begin."""
    start = np.flatnonzero(buffer[:-PAD] == ord("!"))
    if len(start) * SHORTEST > len(buffer):  # noise, or somebody's joke: bound what it costs
        start = start[(buffer[start + 3] == ord("V")) & (buffer[start + 4] == ord("D"))]
    return start


def _common(buffer: U8, lines: Lines, start: I64) -> tuple[Sentences, Mask, Mask]:
    """Read what begins at each place as a sentence of the common shape.

    Returns whether it is one, its checksum aside, and whether it may be one of
    another shape.
    """
    w0, w1 = columns(rows(buffer, start, 16))
    line = lines.at(start)
    sequence = (w1 >> np.uint64(24)).astype(np.uint8)
    named = sequence != ord(",")
    channel = np.where(named, w1 >> np.uint64(40), w1 >> np.uint64(32)).astype(np.uint8)
    tuned = channel != ord(",")
    payload = start + 13 + named + tuned
    star = _star(buffer, payload)
    length = star - 2 - payload
    fill = buffer[star - 1] - np.uint8(ord("0"))
    sound = (w0 & _MASK0) == _SHAPE0
    sound &= (w1 & _MASK1) == _SHAPE1
    sound &= (length > 0) & (star < lines.ends[line])
    sound &= (buffer[star - 2] == ord(",")) & (buffer[payload - 1] == ord(","))
    sound &= ~named | (buffer[start + 12] == ord(","))
    sound &= buffer[star - 4] != ord(",")  # a superfluous field: see _ODD
    sound &= fill <= 5
    found = Sentences.make(
        len(start),
        start=start,
        end=star + 3,
        payload=payload,
        length=length,
        fill=fill,
        total=(w0 >> np.uint64(56)).astype(np.uint8) - np.uint8(ord("0")),
        number=(w1 >> np.uint64(8)).astype(np.uint8) - np.uint8(ord("0")),
        sequence=np.where(named, sequence, 0),
        channel=np.where(tuned, channel, 0),
        own=(w0 >> np.uint64(40)).astype(np.uint8) == ord("O"),
        line=line,
    )
    return found, sound, ~sound & ((w0 & _LIKELY[0]) == _LIKELY[1])


def _star(buffer: U8, payload: I64) -> I64:
    """Return where the checksum's star stands behind each payload of at most WINDOW characters.

    Nine in ten payloads have 28 characters, so that place is looked at first.
    What has no star near is no sentence of the common shape; it gets the end.
    """
    star = payload + 30
    unusual = np.flatnonzero((buffer[star] != ord("*")) | (buffer[star - 2] != ord(",")))
    if len(unusual):
        near = rows(buffer, payload[unusual], WINDOW) == ord("*")
        at = near.argmax(axis=1)
        found = near[np.arange(len(near)), at]
        star[unusual] = np.where(found, payload[unusual] + at, len(buffer) - PAD)
    return star


def _parse_odd(
    buffer: U8, start: int, line: int, lines: Lines, counts: Counter[str]
) -> Sentences | None:
    """Parse one sentence of an unusual shape; None, and a count, if it is none."""
    end = min(int(lines.ends[line]), start + LONGEST)
    m = _ODD.match(buffer[start:end].tobytes())
    if m is None or (m["checksum"] is None and m["rest"] is None):
        counts["dropped: malformed sentence"] += 1
        return None
    if m["checksum"] is None:
        # Some loggers strip it.  Nothing vouches for such a line but its whole shape.
        counts["sentences without a checksum"] += 1
    elif reduce(xor, m["body"]) != int(m["checksum"], 16):
        counts["dropped: bad checksum"] += 1
        return None
    return Sentences.make(
        1,
        start=start,
        end=start + (m.end("checksum") if m["checksum"] else m.end("body")),
        payload=start + m.start("payload"),
        length=len(m["payload"]),
        fill=int(m["fill"] or 0),
        total=int(m["total"]),
        number=int(m["number"]),
        sequence=(m["sequence"] or b"\0")[-1],
        channel=(m["channel"] or b"\0")[0],
        own=m["own"] == b"O",
        line=line,
    )
