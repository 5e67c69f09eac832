"""From a station that has heard everything to ranked and explained ships, in files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from anomalies.event import Evidence
from sternlight import alerting, geojson, terminal
from sternlight.answers import EVENTS, FILES, MAP, REPORT, SUMMARY, VESSELS, Rows
from sternlight.data import data_folder
from sternlight.geojson import stretches
from sternlight.jsontext import dumps, replacing, write_lines, write_texts
from sternlight.judging import Judged, judge
from sternlight.record.read import RECORD, open_record
from sternlight.replay import Replay
from sternlight.settings import Settings
from sternlight.summary import Began, summarise
from sternlight.terminal import Shown
from sternlight.text import counted, plain
from sternlight.tracklines import Stretch, Tracklines
from tracks.batch import HULLS_PER_MMSI
from tracks.flags import Flags
from tracks.identity import Claims

_NO_EVIDENCE = Evidence({}, "", ())
EVENTS_AT_ONCE = 100  # events described together: their raw lines are most of the memory


@dataclass(frozen=True, slots=True)
class Results:
    """What was found and written."""

    folder: Path
    summary: dict[str, Any]
    shown: Shown
    files: tuple[str, ...]  # names of what was written

    def show(self) -> None:
        """Print the ranking."""
        terminal.show(self.shown, self.summary, str(self.folder), self.files)

    @property
    def partial(self) -> bool:
        """Whether something was not read, or not believed though it was written down."""
        return bool(self.summary["not_read"] or FUTURE in self.summary["dropped"])

    @property
    def trouble(self) -> list[str]:
        """What was not read or not believed, in whole sentences."""
        told = [f"{item['name']} {item['why']}" for item in self.summary["not_read"]]
        told += [trouble for item in self.summary["watchlists"] for trouble in item["trouble"]]
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


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run was asked to do, as far as its results tell of it."""

    settings: Settings
    places: list[str]
    top_count: int
    began: Began
    report: bool


def write(replay: Replay, asked: Asked, written: list[str]) -> Results:
    """Write all results of a run; `written` takes the name of each file when it is whole."""
    folder = replay.folder
    rows = _rows(replay)
    judged: list[Judged] = []
    write_texts(folder / EVENTS, replay.record.note(_event_rows(replay, rows, judged)))
    written.append(EVENTS)
    replay.record.finish(
        rows.fleet,
        replay.station.visits_so_far(),
        asked.settings.signs,
        bool(replay.station.lists.files),
    )
    written.append(RECORD)

    with open_record(folder) as record:
        ranked = rows.ranked(record, asked.settings.signs, judged)
    write_lines(folder / VESSELS, map(rows.vessel, ranked))
    written.append(VESSELS)

    _write_map(replay, asked.settings, judged, rows.claims)
    written.append(MAP)

    summary = summarise(replay, asked.settings, asked.places, asked.began, judged)
    with replacing(folder / SUMMARY) as out:
        out.write(dumps(summary, indented=True) + "\n")
    written.append(SUMMARY)
    _report(folder, asked, written)
    found = (vessel for vessel in ranked if vessel.events or vessel.standing.signs)
    vessels = [rows.vessel(vessel) for vessel in islice(found, asked.top_count)]
    areas = {one.event.id for one in judged if one.event.kind == "interference"}
    ids = sorted(areas.union(*(vessel["events"] for vessel in vessels)))
    shown = [replay.events[e] for e in ids]
    events = {
        one.event.id: one.row(replay.reading.provenance)
        | alerting.row(replay.decisions.get(one.event.id))
        for one in judge(shown, replay.station)
    }
    names = {t // HULLS_PER_MMSI: rows.claims[t].name for event in shown for t in event.tracks}
    files = tuple(name for name in FILES if name in written)
    return Results(folder, summary, Shown(vessels, events, names), files)


def _report(folder: Path, asked: Asked, written: list[str]) -> None:
    """Write the report, of all that stands in the folder by now; or take away an earlier one."""
    if not asked.report:
        (folder / REPORT).unlink(missing_ok=True)
        return
    from sternlight.report.asked import Asked as AskedForReport
    from sternlight.report.write import write as write_report

    write_report(AskedForReport(folder, asked.settings), folder / REPORT)
    written.append(REPORT)


def rows_of_events(replay: Replay) -> Iterator[dict[str, Any]]:
    """Yield the rows of events.jsonl of a run that has judged everything."""
    return _event_rows(replay, _rows(replay), [])


def _rows(replay: Replay) -> Rows:
    station = replay.station
    fleet = station.vessels()
    claims = {track: station.claims(track // HULLS_PER_MMSI) for track in fleet.track.tolist()}
    flags = Flags.load(data_folder() / "flags.csv")
    return Rows(station, fleet, claims, flags)


def _event_rows(replay: Replay, rows: Rows, judged: list[Judged]) -> Iterator[dict[str, Any]]:
    """Yield the rows of all events of vessels; `judged` takes what the other files need of each."""
    provenance = replay.reading.provenance
    events = (e for e in replay.events.events() if rows.claims.keys() >= set(e.tracks))
    while some := list(islice(events, EVENTS_AT_ONCE)):
        for whole in judge(some, replay.station):
            yield whole.row(provenance) | alerting.row(replay.decisions.get(whole.event.id))
            judged.append(_shortened(whole))


def _shortened(judged: Judged) -> Judged:
    """Return an event without what stands in events.jsonl only, to save memory."""
    event, assessment = judged.event, judged.assessment
    return Judged(
        replace(event, evidence=_NO_EVIDENCE),
        replace(assessment, reasons=assessment.reasons[:1], objections=(), caveats=()),
        judged.place,
        judged.zone,
    )


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
