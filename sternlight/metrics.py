"""The status as a Prometheus page, text format 0.0.4.

https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md
Every name is explained in docs/station-state.md; a test holds both together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple, get_args

from sternlight.alerts.subscription import State
from sternlight.attention import Account
from sternlight.hearing import STATES
from sternlight.station_clock import How
from sternlight.status import MailStatus, SourceStatus, Status, troubles

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Sample(NamedTuple):
    """One number; `labels` are (name, value)."""

    value: float | None  # None: not known, not told
    labels: tuple[tuple[str, str], ...] = ()


class Family(NamedTuple):
    """The numbers under one name; one that ends with _total only grows."""

    name: str
    says: str
    samples: list[Sample]


def page(status: Status) -> str:
    """Return the text."""
    return "".join(line + "\n" for family in _families(status) for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    told = [sample for sample in family.samples if sample.value is not None]
    if not told:
        return
    yield f"# HELP {family.name} {_escaped(family.says)}"
    yield f"# TYPE {family.name} {'counter' if family.name.endswith('_total') else 'gauge'}"
    for value, labels in told:
        inside = ",".join(f'{k}="{_quoted(v)}"' for k, v in labels)
        yield f"{family.name}{'{' + inside + '}' if inside else ''} {float(value or 0)!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')


def _families(status: Status) -> Iterator[Family]:
    yield _of("info", "Which version runs.", 1, version=status["version"])
    yield _of("started_timestamp_seconds", "When the station started.", status["started"])
    yield _of("now_timestamp_seconds", "The station's own time.", status["now"])
    yield _of("as_of_timestamp_seconds", "All heard before it is judged.", status["as_of"])
    yield _of("troubles", "Things that somebody should look at.", len(troubles(status)))
    yield from _clock(status)
    yield from _sources(status["sources"])
    yield from _stores(status)
    yield from _computer(status)
    count = status["anchorages"]["count"]
    yield _of("anchorages", "Anchorages learned here and in use.", count)
    yield from _alerts(status["alerts"])
    yield from _mail(status["mail"])


def _of(name: str, says: str, value: float | None, **labels: str) -> Family:
    return Family(f"sternlight_{name}", says, [Sample(value, tuple(labels.items()))])


def _clock(status: Status) -> Iterator[Family]:
    clock = status["clock"]
    ways = [Sample(float(how == clock["how"]), (("how", how),)) for how in get_args(How)]
    yield Family("sternlight_clock", "How the time is known: 1 where it is so.", ways)
    off, base = clock["system_offset_s"], clock["base_offset_s"]
    yield _of("clock_system_offset_seconds", "The system clock minus the clock in use.", off)
    yield _of("clock_base_offset_seconds", "Base stations' time minus the clock in use.", base)
    yield _of("clock_steps_total", "Times that the clock in use was set.", clock["steps_count"])


def _sources(sources: Iterable[SourceStatus]) -> Iterator[Family]:
    named = list(zip(_names(sources), sources, strict=True))

    def each(name: str, says: str, values: Iterable[float | None]) -> Family:
        samples = [
            Sample(value, (("source", source),))
            for (source, _), value in zip(named, values, strict=True)
        ]
        return Family(f"sternlight_source_{name}", says, samples)

    states = [
        Sample(float(source["state"] == state), (("source", name), ("state", state)))
        for name, source in named
        for state in STATES
    ]
    yield Family("sternlight_source_state", "The state of a source: 1 where it is so.", states)
    heard = [s["last_heard"] for _, s in named]
    yield each("last_heard_timestamp_seconds", "When the last line came.", heard)
    yield each("lines_total", "Lines that came.", [s["lines"] for _, s in named])
    rates = [s["rate_per_min"] for _, s in named]
    yield each("lines_per_minute", "Lines a minute, over the last 15 minutes.", rates)
    usual = [s["usual_per_min"] for _, s in named]
    yield each("usual_lines_per_minute", "Lines a minute that are usual now.", usual)
    again = [s["reconnects"] for _, s in named]
    yield each("reconnects_total", "Times that it was opened again.", again)
    dropped = [s["dropped_lines"] for _, s in named]
    yield each("dropped_lines_total", "Lines lost because the queue was full.", dropped)
    limits = [s["silence_s"] for _, s in named]
    yield each("silence_limit_seconds", "Silent for so long, it counts as deaf.", limits)
    errors = [
        Sample(n, (("source", name), ("kind", kind)))
        for name, source in named
        for kind, n in sorted(source["errors"].items())
    ]
    yield Family("sternlight_source_errors_total", "What was wrong, by kind.", errors)


def _names(sources: Iterable[SourceStatus]) -> list[str]:
    """Return the sources' names, each once: two alike would void the whole page."""
    seen: Counter[str] = Counter()
    names = []
    for source in sources:
        name = source["name"].encode("utf-8", "replace").decode()
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _stores(status: Status) -> Iterator[Family]:
    queue, reports = status["queue"], status["reports"]
    log, archive = status["raw_log"], status["archive"]
    yield _of("queue_bytes", "Heard and not yet processed.", queue["bytes"])
    yield _of("queue_lines", "Heard and not yet processed.", queue["lines"])
    yield _of("queue_most_bytes", "What the queue has room for.", queue["most_bytes"])
    yield _of("queue_dropped_lines_total", "Lines lost, queue full.", queue["dropped_lines"])
    yield _of("reports_total", "Reports decoded.", reports["count"])
    yield _of("reports_late_total", "Reports too late to be judged.", reports["late"])
    yield _of("reports_dropped_total", "Copies, and what cannot be true.", reports["dropped"])
    yield _of("raw_log_writing", "1 if what is heard is written down.", float(log["writing"]))
    yield _of("raw_log_bytes_today", "Compressed, since midnight UTC.", log["bytes_today"])
    yield _of("raw_log_synced_timestamp_seconds", "Safe on the disk until.", log["synced_at"])
    events = [("open", archive["events_open"]), ("closed", archive["events_closed"])]
    samples = [Sample(n, (("state", state),)) for state, n in events]
    yield Family("sternlight_events", "Events in the archive.", samples)
    yield _of("archive_commit_timestamp_seconds", "The last commit.", archive["last_commit"])
    vessels = [("1h", status["vessels_hour"]), ("24h", status["vessels_day"])]
    samples = [Sample(n, (("within", within),)) for within, n in vessels]
    yield Family("sternlight_vessels", "Vessels heard lately.", samples)
    active = sum(bool(row["active"]) for row in status["distress"])
    yield _of("distress_beacons", "Distress beacons heard, tests left out.", active)


