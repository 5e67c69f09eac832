"""Which events a bundle is asked for, from a station's archive or beside a replay's results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sternlight.credits import Credit
from sternlight.errors import BundleError
from sternlight.record.read import Found, found, open_record
from sternlight.sqlite import Database
from sternlight.text import iso, plain

ALL = "all"


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be bundled: an event by its id, those of an MMSI, or "all", in a span of time."""

    data: Path  # a station's folder, or that of a replay's results
    about: str
    since: float | None = None  # Unix seconds
    until: float | None = None
    recordings: tuple[str, ...] = ()  # that were replayed
    lines_only: bool = False
    with_lists: bool = False
    credits: tuple[Credit, ...] = ()  # of all that was heard, or replayed

    @property
    def unshared(self) -> list[str]:
        """The sources or recordings that must not be handed on."""
        return [one.name for one in self.credits if not one.shared]

    @property
    def mmsi(self) -> int | None:
        """The MMSI that is asked for; None if it is an event."""
        return int(self.about) if self.about.isdecimal() else None

    def overlaps(self, start: float, end: float | None) -> bool:
        """Return whether a span of time, which None leaves open, overlaps that asked for."""
        return (self.until is None or start <= self.until) and (
            self.since is None or end is None or end >= self.since
        )

    @property
    def span(self) -> tuple[str, str]:
        """The span of time as a manifest tells it."""
        since, until = ("" if t is None else iso(t) for t in (self.since, self.until))
        return since, until


def wanted(ask: Ask) -> list[Found]:
    """Return the events that are asked for.  Raises BundleError if there are none."""
    with open_record(ask.data) as record:
        every = [one for one in found(record) if _fits(ask, one)]
        if every or (ask.mmsi is not None and None not in (ask.since, ask.until)):
            return every
        raise BundleError(_none(ask, record))


def _fits(ask: Ask, one: Found) -> bool:
    named = one.row["mmsis"] if ask.mmsi is not None else [one.id, ALL]
    return (ask.mmsi or ask.about) in named and ask.overlaps(one.start, one.end)


def _none(ask: Ask, record: Database) -> str:
    """Say why there is no such event."""
    if ask.mmsi is not None:
        when = " in that time" if ask.since is not None or ask.until is not None else ""
        return (
            f"there is no event of MMSI {ask.mmsi}{when}; give both --from and --to to bundle"
            " what it sent without one"
        )
    if ask.about == ALL:
        return f"there are no events in {ask.data} in that time"
    state = record.read("select state from events where id = ?", ask.about)
    if state and state[0][0] == "withdrawn":
        return f"event {plain(ask.about)} was withdrawn: the station does not stand by it any more"
    return (
        f"there is no event {plain(ask.about)} in {ask.data}; `sternlight events --json` lists"
        " those of a station, events.jsonl those of a replay"
    )


def files_of(rows: list[dict[str, Any]]) -> set[str]:
    """Return the names of the files that events name lines of."""
    return {line["file"] for row in rows for line in row["lines"]}
