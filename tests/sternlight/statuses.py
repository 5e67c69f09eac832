"""A station's status to test with."""

from __future__ import annotations

import os
from typing import Any, cast

import sternlight
from sternlight.status import MailStatus, SourceStatus, Status

NOW = 1_795_910_400.0  # 2026-11-29T00:00:00Z


def source(name: str = "roof", **changes: Any) -> SourceStatus:
    made = {
        "name": name,
        "address": "tcp://127.0.0.1:5631",
        "state": "hearing",
        "why": "",
        "since": NOW - 7200.0,
        "last_heard": NOW - 2.0,
        "lines": 123_456,
        "rate_per_min": 812.4,
        "usual_per_min": 790.0,
        "reconnects": 0,
        "dropped_lines": 0,
        "errors": {},
        "silence_s": 600.0,
    }
    return cast(SourceStatus, made | changes)


def mail(**changes: Any) -> MailStatus:
    made = {
        "on": True,
        "subscribers": {"active": 3, "pending": 1},
        "waiting": 2,
        "sent": 41,
        "failed": 1,
        "last_sent": NOW - 5400.0,
        "since": None,
        "why_not": "",
    }
    return cast(MailStatus, made | changes)


def status(*sources: SourceStatus, **changes: Any) -> Status:
    made = {
        "version": sternlight.__version__,
        "pid": os.getpid(),
        "started": NOW - 86_400.0,
        "now": NOW,
        "as_of": NOW - 60.0,
        "clock": {
            "how": "system, synchronised",
            "system_offset_s": 0.0001,
            "base_offset_s": -0.6,
            "steps_count": 0,
        },
        "sources": list(sources) or [source()],
        "queue": {"bytes": 0, "lines": 0, "most_bytes": 8_000_000, "dropped_lines": 0},
        "reports": {"count": 3_400_000, "late": 12, "dropped": 4000},
        "raw_log": {
            "segment": "00000012_20261128T23.log.zst",
            "bytes_today": 41_000_000,
            "synced_at": NOW - 5.0,
            "writing": True,
            "why_not": "",
        },
        "archive": {"events_open": 14, "events_closed": 2310, "last_commit": NOW - 1.0},
        "anchorages": {"count": 3, "since": NOW - 42_600.0, "why_not": ""},
        "alerts": {
            "budget_per_week": 3.0,
            "threshold": 0.81,
            "days_heard": 48.5,
            "calibrating": False,
            "alerts": 2,
            "held_back": 0,
        },
        "mail": mail(),
        "vessels_hour": 312,
        "vessels_day": 701,
        "distress": [],
        "memory_bytes": 98_000_000,
        "temperature_c": 54.2,
        "disk_free_bytes": 21_400_000_000,
        "load": 0.12,
        "uptime_s": 86_400.0 * 12,
        "restarts": 0,
    }
    return cast(Status, made | changes)
