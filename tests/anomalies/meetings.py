"""Two detectors as one: encounters, and the ships of watch lists among those who meet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from anomalies.detector import Context, Heard
from anomalies.encounter import Encounter
from anomalies.event import Change
from anomalies.listed import Listed
from tests.fleets import ANNA, BELLA
from tracks.batch import HULLS_PER_MMSI
from tracks.state import State
from tracks.watchlist import Entry, Watchlist


@dataclass(frozen=True)
class WithMeetings:
    """`Listed`, hearing what `Encounter` tells as in a station."""

    encounter: Encounter
    listed: Listed

    @property
    def kind(self) -> Literal["listed"]:
        return "listed"

    def start(self) -> State:
        return _joined(self.encounter.start(), self.listed.start())

    def step(
        self, state: State, heard: Heard, context: Context, as_of: float
    ) -> tuple[State, list[Change]]:
        met, told = self.encounter.step(_part(state, "met/"), heard, context, as_of)
        heard = replace(heard, encounters=told)
        now, changes = self.listed.step(_part(state, "listed/"), heard, context, as_of)
        return _joined(met, now), changes


def watch_list(tracks: Collection[int] = (ANNA, BELLA)) -> Watchlist:
    """Return a list of the first of these vessels, of what the second one turns to, and an IMO."""
    first, second, *_ = (track // HULLS_PER_MMSI for track in tracks)
    return Watchlist.of(
        [
            Entry("A", name="ANNA", mmsis=(first,)),
            Entry("B", name="VICTORY", mmsis=(second,)),
            Entry("C", name="SIM OTHER", imos=(9074729,)),
        ]
    )


def _joined(met: State, listed: State) -> State:
    return {f"met/{k}": v for k, v in met.items()} | {f"listed/{k}": v for k, v in listed.items()}


def _part(state: State, prefix: str) -> State:
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
