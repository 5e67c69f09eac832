"""A station's log to events, as it grows: what the daemon, its recovery and its readers share.

Whatever takes the pieces of a log in order comes to the same events, however the
log is cut into pieces.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from anomalies.event import Change, Event
from receiver.decoded import Decoded
from sternlight.alerting import Decided, Decisions, add
from sternlight.archive import News, Stored
from sternlight.distress import Distress
from sternlight.fleet import Fleet
from sternlight.judging import judge
from sternlight.provenance import Provenance
from sternlight.record.store import Finished
from sternlight.settings import Settings
from sternlight.station import NO_TURNS, Station
from tracks.batch import I64, PositionBatch, StaticBatch
from tracks.hearers import Hearers
from tracks.lateness import Lateness
from tracks.places import Places
from tracks.state import load, write

_STATION = "station/"  # before the names of what the station remembers
RECORD_LATE_S = 7200.0  # points come so late at most


class Record(NamedTuple):
    """What goes into the ships' record once an hour, though it may change."""

    so_far: Finished
    fleet: Fleet


class Live:
    """The station, and what waits for late reports before it gets there."""

    def __init__(self, settings: Settings, places: Places) -> None:
        self.station = Station(settings, places)
        self.provenance = Provenance()
        self.distress = Distress()
        self.hearers = Hearers.empty()
        self.counts: Counter[str] = Counter()
        self.first = float("inf")  # the first time heard, Unix seconds
        self.lateness = Lateness()
        self._decided: list[Decided] = []  # and not yet asked for
        self._finished: list[Finished] = []  # the same
        self._recorded = -np.inf  # up to when `record` has been asked
        self._punctual = self.lateness.start()
        self._positions = PositionBatch.empty()  # held until nothing earlier can follow
        self._statics = StaticBatch.empty()

    @property
    def latest(self) -> float:
        """The latest time that was heard and believed, Unix seconds; -inf before any."""
        return float(self._punctual["latest"])

    def take(self, decoded: Decoded) -> list[Change]:
        """Take the next piece of the log; return what changed in the events."""
        told = decoded.told
        if told is not None and told.lateness_s != self.lateness.lateness_s:
            self.lateness = Lateness(told.lateness_s)
        self._punctual, positions, statics, aside = self.lateness.step(
            self._punctual, decoded.positions, decoded.statics
        )
        self.counts.update(decoded.counts)
        self.counts.update(aside)
        self.distress.hear(positions)
        self.hearers = self.hearers.hear(positions)
        if len(positions):
            self.first = min(self.first, float(positions.t[0]))
        turns = NO_TURNS if told is None else told.turns
        for learned in () if told is None else told.learned:
            self.station.tell(learned)
        as_of = self.lateness.as_of(self._punctual)
        positions, self._positions = _ripe(self._positions, positions, as_of)
        statics, self._statics = _ripe(self._statics, statics, as_of)
        if not (len(positions) or len(statics) or len(turns) or as_of > self.station.as_of):
            return []
        step = self.station.step(positions, statics, as_of, turns=turns)
        self._decided += step.decided
        self._finished += Finished.of(step)
        return step.changes

    def news(self) -> list[News]:
        """Return what was decided on alerts since this was last asked."""
        decided, self._decided = self._decided, []
        return [
            News(t, decisions, list(self.stored(Change("opened", event) for event in alerted)))
            for t, decisions, alerted in decided
        ]

    @property
    def finished_count(self) -> int:
        """How often something was finished since `finished` was asked last."""
        return len(self._finished)

    def finished(self) -> list[Finished]:
        """Return what of the ships' record was finished since this was last asked."""
        finished, self._finished = self._finished, []
        return finished

    def record(self) -> Record:
        """Return what else the ships' record has to say of who was heard since this was asked.

        The first time it is of all.
        """
        station, since = self.station, self._recorded
        self._recorded = station.as_of
        pages, fleet = station.pages_so_far(), station.vessels()
        new = pages.days.last > since - RECORD_LATE_S
        visits = station.visits_so_far()
        heard = fleet.take(fleet.last_heard > since - RECORD_LATE_S)
        visits = visits.take(np.isin(visits.track, heard.track))
        return Record(Finished(pages.take(new), visits), heard)

    def decisions(self) -> Decisions:
        """Return by id what was decided and not asked for, and what would be if nothing followed.

        That is what a replay decides whose recording ends here.
        """
        found: Decisions = {}
        for one in (*self._decided, self.station.decided_if_ended()):
            add(found, one.decisions)
        return found

    def stored(self, changes: Iterable[Change]) -> Iterator[Stored]:
        """Yield events that changed as they are to be kept."""
        found = list(changes)
        shown = set(self.established(np.array([t for _, e in found for t in e.tracks], np.int64)))
        for (what, event), judged in zip(
            found, judge([event for _, event in found], self.station), strict=True
        ):
            row = judged.row(self.provenance)
            yield Stored(event, what, row["score"], row, shown >= set(event.tracks))

    def established(self, tracks: I64) -> list[int]:
        """Return those of `tracks` that are ships, and not a wild position or two."""
        station = self.station
        known = station.segment.established(station.states["segment"])
        found: list[int] = tracks[np.isin(tracks, known)].tolist()
        return found

    def unfinished(self) -> dict[str, Event]:
        """Return the events that go on, by id, as they stand now, and those as good as over.

        That is what a replay finds whose recording ends here.
        """
        found = dict(self.station.going_on)
        for what, event in self.station.preview():
            found.pop(event.id, None)
            if what != "withdrawn":
                found[event.id] = event
        return found

    def save(self) -> bytes:
        """Return everything that is remembered, packed; `provenance` aside."""
        import zstandard

        rest: dict[str, Any] = {"counts": self.counts, "lateness_s": self.lateness.lateness_s}
        state = {
            **{_STATION + name: array for name, array in self.station.save().items()},
            "rest": np.frombuffer(json.dumps(rest).encode("ascii"), np.uint8),
            **{f"punctual/{name}": array for name, array in self._punctual.items()},
            **self._positions.to_state("positions/"),
            **self._statics.to_state("statics/"),
            **self.hearers.to_state("hearers/"),
        }
        out = io.BytesIO()
        compressor = zstandard.ZstdCompressor(level=6, write_checksum=True)
        with compressor.stream_writer(out, closefd=False) as packed:
            write(state, _Unseekable(packed.write))
        return out.getvalue()

    def load(self, data: bytes) -> None:
        """Take over what `save` returned.  Raises ValueError if that cannot be used."""
        import zstandard

        try:
            state = load(zstandard.ZstdDecompressor().decompressobj().decompress(data))
            rest = json.loads(state["rest"].tobytes())
            own = [name for name in state if name.startswith(_STATION)]
            self.station.load({name.removeprefix(_STATION): state[name] for name in own})
            self.counts = Counter(rest["counts"])
            self.lateness = Lateness(rest["lateness_s"])
            self._positions = PositionBatch.from_state(state, "positions/")
            self._statics = StaticBatch.from_state(state, "statics/")
            self.hearers = Hearers.from_state(state, "hearers/")
            self._punctual = {name: state[f"punctual/{name}"] for name in self.lateness.start()}
        except (zstandard.ZstdError, KeyError, TypeError) as error:
            raise ValueError(f"what the station remembered cannot be read: {error}") from error


class _Unseekable(io.RawIOBase):
    """A file for what is written once and forgotten at once, so that it need not all be held."""

    def __init__(self, write: Callable[[bytes], int]) -> None:
        self._write = write

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._write(data)
        return len(data)


def _ripe(held: Any, new: Any, as_of: float) -> tuple[Any, Any]:
    """Return the reports before `as_of`, and those that still wait."""
    batch = type(new).concat([b for b in (held, new) if len(b)])
    waits = batch.t >= as_of
    return (batch, batch.take(slice(0, 0))) if not waits.any() else (
        batch.take(~waits), batch.take(waits)
    )  # fmt: skip
