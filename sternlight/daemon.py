"""`sternlight watch`: puts a station together and runs it until it is told to stop."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from receiver.formats.stationlog import SOURCES
from receiver.sources.address import Feed
from sternlight.account import Accountant
from sternlight.alerts.postman import Postman
from sternlight.errors import SettingsError
from sternlight.feeds import Backlog, Receiver
from sternlight.jsontext import dumps
from sternlight.memory import keep_small
from sternlight.notify import Notifier
from sternlight.recovery import Opened, locked, open_folder, resume
from sternlight.settings import Settings
from sternlight.station_clock import StationClock
from sternlight.status import headline
from sternlight.statuspage import StatusPage
from sternlight.system_clock import elapsed_s
from sternlight.text import iso, plain
from sternlight.watch import Watch
from tracks.places import Places

TOLD_EVERY_S = 5.0  # how old the status may be
MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Post:
    """What a station is to listen to, and where it keeps what it hears."""

    settings: Settings
    feeds: Sequence[Feed]
    folder: Path
    places: Callable[[], Places]
    config: Path | None = None  # where the settings are written, for processes beside it


def run(post: Post) -> None:
    """Run a station until SIGTERM or SIGINT, or until all its sources have ended.

    Raises ArchiveError, SettingsError and PlacesError.
    """
    faulthandler.enable()  # the watchdog kills with SIGABRT: then it is seen where it hung
    keep_small()
    _check(post.feeds)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    notifier = Notifier()
    with ExitStack() as stack:
        stack.enter_context(locked(post.folder))
        opened = open_folder(post.folder, say)
        if opened.archive.about("settings") not in (None, dumps(post.settings.of_results())):
            say(
                "The settings of the detectors were changed: what is heard from now on is judged"
                " by the new ones; `sternlight rebuild` judges all that was heard before anew."
            )
        backlog = Backlog(int(post.settings.watch.queue_mb * MB), elapsed_s)
        receivers = _receivers(opened, post.feeds, backlog)
        for receiver in receivers:  # they listen while the rest is made ready
            receiver.start()
        last_t = opened.last.last_t if opened.last else 0.0
        wait_s = post.settings.watch.clock_wait_s
        clock = StationClock(last_t if last_t > 0 else 0.0, wait_s=wait_s)
        live = resume(opened, post.settings, post.places())
        for sentence in live.station.lists.troubles:
            say(sentence)
        watch = Watch(opened, live, receivers, backlog, clock, post.settings, say)
        postman = Postman(post.folder, post.config, post.settings.mail, say)
        accountant = Accountant(watch, postman.account)
        watch.keeper.tell = postman.news
        page = StatusPage(post.folder, post.settings.watch.status_port, accountant.last)
        stack.callback(page.close)
        say(page.says)
        stack.callback(postman.close)
        postman.start(accountant.last)
        notifier.ready("listening")
        watch.run(stop, _beat(accountant, notifier))
        notifier.stopping()
        postman.end()
        accountant.ending()
        watch.close()
    say("The station has stopped in good order.")


def say(sentence: str) -> None:
    """Write one line for whoever keeps the journal; systemd adds the time itself."""
    at = "" if "JOURNAL_STREAM" in os.environ else f"{iso(time.time())} "
    print(f"{at}{plain(sentence)}", file=sys.stderr, flush=True)


def _beat(accountant: Accountant, notifier: Notifier) -> Callable[[], None]:
    due = elapsed_s()

    def beat() -> None:
        nonlocal due
        now = elapsed_s()
        notifier.alive(now)
        if now >= due:
            due = now + TOLD_EVERY_S
            notifier.status(headline(accountant.tell()))

    return beat


def _check(feeds: Sequence[Feed]) -> None:
    """Raise SettingsError for sources that cannot be told apart, or if there are none."""
    if not feeds:
        raise SettingsError(
            "there is nothing to listen to: name a source, as in --source tcp://127.0.0.1:5631,"
            " or list sources under [sources] in a file given with --config"
        )
    names = [feed.name for feed in feeds]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(
                f"two sources are called {name!r}; give them different names, as in"
                " tcp://127.0.0.1:5631?name=roof"
            )


def _receivers(opened: Opened, feeds: Sequence[Feed], backlog: Backlog) -> list[Receiver]:
    archive, marks = opened.archive, opened.last.marks if opened.last else {}
    found = []
    for feed in feeds:
        with archive.transaction():
            number = archive.number(feed.name)
        if number >= SOURCES:
            raise SettingsError(
                f"this station has had {SOURCES - 1} different sources, more than its log can"
                f" name; {feed.name} needs a folder of its own (--data)"
            )
        found.append(Receiver(number, feed, backlog, elapsed_s, marks.get(number, "")))
    return found
