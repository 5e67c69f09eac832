"""The network of meetings in a record, as rows for programs, tables and drawings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from anomalies import clusters
from anomalies.clusters import Shared
from anomalies.event import track_name
from anomalies.handover import Meeting, handover
from anomalies.network import Edge, around, edges, partners_of
from anomalies.onward import Book, Onward
from anomalies.ship_kinds import WORDS, ShipKind
from sternlight import csv_rows, graphml
from sternlight.connection_rows import (
    Row,
    call_cells,
    given_cells,
    handover_row,
    meeting_row,
    onward_row,
    ship_row,
)
from sternlight.record.connections import Connections, Known
from sternlight.text import iso

_NODES: Mapping[str, graphml.Type] = {
    "label": "string", "mmsi": "int", "imo": "int", "call_sign": "string", "kind": "string",
    "flag": "string", "partners_count": "int",
}  # fmt: skip
_EDGES: Mapping[str, graphml.Type] = {
    "meetings_count": "int", "hours": "double", "first": "string", "last": "string",
    "best_score": "double", "place": "string", "may_have_given": "string",
    "may_have_taken": "string", "goods": "string", "why": "string",
}  # fmt: skip
COLUMNS = (
    "event", "score", "start", "end", "heard_h", "lat", "lon", "place",
    *(f"{what}_{which}" for which in "ab" for what in ("ship", "mmsi", "name", "imo", "kind")),
    "may_have_given", "may_have_taken", "goods", "why",
    "next_port", "next_port_start", "next_port_after_h", "next_port_certainty", "doubts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Network:
    """Meetings with all that is known of them; built by `network`.

    Where ships called is asked of the record only when it is told, so that stays open.
    """

    edges: Sequence[Edge]  # those asked for, the strongest first
    groups: Sequence[tuple[int, ...]]
    sharing: Sequence[Shared]
    book: Book
    known: Mapping[int, Known]
    partners: Mapping[int, set[int]]  # of all ships, asked for or not

    def onward(self, meeting: Meeting) -> Onward | None:
        """Return where the one that may have taken catch over called next, if it was heard."""
        gift = handover(meeting)
        if gift is None or gift.goods != "catch":
            return None
        return self.book.onward(gift.taker, meeting.end)

    def ships(self) -> list[int]:
        """Return the ships of the edges, sorted."""
        return sorted({ship for edge in self.edges for ship in edge.ships})

    def row(self) -> Row:
        """Return everything for a program."""
        return {
            "ships": [self._ship(ship) for ship in self.ships()],
            "pairs": [self._pair(edge) for edge in self.edges],
            "groups": [[track_name(ship) for ship in group] for group in self.groups],
            "sharing": [
                {
                    "ships": [track_name(ship) for ship in one.ships],
                    "partners": [track_name(ship) for ship in one.partners],
                    "partners_count": len(one.partners),
                    "expected_count": round(one.expected_count, 2),
                }
                for one in self.sharing
            ],
        }

    def _ship(self, ship: int) -> Row:
        return ship_row(self.known[ship]) | {"partners_count": len(self.partners[ship])}

    def _pair(self, edge: Edge) -> Row:
        return {
            "ships": [track_name(ship) for ship in edge.ships],
            "meetings_count": len(edge.meetings),
            "hours": round(edge.hours, 2),
            "first": iso(edge.first),
            "last": iso(edge.last),
            "best_score": edge.best_score,
            "places": [{"place": place, "count": count} for place, count in edge.places],
            "handover": handover_row(edge.handover, edge.why),
            "meetings": [self._meeting(meeting) for meeting in edge.meetings],
        }

    def _meeting(self, meeting: Meeting) -> Row:
        onward = self.onward(meeting)
        return meeting_row(meeting) | {"next_call": onward and onward_row(onward)}

    def cells(self) -> Iterator[dict[str, csv_rows.Cell]]:
        """Yield a row of a table for each meeting, in order of time."""
        found = (meeting for edge in self.edges for meeting in edge.meetings)
        for meeting in sorted(found, key=lambda m: (m.start, m.id)):
            row = {**meeting_row(meeting), **given_cells(handover(meeting))}
            for which, ship, kind in zip("ab", meeting.ships, meeting.kinds, strict=True):
                row |= {f"{k}_{which}": v for k, v in ship_row(self.known[ship]).items()}
                row[f"kind_{which}"] = WORDS[kind]
            if onward := self.onward(meeting):
                row |= call_cells(onward)
            yield {column: row.get(column) for column in COLUMNS}

    def graph(self) -> graphml.Graph:
        """Return it as a drawing: a node for each ship, a line for each pair that met."""
        rows = {track_name(ship): self._ship(ship) for ship in self.ships()}
        nodes = {name: _node(row) | {"partners_count": row["partners_count"]}
                 for name, row in rows.items()}  # fmt: skip
        return graphml.Graph(False, _NODES, _EDGES, nodes, map(_line, self.edges))


def network(
    record: Connections,
    since: float,
    min_score: float,
    ships: Sequence[int] = (),
    hops: int = 1,
) -> Network:
    """Return the network of a record, or what of it lies around some ships.

    Groups and ships that share partners are found in the whole network, and those told to
    which one of `ships` belongs.
    """
    every = edges(record.meetings(since, min_score))
    partners = partners_of(every)
    groups, sharing = clusters.groups(partners), clusters.sharing(partners, _kinds(every))
    wanted = every
    if ships:
        near = {edge.ships for ship in ships for edge in around(every, ship, hops)}
        wanted = [edge for edge in every if edge.ships in near]
        groups = [group for group in groups if not set(ships).isdisjoint(group)]
        sharing = [one for one in sharing if not set(ships).isdisjoint(one.ships)]
    told = {ship for edge in wanted for ship in edge.ships}
    told |= {ship for one in sharing for ship in one.ships + one.partners}
    book = record.book(meeting for edge in every for meeting in edge.meetings)
    return Network(wanted, groups, sharing, book, record.known(told), partners)


def _kinds(network: Iterable[Edge]) -> dict[int, ShipKind]:
    """Return the kind that each ship claimed at most of its meetings."""
    told: dict[int, Counter[ShipKind]] = defaultdict(Counter)
    for edge in network:
        for meeting in edge.meetings:
            for ship, kind in zip(meeting.ships, meeting.kinds, strict=True):
                told[ship][kind] += 1
    return {ship: max(sorted(own), key=own.__getitem__) for ship, own in told.items()}


def _node(row: Row) -> dict[str, graphml.Value]:
    return {"label": row["name"] or row["ship"], **{k: row[k] or None for k in _NODES if k in row}}


def _line(edge: Edge) -> tuple[str, str, dict[str, graphml.Value]]:
    values: dict[str, graphml.Value] = {
        "meetings_count": len(edge.meetings),
        "hours": round(edge.hours, 2),
        "first": iso(edge.first),
        "last": iso(edge.last),
        "best_score": edge.best_score,
        "place": edge.places[0][0],
        **given_cells(edge.handover),
        "why": edge.why,
    }
    one, other = edge.ships
    return track_name(one), track_name(other), values


def write(path: Path, found: Network) -> None:
    """Write a table of meetings, or a drawing, as the name of the file asks for."""
    if path.suffix.lower() == ".csv":
        csv_rows.write(path, COLUMNS, found.cells())
    else:
        graphml.write(path, found.graph())
