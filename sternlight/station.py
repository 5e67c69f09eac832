"""The pipeline: reports in, events out.  Live and replay run this very code."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from anomalies.detector import Context, Detector, Gaps, Heard
from anomalies.detectors import DETECTORS
from anomalies.event import Change, Event
from anomalies.interference import Interference
from sternlight.fleet import Fleet
from sternlight.ledger import from_json, to_json
from sternlight.settings import Settings
from tracks.batch import I64, Fixes, Points, PositionBatch, StaticBatch
from tracks.identity import ClaimChange, Claims
from tracks.listening import Turns
from tracks.places import Places
from tracks.quality import clean
from tracks.state import State, dump, load

NO_TURNS = Turns.empty()


class Step(NamedTuple):
    """What one step brought: what was heard, and what changed in the events."""

    heard: Heard
    changes: list[Change]


class Station:
    """The one owner of state.

    `going_on` are the open events by id; those that are over are whoever's who
    takes the changes.  `fleet` are all hulls heard; `counts` what was set aside,
    and why; `as_of` is up to when everything has been heard.
    """

    def __init__(self, settings: Settings, places: Places) -> None:
        self.duplicates = settings.duplicates
        self.segment = settings.segment
        self.points = settings.points
        self.identities = settings.identities
        self.gap_h = settings.gap.min_duration_h
        self.detectors: list[Detector] = [getattr(settings, kind) for kind in DETECTORS]
        self.places = places
        self.as_of = -np.inf
        self.fleet = Fleet.empty()
        self.going_on: dict[str, Event] = {}
        self.counts: Counter[str] = Counter()
        self.states: dict[str, State] = {
            "duplicates": self.duplicates.start(),
            "segment": self.segment.start(),
            "points": self.points.start(),
            "identities": self.identities.start(),
            **{detector.kind: detector.start() for detector in self.detectors},
        }

    def step(
        self,
        positions: PositionBatch,
        statics: StaticBatch,
        as_of: float,
        ended: bool = False,
        turns: Turns = NO_TURNS,
    ) -> Step:
        """Take what was heard up to `as_of`, in any order; no report before it will follow.

        `ended` says that no report at all will follow.  `turns` are when sources turned
        deaf or heard again, as far as that has become known.
        """
        s, count = self.states, self.counts.update
        s["identities"], set_aside = self.identities.step(s["identities"], statics, as_of)
        count(set_aside)
        positions, set_aside = clean(positions)
        count(set_aside)
        s["duplicates"], positions, set_aside = self.duplicates.step(
            s["duplicates"], positions, as_of
        )
        count(set_aside)
        s["segment"], fixes, set_aside = self.segment.step(s["segment"], positions, as_of)
        count(set_aside)
        s["points"], points = self.points.step(s["points"], fixes, as_of)
        self.fleet = self.fleet.hear(fixes)
        self.as_of = as_of
        aside = positions.take(slice(0, 0))
        if set_aside:
            aside = positions.take(~np.isin(positions.line, fixes.line))
        heard = Heard(fixes, points, turns, aside=aside, statics=statics)
        states, changes = self._detected(heard, ended)
        s.update(states)
        for what, event in changes:
            self.going_on.pop(event.id, None)
            if what in ("opened", "updated"):
                self.going_on[event.id] = event
        return Step(heard, changes)

    def preview(self) -> list[Change]:
        """Return what would change in the events if nothing more were heard; remember nothing."""
        return self._detected(Heard(Fixes.empty(), Points.empty()), True)[1]

    def _detected(self, heard: Heard, ended: bool) -> tuple[dict[str, State], list[Change]]:
        """Return the detectors' new states, and all that they say; interference is asked first."""
        context = Context(self.places, ended)
        states: dict[str, State] = {}
        changes: list[Change] = []
        for detector in self.detectors:
            before = self.states[detector.kind]
            states[detector.kind], found = detector.step(before, heard, context, self.as_of)
            changes += found
            if isinstance(detector, Interference):
                jams = detector.jams(states[detector.kind])
                context = replace(context, jams=jams)
            elif detector.kind == "gap":
                heard = replace(heard, gaps=Gaps(found, self.gap_h))
        return states, changes

    def vessels(self) -> Fleet:
        """Return the hulls that are ships, and not a wild position or two."""
        established: I64 = self.segment.established(self.states["segment"])
        return self.fleet.take(np.isin(self.fleet.track, established))

    def implausible_count(self) -> int:
        """Return how many fixes are of hulls that `vessels` leaves out."""
        return self.segment.implausible_count(self.states["segment"])

    def claims(self, mmsi: int, t: float = np.inf) -> Claims:
        """Return what an MMSI had claimed to be by Unix time `t`."""
        return self.identities.at(self.states["identities"], mmsi, t)

    def claim_changes(self, mmsi: int) -> list[ClaimChange]:
        """Return what an MMSI has claimed to be, and since when."""
        return self.identities.history(self.states["identities"], mmsi)

    def save(self) -> bytes:
        """Return everything the station remembers."""
        rest = {
            "as_of": self.as_of,
            "counts": self.counts,
            "going_on": [to_json(event) for event in self.going_on.values()],
        }
        arrays = {
            f"{part}/{name}": array
            for part, state in self.states.items()
            for name, array in state.items()
        }
        text = np.frombuffer(json.dumps(rest).encode("ascii"), np.uint8)
        return dump({**arrays, **self.fleet.to_state("fleet/"), "rest": text})

    def load(self, data: bytes) -> None:
        """Take over what `save` returned, of a station with the same settings.

        Raises ValueError if it is cut, or not a station's.
        """
        saved = dict(load(data))
        rest = json.loads(saved.pop("rest").tobytes())
        states: dict[str, dict[str, Any]] = {}
        for name, array in saved.items():
            part, _, column = name.partition("/")
            states.setdefault(part, {})[column] = array
        self.fleet = Fleet.from_state(states.pop("fleet"))
        self.states = dict(states)
        self.as_of, self.counts = rest["as_of"], Counter(rest["counts"])
        events = [from_json(event) for event in rest["going_on"]]
        self.going_on = {event.id: event for event in events}
