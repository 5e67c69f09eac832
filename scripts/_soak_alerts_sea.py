"""Events for thousands of alerts: what opens, alerts, is held back, grows, closes, is withdrawn.

How an event is told is taken from a replay of the simulated sea; where, when, of whom, and what
becomes of it are drawn from a seed.  Each has ships of its own, whose names nothing else has,
so that whoever reads a mail sees which events it tells of.
"""

from __future__ import annotations

import json
import math
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from anomalies.budget import Decision
from anomalies.event import Event, Evidence, track_name
from receiver.sources.simulator import Simulation
from sternlight.archive import Archive, News, Stored
from sternlight.fleet import Fleet
from sternlight.record.store import Finished
from sternlight.text import iso
from tracks.batch import HULLS_PER_MMSI
from tracks.daybook import FIELDS, Days, Pages, Said
from tracks.ports import Visits

H, DAY, WEEK = 3600.0, 86_400.0, 7 * 86_400.0
DECIDED_EVERY_S = 6 * H  # as a station does
NAME = re.compile(rb"SOAK (\d{6})")  # in a ship's name: the number of its event
# What a ship may call itself, to a mail's or a page's harm; at most 20 characters.
DRESSES = ("{}", "<b>{}", "={}+1", "{}&amp;", "'{}\"", "{}")
SPOTS_COUNT = 40  # at least 150 nmi apart, so that who wants one wants no other
SPREAD_NMI = 5.0
LINES_COUNT = 4  # of the raw log that a told event names
MID = 412_000_000

What = Literal["opened", "alert", "held back", "updated", "closed", "withdrawn"]


class Doing(NamedTuple):
    """A row of the journal, or a decision, in the making."""

    t: float
    what: What
    score: float


