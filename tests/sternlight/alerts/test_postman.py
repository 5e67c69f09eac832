"""The thread that begins rounds of the post: with a small program that stands in for them."""

from __future__ import annotations

import json
import math
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sternlight.alerts import postman as module
from sternlight.alerts import rounds
from sternlight.alerts.book import BOOK, Book
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.postman import Postman
from tests.receiver.live_input import wait_until
from tests.sternlight.statuses import source, status

OPERATOR = Mail(server="smtp://127.0.0.1", operator="someone@ngo.example")
ADDRESS = "reporter@paper.example"

# Does what the file `do` in the station's folder says, and notes how it was asked.
STAND_IN = f"""
import json, os, signal, sys, time
from pathlib import Path
asked = json.loads(sys.stdin.read())
folder = Path(asked["data"])
do = (folder / "do").read_text()
if do == "gentle":
    signal.signal(signal.SIGTERM, lambda *_: (folder / "ended").touch() or sys.exit(0))
if do == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
with (folder / "rounds").open("a") as out:
    asked |= {{"argv": sys.argv, "env": dict(os.environ), "pid": os.getpid()}}
    out.write(json.dumps(asked) + "\\n")
if do in ("gentle", "stubborn"):
    time.sleep(60)
if do == "crash":
    raise KeyError("{ADDRESS}: (550, b'no such user')")
if do == "refuse":
    sys.exit("there is no keys/smtp.password for {ADDRESS}; docs/mail.md says which keys there are")
if do == "busy":
    sys.exit(75)
if do == "garbage":
    print("well")
    sys.exit()
says = ["the server refused the password of {ADDRESS} (535)"] if do == "blocked" else []
print(json.dumps({{"sent": int(do == "well"), "waiting": int(do != "well"), "failed": 2,
                  "next_due": None, "says": says}}))
"""


class Station:
    """What a postman needs of a station, and what it says."""

    def __init__(self, folder: Path, do: str, mail: Mail, **changes: Any) -> None:
        self.folder, self.said = folder, list[str]()
        self.do(do)
        self.status = status(**changes)
        self.postman = Postman(folder, folder / "x.toml", mail, self.said.append, "stand_in")

    def do(self, what: str) -> None:
        (self.folder / "do").write_text(what)

    @property
    def rounds(self) -> list[dict[str, Any]]:
        path = self.folder / "rounds"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def until(self, count: int) -> bool:
        """Wait for so many rounds."""
        return wait_until(lambda: len(self.rounds) >= count, 10)

    @property
    def why_not(self) -> str:
        return self.postman.account()["why_not"]


Begin = Callable[..., Station]


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "stand_in.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", f"{programs}")
    monkeypatch.setattr(module, "FIRST_LOOK_S", 0.0)
    monkeypatch.setattr(module, "LOOK_S", 0.02)
    monkeypatch.setattr(rounds, "LEAST_S", 0.01)
    made = []

    def start(do: str, mail: Mail = OPERATOR, **changes: Any) -> Station:
        folder = tmp_path / "station"
        folder.mkdir()
        station = Station(folder, do, mail, **changes)
        made.append(station.postman)
        station.postman.start(lambda: station.status)
        return station

    yield start
    for one in made:
        one.close()


def test_a_round_is_asked_in_secret_and_answers_what_it_did(begin: Begin) -> None:
    station = begin("well", load=math.nan)
    assert wait_until(lambda: station.postman.account()["sent"] == 1)
    (asked,) = station.rounds
    assert (asked["data"], asked["config"]) == (f"{station.folder}", f"{station.folder}/x.toml")
    assert asked["status"]["version"] == station.status["version"]
    assert asked["status"]["load"] is None, "JSON knows no nan"
    assert len(asked["argv"]) == 1
    assert OPERATOR.operator not in json.dumps([asked["argv"], asked["env"]])
    assert station.postman.account()["failed"] == 2
    assert (station.why_not, station.said) == ("", [])


def test_without_a_book_and_an_operator_no_process_is_ever_started(begin: Begin) -> None:
    station = begin("well", Mail())
    station.postman.news(alert=True)
    time.sleep(0.3)
    assert not station.rounds
    assert not station.postman.account()["on"]


def test_an_alert_begins_a_round_as_soon_as_there_is_a_book_with_somebody_in_it(
    begin: Begin,
) -> None:
    station = begin("well", Mail())
    with Book.open(station.folder) as book:
        book.write("insert into subscriptions (state, made, sealed) values ('active', 1.0, x'00')")
    assert station.until(1)
    station.postman.news(alert=False)
    time.sleep(0.2)
    assert len(station.rounds) == 1, "events that are no alerts wait"
    station.postman.news(alert=True)
    assert station.until(2)
    assert station.postman.account()["subscribers"] == {"active": 1}


