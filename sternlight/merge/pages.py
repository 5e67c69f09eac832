"""A hull's day as several stations heard it, joined into one page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sternlight.record.read import Day
from tracks.way import MARKS, UNIT_DEG, Way, needed, pack_heard, pack_way


def joined(track: int, pages: Sequence[Day]) -> Day:
    """Return one page of several of a day.

    Heard is what any station heard.  Where several did, the hull was where that station has it
    that heard it most that day.  Marks in port, fishing or on the high seas are counted by
    each station alone, so of those that two heard it is taken that they counted alike.
    """
    if len(pages) == 1:
        return pages[0]._replace(track=track)
    ways = [(page, page.way()) for page in pages]
    ways.sort(key=lambda one: -len(one[1].bin))
    bins = np.unique(np.concatenate([way.bin for _, way in ways]))
    lat, lon = np.full(len(bins), np.nan), np.full(len(bins), np.nan)
    counts = np.zeros(3)
    for page, way in ways:
        at = np.searchsorted(bins, way.bin)
        new = np.isnan(lat[at])
        lat[at[new]], lon[at[new]] = way.lat[new], way.lon[new]
        share = np.count_nonzero(new) / max(len(new), 1)
        counts += share * np.array([page.port_count, page.fishing_count, page.high_seas_count])
    mark = bins - pages[0].day * MARKS
    kept = needed(np.zeros(len(bins), np.int64), mark, lat, lon)
    e5 = [np.rint(values[kept] / UNIT_DEG).astype(np.int32) for values in (lat, lon)]
    shores = [page.max_shore_nmi for page in pages if page.max_shore_nmi is not None]
    port, fishing, high_seas = np.rint(counts).astype(np.int64).tolist()
    return Day(
        track, pages[0].day,
        min(page.first for page in pages), max(page.last for page in pages),
        port, fishing, high_seas, max(shores, default=None),
        pack_heard(mark), pack_way(mark[kept], *e5),
    )  # fmt: skip


def whole_way(pages: Sequence[Day]) -> Way:
    """Return the way of a hull over all its pages, which are in order of days."""
    ways = [page.way() for page in pages]
    if not ways:
        nothing = np.empty(0)
        return Way(np.empty(0, np.int64), nothing, nothing)
    return Way(*(np.concatenate(column) for column in zip(*ways, strict=True)))
