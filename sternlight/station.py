"""The pipeline: reports in, events out.  Live and replay run this very code."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np

from anomalies.detector import Context, Detector, Heard
from anomalies.detectors import DETECTORS, MEASURED_ONCE
from anomalies.event import Change, Event, Kind
from anomalies.score import assess
from sternlight.alerting import Decided, Waiting, alike, decide
from sternlight.fleet import Fleet
from sternlight.ledger import from_json, to_json
from sternlight.settings import Settings
from tracks.batch import HULLS_PER_MMSI, I64, Fixes, Points, PositionBatch, StaticBatch
from tracks.identity import ClaimChange, Claims
from tracks.listening import Turns
from tracks.places import Places
from tracks.quality import clean
from tracks.state import State, dump, load

NO_TURNS = Turns.empty()
B = TypeVar("B", PositionBatch, StaticBatch, Turns)


class Step(NamedTuple):
    """What one step brought: what was heard, what changed in the events, and what was decided."""

    heard: Heard
    changes: list[Change]
    decided: Sequence[Decided] = ()


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
        self.alerts = settings.alerts
        self.detectors: list[Detector] = [getattr(settings, kind) for kind in DETECTORS]
        self.places = places
        self.as_of = -np.inf
        self.fleet = Fleet.empty()
        self.going_on: dict[str, Event] = {}
        self.waiting = Waiting()
        self.counts: Counter[str] = Counter()
        self.states: dict[str, State] = {
            "duplicates": self.duplicates.start(),
            "segment": self.segment.start(),
            "points": self.points.start(),
            "identities": self.identities.start(),
            **{detector.kind: detector.start() for detector in self.detectors},
            "alerts": self.alerts.start(),
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
        deaf or heard again, as far as that has become known.  It stops on the way at the
        moments at which alerts are decided.
        """
        parts: list[tuple[Heard, list[Change]]] = []
        decided = []
        for moment, heard_s in self.waiting.moments(positions.t, self.as_of, as_of):
            now, positions = _parted(positions, moment)
            said, statics = _parted(statics, moment)
            told, turns = _parted(turns, moment)
            parts.append(self._step(now, said, moment, False, told))
            decided.append(self._decided(moment, heard_s))
        parts.append(self._step(positions, statics, as_of, ended, turns))
        if ended:
            decided.append(self._decided(as_of, self.waiting.heard_s, self.going_on))
        changes = [change for _, some in parts for change in some]
        return Step(_joined([heard for heard, _ in parts]), changes, decided)

    def _step(
        self,
        positions: PositionBatch,
        statics: StaticBatch,
        as_of: float,
        ended: bool,
        turns: Turns,
    ) -> tuple[Heard, list[Change]]:
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
        heard, context = Heard(fixes, points, turns), Context(self.places, ended)
        changes: list[Change] = []
        for detector in self.detectors:
            s[detector.kind], found = detector.step(s[detector.kind], heard, context, as_of)
            changes += found
        for what, event in changes:
            self.going_on.pop(event.id, None)
            if what in ("opened", "updated"):
                self.going_on[event.id] = event
        self.waiting.take(changes, self._score)
        return heard, changes

    def preview(self, without: Collection[Kind] = ()) -> list[Change]:
        """Return what would change in the events if nothing more were heard; remember nothing.

        Those of the kinds `without` are left out.
        """
        heard, context = Heard(Fixes.empty(), Points.empty(), NO_TURNS), Context(self.places, True)
        return [
            change
            for detector in self.detectors
            if detector.kind not in without
            for change in detector.step(self.states[detector.kind], heard, context, self.as_of)[1]
        ]

    def decided_if_ended(self) -> Decided:
        """Return what would be decided if nothing more were heard; remember nothing."""
        waiting, standing = self.waiting.copy(), {**self.going_on}
        changes = self.preview()
        waiting.take(changes, self._score)
        standing |= {event.id: event for what, event in changes if what != "withdrawn"}
        return self._decide(waiting, standing, self.as_of, waiting.heard_s)[1]

    def _decided(
        self, moment: float, heard_s: float, standing: Mapping[str, Event] | None = None
    ) -> Decided:
        """Decide on alerts; `standing` are the open events if they are measured up to now."""
        if standing is None:
            changes = self.preview(without=MEASURED_ONCE)
            standing = alike(self.going_on)
            standing |= {event.id: event for what, event in changes if what != "withdrawn"}
            self.waiting.take(changes, self._score)
        self.states["alerts"], decided = self._decide(self.waiting, standing, moment, heard_s)
        self.waiting = replace(self.waiting, over={}, told=set())
        return decided

    def _decide(
        self, waiting: Waiting, standing: Mapping[str, Event], moment: float, heard_s: float
    ) -> tuple[State, Decided]:
        return decide(
            self.alerts,
            self.states["alerts"],
            waiting,
            standing,
            moment,
            heard_s,
            self._score,
            self._ships,
        )

    def _score(self, event: Event, t: float) -> float:
        claims = {track: self.claims(track // HULLS_PER_MMSI, t) for track in event.tracks}
        return assess(event, claims).score

    def _ships(self, tracks: Collection[int]) -> set[int]:
        established = self.segment.established(self.states["segment"])
        return set(np.intersect1d(list(tracks), established).tolist())

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
            "waiting": self.waiting.save(),
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
        self.waiting = Waiting.load(rest["waiting"])
        events = [from_json(event) for event in rest["going_on"]]
        self.going_on = {event.id: event for event in events}


def _parted(batch: B, t: float) -> tuple[B, B]:
    """Return what was heard before Unix time `t`, and the rest; both in order of time."""
    if (batch.t[1:] < batch.t[:-1]).any():
        batch = batch.take(np.argsort(batch.t, kind="stable"))
    row = int(np.searchsorted(batch.t, t))
    return batch.take(slice(0, row)), batch.take(slice(row, None))


def _joined(heard: Sequence[Heard]) -> Heard:
    """Return as one what was heard in several steps."""
    if len(heard) == 1:
        return heard[0]
    return Heard(
        Fixes.concat([h.fixes for h in heard]),
        Points.concat([h.points for h in heard]),
        Turns.concat([h.turns for h in heard]),
    )
