"""The ways of hulls as lines: one for each stretch without a silence, whatever days it spans.

A day's page keeps the points that others do not imply (`tracks.way`); these, and the ends of
each stretch, are the corners of the lines, so a line is off by 100 m at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from sternlight.exports.asked import Asked
from sternlight.sqlite import Database
from tracks.batch import BIN_S, F64, HULLS_PER_MMSI, I64
from tracks.stood import Marks
from tracks.way import DAY_S

PAGES_AT_ONCE = 3000  # a page is a hull's day; these unpack to some tens of megabytes
FIRST_DAY, LAST_DAY = -(1 << 31), 1 << 31


class Stretch(NamedTuple):
    """A way on which a hull was heard all the time; (N,) corners, from the first to the last."""

    track: int
    start: float  # Unix seconds
    end: float
    lat: F64
    lon: F64


class Heard(NamedTuple):
    """Marks at which some hulls were heard, sorted by (track, bin); (N,) each."""

    marks: Marks
    rows: I64  # of `marks`: those in the time that is asked for
    lat: F64
    lon: F64


def heard(record: Database, asked: Asked, tracks: Sequence[int]) -> Iterator[Heard]:
    """Yield where hulls were heard in the time that is asked for, some hulls at a time."""
    since = -np.inf if asked.since is None else asked.since
    until = np.inf if asked.until is None else asked.until
    first = FIRST_DAY if asked.since is None else int(asked.since // DAY_S)
    last = LAST_DAY if asked.until is None else int(asked.until // DAY_S)
    for some in _together(record, tracks, first, last):
        pages = record.read(
            f"select track, day, heard, way from days where track in ({','.join('?' * len(some))})"
            " and day between ? and ? order by track, day",
            *some, first, last,
        )  # fmt: skip
        track, day, bits, packed = zip(*pages, strict=True)
        marks = Marks.read(np.array(track, np.int64), np.array(day, np.int64), bits, packed)
        t = marks.bin * BIN_S
        rows = np.flatnonzero((t >= since) & (t <= until))
        yield Heard(marks, rows, *marks.places(rows))


def stretches(found: Heard) -> Iterator[Stretch]:
    """Yield the stretches of hulls; one that is a single mark is no way, and is left out."""
    marks, rows, lat, lon = found
    track, bins = marks.track[rows], marks.bin[rows]
    new = np.flatnonzero((np.diff(track) != 0) | (np.diff(bins) > 1)) + 1
    first, last = np.append(0, new), np.append(new, len(rows)) - 1
    corner = marks.kept()[rows]
    corner[first[: len(rows)]] = corner[last[: len(rows)]] = True
    for a, b in zip(first.tolist(), last.tolist(), strict=True):
        if b > a:
            own = a + np.flatnonzero(corner[a : b + 1])
            times = (float(bins[a]) * BIN_S, float(bins[b]) * BIN_S)
            yield Stretch(int(track[a]), *times, lat[own], lon[own])


def hulls(record: Database, asked: Asked, only: set[int] | None) -> list[int]:
    """Return the hulls that are wanted, in the order in which they were heard first.

    `only` are hulls to keep to; None keeps all.  By number they would tell, beside a
    pseudonym, which ship has the lower MMSI.
    """
    rows = record.read("select track from hulls order by first, track")
    found = [track for (track,) in rows if only is None or track in only]
    mmsis = set(asked.mmsis)
    return [track for track in found if not mmsis or track // HULLS_PER_MMSI in mmsis]


def _together(
    record: Database, tracks: Sequence[int], first: int, last: int
) -> Iterator[list[int]]:
    """Yield so many hulls at a time that their pages fit into memory; none without pages."""
    counts = dict(
        record.read(
            "select track, count(*) from days where day between ? and ? group by track", first, last
        )
    )
    some: list[int] = []
    pages = 0
    for track in tracks:
        if count := counts.get(track, 0):
            if some and pages + count > PAGES_AT_ONCE:
                yield some
                some, pages = [], 0
            some.append(track)
            pages += count
    if some:
        yield some
