"""The voyages of a ship, from the rows of the record.

How far a ship was from land while it was silent is not looked up, which would take longer than
all else of an answer: a silence counts as one in which it may have called at a port if it
lasted for a call, as if the ship had been at the shore.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sternlight.record.read import Day, Visit
from sternlight.text import iso
from tracks.ports import KINDS, Visits
from tracks.voyages import voyages
from tracks.way import MARKS, heard


def rows(visits: Sequence[Visit], days: Sequence[Day]) -> list[dict[str, Any]]:
    """Return the voyages between sure visits, in order of time."""
    bits = [heard(day.heard) for day in days]
    bins = [np.flatnonzero(some) + day.day * MARKS for some, day in zip(bits, days, strict=True)]
    shore = [np.full(len(own), day.max_shore_nmi or np.nan, np.float64)
             for own, day in zip(bins, days, strict=True)]  # fmt: skip
    if not bins:
        return []
    mark, first = np.unique(np.concatenate(bins), return_index=True)
    found = voyages(_table(visits), mark, shore_nmi=np.concatenate(shore)[first])
    return [_row(*row) for row in found.to_records().tolist()]


def _table(visits: Sequence[Visit]) -> Visits:
    own = sorted(visits, key=lambda one: one.start)
    return Visits.make(
        len(own),
        start=[one.start for one in own],
        end=[np.nan if one.end is None else one.end for one in own],
        place=np.array([one.place.encode() for one in own], "S64"),
        country=np.array([one.country.encode() for one in own], "S2"),
        kind=[KINDS.index(one.kind) for one in own],
        certainty=[one.certainty for one in own],
    )


def _row(
    start: float, end: float, from_: bytes, _a: bytes, to: bytes, _b: bytes, length_days: float,
    heard_days_count: int, heard_h: float, longest_silence_h: float, max_shore_nmi: float,
    unheard_calls_count: int, sure_days: float,
) -> dict[str, Any]:  # fmt: skip
    return {
        "start": iso(start),
        "end": None if np.isnan(end) else iso(end),
        "from": from_.decode("utf-8", "replace"),
        "to": to.decode("utf-8", "replace") or None,
        "length_days": round(length_days, 1),
        "heard_days_count": heard_days_count,
        "heard_h": round(heard_h, 1),
        "longest_silence_h": round(longest_silence_h, 1),
        "max_shore_nmi": None if np.isnan(max_shore_nmi) else round(float(max_shore_nmi), 1),
        "unheard_calls_count": unheard_calls_count,
        "sure_days": round(sure_days, 1),
    }