def spot(n: int) -> tuple[float, float]:
    """Return where a spot is, degrees: on a grid between 20 degrees south and north."""
    return -20.0 + 5.0 * (n % 8), -40.0 + 5.0 * (n // 8)


@dataclass(frozen=True)
class Planned:
    """An event, and all that becomes of it."""

    number: int
    kind: str
    spot: int
    event: Event  # as it is when over
    pattern: dict[str, Any]
    doings: tuple[Doing, ...]

    @property
    def id(self) -> str:
        return self.event.id

    def when(self, *what: What) -> float | None:
        """Return when something of this first befell it."""
        return next((one.t for one in self.doings if one.what in what), None)

    def score(self, t: float) -> float:
        """Return its score as it stood."""
        return [one.score for one in self.doings if one.t <= t][-1]

    def stored(self, doing: Doing) -> Stored:
        """Return it as the archive is to keep it at a moment."""
        closed = self.when("closed")
        over = closed is not None and closed <= doing.t
        row = self.pattern | {
            "id": self.id,
            "state": "closed" if over else "open",
            "mmsis": list(self.event.mmsis),
            "start": iso(self.event.start),
            "end": iso(self.event.end) if over and self.event.end else None,
            "lat": round(self.event.lat, 6),
            "lon": round(self.event.lon, 6),
            "score": doing.score,
            "tracks": [track_name(track) for track in self.event.tracks],
            "place": f"12 nmi off spot {self.spot}",
        }
        end = self.event.end if over else None
        event = Event(self.event.kind, self.event.tracks, self.event.start, end, self.event.lat,
                      self.event.lon, self.event.evidence)  # fmt: skip
        what = doing.what if doing.what in ("opened", "closed", "withdrawn") else "updated"
        return Stored(event, what, doing.score, row, True)


def patterns(work: Path) -> list[dict[str, Any]]:
    """Return how strong events of each kind are told, from a replay of the simulated sea."""
    sea = work / "pattern.nmea"
    sea.write_bytes(b"".join(Simulation(3, 72, 60).lines()))
    out = work / "pattern"
    subprocess.run(
        [sys.executable, "-m", "sternlight", "replay", str(sea), "--no-report", "--out", str(out)],
        check=True, capture_output=True,
    )  # fmt: skip
    strongest: dict[str, dict[str, Any]] = {}
    for line in (out / "events.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        for name in ("usual_per_week", "alert", "held_back"):
            del row[name]
        row["lines"] = row["lines"][:LINES_COUNT]
        known = strongest.get(row["kind"])
        if row["mmsis"] and (known is None or row["score"] > known["score"]):
            strongest[row["kind"]] = row
    return list(strongest.values())


def plan(
    patterns: Sequence[dict[str, Any]], count: int, weeks: float, begin: float, seed: int
) -> list[Planned]:
    """Draw so many events that begin within some weeks of Unix time `begin`."""
    return [_planned(n, random.Random(f"{seed} event {n}"), patterns, begin, weeks)
            for n in range(count)]  # fmt: skip


def _planned(
    n: int, chance: random.Random, patterns: Sequence[dict[str, Any]], begin: float, weeks: float
) -> Planned:
    pattern = chance.choice(patterns)
    where = chance.randrange(SPOTS_COUNT)
    lat, lon = spot(where)
    away = SPREAD_NMI / 60
    start = math.floor(begin + chance.uniform(0, weeks * WEEK))
    doings = _doings(chance, start + chance.uniform(2 * H, 5 * H))
    ended = next((one.t for one in doings if one.what == "closed"), None)
    tracks = tuple((MID + 2 * n + i) * HULLS_PER_MMSI + 1 for i in range(len(pattern["mmsis"])))
    event = Event(
        pattern["kind"], tracks, start, None if ended is None else ended - H,
        lat + chance.uniform(-away, away), lon + chance.uniform(-away, away),
        Evidence(pattern["measured"], pattern["rule"], ()),
    )  # fmt: skip
    return Planned(n, pattern["kind"], where, event, pattern, doings)


def _doings(chance: random.Random, opened: float) -> tuple[Doing, ...]:
    """Draw a life: two in five are over when it is decided on them, the others take a day."""
    score = round(chance.uniform(0.5, 0.97), 3)
    closed = opened + (chance.uniform(60, H) if chance.random() < 0.4 else
                       H + chance.expovariate(1 / (20 * H)))  # fmt: skip
    moment = math.ceil(opened / DECIDED_EVERY_S) * DECIDED_EVERY_S + 60
    verdict: What | None = chance.choices(("alert", "held back", None), (0.7, 0.15, 0.15))[0]
    found = [Doing(opened, "opened", score)]
    if verdict:
        found.append(Doing(moment, verdict, score))
    if closed > moment + 2 * H and chance.random() < 0.3:
        much = round(1 / (1 + math.exp(-math.log(score / (1 - score)) - 1.4)), 3)
        grown = chance.uniform(moment + 60, closed - H)
        found.append(Doing(grown, "updated", much))
        again = math.ceil(grown / DECIDED_EVERY_S) * DECIDED_EVERY_S + 60
        if verdict == "held back" and chance.random() < 0.5 and again < closed:
            found.append(Doing(again, "alert", much))
    last = max(found).score
    found.append(Doing(closed, "closed", last))
    if chance.random() < 0.06:
        gone = moment + chance.uniform(H, 5 * DAY)
        found = [one for one in found if one.t < gone] + [Doing(gone, "withdrawn", last)]
    scores = {one.t: one.score for one in found}
    return tuple(Doing(t, what, scores[t]) for t, what, _ in sorted(found))


class Writer:
    """Writes events into a station's archive as their time comes."""

    def __init__(self, folder: Path, planned: Sequence[Planned]) -> None:
        self._archive = Archive.open(folder)
        rows = [(doing, one) for one in planned for doing in one.doings]
        self._rows = sorted(rows, key=lambda row: (row[0].t, row[1].id))
        self._at = 0
        self._claim(planned)

    def write(self, until: float) -> int:
        """Write what is due before Unix time `until`; return how many rows."""
        begun = self._at
        with self._archive.transaction():
            while self._at < len(self._rows) and self._rows[self._at][0].t <= until:
                doing, one = self._rows[self._at]
                if doing.what in ("alert", "held back"):
                    self._decide(doing, one)
                else:
                    self._archive.keep([one.stored(doing)], doing.t, doing.t)
                self._at += 1
        return self._at - begun

    def _decide(self, doing: Doing, one: Planned) -> None:
        moment = doing.t - 60
        alert = doing.what == "alert"
        decision = Decision(one.id, doing.score, 1.5, "alert" if alert else "held back")
        self._archive.decide([News(moment, [decision], [])], doing.t)

    def _claim(self, planned: Sequence[Planned]) -> None:
        """Write what the ships call themselves."""
        said = [
            (track, DRESSES[one.number % len(DRESSES)].format(f"SOAK {one.number:06d}"),
             one.event.start)
            for one in planned for track in one.event.tracks
        ]  # fmt: skip
        claims = Said.make(
            len(said),
            mmsi=[track // HULLS_PER_MMSI for track, _, _ in said],
            hull=[track % HULLS_PER_MMSI for track, _, _ in said],
            field=FIELDS.index("name"),
            value=[name.encode() for _, name, _ in said],
            first=[t - DAY for _, _, t in said],
            last=[t for _, _, t in said],
            day=[int((t - DAY) // DAY) for _, _, t in said],
        )
        hulls = Fleet.make(
            len(said),
            track=[track for track, _, _ in said],
            first_heard=[t - DAY for _, _, t in said],
            last_heard=[t + DAY for _, _, t in said],
            fixes_count=99,
        )
        with self._archive.transaction():
            self._archive.remember_hulls(hulls)
            self._archive.remember([Finished(Pages(Days.empty(), [], [], claims), Visits.empty())])
