"""Lets a station hear simulated months, and writes the record of the ships that it keeps."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
from _months import Months

from sternlight.judging import judge
from sternlight.ledger import Ledger
from sternlight.provenance import Provenance
from sternlight.record.replayed import ReplayRecord
from sternlight.settings import Settings
from sternlight.station import Station
from tracks.batch import Fixes
from tracks.places import Places

EVENTS_AT_ONCE = 100

Owners = dict[int, Counter[int]]  # for each track how many of its fixes each true ship made


class Kept(NamedTuple):
    """What came of the months; `folder` holds the record."""

    folder: Path
    owners: Owners


def keep(months: Months, settings: Settings, places: Places, folder: Path) -> Kept:
    """Let a station hear everything, and write its record into a folder."""
    station = Station(settings, places, decides=False)
    owners: Owners = {}
    batches = list(months.batches())
    with Ledger(folder) as events, closing(ReplayRecord(folder)) as record:
        for positions, statics, as_of in batches:
            step = station.step(positions, statics, as_of, as_of == batches[-1][2])
            events.apply(step.changes)
            record.remember(step.pages)
            for heard in step.heard:
                _count(owners, heard.fixes, months)
        _note(record, events, station)
        record.finish(station.vessels())
    return Kept(folder, owners)


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
    pairs = np.stack([fixes.track, months.truth.ship[fixes.line]], axis=1)
    every, counts = np.unique(pairs, axis=0, return_counts=True)
    for (track, ship), count in zip(every.tolist(), counts.tolist(), strict=True):
        owners.setdefault(track, Counter())[ship] += count
