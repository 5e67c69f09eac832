"""The status as people read it on a terminal of 80 columns."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sternlight.attention import says
from sternlight.status import (
    AnchoragesStatus,
    ClockStatus,
    LastKnown,
    MailStatus,
    SourceStatus,
    Status,
    headline,
    size,
    troubles,
)
from sternlight.text import counted, duration, iso, plain

# What the clock in use rests on, said in full.
CLOCKS = {
    "system, synchronised": "this computer's, set by a time server",
    "system": "this computer's; no time server confirms it",
    "base stations": "taken from base stations; this computer's clock is wrong",
    "unsure": "unsure: nobody tells the time",
    "waiting": "waiting for a time server or base stations",
}
_STATES = {"pending": "not confirmed", "paused": "paused", "dead": "whose address is refused"}
COLOURS = {"hearing": "green", "half deaf": "yellow", "opening": "yellow", "ended": "dim"}


def view(status: Status) -> RenderableType:
    """Return what to show of a running station."""
    wrong = troubles(status)
    line = f"The station is {headline(status)}."
    parts: list[RenderableType] = [Text(line, "bold" if not wrong else "bold yellow")]
    parts += [_distress(row) for row in status["distress"] if row["active"]]
    if wrong:
        parts.append(_listed("To look at", wrong))
    parts.append(_sources(status))
    parts.append(_facts(status))
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def view_stopped(folder: str, known: LastKnown | None, why: str) -> RenderableType:
    """Return what to say of a station that does not run, or does not answer."""
    text = Text(f"{why}\n", "bold")
    if known is None:
        text.append(f"Nothing has been written to {plain(folder)} yet.\n", "not bold")
    else:
        text.append(
            f"It last heard something {_when(known['last_heard'])}, and last wrote to its archive"
            f" {_when(known['last_commit'])}. Of the events in the archive"
            f" {known['events_closed']:,} are over and {known['events_open']:,} open.\n",
            "not bold",
        )
    text.append(
        "To start it: sudo systemctl start sternlight, or without a service\n"
        f"sternlight watch --source ADDRESS --data {plain(folder)}",
        "not bold",
    )
    return text


def _distress(row: dict[str, Any]) -> Text:
    where = "" if row["lat"] is None else f" at {row['lat']:.4f}, {row['lon']:.4f}"
    return Text(
        f"DISTRESS: {plain(str(row['kind']))} {row['mmsi']} heard until {row['last_heard']}{where}."
        " If this may be going on, tell the coast guard.",
        "bold red",
    )


def _listed(title: str, sentences: list[str]) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=2, justify="right")
    table.add_column()
    for sentence in sentences:
        table.add_row("-", Text(plain(sentence)))
    return Group(Text(title, "bold"), table)


def _sources(status: Status) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=8, max_width=24, overflow="fold")
    table.add_column(no_wrap=True)
    table.add_column()
    for source in status["sources"]:
        state = Text(source["state"], COLOURS.get(source["state"], "red"))
        table.add_row(Text(plain(source["name"])), state, _of_source(source, status["now"]))
    return Group(Text("Sources", "bold"), Padding(table, (0, 0, 0, 1)))


def _of_source(source: SourceStatus, now: float) -> Text:
    usual = source["usual_per_min"]
    rate = f"{source['rate_per_min']:,.1f} lines a minute"
    said = [rate if usual is None else f"{rate}, {usual:,.1f} are usual"]
    last = source["last_heard"]
    said.append("never heard" if last is None else f"heard {duration(max(0.0, now - last))} ago")
    if source["reconnects"]:
        said.append(f"opened again {counted(source['reconnects'], 'time')}")
    if source["dropped_lines"]:
        said.append(f"{counted(source['dropped_lines'], 'line')} dropped")
    said += [f"{n:,} {kind}" for kind, n in sorted(source["errors"].items()) if n]
    address = "" if source["address"] == source["name"] else f"\n{plain(source['address'])}"
    return Text(plain("; ".join(said)) + address)


def _facts(status: Status) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for label, text in _told(status):
        table.add_row(label, Text(text))
    return table


def _told(status: Status) -> list[tuple[str, str]]:
    archive, queue, reports = status["archive"], status["queue"], status["reports"]
    log = status["raw_log"]
    events = (
        f"{counted(archive['events_open'], 'event')} going on, {archive['events_closed']:,} over"
    )
    ships = (
        f"{status['vessels_hour']:,} in the last hour, {status['vessels_day']:,} in the last day"
    )
    waiting = f"{counted(queue['lines'], 'line')} waiting, {queue['dropped_lines']:,} dropped"
    judged = f"{counted(reports['count'], 'report')}, {reports['late']:,} too late"
    written = f"{size(log['bytes_today'])} today, safe on the disk {_ago(status, log['synced_at'])}"
    since = f"since {iso(status['started'])}, version {plain(status['version'])}"
    if status["restarts"]:
        since += f"; {counted(status['restarts'], 'restart')} that nobody asked for"
    return [
        ("Ships", ships),
        ("Events", events),
        ("Alerts", f"in the last week {says(status['alerts'])}"),
        ("Mail", _mail(status["mail"], status["now"])),
        ("Clock", _clock(status["clock"])),
        ("Judged", f"all heard before {_when(status['as_of'])}; {judged}"),
        ("Anchorages", _anchorages(status["anchorages"])),
        ("Queue", waiting),
        ("Raw log", written if log["writing"] else f"not written: {plain(log['why_not'])}"),
        ("Computer", _computer(status)),
        ("Running", since),
    ]


def _anchorages(learned: AnchoragesStatus) -> str:
    if learned["since"] is None:
        return "none learned here yet"
    return f"{learned['count']:,} learned here, in use since {iso(learned['since'])}"


def _mail(mail: MailStatus, now: float) -> str:
    if not mail["on"]:
        return "nobody is told of alerts"
    states = mail["subscribers"]
    said = [counted(states.get("active", 0), "subscriber")]
    said += [f"{n:,} {_STATES[state]}" for state, n in states.items() if state in _STATES and n]
    said.append(f"{counted(mail['waiting'], 'letter')} waiting")
    last = mail["last_sent"]
    said.append("none sent yet" if last is None else f"last sent {_before(now, last)}")
    return ", ".join(said)


def _clock(clock: ClockStatus) -> str:
    text = CLOCKS[clock["how"]]
    if clock["base_offset_s"] is not None:
        text += f"; base stations {clock['base_offset_s']:+.1f} s"
    return text


def _computer(status: Status) -> str:
    hot, free = status["temperature_c"], status["disk_free_bytes"]
    said = [f"station's memory {size(status['memory_bytes'])}"]
    said += [] if free is None else [f"disk free {size(free)}"]
    said += [] if hot is None else [f"{hot:.0f} °C"]
    return ", ".join([*said, f"load {status['load']:.2f}"])


def _ago(status: Status, t: float | None) -> str:
    return "never" if t is None else _before(status["now"], t)


def _before(now: float, t: float) -> str:
    return f"{duration(max(0.0, now - t))} ago"


def _when(t: float | None) -> str:
    return "never" if t is None else iso(t)
