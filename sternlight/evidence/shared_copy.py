"""One file for others: each ship has one pseudonym in it, and no sentence tells more.

Takes rows as they stand in events.jsonl and vessels.jsonl, and gives rows of the same form.
Pseudonyms are given in the order in which ships are asked for, so callers ask in an order that
tells nothing, such as that of times or scores, and not by MMSI.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sternlight.evidence.redaction import NOTHING, Redaction

WITHHELD = "(withheld)"
OF_A_LIST = "what a list says of the ship is withheld"
LEAST_LETTERS = 4  # of a name to be looked for in sentences: shorter ones are words
_NUMBER = re.compile(r"(?<![\d.,])\d{7,9}(?!\d)|(?<=MMSI )\d+")  # an IMO number or an MMSI
_WORD = re.compile(r"\w+")
_OF_PLACES = ("shore_nmi", "port_nmi")
_QUOTES = ("listed",)  # kinds of events whose caveats are in others' words


@dataclass(slots=True)
class SharedCopy:
    """Tells of ships, events and places as `redaction` allows; one for each file."""

    redaction: Redaction = NOTHING
    _ships: dict[int, str] = field(default_factory=dict)
    _events: dict[str, str] = field(default_factory=dict)
    # What ships said and their pseudonyms, by first word: sentences are many, and names more.
    _said: dict[str, dict[str, str]] = field(default_factory=dict)

    def ship(self, mmsi: int, *said: str) -> str:
        """Return an MMSI as text, or a pseudonym: "ship A".

        `said` are names and call signs of the ship, which no sentence told later will hold.
        """
        if not self.redaction.names:
            return str(mmsi)
        known = self._ships.setdefault(mmsi, f"ship {_letters(len(self._ships))}")
        for one in said:
            if len(one) >= LEAST_LETTERS and (word := _WORD.search(one.casefold())):
                self._said.setdefault(word[0], {})[one] = known
        return known

    def name(self, mmsi: int, name: str) -> str:
        """Return a ship's name, or its pseudonym."""
        return self.ship(mmsi, name) if self.redaction.names else name

    def track(self, name: str) -> str:
        """Return the name of a track: 416000000.2, or ship A.2."""
        mmsi, _, hull = name.partition(".")
        return f"{self.ship(int(mmsi))}.{hull}"

    def event_id(self, name: str) -> str:
        """Return the id of an event, or a pseudonym where the id would tell what is withheld."""
        if not (self.redaction.names or self.redaction.times_h):
            return name
        return self._events.setdefault(name, f"event {len(self._events) + 1}")

    def text(self, says: str) -> str:
        """Return a sentence of ours without what is withheld."""
        if self.redaction.names:
            says = _NUMBER.sub(self._of_number, says)
            for word in _WORD.findall(says.casefold()):
                for said, known in self._said.get(word, {}).items():
                    says = re.sub(rf"(?i)(?<!\w){re.escape(said)}(?!\w)", known, says)
        return self.redaction.distances(says)

    def event(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is told of an event, from its row of events.jsonl.

        A row of which anything is withheld names no lines of the raw log, only how many.
        """
        hidden = self.redaction
        if not hidden:
            return dict(row)
        lat, lon = hidden.place(row["lat"], row["lon"])
        exact = not hidden.positions_nmi
        quoting = hidden.names and row["kind"] in _QUOTES
        return {
            **row,
            "id": self.event_id(row["id"]),
            "mmsis": [self.ship(mmsi) if hidden.names else mmsi for mmsi in row["mmsis"]],
            "tracks": list(map(self.track, row["tracks"])),
            "start": hidden.moment(row["start"]),
            "end": hidden.moment(row["end"]),
            "lat": lat,
            "lon": lon,
            "place": row["place"] if exact else around(lat, lon, hidden.positions_nmi),
            "measured": dict(self._measured(row["measured"])),
            "for": [self._factor(one) for one in row["for"]],
            "against": [self._factor(one) for one in row["against"]],
            "caveats": [OF_A_LIST] if quoting else list(map(self.text, row["caveats"])),
            "lines": [],
            "lines_count": len(row["lines"]),
        }

    def vessel(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is told of a vessel, from its row of vessels.jsonl."""
        hidden = self.redaction
        if not hidden:
            return dict(row)
        mmsi = row["mmsi"]
        told = {
            **row,
            "track": self.track(row["track"]),
            "name": self.name(mmsi, row["name"]),
            "says": self.text(row["says"]),
            "contributions": [
                {**one, "says": self.text(one["says"]),
                 "events": list(map(self.event_id, one["events"]))}
                for one in row["contributions"]
            ],
            "events": list(map(self.event_id, row["events"])),
            "missing": list(map(self.text, row["missing"])),
            "first_heard": hidden.moment(row["first_heard"]),
            "last_heard": hidden.moment(row["last_heard"]),
            "names": [{**one, "since": hidden.moment(one["since"])} for one in row["names"]],
        }  # fmt: skip
        if hidden.names:
            told |= {"mmsi": self.ship(mmsi), "imo": None, "call_sign": "", "names": []}
        return told

    def _factor(self, one: Mapping[str, Any]) -> dict[str, Any]:
        return {**one, "says": self.text(one["says"])}

    def _measured(self, measured: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
        """Yield figures; those that tell a place are as coarse as places."""
        for name, value in measured.items():
            tells = name.endswith(_OF_PLACES) and value is not None
            yield name, self.redaction.distance_nmi(value) if tells else value

    def _of_number(self, match: re.Match[str]) -> str:
        return self._ships.get(int(match[0]), WITHHELD)


def around(lat: float, lon: float, size_nmi: float) -> str:
    """Say where something was, as coarsely as its position is told."""
    north, east = "SN"[lat >= 0], "WE"[lon >= 0]
    return f"in a cell of {size_nmi:g} nmi around {abs(lat):.2f}° {north}, {abs(lon):.2f}° {east}"


def _letters(number: int) -> str:
    """Return A to Z, AA to ZZ and so on, from 0."""
    letters = ""
    while number >= 0:
        number, last = divmod(number, 26)
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[last] + letters
        number -= 1
    return letters
