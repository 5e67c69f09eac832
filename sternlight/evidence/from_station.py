"""What goes into a bundle from a station: the segments of its raw log that its events rest on.

From the first line that an event names to the segment in which it was over, as the station
closes events by what is heard after them.  Where the log up to there is short it is taken from
its beginning; else what the station had learned by the first of these segments goes along,
worked out anew from the older log, as whoever has that can do again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

import sternlight
from receiver.formats.stationlog import LogReader
from sternlight.archive import Archive, Snapshot
from sternlight.credits import texts
from sternlight.errors import BundleError
from sternlight.evidence import stamped_later as stamped
from sternlight.evidence.asked import Ask, files_of, wanted
from sternlight.evidence.contents import Contents, lists_used, places_used, settings_told
from sternlight.evidence.lines import Line, chosen, written
from sternlight.evidence.manifest import LINES, RAW, STATE, Manifest, Source
from sternlight.evidence.recompute import Rows, closed_in, still_open
from sternlight.evidence.stamped_later import describe
from sternlight.frames import frames
from sternlight.jsontext import dumps
from sternlight.live import Live
from sternlight.progress import Progress
from sternlight.rawlog import segments
from sternlight.record.read import Found
from sternlight.recovery import name_segments, number
from sternlight.settings import Settings
from sternlight.text import plain
from tracks.places import Places

LEFT_OUT = "What was heard by {names} is left out, since it must not be handed on."
SOME_LINES = (
    "Of the station's raw log only lines of these ships stand here, and lines that the events name,"
    " each with the proof that it stands in the log. What was said of all that was heard, such as"
    " how surprising a silence is, cannot be computed again from them."
)
WHOLE_LOG_BYTES = 100_000_000  # a log so short is taken from its beginning
ADDRESSES = (
    "Whole segments of the raw log hold all that the station heard in these hours: every ship in"
    " reach, so roughly where its antenna stands, and the addresses of its sources."
)


def of_station(
    ask: Ask, settings: Settings, given: Sequence[str], places: Places, room: Path
) -> Contents:
    """Collect it; `room` is a folder for what must be written first.  Raises BundleError."""
    found = wanted(ask)
    with Archive.look(ask.data) as archive:
        unshared = _unshared(ask, archive)
        log = _Log.of(ask.data / RAW, archive, room)
        way = _Way(ask, found, archive, log, Live(settings, places))
        way.go(settings)
        station = archive.about("station") or ""
    if not way.taken:
        raise BundleError(f"nothing of the raw log in {ask.data / RAW} is of that time")
    described = tuple(map(describe, way.taken))
    manifest = Manifest(
        origin="station",
        about=ask.about,
        events=tuple(one.id for one in found),
        settings=settings_told(settings.of_results()),
        station=station,
        segments=described,
        state_before=number(way.taken[0]) if way.state else 0,
        lines_only=ask.lines_only,
        as_of=max(way.live.station.as_of, 0.0),
        notes=(
            SOME_LINES if ask.lines_only else ADDRESSES,
            *way.notes,
            *([LEFT_OUT.format(names=", ".join(sorted(unshared.values())))] if unshared else ()),
        ),
        credits=tuple(texts(ask.credits)),
        since=ask.span[0],
        until=ask.span[1],
        **places_used(given),
        **lists_used(settings, ask.with_lists),
    )
    contents = Contents(manifest, [dumps(way.row(one)) for one in found])
    contents.take_places(given)
    contents.take_lists(settings)
    told = stamped.take(contents, ask.data)
    if ask.lines_only:
        told = [*_take_lines(contents, way, unshared), *told]
    else:
        if way.state:
            contents.files[STATE] = way.state
        contents.files |= {f"{RAW}/{path.name}": path for path in way.taken}
    if told:
        contents.files[LINES] = written(told)
    return contents


def _unshared(ask: Ask, archive: Archive) -> dict[int, str]:
    """Return the sources, by number, whose lines are left out.

    Raises BundleError where whole segments are asked for, from which nothing can be left out.
    """
    sources = archive.read("select number, name from sources")
    found = {number: name for number, name in sources if name in ask.unshared}
    if found and not ask.lines_only:
        raise BundleError(
            f"what {', '.join(map(plain, found.values()))} heard must not be handed on, as the"
            " settings say ([credits]), and nothing can be left out of whole segments; --lines"
            " leaves it out, or ask its owner and take the mark out of the settings"
        )
    return found


def _take_lines(contents: Contents, way: _Way, unshared: Collection[int]) -> list[Line]:
    """Return the lines of the ships that it is about, and those that events name."""
    rows = [one.row for one in way.found]
    mmsis = {mmsi for row in rows for mmsi in row["mmsis"]}
    mmsis |= {way.ask.mmsi} if way.ask.mmsi is not None else set()
    told: list[Line] = []
    sources: dict[int, Source] = {}
    for path, segment in zip(way.taken, contents.manifest.segments, strict=True):
        named = {line["line"] for row in rows for line in row["lines"] if line["file"] == path.name}
        some, heard = chosen(path, segment, mmsis, named)
        told += [line for line in some if line.source not in unshared]
        sources |= {one.number: one for one in heard}
    contents.manifest = replace(contents.manifest, sources=tuple(sources.values()))
    return told


@dataclass(frozen=True, slots=True)
class _Log:
    """The segments that are there, oldest first; the last may be a copy, if it still grows."""

    paths: list[Path]
    complete: bool  # nothing older was ever there

    @classmethod
    def of(cls, raw: Path, archive: Archive, room: Path) -> _Log:
        paths = segments(raw)
        if not paths:
            raise BundleError(f"there is no raw log in {raw}, on which events could rest")
        ended = archive.read("select 1 from segments where number = ? and lines is not null",
                             number(paths[-1]))  # fmt: skip
        if not ended:
            paths[-1] = _whole_part(paths[-1], room / paths[-1].name)
        return cls(paths, number(paths[0]) <= 1)


def _first_sent(path: Path) -> float:
    """Return the time of the first position in a segment, Unix seconds; infinity without one.

    By the reports and not by the name, which tells the station's own clock.
    """
    reader = LogReader(0)
    for _, content in frames(path):
        t = reader.step(content).positions.t
        if len(t := t[np.isfinite(t)]):
            return float(t[0])
    return float("inf")


def _whole_part(path: Path, copy: Path) -> Path:
    """Copy a segment up to its last whole frame."""
    until = max((end for end, _ in frames(path)), default=0)
    with path.open("rb") as file:
        copy.write_bytes(file.read(until))
    return copy


@dataclass(slots=True)
class _Way:
    """The log as the station heard it, until all events that are asked for are over."""

    ask: Ask
    found: Sequence[Found]
    archive: Archive
    log: _Log
    live: Live
    state: bytes = b""
    taken: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _rows: Rows = field(default_factory=dict)

    def row(self, one: Found) -> dict[str, Any]:
        """Return the row of an event: as it is kept, or as it stands if it goes on."""
        return self._rows.get(one.id, one.row) if one.row["state"] == "open" else one.row

    def go(self, settings: Settings) -> None:
        """Read the log as far as it is needed, and keep what was known before."""
        first = self._first()
        self._note(settings, first)
        if self._exact and self._short_before(first):
            first = number(self.log.paths[0])
        name_segments(self.live, self.archive)
        begun = self._remembered(settings, first) if self._learns else first
        progress, told = Progress(), self._told()
        progress.begin("Reading the log again", "segments")
        for done, path in enumerate(self.log.paths):
            if number(path) < begun:
                continue
            if number(path) >= first:
                if self._exact and not self.taken and path != self.log.paths[0]:
                    self.state = self.live.save()
                self.taken.append(path)
            self._rows |= closed_in(self.live, path, self._ids)
            progress.update(done, len(self.log.paths))
            as_of = self.live.station.as_of
            over = self._ids <= self._rows.keys() and as_of > self._asked_until
            if over or as_of > told:
                break
        progress.end()
        self._rows |= still_open(self.live, self._ids - self._rows.keys())

    @property
    def _exact(self) -> bool:
        """Whether events are to come out again with all that is said of them."""
        return bool(self.found) and not self.ask.lines_only

    @property
    def _learns(self) -> bool:
        """Whether what the station had learned before matters."""
        return self._exact or any(one.row["state"] == "open" for one in self.found)

    def _short_before(self, first: int) -> bool:
        """Return whether the log up to a segment is all there, and short enough to go along."""
        older = [path for path in self.log.paths if number(path) < first]
        return self.log.complete and sum(p.stat().st_size for p in older) <= WHOLE_LOG_BYTES

    def _note(self, settings: Settings, first: int) -> None:
        """Note what may keep others from coming to the same."""
        oldest = number(self.log.paths[0])
        if first < oldest:
            raise BundleError(
                f"the raw log before segment {oldest} was deleted, as the settings ask, and with it"
                f" what this rests on (segment {first}); only a copy of the log made before can"
                " help"
            )
        if self._exact and not self.log.complete:
            self.notes.append(
                f"Of the station's raw log all before segment {oldest} was deleted; what it had"
                " learned from that cannot be made again."
            )
        saved = self.archive.about("settings")
        if saved is not None and saved != dumps(settings.of_results()):
            self.notes.append(
                "These are not the settings with which the station ran last: with others, events"
                " may come out otherwise."
            )

    @property
    def _ids(self) -> set[str]:
        return {one.id for one in self.found}

    def _first(self) -> int:
        """Return the first segment that is needed."""
        named = {Path(name) for name in files_of([one.row for one in self.found])}
        numbers = [n for n in map(number, named) if n]
        if self.ask.since is not None and self.ask.mmsi is not None:
            behind = bisect_left(self.log.paths, self.ask.since, key=_first_sent)
            numbers.append(number(self.log.paths[max(behind - 1, 0)]))
        return min(numbers, default=number(self.log.paths[0]))

    def _told(self) -> float:
        """Return by when the station had told all that is asked for, Unix seconds.

        Infinity where an event goes on.
        """
        told = [self._asked_until]
        for one in self.found:
            (t,) = self.archive.read(
                "select max(as_of) from changes where id = ? and what = 'closed'", one.id
            )[0]
            told.append(float("inf") if t is None or one.row["state"] == "open" else t)
        return max(told)

    @property
    def _asked_until(self) -> float:
        """Up to when the log is asked for, Unix seconds, whatever is over."""
        until = self.ask.until if self.ask.mmsi is not None else None
        return float("-inf") if until is None else until

    def _remembered(self, settings: Settings, first: int) -> int:
        """Go to where the station saved what it knew, if that is no later than `first`.

        Returns the first segment that must be read.
        """
        snapshot: Snapshot | None = self.archive.snapshot()
        if (
            snapshot is None
            or snapshot.segment > first
            or self.archive.about("release") != sternlight.__version__
            or self.archive.about("settings") != dumps(settings.of_results())
        ):
            return 0
        self.live.load(snapshot.data)
        return snapshot.segment
