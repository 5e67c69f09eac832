"""All that a mail, a webhook or a file tells of an event: made once, told in several ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tracks.batch import F64


class Ship(NamedTuple):
    """A ship of an event, as it called itself; every text may be anything (`text.plain` it)."""

    track: int
    mmsi: int
    name: str
    imo: int | None
    kind: str  # such as "fishing vessel"; "" if it never said
    flag: str  # ISO 3166-1 alpha-2 of its MMSI, or ""
    country: str = ""  # the same as a name for people


class Line(NamedTuple):
    """The way of a ship around an event, at ten-minute marks; broken where nothing was heard."""

    track: int
    t: F64  # Unix seconds, (N,), rising
    lat: F64  # WGS 84, (N,); nan breaks the line
    lon: F64


class Evidence(NamedTuple):
    """Where in the raw log the sentences stand."""

    file: str
    line: int


class Remark(NamedTuple):
    """What a subscriber said of an event of one of the ships."""

    t: float
    what: str  # acknowledged, dismissed
    event: str
    mmsi: int
    says: str


@dataclass(frozen=True, slots=True)
class Story:
    """An event with all that a reader needs to understand and to check it."""

    event: str  # its id
    kind: str
    state: str  # open, closed, withdrawn
    start: float  # Unix seconds UTC
    end: float | None
    lat: float
    lon: float
    place: str  # such as "31 nmi off Dakar, SN"
    zone: str
    ships: tuple[Ship, ...]
    score: float
    usual_per_week: float | None  # events at least as strong in a usual week; None: not known
    measured: dict[str, float | int | None]
    rule: str
    reasons: tuple[str, ...]  # what speaks for the score, heaviest first
    objections: tuple[str, ...]  # what speaks against
    caveats: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    lines: tuple[Line, ...] = ()
    remarks: tuple[Remark, ...] = ()  # on this and earlier events of the ships, newest first
