"""Which ships stand out: as the files of a replay say, or as a station found last night."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from sternlight.answers import VESSELS
from sternlight.evidence.shared_copy import SharedCopy
from sternlight.record import read
from sternlight.record.read import Claim
from sternlight.sqlite import Database
from tracks.batch import HULLS_PER_MMSI
from tracks.flags import Flags
from tracks.ship_types import ship_type_name

MOST_COUNT = 200  # shown; the others stand in vessels.jsonl


class Sign(NamedTuple):
    """A published sign that a ship shows, with what it adds to its score."""

    weight: float
    says: str


class Ranked(NamedTuple):
    """A ship that stands out; every text may be anything."""

    name: str
    number: str  # its MMSI, or a pseudonym
    imo: str
    kind: str
    country: str
    flag: str
    score: float
    shown_count: int
    looked_count: int
    signs: tuple[Sign, ...]
    events: tuple[str, ...]  # ids, as this report tells them


class Ranking(NamedTuple):
    """The ships that stand out; `cut` if there may be more."""

    ships: list[Ranked]
    cut: bool


def ranking(
    folder: Path, record: Database, flags: Flags, copy: SharedCopy,
    tracks: Collection[int] | None = None,
) -> Ranking:  # fmt: skip
    """Return the ships with an event or a sign, most unusual first; or those of some tracks."""
    rows = _of_replay(folder) if (folder / VESSELS).exists() else _of_station(record, flags)
    wanted = (row for row in rows if _is_wanted(row, tracks))
    ships = [_ranked(row, copy) for row in islice(wanted, MOST_COUNT)]
    return Ranking(ships, len(ships) == MOST_COUNT)


def _is_wanted(row: dict[str, Any], tracks: Collection[int] | None) -> bool:
    if tracks is None:
        return bool(row["events"] or any(sign["shown"] for sign in row["contributions"]))
    return read.track_of(row["track"]) in tracks


def _of_replay(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of vessels.jsonl."""
    with (folder / VESSELS).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _of_station(record: Database, flags: Flags) -> Iterator[dict[str, Any]]:
    """Yield rows of the same form from what the station made of its record at night."""
    rows = record.read(
        "select ship, tracks, kind, score, shown_count, looked_count, signs from standings"
        " order by score desc, ship limit ?",
        MOST_COUNT * 5,
    )
    for track, tracks, kind, score, shown, looked, signs in rows:
        own = json.loads(tracks)
        mmsis = sorted({one // HULLS_PER_MMSI for one in own})
        said = read.claims(record, mmsis)
        contributions = json.loads(signs)
        number = _last(said, "ship_type")
        yield {
            "mmsi": track // HULLS_PER_MMSI,
            "track": f"{track // HULLS_PER_MMSI}.{track % HULLS_PER_MMSI}",
            "name": _last(said, "name"),
            "imo": _last(said, "imo").strip("0") and _last(said, "imo"),
            "call_sign": _last(said, "call_sign"),
            "ship_type": ship_type_name(int(number)) if number.isdecimal() else kind,
            "flag": flags.flag(track // HULLS_PER_MMSI),
            "flag_name": flags.name(track // HULLS_PER_MMSI),
            "score": score,
            "says": "",
            "signs_shown": shown,
            "signs_looked_for": looked,
            "contributions": contributions,
            "missing": [],
            "events": list(dict.fromkeys(e for one in contributions for e in one["events"])),
            "first_heard": None,
            "last_heard": None,
            "names": [],
        }


def _last(said: list[Claim], field: str) -> str:
    mine = [claim for claim in said if claim.field == field]
    return max(mine, key=lambda claim: claim.last).value if mine else ""


def _ranked(row: dict[str, Any], copy: SharedCopy) -> Ranked:
    copy.ship(row["mmsi"], row["name"], row["call_sign"])
    told = copy.vessel(row)
    return Ranked(
        told["name"],
        str(told["mmsi"]),
        str(told["imo"] or ""),
        told["ship_type"],
        told["flag_name"],
        told["flag"],
        told["score"],
        told["signs_shown"],
        told["signs_looked_for"],
        tuple(Sign(one["weight"], one["says"]) for one in told["contributions"] if one["weight"]),
        tuple(told["events"]),
    )