def test_a_book_that_was_written_is_seen_in_the_account(begin: Begin) -> None:
    station = begin("well", Mail())
    with Book.open(station.folder) as book:
        assert wait_until(lambda: station.postman.account()["on"])
        with book.transaction():
            for number, state in enumerate(["due", "waiting", "digest", "sent", "failed"]):
                book.write(
                    "insert into letters (subscription, thread, what, token, state, made, due,"
                    " done) values (1, ?, 'alert', ?, ?, 1.0, 9e9, 77.0)",
                    f"e{number}", f"t{number}", state,
                )  # fmt: skip
    assert wait_until(lambda: station.postman.account()["waiting"] == 2)
    assert station.postman.account()["last_sent"] == 77.0


@pytest.mark.parametrize(
    ("do", "says"),
    [
        ("blocked", "the server refused the password of (address) (535)"),
        ("refuse", "there is no keys/smtp.password for (address) docs/mail.md says"),
        ("crash", "the post has failed in stand_in.py, line "),
        ("garbage", "the post ended without telling what it did"),
    ],
)
def test_trouble_is_said_once_and_told_in_the_status_without_an_address(
    begin: Begin, do: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "HEALTH_S", 0.0)
    station = begin(do)
    assert station.until(2)
    assert wait_until(lambda: says in station.why_not)
    assert len(station.said) == 1
    assert says in station.said[0]
    assert ADDRESS not in "".join([*station.said, station.why_not])
    assert station.postman.account()["since"] == station.status["now"]
    station.do("well")
    assert wait_until(lambda: not station.why_not)
    assert station.said[1:] == ["alerts: all is well again"]


def test_of_a_crash_its_place_and_kind_are_said(begin: Begin) -> None:
    station = begin("crash")
    assert wait_until(lambda: "KeyError" in station.why_not)


def test_a_round_that_finds_another_at_work_is_no_trouble(begin: Begin) -> None:
    station = begin("busy")
    with Book.open(station.folder) as book:
        book.write("insert into subscriptions (state, made, sealed) values ('active', 1.0, x'00')")
    assert station.until(2)
    assert (station.why_not, station.said) == ("", [])


def test_the_end_of_the_station_ends_a_round_gently(begin: Begin) -> None:
    station = begin("gentle")
    assert station.until(1)
    began = time.monotonic()
    station.postman.end()
    assert time.monotonic() - began < 0.5, "the station does not wait yet"
    station.postman.close()
    assert (station.folder / "ended").exists()
    assert (station.why_not, station.said) == ("", [])
    with pytest.raises(ProcessLookupError):
        os.kill(station.rounds[0]["pid"], 0)


def test_a_round_that_begins_while_the_station_ends_is_ended(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = module.started

    def started(name: str) -> Any:
        station.postman.end()
        return begun(name)

    monkeypatch.setattr(module, "FIRST_LOOK_S", 0.1)
    monkeypatch.setattr(module, "started", started)
    station = begin("gentle")
    began = time.monotonic()
    assert wait_until(lambda: not station.postman._thread.is_alive(), 8)
    assert time.monotonic() - began < 5


def test_a_round_that_will_not_end_is_killed(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENDS_S", 0.2)
    station = begin("stubborn")
    assert station.until(1)
    station.postman.close()
    with pytest.raises(ProcessLookupError):
        os.kill(station.rounds[0]["pid"], 0)


def test_a_round_that_takes_too_long_is_ended_and_told(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST_S", 0.5)
    monkeypatch.setattr(module, "ENDS_S", 0.2)
    station = begin("stubborn")
    assert wait_until(lambda: f"ended by signal {signal.SIGKILL:d}" in station.why_not, 10)


def test_a_program_that_cannot_be_started_is_told(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(name: str) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(module, "started", started)
    station = begin("well")
    assert wait_until(lambda: "cannot be started: Resource temp" in station.why_not)


def test_a_damaged_book_is_left_to_a_round_to_tell(begin: Begin) -> None:
    station = begin("refuse", Mail())
    (station.folder / BOOK).write_bytes(b"nothing that SQLite knows" * 100)
    assert station.until(1)


def test_a_locked_book_holds_nothing_up(begin: Begin) -> None:
    station = begin("well", Mail())
    with Book.open(station.folder):
        pass
    db = sqlite3.connect(station.folder / BOOK)
    db.execute("begin exclusive")
    began = time.monotonic()
    station.postman.news(alert=True)
    station.postman.account()
    assert time.monotonic() - began < 0.2
    db.close()


def test_a_new_trouble_of_the_station_begins_a_round(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "NEWS_S", 0.0)
    station = begin("well")
    assert station.until(1)
    time.sleep(0.1)
    assert len(station.rounds) == 1
    station.status = status(source(state="lost", why="no such device"))
    assert station.until(2)


def test_one_that_was_never_started_can_be_closed(tmp_path: Path) -> None:
    Postman(tmp_path, None, OPERATOR, print).close()
