"""The ranking as people read it on a terminal, from the very rows that are in the files.

Names and texts come from strangers: they are shown as plain characters, and
nothing in them is taken for markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sternlight.attention import Account, says, says_of
from sternlight.screen import put
from sternlight.text import counted, duration, plain

REASONS_COUNT, OBJECTIONS_COUNT, CAVEATS_COUNT = 3, 3, 2
STANDS_OUT = 0.25  # below this score a ship is as hundreds of others are

CREED = (
    "A score says how unusual something is, never how guilty somebody is. Check before you"
    " publish; do not approach."
)
SIMULATED = "This recording is simulated: none of these ships exists."

_WORDS = {
    "identity": ("odd identity", "odd identities"),
    "listed": ("event of a watch list", "events of watch lists"),
    "interference": ("area of interference", "areas of interference"),
    "long_voyage": ("long voyage", "long voyages"),
}

Row = Mapping[str, Any]


class Shown(NamedTuple):
    """What to show: rows of vessels.jsonl, of events.jsonl by id, and names by MMSI."""

    vessels: Sequence[Row]
    events: Mapping[str, Row]
    names: Mapping[int, str]


def ranking(shown: Shown, summary: Row, folder: str, files: Sequence[str]) -> RenderableType:
    """Return what to show."""
    vessels, events, names = shown
    parts: list[RenderableType] = [_opening(summary, vessels)]
    parts += [_distress(row) for row in summary["distress"]]
    parts += [_interference(e) for e in events.values() if e["kind"] == "interference"]
    for place, row in enumerate(vessels, 1):
        parts.append(_vessel(place, row, [events[e] for e in row["events"]], names))
    parts.append(_closing(summary, len(vessels), f"{plain(folder)}: {', '.join(files)}"))
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def show(shown: Shown, summary: Row, folder: str, files: Sequence[str]) -> None:
    """Print the ranking on standard output; `files` are what was written into the folder."""
    put(ranking(shown, summary, folder, files))


def _opening(summary: Row, vessels: Sequence[Row]) -> Text:
    found = [counted(n, *_WORDS.get(kind, (kind,))) for kind, n in summary["events"].items() if n]
    text = Text()
    if summary["simulated"]:
        text.append(SIMULATED + "\n", "bold")
    span = summary["span"]
    text.append(
        f"{counted(summary['vessels'], 'ship')} in {counted(summary['reports'], 'report')}"
        f" from {_when(span['start'])} to {_when(span['end'])}: {', '.join(found) or 'no events'}."
    )
    if found:
        text.append("\n" + says(cast(Account, summary["alerts"])))
    if vessels and vessels[0]["score"] < STANDS_OUT:
        text.append(f"\nNo ship stands out; the highest score is {vessels[0]['score']:.2f}.")
    return text


def _distress(row: Row) -> Text:
    where = "" if row["lat"] is None else f" at {row['lat']:.4f}, {row['lon']:.4f}"
    heard = f"{row['kind']} {row['mmsi']} heard until {_when(row['last_heard'])}{where}."
    if not row["active"]:
        return Text(f"Distress beacon, under test: {heard}")
    return Text(f"DISTRESS: {heard} If this may be going on, tell the coast guard.", "bold red")


def _interference(event: Row) -> Text:
    measured = event["measured"]
    until = f"to {_when(event['end'])}" if event["end"] else "and still so at the end"
    return Text(
        f"Satellite navigation was disturbed from {_when(event['start'])} {until}, within"
        f" {measured['radius_nmi']:.0f} nmi of {event['lat']:.2f}, {event['lon']:.2f},"
        f" {plain(event['place'])}: {measured['vessels_count']:.0f} ships reported from where they"
        f" were not (score {event['score']:.2f}). What ships did there is not judged."
    )


def _vessel(
    place: int, row: Row, events: Sequence[Row], names: Mapping[int, str]
) -> RenderableType:
    head = Table.grid(expand=True, padding=(0, 1))
    head.add_column(justify="right", width=3)
    head.add_column(ratio=1)
    head.add_column(justify="right", no_wrap=True)
    who = [f"MMSI {_number(row)}", row["flag_name"], row["ship_type"]]
    title = Text.assemble((_name(row) or "(no name told)", "bold"), "  ")
    title.append(plain(" · ".join(str(w) for w in who if w)))
    head.add_row(f"{place}.", title, Text(f"score {row['score']:.2f}", "bold"))
    ranked = sorted(events, key=lambda e: (-e["score"], e["start"], e["id"]))
    body = Table.grid(padding=(0, 1))
    body.add_column(width=7, style="dim")
    body.add_column()
    for label, text in _lines(row, ranked, names):
        body.add_row(label, Text(plain(text)))
    return Group(head, Padding(body, (0, 0, 0, 4)))


def _lines(row: Row, ranked: Sequence[Row], names: Mapping[int, str]) -> list[tuple[str, str]]:
    """Return what to say of a vessel, each behind its label: its first event in full."""
    lines = _labelled("signs", _signs(row))
    if not ranked:
        return lines
    first, *others = ranked
    lines += [("what", f"{_what(first, row, names)}, {first['place']}")]
    if first["alert"] or first["held_back"]:
        lines.append(("alert", says_of(first).removeprefix("alert; ")))
    reasons = first["for"][:REASONS_COUNT]
    # What every such event begins with says nothing of this one, so it comes last.
    against = sorted(first["against"], key=lambda factor: factor["name"].endswith(": base"))
    objections = against[:OBJECTIONS_COUNT]
    lines += _labelled("for", [factor["says"] for factor in reasons] or ["nothing in particular"])
    lines += _labelled("against", [factor["says"] for factor in objections])
    lines += _labelled("beware", first["caveats"][:CAVEATS_COUNT])
    lines += [("also", _what(other, row, names)) for other in others[:2]]
    if len(others) > 2:
        lines.append(("", f"and {counted(len(others) - 2, 'more event')}"))
    return lines


def _signs(row: Row) -> list[str]:
    """Say how many signs a vessel shows, and those that are not of its events."""
    if not row["signs_shown"]:
        return []
    return [row["says"], *(c["says"] for c in row["contributions"] if not c["events"])]


def _labelled(label: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    return [("" if i else label, text) for i, text in enumerate(texts)]


def _what(event: Row, row: Row, names: Mapping[int, str]) -> str:
    start = f"from {_when(event['start'])}"
    length = ""
    if event["end"]:
        length = f" for {duration(_seconds(event['end']) - _seconds(event['start']))}"
    going_on = "" if event["end"] else ", still so when the recording ended"
    if event["kind"] == "gap":
        return f"silent{length} {start}{going_on}"
    if event["kind"] == "loitering":
        return f"stayed about where it was{length} {start}{going_on}"
    if event["kind"] == "long_voyage":
        return _of_long_voyage(event, start, going_on)
    if event["kind"] == "identity":
        return f"{_of_identity(event, row)} {start}{going_on}"
    if event["kind"] == "listed" and len(event["mmsis"]) == 1:
        span = duration(event["measured"]["span_h"] * 3600)
        return f"heard, a ship that a watch list names, for {span} {start}"
    others = [m for m in event["mmsis"] if m != row["mmsi"]] or event["mmsis"][:1]
    met = " and ".join(f"{plain(names[m])} ({m})" if names.get(m) else str(m) for m in others)
    of_list = ", one of them on a watch list," if event["kind"] == "listed" else ""
    return f"stayed close to {met}{of_list}{length} {start}{going_on}"


def _of_long_voyage(event: Row, start: str, going_on: str) -> str:
    measured = event["measured"]
    heard = f"heard at sea on {counted(round(measured['heard_days_count']), 'day')} of it"
    days = f"{measured['away_days']:.0f} days"
    if "ports_apart_nmi" in measured:
        return f"heard in port again after {days} {start} ({heard})"
    lost = ", and not heard since" if event["end"] else going_on
    return f"known in no port here for {days} {start} ({heard}){lost}"


def _of_identity(event: Row, row: Row) -> str:
    measured = event["measured"]
    other = " and ".join(str(m) for m in event["mmsis"] if m != row["mmsi"])
    if "same_mmsi_count" in measured:
        return "shared its MMSI with another hull"
    if "same_imo_count" in measured:
        return f"gave the same IMO number as {other}"
    if "silent_s" in measured:
        return f"went on as another number, or from one, {other},"
    return "changed its name or IMO number"


def _closing(summary: Row, shown: int, results: str) -> Text:
    text = Text()
    if (more := summary["vessels_with_events"] - shown) > 0:
        text.append(f"{counted(more, 'more ship')} with events in vessels.jsonl.\n")
    text.append(f"Results in {results}\n")
    if summary["simulated"]:
        text.append(SIMULATED + " ")
    text.append(CREED)
    return text


def _number(row: Row) -> str:
    """Return the MMSI, or the track where another hull speaks under the same MMSI."""
    return str(row["mmsi"]) if row["track"].endswith(".1") else row["track"]


def _name(row: Row) -> str:
    return plain(row["name"] or "")


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _when(moment: str | None) -> str:
    """Write 2018-12-25T11:40:12Z as 2018-12-25 11:40 UTC."""
    return f"{moment[:10]} {moment[11:16]} UTC" if moment else "?"
