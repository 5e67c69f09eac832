"""The pipeline: reports in, events out.  Live and replay run this very code."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from anomalies.detector import Context, Detector, Gaps, Heard
from anomalies.detectors import DETECTORS, MEASURED_ONCE
from anomalies.encounter import Encounter
from anomalies.event import Change, Event, Kind
from anomalies.gap import Gap
from anomalies.interference import Interference
from anomalies.score import assess
from sternlight.alerting import Decided, Waiting, alike, decide
from sternlight.fleet import Fleet
from sternlight.ledger import from_json, to_json
from sternlight.settings import Settings
from sternlight.stops import parted
from sternlight.watchlists.read import read_lists
from tracks import daybook
from tracks.anchorages import FISHING, Anchorages, Learned
from tracks.batch import HULLS_PER_MMSI, I64, Fixes, Mask, Points, PositionBatch, StaticBatch
from tracks.daybook import Daybook, Pages
from tracks.identity import ClaimChange, Claims
from tracks.listening import Turns
from tracks.places import Places
from tracks.ports import Visits
from tracks.quality import clean
from tracks.ship_types import ship_type_name
from tracks.state import State
from tracks.stays import Stays

NO_TURNS = Turns.empty()


class Step(NamedTuple):
    """What a step brought: what was heard, part by part, what changed, and what was decided.

    `pages` are those of the ships' record that were finished; the visits that ended are with
    what was heard.
    """

    heard: Sequence[Heard]
    changes: list[Change]
    decided: Sequence[Decided] = ()
    pages: Sequence[Pages] = ()


class Station:
    """The one owner of state.

    `going_on` are the open events by id; those that are over are whoever's who
    takes the changes.  `fleet` are all hulls heard; `counts` what was set aside,
    and why; `as_of` is up to when everything has been heard.  `learned` are the
    anchorages in use, `coming` those that will be; `around` are all places known, those
    that were given and those that were learned.  Who wants the events alone says that
    nothing `decides` on alerts, which takes a fifth of the time or more.

    `lists` are the watch lists of the settings, read once; raises SettingsError if one
    cannot be read.
    """

    def __init__(self, settings: Settings, places: Places, decides: bool = True) -> None:
        self.duplicates = settings.duplicates
        self.segment = settings.segment
        self.points = settings.points
        self.identities = settings.identities
        self.alerts, self.decides = settings.alerts, decides
        self.detectors: list[Detector] = [getattr(settings, kind) for kind in DETECTORS]
        self.lists = read_lists(settings.watchlists.files, settings.watchlists.authorised)
        self.anchoring = settings.anchorages
        self.visiting = settings.visits
        self.daybook = Daybook()
        self.places = self.around = places
        self.learned = Learned(-np.inf, Anchorages.empty())
        self.coming: list[Learned] = []
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
            "stays": self.anchoring.resting.start(),
            "visits": self.visiting.start(),
            "daybook": self.daybook.start(),
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
        steps, decided = [], []
        for until, heard_s in self._stops(positions, as_of):
            if until > self.as_of:
                early, positions = parted(positions, until)
                told, statics = parted(statics, until)
                turned, turns = parted(turns, until)
                steps.append(self._step(early, told, until, False, turned))
            if heard_s is not None:
                decided.append(self._decided(until, heard_s))
            while self.coming and self.coming[0].t <= until:
                self._know(self.coming.pop(0))
        steps.append(self._step(positions, statics, as_of, ended, turns))
        if ended and self.decides:
            decided.append(self._decided(as_of, self.waiting.heard_s, self.going_on))
        changes = [change for _, some, _ in steps for change in some]
        pages = [pages for _, _, pages in steps if len(pages.days) or len(pages.said)]
        return Step([heard for heard, _, _ in steps], changes, decided, pages)

    def _stops(self, positions: PositionBatch, as_of: float) -> list[tuple[float, float | None]]:
        """Return where to stop on the way: as anchorages come into use, or to decide on alerts.

        With the latter, for how long anything had been heard since the last of them.
        """
        moments: dict[float, float] = {}
        if self.decides:
            moments.update(self.waiting.moments(positions.t, self.as_of, as_of))
        uses = {learned.t for learned in self.coming if learned.t < as_of}
        return [(t, moments.get(t)) for t in sorted({*moments, *uses})]

    @property
    def learns(self) -> bool:
        """Whether it learns anchorages; where there is no map of the shore, all masks are off."""
        return self.anchoring.vessels_count > 0 and self.places.shore is not None

    def tell(self, learned: Learned) -> None:
        """Take note of anchorages that are used from a time on, later than those told before."""
        if self.learns:
            self.coming.append(learned)

    def _know(self, learned: Learned) -> None:
        self.learned = learned
        self.around = self.places.along_with(learned.anchorages.places())

    def stays(self) -> Stays:
        """Return the long rests of ships that are remembered, those that last among them.

        Those count for anchorages that are of ships which say what they are, other than
        fishing vessels.
        """
        stays = self.anchoring.resting.known(self.states["stays"], self.places, self.as_of)
        mmsis, of = np.unique(stays.mmsi, return_inverse=True)
        types = [self.claims(mmsi, self.as_of).ship_type for mmsi in mmsis.tolist()]
        counts = [type_ != FISHING and ship_type_name(type_) != "" for type_ in types]
        return replace(stays, counts=np.array(counts, np.bool_)[of])

    def _step(
        self,
        positions: PositionBatch,
        statics: StaticBatch,
        as_of: float,
        ended: bool,
        turns: Turns,
    ) -> tuple[Heard, list[Change], Pages]:
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
        s["stays"] = self.anchoring.resting.step(s["stays"], points, self.places, as_of)
        s["visits"], ports = self.visiting.step(s["visits"], points, self.around, as_of)
        s["daybook"], pages = self.daybook.step(
            s["daybook"],
            daybook.Heard(fixes, points, statics),
            daybook.Around(self.around, self._are_ships),
            np.inf if ended else as_of,
        )
        self.fleet = self.fleet.hear(fixes)
        self.as_of = as_of
        aside = positions.take(slice(0, 0))
        if set_aside:
            aside = positions.take(~np.isin(positions.line, fixes.line))
        heard = Heard(fixes, points, turns, aside=aside, statics=statics, ports=ports)
        states, changes = self._detected(heard, ended)
        s.update(states)
        for what, event in changes:
            self.going_on.pop(event.id, None)
            if what in ("opened", "updated"):
                self.going_on[event.id] = event
        if self.decides:
            self.waiting.take(changes, self._score)
        return heard, changes, pages

    def preview(self, without: Collection[Kind] = ()) -> list[Change]:
        """Return what would change in the events if nothing more were heard; remember nothing.

        Those of the kinds `without` are left out.
        """
        return self._detected(Heard(Fixes.empty(), Points.empty()), True, without)[1]

    def _detected(
        self, heard: Heard, ended: bool, without: Collection[Kind] = ()
    ) -> tuple[dict[str, State], list[Change]]:
        """Return the detectors' new states, and all that they say; interference is asked first."""
        context = Context(self.around, ended, watch=self.lists.watch)
        states: dict[str, State] = {}
        changes: list[Change] = []
        for detector in self.detectors:
            if detector.kind in without:
                continue
            before = self.states[detector.kind]
            states[detector.kind], found = detector.step(before, heard, context, self.as_of)
            changes += found
            if isinstance(detector, Interference):
                jams = detector.jams(states[detector.kind])
                context = replace(context, jams=jams)
            elif isinstance(detector, Gap):
                told_at = partial(detector.told_at, states[detector.kind])
                heard = replace(heard, gaps=Gaps(found, told_at))
            elif isinstance(detector, Encounter):
                heard = replace(heard, encounters=found)
        return states, changes

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
        known = np.array(list(tracks), np.int64)
        return set(known[self._are_ships(known)].tolist())

    def _are_ships(self, tracks: I64) -> Mask:
        return np.isin(tracks, self.segment.established(self.states["segment"]))

    def visits_so_far(self) -> Visits:
        """Return the port visits that last, as they stand."""
        return self.visiting.open(self.states["visits"], self.around)

    def pages_so_far(self) -> Pages:
        """Return the pages of the ships' record that are not finished, as they stand."""
        around = daybook.Around(self.around, self._are_ships)
        return self.daybook.so_far(self.states["daybook"], around, self.as_of)

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

    def save(self) -> State:
        """Return everything the station remembers."""
        rest = {
            "as_of": self.as_of,
            "counts": self.counts,
            "going_on": [to_json(event) for event in self.going_on.values()],
            "learned": [
                (learned.t, learned.anchorages.to_records().tolist())
                for learned in (self.learned, *self.coming)
            ],
            "waiting": self.waiting.save(),
        }
        arrays = {
            f"{part}/{name}": array
            for part, state in self.states.items()
            for name, array in state.items()
        }
        text = np.frombuffer(json.dumps(rest).encode("ascii"), np.uint8)
        return {**arrays, **self.fleet.to_state("fleet/"), "rest": text}

    def load(self, state: State) -> None:
        """Take over what `save` returned, of a station with the same settings.

        Raises KeyError or ValueError if it is not a station's.
        """
        saved = dict(state)
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
        learned, *self.coming = [
            Learned(t, Anchorages.of_rows(rows)) for t, rows in rest["learned"]
        ]
        self._know(learned)
