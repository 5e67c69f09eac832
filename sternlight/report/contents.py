"""All that a report holds, before it becomes a page: read from a folder, and nothing invented."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sternlight import guidance
from sternlight.data import data_folder
from sternlight.evidence.shared_copy import SharedCopy
from sternlight.guidance import Contact
from sternlight.record.read import open_record
from sternlight.record.ships import Ship
from sternlight.report import events, scene
from sternlight.report.around import Around
from sternlight.report.asked import Asked, the_ship
from sternlight.report.chart import Chart, around_all, chart
from sternlight.report.coast import Coast
from sternlight.report.figures import Figure, figures
from sternlight.report.mapped import mapped
from sternlight.report.origin import Origin, origin
from sternlight.report.ranking import Ranking, ranking
from sternlight.report.references import File, references
from sternlight.telling.facts import Teller
from sternlight.telling.moments import Moments, moments
from sternlight.telling.story import Story
from sternlight.text import plain
from tracks.flags import Flags


class Account(NamedTuple):
    """An event, told at length."""

    number: int  # in this report, from 1
    story: Story
    times: Moments
    figures: Sequence[Figure]
    chart: Chart | None
    files: Sequence[File]
    lines_count: int  # of the raw log, that it rests on


class Contents(NamedTuple):
    """What a report says."""

    asked: Asked
    ship: str  # whom it is about, by name and number; "" if it is about all or an event
    origin: Origin
    ranking: Ranking
    counts: dict[str, int]  # of events that stand, by kind
    accounts: Sequence[Account]
    more_count: int  # events that are not told
    map: dict[str, Any]
    partly: str  # what the map leaves out, in a sentence; "" if nothing
    contacts: Sequence[Contact]


def contents(asked: Asked) -> Contents:
    """Read what a report tells.  Raises ArchiveError and SettingsError."""
    own = asked.settings.answers.contacts
    flags = Flags.load(data_folder() / "flags.csv")
    known = guidance.contacts(Path(own) if own else None)
    copy = SharedCopy(asked.redaction)
    with open_record(asked.folder) as record:
        ship = None if asked.ship is None else the_ship(record, asked.ship)
        some, counts = events.found(record, asked, None if ship is None else ship.tracks)
        rests_on = origin(asked, record)
        own_tracks = _tracks(some, ship, asked)
        ranked = ranking(asked.folder, record, flags, copy, own_tracks)
        teller = Teller(record, flags, around_h=asked.settings.answers.around_h)
        stories = [story for one in some if (story := teller.tell(one.id))]
        told = [events.withheld(s, one.row, copy) for s, one in zip(stories, some, strict=True)]
        around, shown, partly = scene.scene(record, asked, ship, stories, copy)
        coast = Coast.load()
        near = coast.cut(around_all(stories))
        accounts = [
            _account(number, story, as_told, around, rests_on, near, asked)
            for number, (story, as_told) in enumerate(zip(stories, told, strict=True), 1)
        ]
        data = mapped(shown._replace(stories=told), coast)
    return Contents(
        asked,
        "" if ship is None else _called(ship, copy),
        rests_on,
        ranked,
        counts,
        accounts,
        sum(counts.values()) - len(some),
        data,
        partly,
        guidance.of_countries(known, _countries(told, ranked)),
    )


def _tracks(some: Sequence[events.Found], ship: Ship | None, asked: Asked) -> list[int] | None:
    """Return whose standings are told; None for all that stand out."""
    if ship is not None:
        return list(ship.tracks)
    if asked.event is None:
        return None
    return [track for one in some for track in one.tracks]


def _account(
    number: int, story: Story, told: Story, around: Around, rests_on: Origin, coast: Coast,
    asked: Asked,
) -> Account:  # fmt: skip
    """Return an account of an event: `story` as it was, `told` without what is withheld."""
    hidden = asked.redaction
    return Account(
        number,
        told,
        moments(told.start, told.end, told.lon),
        figures(story, around, rests_on.settings, relative=bool(hidden.times_h)),
        None if hidden.positions_nmi else chart(story, coast),
        references(told),
        len(story.evidence),
    )


def _called(ship: Ship, copy: SharedCopy) -> str:
    mmsi = ship.mmsis[0]
    name = plain(ship.last_said("name"))
    if copy.redaction.names:
        return copy.name(mmsi, name)
    return f"{name} (MMSI {mmsi})" if name else f"MMSI {mmsi}"


def _countries(told: Sequence[Story], ranked: Ranking) -> set[str]:
    flags = {ship.flag for story in told for ship in story.ships}
    return (flags | {ship.flag for ship in ranked.ships}) - {""}
