"""What an export holds: layers of events, tracks, vessels and coverage, and what was left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from anomalies.event import track_name
from sternlight.evidence.blur import Coverage
from sternlight.evidence.shared_copy import SharedCopy
from sternlight.exports import event_layer, finding
from sternlight.exports.asked import Asked
from sternlight.exports.event_layer import BETWEEN
from sternlight.exports.layer import Columns, Layer, Row
from sternlight.exports.ships import Ships
from sternlight.exports.stretches import Stretch, heard, hulls, stretches
from sternlight.exports.withheld import Withheld
from sternlight.record.read import Hull
from sternlight.record.read import hulls as all_hulls
from sternlight.sqlite import Database
from sternlight.tracklines import cut_at_180
from tracks.batch import HULLS_PER_MMSI
from tracks.identity import Claims
from tracks.portraits import lasting
from tracks.ship_types import ship_type_name

_WHO: Columns = {
    "ship": "text", "track": "text", "name": "text", "flag": "text", "ship_type": "text",
}  # fmt: skip
TRACK_COLUMNS: Columns = {**_WHO, "start": "moment", "end": "moment"}
VESSEL_COLUMNS: Columns = {
    **_WHO, "imo": "count", "call_sign": "text", "score": "number", "signs_shown": "count",
    "signs_looked_for": "count", "signs": "text", "events_count": "count",
    "first_heard": "moment", "last_heard": "moment", "fixes_count": "count",
}  # fmt: skip
COVERAGE_COLUMNS: Columns = {"heard": "text", "marks_count": "count"}
_NOBODY = Claims()


@dataclass(slots=True)
class Contents:
    """Draws the layers from a record.  Rows are made while they are written."""

    record: Database
    asked: Asked
    withheld: Withheld
    copy: SharedCopy = field(init=False)
    ships: Ships = field(init=False)
    _of_events: dict[int, int] = field(init=False)  # how many events each track has here

    def __post_init__(self) -> None:
        self.copy = SharedCopy(self.asked.redaction)
        self.ships = Ships(self.record)
        self._of_events = {}
        for told in self._events():
            for track in told.tracks:
                self._of_events[track] = self._of_events.get(track, 0) + 1

    def layers(self) -> list[Layer]:
        """Return the layers; tracks and coverage only where all sources may be handed on.

        Events come first, so that pseudonyms follow their times and tell nothing of MMSIs.
        """
        made = [
            Layer("events", "What was observed, with its score", "Point",
                  event_layer.columns(finding.measured(self.record, self.asked)), self.event_rows),
            Layer("vessels", "Ships, the most worth a check first", "",
                  VESSEL_COLUMNS, self.vessel_rows),
        ]  # fmt: skip
        if not self.withheld.names:
            made += [
                Layer("tracks", "Where ships went; lines end where they were not heard",
                      "MultiLineString", TRACK_COLUMNS, self.track_rows),
                Layer("coverage", "Where ships were heard, and how much", "Polygon",
                      COVERAGE_COLUMNS, self.coverage_rows),
            ]  # fmt: skip
        return made

    def event_rows(self) -> Iterator[Row]:
        """Yield the events, by time."""
        events = self._events()
        while some := list(islice(events, finding.AT_ONCE)):
            mmsis = {track // HULLS_PER_MMSI for told in some for track in told.tracks}
            said = self.ships.said(mmsis)
            flags = {mmsi: self.ships.flag(mmsi) for mmsi in mmsis}
            for told in some:
                names = {
                    track // HULLS_PER_MMSI: said.get(track, _NOBODY).name for track in told.tracks
                }
                yield event_layer.row(told, self.copy, names, flags)

    def track_rows(self) -> Iterator[Row]:
        """Yield a row for each stretch of each hull, the hull heard first first."""
        wanted = hulls(self.record, self.asked, self._only())
        said = self.ships.said(track // HULLS_PER_MMSI for track in wanted)
        hidden, track, who = self.asked.redaction, -1, {}
        for some in heard(self.record, self.asked, wanted):
            for stretch in stretches(some):
                if lines := self._lines(stretch):
                    if stretch.track != track:
                        track = stretch.track
                        who = self._who(track, said.get(track, _NOBODY))
                    times = {"start": hidden.time(stretch.start), "end": hidden.time(stretch.end)}
                    yield Row(who | times, lines)

    def vessel_rows(self) -> Iterator[Row]:
        """Yield a row for each hull that is a ship, the one with the highest score first."""
        only = set(self._of_events) if self.withheld.names else self._only()
        wanted = set(hulls(self.record, self.asked, only))
        standing = self._standings()
        found = [hull for hull in _lasting(all_hulls(self.record)) if hull.track in wanted]
        found.sort(key=lambda h: (-standing.get(h.track, _UNKNOWN)["score"], h.first, h.track))
        said = self.ships.said(hull.mmsi for hull in found)
        for hull in found:
            own = said.get(hull.track, _NOBODY)
            yield Row(self._vessel(hull, own, standing.get(hull.track, _UNKNOWN)))

    def coverage_rows(self) -> Iterator[Row]:
        """Yield a row for each cell in which a ship was heard, from the south to the north."""
        coverage = Coverage(self.asked.exact_coverage, self.asked.redaction.positions_nmi / 60)
        for some in heard(self.record, self.asked, hulls(self.record, self.asked, self._only())):
            coverage.add(some.lat, some.lon)
        cells = coverage.covered()
        counts = cells.marks_count.tolist()
        sides = zip(*(side.tolist() for side in cells.bounds), strict=True)
        for (south, north, west, east), word, count in zip(sides, cells.heard, counts, strict=True):
            ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
            exact = int(count) if self.asked.exact_coverage else None
            yield Row({"heard": word, "marks_count": exact},
                      [[[round(x, 5), round(y, 5)] for x, y in ring]])  # fmt: skip

    def _events(self) -> Iterator[finding.Told]:
        return self.withheld.shared(finding.events(self.record, self.asked))

    def _only(self) -> set[int] | None:
        """Return the hulls of the events, if only these are wanted."""
        return set(self._of_events) if self.asked.of_some_events else None

    def _who(self, track: int, said: Claims) -> dict[str, Any]:
        mmsi, name = track // HULLS_PER_MMSI, track_name(track)
        return {
            "ship": self.copy.ship(mmsi),
            "track": self.copy.track(name),
            "name": self.copy.name(mmsi, said.name),
            "flag": self.ships.flag(mmsi),
            "ship_type": ship_type_name(said.ship_type),
        }

    def _vessel(self, hull: Hull, said: Claims, standing: Mapping[str, Any]) -> dict[str, Any]:
        hidden = self.asked.redaction
        return self._who(hull.track, said) | {
            "imo": None if hidden.names else said.imo or None,
            "call_sign": "" if hidden.names else said.call_sign,
            "score": standing["score"],
            "signs_shown": standing["shown"],
            "signs_looked_for": standing["looked"],
            "signs": BETWEEN.join(self.copy.text(one["says"]) for one in standing["signs"]),
            "events_count": self._of_events.get(hull.track, 0),
            "first_heard": hidden.time(hull.first),
            "last_heard": hidden.time(hull.last),
            "fixes_count": hull.fixes_count,
        }

    def _lines(self, stretch: Stretch) -> list[list[list[float]]]:
        lat, lon = self.asked.redaction.places(stretch.lat, stretch.lon)
        lines = ([*_without_repeats(line)] for line in cut_at_180(lat, lon))
        return [line for line in lines if len(line) > 1]

    def _standings(self) -> dict[int, dict[str, Any]]:
        """Return how the ship of each track stands; nothing before a station's first night."""
        rows = self.record.read(
            "select tracks, score, shown_count, looked_count, signs from standings"
        )
        return {
            int(track): {
                "score": score,
                "shown": shown,
                "looked": looked,
                "signs": json.loads(signs),
            }
            for tracks, score, shown, looked, signs in rows
            for track in json.loads(tracks)
        }


_UNKNOWN: Mapping[str, Any] = {"score": 0.0, "shown": None, "looked": None, "signs": ()}


def _lasting(found: Sequence[Hull]) -> Iterator[Hull]:
    """Yield the hulls that are ships; wild positions are none."""
    by_mmsi: dict[int, list[Hull]] = {}
    for hull in found:
        by_mmsi.setdefault(hull.mmsi, []).append(hull)
    for own in by_mmsi.values():
        yield from lasting(own)


def _without_repeats(line: Sequence[list[float]]) -> Iterator[list[float]]:
    """Yield the corners of a line that are not the one before: coarse ones often are."""
    last = None
    for corner in line:
        if corner != last:
            yield corner
        last = corner
