"""The network and the chains of a record, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.table import Table
from rich.text import Text

from anomalies.chains import Chain, Landed
from anomalies.handover import handover
from anomalies.network import Edge
from anomalies.onward import Onward
from anomalies.ship_kinds import WORDS
from sternlight.chain import Answer
from sternlight.connection_rows import place_of
from sternlight.network import Network
from sternlight.record.connections import Known
from sternlight.screen import put
from sternlight.text import counted, duration, iso, plain

MOST_GROUPS = 5
SHIPS_WIDTH = 28
CREED = (
    "A meeting does not prove that anything was handed over, and what was not heard is not"
    " what did not happen."
)
NO_MEETING = (
    "No such meeting is in the record. It takes two ships that were heard together at sea for two"
    " hours or more (docs/detectors/encounter.md), and a port where the antenna hears them."
)


class Line(NamedTuple):
    """A row of a table."""

    score: float
    ships: Sequence[str]
    says: Sequence[str]


def show_network(found: Network, most: int) -> None:
    """Print the pairs that met, the strongest first, and who shares partners."""
    if not found.edges:
        put(Text(NO_MEETING))
        return
    _table("what was heard (UTC)", [_pair(edge, found) for edge in found.edges[:most]])
    ships = counted(len(found.ships()), "ship")
    pairs = counted(len(found.edges), "pair")
    left = f", of which {most} are shown" if len(found.edges) > most else ""
    put(Text(f"{ships} in {pairs}{left}; --json and --out list all. {CREED}"))
    for group in found.groups[:MOST_GROUPS]:
        put(Text(f"Linked by meetings: {counted(len(group), 'ship')}."))
    beyond = [one for one in found.sharing if len(one.partners) - one.expected_count >= 1]
    for one in beyond[:MOST_GROUPS]:
        names = " and ".join(_name(found.known[ship]) for ship in one.ships)
        put(Text(
            f"{names} both met {counted(len(one.partners), 'same ship')};"
            f" chance would bring {one.expected_count:.1f}."
        ))  # fmt: skip


def _pair(edge: Edge, found: Network) -> Line:
    gift = edge.handover
    if gift:
        names = [_name(found.known[ship]) for ship in (gift.giver, gift.taker)]
        says = [f"{names[0]} may have handed over {gift.goods} to {names[1]}: {gift.why}"]
    else:
        says = [f"who handed over to whom is unknown: {edge.why}"]
    met = counted(len(edge.meetings), "meeting")
    span = _when(edge.first)
    span += f" to {_when(edge.last)}"
    places = f"{plain(edge.places[0][0])}{' and elsewhere' if len(edge.places) > 1 else ''}"
    says = [f"{met}, {edge.hours:.1f} h: {span}", places, *says]
    for meeting in edge.meetings[-1:]:
        gift = handover(meeting)
        if gift and gift.goods == "catch":
            says.append(_then(found.onward(meeting), found.known[gift.taker]))
    return Line(edge.best_score, [_ship(found.known[ship]) for ship in edge.ships], says)


def _then(onward: Onward | None, carrier: Known) -> str:
    if onward is None:
        return f"then: no call of {_name(carrier)} has been heard since"
    after = duration(onward.leg.end - onward.leg.start)
    doubts = "".join(f"; {doubt}" for doubt in onward.leg.doubts())
    return f"then {_name(carrier)} called at {plain(place_of(onward.call))} {after} later{doubts}"


def show_chains(found: Answer, most: int) -> None:
    """Print the chains to a port, the latest first, and who landed there itself."""
    places = ", ".join(map(plain, found.asked.places))
    asked = f"{places} from {_when(found.asked.since)} to {_when(found.asked.until - 1)}"
    latest = sorted(found.chains, key=lambda chain: -chain.landing.start)
    if latest:
        _table("the way (UTC)", [_chain(chain, found.known) for chain in latest[:most]])
        sure = sum(chain.heard_throughout for chain in latest)
        many = f"more than {len(latest):,}" if found.more else f"{len(latest):,}"
        put(Text(
            f"To {asked}: chains found: {many}; in {sure:,} of them no carrier was silent for long"
            f" enough to call elsewhere unheard. {CREED}"
        ))  # fmt: skip
    else:
        put(Text(_no_chain(found, asked)))
    if found.unclear_count:
        left = counted(found.unclear_count, "meeting")
        put(Text(f"Left out: {left} with a ship that has not said what it is."))
    if found.silent_count:
        left = counted(found.silent_count, "chain")
        longer = duration(found.asked.limits.max_silent_h * 3600)
        put(Text(
            f"Left out: {left} with a carrier that was not heard for more than {longer}"
            " (--max-silence)."
        ))  # fmt: skip
    if found.landed:
        _show_landed(found, most)


def _no_chain(found: Answer, asked: str) -> str:
    callers = counted(found.callers_count, "ship")
    return (
        f"No chain to {asked}; {callers} called there. It takes a fishing vessel and a cargo ship"
        f" heard together at sea with a score of {found.asked.limits.min_score:g} or more, and"
        " that ship's next call heard at this port. --min-score takes in weaker meetings."
    )


def _chain(chain: Chain, known: Mapping[int, Known]) -> Line:
    says = []
    for ship, meeting, leg in zip(chain.ships[1:], chain.meetings, chain.legs, strict=True):
        says.append(
            f"{_when(meeting.start)} to {_when(meeting.end)} met {_name(known[ship])}"
            f" (score {meeting.score:.2f}), {plain(meeting.place)}"
        )
        says += [f"  {doubt}" for doubt in leg.doubts()]
    call = chain.landing
    says.append(f"{_when(call.start)} at {plain(place_of(call))}")
    return Line(chain.score, [_ship(known[ship]) for ship in chain.ships], says)


def _show_landed(found: Answer, most: int) -> None:
    own: dict[int, list[Landed]] = {}
    for one in found.landed:
        own.setdefault(one.call.ship, []).append(one)
    put(Text(f"{counted(len(own), 'fishing vessel')} called there themselves:"))
    ranked = sorted(own.items(), key=lambda item: (-len(item[1]), item[0]))
    for ship, calls in ranked[:most]:
        times = counted(len(calls), "call")
        put(Text(f"  {_ship(found.known[ship])}: {times}, last {_when(calls[-1].call.start)}"))
    if len(ranked) > most:
        put(Text(f"  and {len(ranked) - most:,} more; --json and --out list all."))


def _table(title: str, lines: Sequence[Line]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("score", "ships", title):
        table.add_column(
            name,
            justify="right" if name == "score" else "left",
            max_width=SHIPS_WIDTH if name == "ships" else None,
        )
    for line in lines:
        cells = f"{line.score:.2f}", "\n".join(line.ships), "\n".join(line.says)
        table.add_row(*map(Text, cells))
    put(table)


def _name(known: Known) -> str:
    return plain(known.name) or known.number


def _ship(known: Known) -> str:
    kind = WORDS[known.kind].removeprefix("a ")
    return f"{plain(known.name) or 'without a name'}, {known.number}, {kind}"


def _when(t: float) -> str:
    return iso(t)[:16].replace("T", " ")
