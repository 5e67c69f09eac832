"""summary.json: what was read, what was left out and why, with which settings, and how fast."""

from __future__ import annotations

import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import sternlight
from anomalies.detectors import DETECTORS
from sternlight.alerting import account
from sternlight.judging import Judged
from sternlight.replay import Replay
from sternlight.settings import Settings
from sternlight.text import exactly, iso

_REASON = re.compile(r"^(?:dropped|set aside): ")


class Began(NamedTuple):
    """When a run began, by two clocks in seconds; what it took stands in the summary alone."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> Self:
        """Return the present."""
        return cls(time.monotonic(), time.process_time())


def summarise(
    replay: Replay, settings: Settings, places: list[str], began: Began, judged: Sequence[Judged]
) -> dict[str, Any]:
    """Return the summary of a run that has judged everything."""
    reading, station = replay.reading, replay.station
    kinds = Counter(one.event.kind for one in judged)
    with_events = {track for one in judged for track in one.event.tracks}
    reports, now = replay.reports_count, Began.now()
    wall_s, cpu_s = now.wall - began.wall, now.cpu - began.cpu
    return {
        "sternlight": sternlight.__version__,
        "simulated": any(a.simulated for a in reading.accounts),
        "inputs": [
            {"name": a.name, "format": a.format, "size_bytes": a.size_bytes, "lines": a.lines}
            for a in reading.accounts
        ],
        "read_as": {
            "format": reading.format_name,
            "start": None if reading.start is None else exactly(reading.start),
        },
        "not_read": [{"name": name, "why": why} for name, why in sorted(reading.trouble.items())],
        "lines": reading.lines,
        "sentences": reading.counts["sentences"],
        "messages": _by_type(reading.counts),
        "dropped": _dropped(reading.counts + replay.counts),
        "noted": _noted(reading.counts),
        "reports": reports,
        "fixes": int(station.fleet.fixes_count.sum()),
        "vessels": len(station.vessels()),
        "vessels_with_events": len(with_events),
        "span": _span(replay),
        "events": {kind: kinds[kind] for kind in DETECTORS},
        "alerts": account(station.alerts, station.states["alerts"], _verdicts(replay, judged)),
        "distress": replay.distress.rows(),
        "settings": settings.of_results(),
        "places": places,
        "watchlists": station.lists.rows(),
        "seconds": round(wall_s, 3),
        "cpu_seconds": round(cpu_s, 3),
        "reports_per_second": round(reports / max(wall_s, 1e-9)),
        "peak_memory_mb": round(peak_memory_bytes() / 1e6, 1),
    }


def _verdicts(replay: Replay, judged: Sequence[Judged]) -> Counter[str]:
    decided = (replay.decisions.get(one.event.id) for one in judged)
    return Counter(one.verdict for one in decided if one)


def peak_memory_bytes() -> int:
    """Return the most memory that this process ever held."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _by_type(counts: Counter[str]) -> dict[str, int]:
    types = {
        int(name.removeprefix("type ")): n
        for name, n in counts.items()
        if name.startswith("type ") and name.removeprefix("type ").isdigit()
    }
    return {str(number): types[number] for number in sorted(types)}


def _dropped(counts: Counter[str]) -> dict[str, int]:
    """Return what was left out, by the reason, most first."""
    reasons: Counter[str] = Counter()
    for name, n in counts.items():
        if _REASON.match(name) or name.startswith("duplicate"):
            reasons[_REASON.sub("", name)] += n
    return dict(sorted((+reasons).items(), key=lambda item: (-item[1], item[0])))


def _noted(counts: Counter[str]) -> dict[str, int]:
    """Return what else was counted while reading, by name."""
    known = re.compile(r"lines$|sentences$|type \d+$|dropped: |set aside: ")
    return {name: n for name, n in sorted(counts.items()) if n and not known.match(name)}


def _span(replay: Replay) -> dict[str, str | None]:
    first, last = replay.span or (None, None)
    return {
        "start": None if first is None else iso(first),
        "end": None if last is None else iso(last),
    }
