"""The events of several stations under the hulls of the joined record.

What two stations saw is told once and names both.  A gap during which another station heard
the ship is marked with what is left of the silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from anomalies.event import Event, Evidence, Kind, track_name
from sternlight.jsontext import dumps
from sternlight.record.read import track_of
from sternlight.text import counted, iso
from tracks.batch import BIN_S, F64
from tracks.geodesy import NMI_M, distance_m

SILENT_H = 2.0  # `Gap.surprising_min_h`: a shorter silence is none
SAME_AREA_NMI = 30.0  # ours: areas of interference so near are one
SHOWN_COUNT = 8  # places where others heard the ship are named up to here


class Stored(NamedTuple):
    """A row of the table of events."""

    id: str
    kind: Kind
    state: str
    start: float
    end: float | None
    score: float
    shown: int
    row: str
    event: str


@dataclass
class Told:
    """An event under the hulls of the joined record, and who told it."""

    station: int
    old_id: str
    stored: Stored
    tracks: tuple[int, ...]
    row: dict[str, Any]
    others: list[Told] = field(default_factory=list)  # the same, by other stations

    def distinguish(self, taken: set[str]) -> None:
        """Take an id that no other event has, as two areas that began in one second would."""
        if self.stored.id in taken:
            self.stored = self.stored._replace(id=f"{self.stored.id}-{self.station}")
            self.row["id"] = self.stored.id
        taken.add(self.stored.id)

    @property
    def until(self) -> float:
        """When it ended, Unix seconds; inf while it lasts."""
        return np.inf if self.stored.end is None else self.stored.end


def renamed(stored: Stored, station: int, name: str, tracks: Callable[[int], int]) -> Told:
    """Return an event with the joined record's hulls, and the station's name before its files."""
    row = json.loads(stored.row)
    own = tuple(sorted(tracks(track_of(t)) for t in row["tracks"]))
    event = Event(
        stored.kind, own, stored.start, stored.end, row["lat"], row["lon"], Evidence({}, "", ())
    )
    row |= {
        "id": event.id,
        "tracks": [track_name(t) for t in own],
        "lines": [line | {"file": f"{name}/{line['file']}"} for line in row["lines"]],
    }
    whole = stored.event and _renamed_event(json.loads(stored.event), own, tracks)
    return Told(station, stored.id, stored._replace(id=event.id, event=whole), own, row)


def _renamed_event(
    event: dict[str, Any], own: tuple[int, ...], tracks: Callable[[int], int]
) -> str:
    evidence = event["evidence"]
    others = sorted(tracks(track) for track in evidence.get("others", ()))
    return dumps(event | {"tracks": own, "evidence": evidence | {"others": others}})


def joined(every: Iterable[Told]) -> list[Told]:
    """Return the events, those that are one as one: of one kind and ships, and overlapping.

    It is told as by the station whose event has the higher score.
    """
    groups: dict[tuple[object, ...], list[Told]] = {}
    for one in sorted(every, key=lambda t: (t.stored.start, t.station, t.stored.id)):
        own = groups.setdefault((one.stored.kind, one.tracks), [])
        at = next((i for i, other in enumerate(own) if _same(other, one)), None)
        if at is None:
            own.append(one)
            continue
        before = own[at]
        first, second = (before, one) if before.stored.score >= one.stored.score else (one, before)
        first.others += [second, *second.others]
        second.others = []
        own[at] = first
    return [one for own in groups.values() for one in own]


def _same(a: Told, b: Told) -> bool:
    stations = {a.station, *(other.station for other in a.others)}
    if b.station in stations or b.stored.start > a.until:
        return False
    if a.tracks:
        return True
    apart_m = distance_m(a.row["lat"], a.row["lon"], b.row["lat"], b.row["lon"])
    return bool(apart_m <= SAME_AREA_NMI * NMI_M)


def finished(told: Told, names: Sequence[str]) -> tuple[Stored, list[tuple[str, int, str]]]:
    """Return the row to keep, and from which stations' events it comes: (id, station, old id)."""
    every = sorted([told, *told.others], key=lambda one: one.station)
    told.row["stations"] = [names[one.station] for one in every]
    told.row["also"] = [
        {
            "station": names[one.station],
            "id": one.old_id,
            "start": iso(one.stored.start),
            "end": None if one.stored.end is None else iso(one.stored.end),
            "score": one.stored.score,
        }
        for one in told.others
    ]
    stored = told.stored._replace(score=told.row["score"], row=dumps(told.row))
    return stored, [(stored.id, one.station, one.old_id) for one in every]


class HeardBy(NamedTuple):
    """Where and when other stations heard a hull: by mark, in order of time."""

    t: F64
    lat: F64
    lon: F64
    station: Sequence[int]


def fill(gap: Told, heard: HeardBy, names: Sequence[str]) -> None:
    """Mark a gap during which other stations heard the ship; without such it stays as it is.

    If no silence of two hours is left, it is no gap, and its score is 0.
    """
    inside = (heard.t > gap.stored.start + BIN_S) & (heard.t < gap.until - BIN_S)
    at = np.flatnonzero(inside)
    if not len(at):
        return
    ends = [gap.stored.start, *([] if gap.stored.end is None else [gap.stored.end])]
    longest_h = float(np.diff(np.sort([*ends, *heard.t[at]])).max()) / 3600
    who = sorted({heard.station[i] for i in at.tolist()})
    named = " and ".join(names[n] for n in who)
    shown = at[np.unique(np.linspace(0, len(at) - 1, min(len(at), SHOWN_COUNT)).astype(np.int64))]
    whole = longest_h < SILENT_H
    says = (
        f"{named} heard the ship meanwhile, at {counted(len(at), 'ten-minute mark')}:"
        f" the longest silence left is {longest_h:.1f} h"
    )
    gap.row["filled"] = {
        "wholly": whole,
        "stations": [names[n] for n in who],
        "marks_count": len(at),
        "longest_left_h": round(longest_h, 3),
        "heard": [
            {
                "time": iso(float(heard.t[i])),
                "lat": round(float(heard.lat[i]), 5),
                "lon": round(float(heard.lon[i]), 5),
                "station": names[heard.station[i]],
            }
            for i in shown.tolist()
        ],
        "score_alone": gap.row["score"],
    }
    gap.row["caveats"] = [says, *gap.row["caveats"]]
    if whole:
        gap.row["score"] = 0.0