def _alerts(told: Account) -> Iterator[Family]:
    verdicts = [("alert", told["alerts"]), ("held back", told["held_back"])]
    samples = [Sample(n, (("verdict", verdict),)) for verdict, n in verdicts]
    yield Family("sternlight_alerts_week", "Events decided on in the last seven days.", samples)
    yield _of("alerts_budget_per_week", "Alerts that are welcome.", told["budget_per_week"])
    yield _of("alerts_threshold", "The least score that alerts now.", told["threshold"])


def _mail(mail: MailStatus) -> Iterator[Family]:
    count = mail["subscribers"]
    samples = [Sample(count.get(state, 0), (("state", state),)) for state in get_args(State)]
    yield Family("sternlight_mail_subscribers", "Who gets alerts.", samples)
    yield _of("mail_waiting", "Letters that are due, or will be.", mail["waiting"])
    yield _of("mail_sent_total", "Letters sent.", mail["sent"])
    yield _of("mail_failed_total", "Letters refused for good.", mail["failed"])
    yield _of("mail_sent_timestamp_seconds", "When the last one was sent.", mail["last_sent"])
    yield _of("mail_well", "0 if alerts do not reach everybody.", float(not mail["why_not"]))


def _computer(status: Status) -> Iterator[Family]:
    memory = [Sample(status["memory_bytes"])]
    yield Family("process_resident_memory_bytes", "Memory of this process.", memory)
    yield _of("temperature_celsius", "Of the processor.", status["temperature_c"])
    yield _of("disk_free_bytes", "Room left for the station.", status["disk_free_bytes"])
    yield _of("load1", "Processes that want to run, over a minute.", status["load"])
    yield _of("computer_uptime_seconds", "Since the computer started.", status["uptime_s"])
    yield _of("restarts_total", "Starts after an end that was not clean.", status["restarts"])
