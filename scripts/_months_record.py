"""Lets a station hear simulated months, and writes the record of the ships that it keeps."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np
from _months import Months

from sternlight.judging import judge
from sternlight.ledger import Ledger
from sternlight.provenance import Provenance
from sternlight.record.replayed import ReplayRecord
from sternlight.record.store import Finished
from sternlight.settings import Settings
from sternlight.station import Station
from tracks.batch import Fixes
from tracks.places import Places
from tracks.way import DAY_S

EVENTS_AT_ONCE = 100

Owners = dict[tuple[int, int], Counter[int]]  # fixes by (track, Unix day) and true ship


def keep(months: Months, settings: Settings, places: Places, folder: Path) -> Owners:
    """Let a station hear everything, and write its record into a folder."""
    station = Station(settings, places, decides=False)
    owners: Owners = {}
    batches = list(months.batches())
    with Ledger(folder) as events, closing(ReplayRecord(folder)) as record:
        for positions, statics, as_of in batches:
            step = station.step(positions, statics, as_of, as_of == batches[-1][2])
            events.apply(step.changes)
            record.remember(Finished.of(step))
            for heard in step.heard:
                _count(owners, heard.fixes, months)
        _note(record, events, station)
        record.finish(station.vessels(), station.visits_so_far())
    return owners


def _note(record: ReplayRecord, events: Ledger, station: Station) -> None:
    """Keep the events of ships."""
    provenance = Provenance()
    provenance.add("months", 0)
    ships = set(station.vessels().track.tolist())
    every = [event for event in events.events() if ships >= set(event.tracks)]
    for first in range(0, len(every), EVENTS_AT_ONCE):
        some = judge(every[first : first + EVENTS_AT_ONCE], station)
        for _ in record.note(one.row(provenance) for one in some):
            pass


def _count(owners: Owners, fixes: Fixes, months: Months) -> None:
    day = (fixes.t // DAY_S).astype(np.int64)
    rows = np.stack([fixes.track, day, months.truth.ship[fixes.line]], axis=1)
    every, counts = np.unique(rows, axis=0, return_counts=True)
    for (track, on, ship), count in zip(every.tolist(), counts.tolist(), strict=True):
        owners.setdefault((track, on), Counter())[ship] += count
