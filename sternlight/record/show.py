"""A ship's record as people read it on a terminal.

What ships and lists say comes from strangers: it is shown as plain characters, and nothing
in it is taken for markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sternlight.record.finding import MOST
from sternlight.text import counted, duration, plain

Row = dict[str, Any]
VISITS_COUNT, VOYAGES_COUNT, EVENTS_COUNT, CLAIMS_COUNT = 12, 5, 10, 24
FIELDS = {
    "name": "name",
    "call_sign": "call sign",
    "imo": "IMO number",
    "ship_type": "type",
    "size": "size, m",
}
CERTAIN = {2: "likely", 3: "sure", 4: "sure"}


def record(row: Row) -> RenderableType:
    """Return what to show of a record."""
    parts = [
        _head(row),
        _section("Signs", _signs(row["standing"])),
        _section("Called itself", _claims(row)),
        _section("In port", _visits(row)),
        _section("Longest voyages", _voyages(row["voyages"])),
        _section("Events", _events(row["events"])),
        *_more(row),
        _section("What this does not say", _list(row["says_not"])),
        _section("What to do next", _list(row["next"])),
        _section("What not to do", _list(row["never"])),
        _section("Whom to inform", _list(f"{c['who']} ({c['for']}): {c['how']}"
                                          for c in row["inform"])),
    ]  # fmt: skip
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts if part is not None))


def candidates(rows: Sequence[Row], asked: str) -> RenderableType:
    """Return whom a question may mean, if there are several."""
    table = Table(box=None, pad_edge=False)
    for name in ("MMSI", "ship", "last heard (UTC)"):
        table.add_column(name)
    for row in rows:
        numbers = ", ".join(number["track"].removesuffix(".1") for number in row["numbers"])
        who = [row["name"] or "without a name", row["ship_type"]]
        if row["imo"]:
            who.append(f"IMO {row['imo']}")
        last = max(number["last_heard"] for number in row["numbers"])
        table.add_row(*map(_text, (numbers, ", ".join(w for w in who if w), _when(last))))
    many = f"{counted(len(rows), 'ship')} may be meant by {asked}"
    says = f"{many}; ask for one:" if len(rows) < MOST else f"{many}, and more; say more of it:"
    return Group(_text(says), table)


def _head(row: Row) -> Text:
    ship, heard = row["ship"], row["heard"]
    text = Text(plain(ship["name"] or "(no name told)"), "bold")
    numbers = [
        f"MMSI {number['track'].removesuffix('.1')}"
        + (f" ({number['flag_name']})" if number["flag_name"] else "")
        for number in ship["numbers"]
    ]
    imo = [f"IMO {ship['imo']}"] if ship["imo"] else []
    who = [*imo, *numbers, ship["ship_type"], ship["size"] and f"{ship['size']} m"]
    text.append("  " + plain(" · ".join(one for one in who if one)) + "\n", "")
    lines = [
        f"Heard on {counted(heard['days_count'], 'day')} from {_when(heard['first'])} to"
        f" {_when(heard['last'])} UTC."
    ]
    if heard["longest_silence_h"] >= 24:
        lines.append(
            f"Its longest silence was {duration(heard['longest_silence_h'] * 3600)}, from"
            f" {_when(heard['longest_silence_since'])}: what was not heard is not what did not"
            " happen."
        )
    if heard["max_shore_nmi"]:
        lines.append(f"At most {heard['max_shore_nmi']:.0f} nmi from shore, as far as heard.")
    text.append(" ".join(lines))
    if row["as_of"]:
        text.append(f"\nThe record goes up to {_when(row['as_of'])} UTC.", "dim")
    return text


def _signs(standing: Row) -> RenderableType:
    parts: list[RenderableType] = [
        Text.assemble((f"Score {standing['score']:.2f}. ", "bold"), plain(standing["says"]))
    ]
    for sign in standing["signs"]:
        mark = "shown" if sign["shown"] else "in part"
        body = Table.grid(padding=(0, 1))
        body.add_column(width=8, style="dim")
        body.add_column()
        ilo = ", ".join(sign["ilo"])
        for label, says in (
            ("", sign["says"]),
            ("is", f"{sign['title']}: {sign['definition']}"),
            ("others", " ".join(sign["rates"]) or "not counted yet; that is done at night"),
            ("ILO", f"may be a trace of: {ilo}" if ilo else ""),
            ("else", sign["innocent"]),
            ("source", sign["source"]),
        ):
            if says:
                body.add_row(label, _text(says))
        parts += [Text(f"{mark}, +{sign['weight']:.2f}", "bold"), Padding(body, (0, 0, 0, 2))]
    if standing["missing"]:
        parts.append(_text("Could not be looked for: " + "; ".join(
            one.partition(":")[0] for one in standing["missing"]) + "."))  # fmt: skip
    return Group(*parts)


def _claims(row: Row) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    several = len({claim["mmsi"] for claim in row["claims"]}) > 1
    for claim in row["claims"][:CLAIMS_COUNT]:
        under = f"under {claim['mmsi']}" if several else ""
        days = counted(claim["days_count"], "day")
        span = f"{_day(claim['first'])} to {_day(claim['last'])}, {days}"
        table.add_row(*map(_text, (FIELDS[claim["field"]], claim["value"], under, span)))
    parts: list[RenderableType] = [table if row["claims"] else Text("Nothing was heard.")]
    if (more := len(row["claims"]) - CLAIMS_COUNT) > 0:
        parts.append(_text(f"and {counted(more, 'more claim')}; --json lists all."))
    for claim in row["claims_of_nobody_known"][:CLAIMS_COUNT]:
        parts.append(
            _text(
                f"Under {claim['mmsi']}, while several ships spoke there:"
                f" {FIELDS[claim['field']]} {claim['value']}"
            )
        )
    for says in row["one_ship_because"]:
        parts.append(_text(f"One ship: {says}"))
    for one in (*row["perhaps_also"], *row["conflicts"]):
        parts.append(_text(f"{one['track']}: {one['says']}"))
    return Group(*parts)


def _visits(row: Row) -> RenderableType:
    visits = row["visits"]
    if not visits:
        return Text("Not heard in any port or anchorage, which may lie out of hearing.")
    table = Table.grid(padding=(0, 2))
    for before, visit in reversed(list(zip([None, *visits], visits, strict=False))[-VISITS_COUNT:]):
        until = f"to {_when(visit['end'])}" if visit["end"] else "and still there when last heard"
        away = ""
        if before and before["end"]:
            away = f"after {duration(_seconds(visit['start']) - _seconds(before['end']))} away"
        sure = CERTAIN[visit["certainty"]]
        table.add_row(*map(_text, (visit["place"], f"{_when(visit['start'])} {until}", sure, away)))
    parts: list[RenderableType] = [table]
    if (more := len(visits) - VISITS_COUNT) > 0:
        parts.append(_text(f"and {counted(more, 'visit')} before; --json lists all."))
    return Group(*parts)


def _voyages(voyages: Sequence[Row]) -> RenderableType:
    """Return the longest ones, each with what is unsure about it."""
    if not voyages:
        return Text("None that began in a port where it was heard.")
    table = Table.grid(padding=(0, 2))
    for one in sorted(voyages, key=lambda v: -v["length_days"])[:VOYAGES_COUNT]:
        until = f"to {_when(one['end'])}" if one["end"] else "and not heard in port since"
        heard = f"heard on {counted(one['heard_days_count'], 'day')} of it"
        if one["max_shore_nmi"] is not None:
            heard += f", up to {one['max_shore_nmi']:.0f} nmi from shore"
        calls = counted(one["unheard_calls_count"], "silence")
        unsure = f"; in {calls} it may have called at a port" * (one["unheard_calls_count"] > 0)
        away = f"{one['from']} to {one['to'] or '?'}\n{heard}{unsure}"
        lines = "\n".join(map(plain, away.split("\n")))
        span = f"{_when(one['start'])} {until}"
        table.add_row(_text(f"{one['length_days']:.1f} days"), _text(span), Text(lines))
    return table


def _events(events: Sequence[Row]) -> RenderableType:
    if not events:
        return Text("None.")
    table = Table.grid(padding=(0, 2))
    for event in sorted(events, key=lambda e: (-e["score"], e["start"]))[:EVENTS_COUNT]:
        until = _when(event["end"]) if event["end"] else "goes on"
        who = " and ".join(f"{w['name'] or 'no name'} ({w['mmsi']})" for w in event["with"])
        says = [f"{_when(event['start'])} to {until}", event["place"], who and f"with {who}"]
        told = ", ".join(one for one in says if one)
        for label, factor in (("for", event["for"]), ("against", event["against"])):
            if factor:
                told += f"\n{label}: {factor}"
        lines = "\n".join(map(plain, told.split("\n")))
        table.add_row(Text(f"{event['score']:.2f}"), _text(event["kind"]), Text(lines))
    parts: list[RenderableType] = [table]
    if (more := len(events) - EVENTS_COUNT) > 0:
        parts.append(_text(f"and {counted(more, 'more event')}; --json lists all."))
    return Group(*parts)


def _more(row: Row) -> list[RenderableType]:
    """Return what others saw of it, if anything was given."""
    seen = row.get("detections") or []
    return [_section("Seen by others", _list(one["says"] for one in seen))] if seen else []


def _section(title: str, body: RenderableType) -> RenderableType:
    return Group(Text(title, "bold underline"), Padding(body, (0, 0, 0, 2)))


def _list(lines: Iterable[str]) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    for line in lines:
        table.add_row(Text("-"), _text(line))
    return table


def _text(text: str) -> Text:
    return Text(plain(text))


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _when(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _day(moment: str) -> str:
    return moment[:10]
