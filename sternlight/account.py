"""The account that a running station gives of itself, made by the main loop, read by others."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import sternlight
from sternlight.alerting import account
from sternlight.archive import Archive
from sternlight.errors import ArchiveError
from sternlight.feeds import Receiver
from sternlight.hearing import Hearing
from sternlight.status import LastKnown, MailStatus, SourceStatus, Status
from sternlight.text import counted, plain
from sternlight.vitals import vitals
from sternlight.watch import Watch

DAY_S = 86_400.0
LATE = "set aside: late, or its clock is wrong"


class Accountant:
    """Puts the status together; `last` may be asked in any thread."""

    def __init__(self, watch: Watch, mail: Callable[[], MailStatus]) -> None:
        self._watch, self._mail = watch, mail
        self._started = time.time()
        self._restarts = self._begin(watch.archive)
        self._day = 0
        self._bytes_before = 0
        self._status = self._make()

    def last(self) -> Status:
        """Return the status as it was told last; nobody changes it any more."""
        return self._status

    def tell(self) -> Status:
        """Look anew."""
        self._status = self._make()
        return self._status

    def ending(self) -> None:
        """Note that the station ends by itself; it is kept with what else is kept then."""
        self._watch.keeper.notes.append(partial(self._watch.archive.say, "running", "no"))

    def _begin(self, archive: Archive) -> int:
        """Note that the station runs; return how often it did not end by itself."""
        crashed = archive.about("running") == "yes"
        restarts = int(archive.about("restarts") or "0") + crashed
        with archive.transaction():
            archive.say("running", "yes")
            archive.say("restarts", str(restarts))
        return restarts

    def _make(self) -> Status:
        watch, now = self._watch, self._watch.now()
        live, log = watch.live, watch.log
        day = int(now // DAY_S)
        if day != self._day:
            self._day, self._bytes_before = day, log.written_bytes
        station, fleet, as_of = live.station, live.station.fleet, live.station.as_of
        known, computer = as_of > 0, vitals(watch.folder)
        learned = live.station.learned
        counts, lost = live.counts, counted(log.lost_lines, "line")
        return {
            "version": sternlight.__version__,
            "pid": os.getpid(),
            "started": self._started,
            "now": now,
            "as_of": as_of if known else None,
            "clock": {**asdict(watch.clock.state)},
            "sources": [
                _source(r, watch.ears.hearings[r.number], watch.backlog.dropped[r.number])
                for r in watch.receivers
            ],
            "queue": {
                "bytes": watch.backlog.size_bytes,
                "lines": watch.backlog.lines_count,
                "most_bytes": watch.backlog.capacity_bytes,
                "dropped_lines": sum(watch.backlog.dropped.values()),
            },
            "reports": {
                "count": int(fleet.fixes_count.sum()),
                "late": counts[LATE],
                "dropped": live.station.counts.total(),
            },
            "raw_log": {
                "segment": log.name,
                "bytes_today": log.written_bytes - self._bytes_before,
                "synced_at": watch.synced_t,
                "writing": not log.full,
                "why_not": f"the disk is full, {lost} not kept" if log.full else "",
            },
            "archive": {
                "events_open": watch.keeper.events_count["open"],
                "events_closed": watch.keeper.events_count["closed"],
                "last_commit": watch.keeper.last_commit_t,
            },
            "anchorages": {
                "count": learned.anchorages.count,
                "since": learned.t if learned.t > 0 else None,
                "why_not": watch.nights.why_not,
            },
            "alerts": account(station.alerts, station.states["alerts"], watch.keeper.verdicts),
            "mail": self._mail(),
            "vessels_hour": int((fleet.last_heard > as_of - 3600).sum()) if known else 0,
            "vessels_day": int((fleet.last_heard > as_of - DAY_S).sum()) if known else 0,
            "distress": live.distress.rows(),
            **asdict(computer),  # type: ignore[typeddict-item]
            "restarts": self._restarts,
        }


def _source(receiver: Receiver, hearing: Hearing, dropped: int) -> SourceStatus:
    feed, account = receiver.feed, receiver.account
    return {
        "name": feed.name,
        "address": feed.address,
        "state": hearing.state,
        "why": hearing.why,
        "since": hearing.since,
        "last_heard": hearing.last_heard,
        "lines": hearing.lines_count,
        "rate_per_min": hearing.rate_per_min,
        "usual_per_min": hearing.usual_per_min,
        "reconnects": account.reconnects_count,
        "dropped_lines": dropped,
        "errors": {plain(kind): n for kind, n in dict(account.errors).items()},
        "silence_s": feed.silence_s,
    }


def last_known(folder: Path) -> LastKnown | None:
    """Return what the archive of a station that does not run tells; None if there is none."""
    try:
        with Archive.look(folder) as archive:
            counts = archive.events_count()
            ((committed,),) = archive.read("select max(t) from changes")
            heard = archive.snapshot_as_of()
    except ArchiveError:
        return None
    return {
        "last_commit": committed,
        "last_heard": heard,
        "events_open": counts["open"],
        "events_closed": counts["closed"],
    }
