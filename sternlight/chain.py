"""Chains to a port in a record, as rows for programs, tables and drawings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from anomalies.chains import Chain, Landed, Limits, chains, landed, unclear
from anomalies.event import track_name
from anomalies.handover import FISHING
from anomalies.onward import Call
from sternlight import csv_rows, graphml
from sternlight.connection_rows import Row, call_row, leg_row, meeting_row, place_of, ship_row
from sternlight.record.connections import Connections, Known
from sternlight.text import iso

MOST_CHAINS = 10_000  # of a record that is full of invented ships, too, the answer must end

_NODES: Mapping[str, graphml.Type] = {
    "label": "string", "what": "string", "mmsi": "int", "imo": "int", "call_sign": "string",
    "kind": "string", "flag": "string",
}  # fmt: skip
_EDGES: Mapping[str, graphml.Type] = {
    "what": "string", "start": "string", "end": "string", "score": "double", "place": "string",
    "event": "string", "certainty": "int", "doubts": "string",
}  # fmt: skip
_SHIP = ("ship", "mmsi", "name", "imo", "flag")
COLUMNS = (
    "chain", "step", "what", "start", "end", *(f"from_{name}" for name in _SHIP),
    *(f"to_{name}" for name in _SHIP), "place", "lat", "lon", "score", "event", "certainty",
    "after_h", "silent_h", "doubts",
)  # fmt: skip


class Asked(NamedTuple):
    """What was asked for; Unix seconds, `until` not among them."""

    places: Sequence[str]
    since: float
    until: float
    limits: Limits


@dataclass(frozen=True, slots=True)
class Answer:
    """The chains to a port; built by `answer`."""

    asked: Asked
    chains: Sequence[Chain]
    landed: Sequence[Landed]
    callers_count: int  # ships that called there
    unclear_count: int  # meetings left out since one of the two has not said what it is
    silent_count: int  # chains left out since a carrier was silent for longer than asked
    more: bool  # than MOST_CHAINS
    known: Mapping[int, Known]

    def row(self) -> Row:
        """Return everything for a program."""
        ships = {ship for chain in self.chains for ship in chain.ships}
        ships |= {one.call.ship for one in self.landed}
        return {
            "places": list(self.asked.places),
            "from": iso(self.asked.since),
            "to": iso(self.asked.until),
            **self.asked.limits._asdict(),
            "ships": [ship_row(self.known[ship]) for ship in sorted(ships)],
            "chains": [_chain_row(chain) for chain in self.chains],
            "landed_themselves": [_landed_row(one) for one in self.landed],
            "callers_count": self.callers_count,
            "unclear_count": self.unclear_count,
            "silent_count": self.silent_count,
            "more": self.more,
        }

    def cells(self) -> Iterator[dict[str, csv_rows.Cell]]:
        """Yield a row of a table for each step of each chain, and each vessel's own landing."""
        for number, chain in enumerate(self.chains, 1):
            for step, row in enumerate(self._steps(chain), 1):
                yield self._completed({"chain": number, "step": step, **row})
        for one in self.landed:
            what = {"what": "called", "from_ship": one.call.ship, **_call_cells(one.call)}
            yield self._completed(what)

    def _steps(self, chain: Chain) -> Iterator[Row]:
        pairs = zip(chain.ships, chain.ships[1:], chain.meetings, chain.legs, strict=False)
        for giver, taker, meeting, leg in pairs:
            said = {**leg_row(leg), "doubts": "; ".join(leg.doubts())}
            yield {"what": "met", "from_ship": giver, "to_ship": taker, **meeting_row(meeting),
                   **said}  # fmt: skip
        yield {"what": "called", "from_ship": chain.ships[-1], **_call_cells(chain.landing)}

    def _completed(self, row: Row) -> dict[str, csv_rows.Cell]:
        for which in ("from", "to"):
            if f"{which}_ship" in row:
                known = ship_row(self.known[row[f"{which}_ship"]])
                row |= {f"{which}_{name}": known[name] for name in _SHIP}
        return {column: row.get(column) for column in COLUMNS}

    def graph(self) -> graphml.Graph:
        """Return it as a drawing: ships and ports, with a line for each step, told once."""
        nodes: dict[str, dict[str, graphml.Value]] = {}
        lines: dict[tuple[str, str, str], dict[str, graphml.Value]] = {}
        ports = {place: f"port-{n}" for n, place in enumerate(self.asked.places, 1)}
        calls = [one.call for one in self.landed]
        for chain in self.chains:
            for row in self._steps(chain):
                if row["what"] == "met":
                    ends = track_name(row["from_ship"]), track_name(row["to_ship"])
                    lines[*ends, row["event"]] = {k: row.get(k) for k in _EDGES}
            calls.append(chain.landing)
            nodes |= {track_name(ship): self._node(ship) for ship in chain.ships}
        for call in calls:
            name, port = track_name(call.ship), ports[call.place]
            nodes[name] = self._node(call.ship)
            nodes[port] = {"label": call.place, "what": "port"}
            row = {"what": "called", **_call_cells(call)}
            lines[name, port, row["start"]] = {k: row.get(k) for k in _EDGES}
        drawn = [(one, other, values) for (one, other, _), values in lines.items()]
        return graphml.Graph(True, _NODES, _EDGES, nodes, drawn)

    def _node(self, ship: int) -> dict[str, graphml.Value]:
        row = ship_row(self.known[ship])
        told: dict[str, graphml.Value] = {k: row[k] or None for k in _NODES if k in row}
        return {"label": row["name"] or row["ship"], "what": "ship", **told}


def answer(record: Connections, asked: Asked) -> Answer:
    """Return the chains that end at a port between two times."""
    landings = record.called_at(asked.places, asked.since, asked.until)
    callers = {call.ship for call in landings}
    book = record.book(record.meetings())
    known = record.known(callers)
    found = list(islice(chains(book, landings, asked.limits), MOST_CHAINS + 1))
    told = [one for one in found[:MOST_CHAINS] if one.silent_h <= asked.limits.max_silent_h]
    known |= record.known({ship for chain in told for ship in chain.ships})
    fishing = [ship for ship in callers if known[ship].kind == FISHING]
    return Answer(
        asked, told, landed(book, landings, fishing), len(callers),
        unclear(book, landings, asked.limits), len(found) - len(told),
        len(found) > MOST_CHAINS, known,
    )  # fmt: skip


def _chain_row(chain: Chain) -> Row:
    return {
        "ships": [track_name(ship) for ship in chain.ships],
        "meetings": [meeting_row(m) | leg_row(leg)
                     for m, leg in zip(chain.meetings, chain.legs, strict=True)],
        "landing": call_row(chain.landing),
        "score": chain.score,
        "heard_throughout": chain.heard_throughout,
    }  # fmt: skip


def _landed_row(one: Landed) -> Row:
    return call_row(one.call) | {"since": one.since and call_row(one.since)}


def _call_cells(call: Call) -> Row:
    return {
        "place": place_of(call),
        "start": iso(call.start),
        "end": None if call.end is None else iso(call.end),
        "lat": call.lat,
        "lon": call.lon,
        "certainty": call.certainty,
    }


def write(path: Path, found: Answer) -> None:
    """Write a table of steps, or a drawing, as the name of the file asks for."""
    if path.suffix.lower() == ".csv":
        csv_rows.write(path, COLUMNS, found.cells())
    else:
        graphml.write(path, found.graph())
