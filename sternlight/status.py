"""What a running station says of itself, and what of it is wrong.

A status is a plain dict, for JSON.  All times are Unix seconds UTC, None where
something has not happened or is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypedDict

from sternlight.attention import Account
from sternlight.hearing import DEAF, State
from sternlight.station_clock import AGREE_S, How
from sternlight.text import counted, duration, iso, plain

HOT_C = 80.0  # where a Raspberry Pi begins to slow down
LITTLE_BYTES = 500_000_000  # about ten days of raw log at 50 sentences a second
FULL_SHARE = 0.9  # of the queue
LARGE_BYTES = 350_000_000  # three times what is usual; from 384 MB on the service is slowed down


class SourceStatus(TypedDict):
    """One source."""

    name: str
    address: str  # without a password
    state: State
    why: str
    since: float
    last_heard: float | None
    lines: int
    rate_per_min: float
    usual_per_min: float | None
    reconnects: int
    dropped_lines: int  # by the queue, when it was full
    errors: dict[str, int]  # by kind
    silence_s: float


class ClockStatus(TypedDict):
    """How the time is known: the fields of station_clock.ClockState."""

    how: How
    system_offset_s: float
    base_offset_s: float | None
    steps_count: int


class QueueStatus(TypedDict):
    """What was heard and is not yet processed."""

    bytes: int
    lines: int
    most_bytes: int  # there is no room for more
    dropped_lines: int


class ReportsStatus(TypedDict):
    """Reports since the start."""

    count: int
    late: int  # came too late to be judged
    dropped: int  # copies and reports that cannot be true


class RawLogStatus(TypedDict):
    """The log of all that is heard."""

    segment: str
    bytes_today: int
    synced_at: float | None
    writing: bool
    why_not: str


class ArchiveStatus(TypedDict):
    """What the archive holds."""

    events_open: int
    events_closed: int
    last_commit: float | None


class AnchoragesStatus(TypedDict):
    """What is learned of where ships lie at anchor."""

    count: int
    since: float | None  # from when on those in use are used
    why_not: str  # why the last night's learning failed


class MailStatus(TypedDict):
    """Alerts that leave the station; who gets them is not told here."""

    on: bool  # somebody is to be told something
    subscribers: dict[str, int]  # how many, by state
    waiting: int  # letters that are due, or will be
    sent: int  # letters since the start
    failed: int  # refused for good, since the start
    last_sent: float | None
    since: float | None  # of the trouble
    why_not: str  # what is wrong; "": nothing


class Status(TypedDict):
    """Everything."""

    version: str
    pid: int
    started: float
    now: float
    as_of: float | None  # everything before it is judged
    clock: ClockStatus
    sources: list[SourceStatus]
    queue: QueueStatus
    reports: ReportsStatus
    raw_log: RawLogStatus
    archive: ArchiveStatus
    anchorages: AnchoragesStatus
    alerts: Account  # of the last week
    mail: MailStatus
    vessels_hour: int
    vessels_day: int
    distress: list[dict[str, Any]]  # rows as Distress.rows gives them
    memory_bytes: int
    temperature_c: float | None
    disk_free_bytes: int | None
    load: float
    uptime_s: float  # of the computer
    restarts: int  # starts after an end that was not a clean one


class LastKnown(TypedDict):
    """What the archive tells of a station that does not run."""

    last_commit: float | None
    last_heard: float | None
    events_open: int
    events_closed: int


class Trouble(NamedTuple):
    """Something that somebody should look at."""

    name: str  # of what; the same while it lasts
    says: str  # a sentence


def troubles(status: Status) -> list[str]:
    """Return what somebody should look at, a sentence each; none: all is well.

    A distress beacon is no trouble of the station, and is not among them.
    """
    return [trouble.says for trouble in found(status)]


def found(status: Status) -> list[Trouble]:
    """Return the same with names, by which it can be told what is new."""
    return [
        *_of_sources(status["sources"], status["now"]),
        *_of_clock(status["clock"]),
        *_of_disk(status),
        *_of_load(status),
        *_of_anchorages(status["anchorages"]),
        *_of_mail(status["mail"], status["now"]),
    ]


def _of_sources(sources: Sequence[SourceStatus], now: float) -> Iterator[Trouble]:
    for source in sources:
        name, since = plain(source["name"]), duration(max(0.0, now - source["since"]))
        what = f"source {name}"
        match source["state"]:
            case "lost":
                yield Trouble(what, f"Source {name} is lost since {since}: {_ended(source['why'])}")
            case "silent":
                yield Trouble(what, f"Source {name} is open and silent since {since}.")
            case "half deaf":
                says = f"Source {name} is half deaf since {since}: {_ended(source['why'])}"
                yield Trouble(what, says)
            case "opening":
                yield Trouble(what, f"Source {name} has not heard anything yet, for {since}.")
    if sources and all(source["state"] == "ended" for source in sources):
        yield Trouble("sources", "All sources have ended; nothing will be heard any more.")
    if not sources:
        yield Trouble("sources", "There are no sources; nothing can be heard.")


def _of_clock(clock: ClockStatus) -> Iterator[Trouble]:
    off, base = clock["system_offset_s"], clock["base_offset_s"]
    match clock["how"]:
        case "waiting":
            yield Trouble("clock", "The time is not known yet; what is heard waits for it.")
        case "unsure":
            yield Trouble("clock", "The time is unsure; connect a time server, or set the clock.")
        case "base stations":
            says = f"The system clock is wrong by {_span(off)}; base stations tell the time."
            yield Trouble("clock", says)
    if base is not None and abs(base) >= AGREE_S:
        says = f"Base stations tell another time than the clock in use, by {_span(base)}."
        yield Trouble("base stations", says)


def _of_disk(status: Status) -> Iterator[Trouble]:
    log, free = status["raw_log"], status["disk_free_bytes"]
    if not log["writing"]:
        yield Trouble("raw log", f"The raw log is not written: {_ended(log['why_not'])}")
    elif free is not None and free < LITTLE_BYTES:
        yield Trouble("disk", f"Only {size(free)} are free on the disk.")


def _of_load(status: Status) -> Iterator[Trouble]:
    queue, hot, memory = status["queue"], status["temperature_c"], status["memory_bytes"]
    if queue["bytes"] >= FULL_SHARE * queue["most_bytes"] > 0:
        yield Trouble(
            "queue",
            f"The station cannot keep up: {size(queue['bytes'])} wait,"
            f" {counted(queue['dropped_lines'], 'line was', 'lines were')} dropped.",
        )
    if hot is not None and hot >= HOT_C:
        says = f"The processor has {hot:.0f} °C; it slows down from {HOT_C:.0f} °C on."
        yield Trouble("heat", says)
    if memory >= LARGE_BYTES:
        says = f"The station's memory has grown to {size(memory)}; restart it and report it."
        yield Trouble("memory", says)


def _of_anchorages(anchorages: AnchoragesStatus) -> Iterator[Trouble]:
    if why_not := anchorages["why_not"]:
        says = f"Anchorages were not learned last night: {_ended(why_not)}"
        yield Trouble("anchorages", says)


def _of_mail(mail: MailStatus, now: float) -> Iterator[Trouble]:
    if mail["why_not"]:
        since = duration(max(0.0, now - (mail["since"] or now)))
        says = f"Alerts do not reach everybody since {since}: {_ended(mail['why_not'])}"
        yield Trouble("mail", says)


def headline(status: Status) -> str:
    """Say in a line how it is; for `systemctl status`, too."""
    sources = status["sources"]
    hearing = sum(source["state"] not in DEAF for source in sources)
    ships = counted(status["vessels_hour"], "ship")
    if status["clock"]["how"] == "waiting":
        return "waiting to know the time"
    if not hearing:
        last = max((s["last_heard"] or 0.0 for s in sources), default=0.0)
        return f"deaf, last heard {iso(last)}" if last else "deaf, nothing heard yet"
    half = sum(source["state"] == "half deaf" for source in sources)
    of = f"{hearing} of {counted(len(sources), 'source')}"
    return f"hearing {of}" + (f", {half} half deaf" if half else "") + f"; {ships} in the last hour"


def size(n: float) -> str:
    """Write bytes as people say it: 820 kB, 1.3 GB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if abs(n) < 1000:
            return f"{n:.0f} {unit}" if n >= 100 or unit == "bytes" else f"{n:.1f} {unit}"
        n /= 1000
    return f"{n:.1f} TB"


def _ended(why: str) -> str:
    """Return a reason as the end of a sentence, whoever gave it."""
    why = plain(why)
    return why if why.endswith((".", "?", "!")) else f"{why}."


def _span(seconds: float) -> str:
    return duration(abs(seconds))
