"""From a station that has heard everything to ranked and explained ships, in files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from anomalies.event import Event
from anomalies.rank import NEVER_SEEN, Ranked, rank
from anomalies.score import assess
from sternlight import geojson, terminal
from sternlight.answers import EVENTS, MAP, SUMMARY, VESSELS, Judged, Rows
from sternlight.data import data_folder
from sternlight.fleet import Fleet
from sternlight.geojson import stretches
from sternlight.jsontext import dumps, replacing, write_lines
from sternlight.replay import Replay
from sternlight.settings import Settings
from sternlight.station import Station
from sternlight.summary import Began, summarise
from sternlight.text import counted, plain
from sternlight.tracklines import Stretch, Tracklines
from tracks.batch import HULLS_PER_MMSI
from tracks.flags import Flags
from tracks.identity import Claims


@dataclass(frozen=True, slots=True)
class Results:
    """What was found and written."""

    folder: Path
    summary: dict[str, Any]
    ranked: list[Ranked]  # the vessels with events, the most worth a look first
    judged: Mapping[str, Judged]  # by id
    rows: Rows

    def show(self, top: int) -> None:
        """Print the ranking of the first `top` vessels."""
        vessels = [self.rows.vessel(vessel) for vessel in self.ranked[:top]]
        events = {e: self.rows.event(self.judged[e]) for row in vessels for e in row["events"]}
        terminal.show(vessels, events, self.summary, str(self.folder))

    @property
    def partial(self) -> bool:
        """Whether something was not read, or not believed though it was written down."""
        return bool(self.summary["not_read"] or FUTURE in self.summary["dropped"])

    @property
    def trouble(self) -> list[str]:
        """What was not read or not believed, in whole sentences."""
        told = [f"{item['name']} {item['why']}" for item in self.summary["not_read"]]
        dropped = self.summary["dropped"]
        return told + [
            f"{counted(dropped[why], 'report')} set aside: {says}"
            for why, says in _UNBELIEVED.items()
            if why in dropped
        ]


FUTURE = "in the future"
_UNBELIEVED = {
    FUTURE: "their time has not come yet, by this computer's clock",
    "wrong clock": "their time is far from that of all others",
    "no time": "they have no time, and neither have their neighbours",
}


def write(
    replay: Replay, settings: Settings, places: list[str], began: Began, written: list[str]
) -> Results:
    """Write all results of a run; `written` takes the name of each file when it is whole."""
    station, folder = replay.station, replay.folder
    fleet = station.vessels()
    judged = judge(station, fleet)
    claims = {track: station.claims(track // HULLS_PER_MMSI) for track in fleet.track.tolist()}
    flags = Flags.load(data_folder() / "flags.csv")
    rows = Rows(replay.reading.provenance, station, fleet, claims, flags)
    write_lines(folder / EVENTS, map(rows.event, judged))
    written.append(EVENTS)

    ranked = rank([(one.event, one.assessment) for one in judged], claims)
    found = {vessel.track for vessel in ranked}
    rest = (Ranked(track, 0.0, (), NEVER_SEEN, ()) for track in claims if track not in found)
    write_lines(folder / VESSELS, map(rows.vessel, chain(ranked, rest)))
    written.append(VESSELS)

    _write_map(replay, settings, judged, claims)
    written.append(MAP)

    summary = summarise(replay, settings, places, began, judged)
    with replacing(folder / SUMMARY) as out:
        out.write(dumps(summary, indented=True) + "\n")
    written.append(SUMMARY)
    return Results(folder, summary, ranked, {j.event.id: j for j in judged}, rows)


def judge(station: Station, fleet: Fleet) -> list[Judged]:
    """Return the events of hulls in `fleet` with their scores, sorted by start and id.

    A vessel is taken for what it had claimed to be by the end of the event, so
    that replay and live agree.
    """
    known = set(fleet.track.tolist())
    events = sorted(station.events.values(), key=lambda e: (e.start, e.id))
    return [_judge(event, station) for event in events if known.issuperset(event.tracks)]


def _judge(event: Event, station: Station) -> Judged:
    t = station.as_of if event.end is None else event.end
    claims = {track: station.claims(track // HULLS_PER_MMSI, t) for track in event.tracks}
    place = station.places.describe(event.lat, event.lon)
    return Judged(event, assess(event, claims), place)


def _write_map(
    replay: Replay, settings: Settings, judged: Sequence[Judged], claims: Mapping[int, Claims]
) -> None:
    answers, as_of = settings.answers, replay.station.as_of
    likeliest = sorted(judged, key=lambda one: (-one.assessment.score, one.event.id))
    ways: dict[str, list[Stretch]] = {
        one.event.id: stretches(one.event, as_of, answers.around_h * 3600)
        for one in likeliest[: answers.tracked_events_count]
    }
    tracklines = Tracklines.read(replay.ways, chain.from_iterable(ways.values()))
    names = {track: plain(claim.name) for track, claim in claims.items()}
    geojson.write(replay.folder / MAP, judged, ways, tracklines, names)
