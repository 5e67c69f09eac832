"""A round of the post, from the archive's journal to a real mail server and back."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from pysequoia import Tsk

from sternlight.alerts.delivery import blocks
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.post import Busy, Report, Round, alone
from sternlight.alerts.postman import BUSY
from sternlight.alerts.receiving import take
from sternlight.alerts.subscription import Subscription
from sternlight.settings import Settings, Watch
from tests.sternlight.alerts.servers import PASSWORD, MailServer
from tests.sternlight.alerts.world import DAY, KEY, MONDAY, World, event

A, B, OPERATOR = "jane@union.example.org", "fred@harbour.example.org", "op@station.example.org"
NAME = "<b>MARY</b>"


class Station(World):
    """A station whose post goes to a mail server in the test's hand."""

    server: MailServer
    t: float = MONDAY

    def round(self, hours: float = 0.0) -> Report:
        self.t += hours * 3600
        return Round(self.folder, self.settings, now=lambda: self.t).run()

    @property
    def settings(self) -> Settings:
        mail = Mail(
            server=self.server.url, sender="harbour@station.example.org", operator=OPERATOR,
            station="Harbour", keys=str(self.folder / "keys"),
        )  # fmt: skip
        return Settings(mail=mail, watch=Watch(places=("none",)))

    def letters_to(self, to: str) -> list[EmailMessage]:
        return [one.message for one in self.server.of(to)]

    def subscribed(self, to: str = A, **changed: object) -> Subscription:
        return self.subscribe(to=to, made=MONDAY - DAY, **changed)

    def states_of(self, what: str) -> list[str]:
        return [one.state for one in self.book.letters("what = ?", what)]


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/alerts.key").write_text(KEY)
    found = Station(tmp_path)
    with MailServer(tls="none", password=None).running() as found.server:
        yield found
    found.close()


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_an_alert_is_mailed_once_with_its_map_and_its_end_in_the_same_thread(
    station: Station,
) -> None:
    one = station.subscribed()
    name = station.alert(1, MONDAY)
    assert station.round()["sent"] == 1
    assert station.round(1)["sent"] == 0
    (first,) = station.letters_to(A)
    assert first["Subject"].endswith("31 nmi off Dakar, SN, score 0.90")
    kinds = [part.get_content_type() for part in first.walk()]
    assert "image/png" in kinds
    assert "application/geo+json" in kinds
    station.keep(event(1, end=MONDAY + DAY), "closed", 0.9, MONDAY + DAY)
    assert station.round(24)["sent"] == 1
    end = station.letters_to(A)[1]
    assert end["References"] == end["In-Reply-To"] == first["Message-ID"]
    assert station.states_of("alert") == station.states_of("closed") == ["sent"]
    assert name in text_of(end)
    assert one.number == 1


def test_whoever_was_told_learns_that_an_event_was_withdrawn_even_in_a_pause(
    station: Station,
) -> None:
    one = station.subscribed()
    station.alert(1, MONDAY)
    station.round()
    station.book.change(station.seal, replace(one, state="paused"))
    station.keep(event(1), "withdrawn", 0.9, MONDAY + 3600)
    station.alert(2, MONDAY + 3600)
    station.round(1)
    assert [message["Subject"].partition(":")[2][:11] for message in station.letters_to(A)] == [
        " encounter,", " withdrawn:",
    ]  # fmt: skip


def test_what_was_withdrawn_before_it_was_told_is_never_told(station: Station) -> None:
    station.subscribed()
    station.alert(1, MONDAY)
    station.server.answers["MAIL"] = "451 4.3.0 try later"
    assert station.round()["waiting"] == 1
    station.server.answers.clear()
    station.archive._db.execute("update events set state = 'withdrawn'")  # and no word of it
    assert station.round(1)["sent"] == 0
    assert station.states_of("alert") == ["dropped"]
    assert not station.letters_to(A)


def test_nothing_goes_to_a_minimal_subscriber_but_that_there_is_something(
    station: Station,
) -> None:
    station.subscribed(minimal=True)
    name = station.alert(1, MONDAY)
    station.round()
    content = station.server.of(A)[0].content.decode()
    for word in ("Dakar", "encounter", name, "score", "AIS", "ternlight", "0.90", "unsubscribe"):
        assert word not in content
    assert "multipart" not in content


def test_an_encrypted_mail_tells_nobody_else_anything(station: Station) -> None:
    mine = Tsk.generate(user_id=A)
    station.subscribed(pgp=str(mine.extract_certificate()))
    station.t = time.time()  # a key that is of the future cannot be used
    name = station.alert(1, station.t)
    station.round()
    content = station.server.of(A)[0].content.decode()
    assert "multipart/encrypted" in content
    for word in ("Dakar", "encounter", name, "0.90"):
        assert word not in content


def test_a_key_that_has_expired_ends_the_mails_and_never_lets_one_go_in_the_clear(
    station: Station,
) -> None:
    short = Tsk.generate(user_id=A, validity_seconds=60)
    one = station.subscribed(pgp=str(short.extract_certificate()))
    station.t = time.time() + 3600
    station.alert(1, station.t)
    report = station.round()
    station.round(25)
    assert not station.server.received
    assert station.book.read("select state from subscriptions") == [("paused",)]
    assert report["sent"] == 0
    assert A not in "".join(report["says"])
    assert f"Subscriber {one.number} gets nothing any more" in report["says"][0]
    assert station.book.read("select name from troubles") == [(f"subscriber {one.number}",)]
    station.book.change(station.seal, replace(one, pgp=""))
    station.round()
    station.round(8 * 24)  # what was held goes into the next digest
    assert len(station.letters_to(A)) == 1


def test_a_wrong_password_blames_no_subscriber_and_everything_waits(tmp_path: Path) -> None:
    station = Station(tmp_path)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/alerts.key").write_text(KEY)
    (tmp_path / "keys/smtp.password").write_text("wrong")
    station.subscribed()
    station.subscribed(to=B)
    station.alert(1, MONDAY)
    with MailServer(tls="none", answers={"AUTH": "535 5.7.8 no"}).running() as station.server:
        report = station.round()
        assert report["sent"] == report["failed"] == 0
        assert len(report["says"]) == 1
        assert "535 5.7.8" in report["says"][0]
        assert report["next_due"] == station.t + 60
        assert blocks(station.book)["mail"].since == station.t
        tries = station.server.connections_count
        station.round()  # before it is time again
        assert station.server.connections_count == tries
        station.round(hours=30 / 60)
        assert blocks(station.book)["mail"].since == MONDAY
        assert {one.tries_count for one in station.book.letters()} == {0}
        station.server.answers.clear()
        (tmp_path / "keys/smtp.password").write_text(PASSWORD)
        assert station.round(1)["sent"] == 2
        assert not blocks(station.book)
    station.close()


def test_one_who_refuses_does_not_keep_a_mail_from_the_others(station: Station) -> None:
    station.subscribed()
    other = station.subscribed(to=B)
    station.alert(1, MONDAY)
    station.server.refuses[A] = "550 5.1.1 <{to}>: unknown"
    report = station.round()
    assert (report["sent"], report["failed"]) == (1, 1)
    assert A not in "".join(report["says"])
    assert len(station.letters_to(B)) == 1
    counts = [one.bounces_count for one in station.book.subscriptions(station.seal)]
    assert counts == [1, 0]
    assert other.number == 2


def test_a_subscriber_who_is_told_to_wait_gets_it_later_and_once(station: Station) -> None:
    station.subscribed()
    station.alert(1, MONDAY)
    station.server.greylist_tries = 2
    assert station.round()["waiting"] == 1
    station.round(2 / 60)
    assert station.round(10 / 60)["sent"] == 1
    assert len(station.letters_to(A)) == 1


def test_a_reason_that_came_by_mail_stands_under_the_next_event_of_that_ship(
    station: Station,
) -> None:
    station.subscribed()
    station.subscribed(to=B)
    station.alert(1, MONDAY)
    station.round()
    answer = EmailMessage()
    answer["From"], answer["Message-ID"] = "somebody@else.example", "<x@else.example>"
    answer["In-Reply-To"] = station.letters_to(A)[0]["Message-ID"]
    answer.set_content(f"dismiss pilot boat, says {A}\n\n> what was told\n")
    outcome = take(station.book, station.seal, answer.as_bytes(), station.t)
    assert outcome is not None
    assert outcome.done == "dismissed"
    station.alert(1, MONDAY + DAY, start=MONDAY + DAY)
    station.round(24)
    for to in (A, B):
        text = " ".join(text_of(station.letters_to(to)[1]).split())
        assert "pilot boat, says (address removed)" in text
        assert A not in text


def test_an_error_in_drawing_costs_the_map_and_not_the_mail(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bytes:
        raise RuntimeError("no font")

    monkeypatch.setattr("sternlight.alerts.chart.draw", fails)
    station.subscribed()
    station.alert(1, MONDAY)
    assert "a map could not be drawn" in station.round()["says"][0]
    assert "could not be drawn" in text_of(station.letters_to(A)[0])


def test_the_station_starts_a_round_as_a_process_and_reads_one_line(station: Station) -> None:
    station.subscribed(to=str(station.folder / "drop"))
    config = station.folder / "s.toml"
    config.write_text('[watch]\nplaces = ["none"]\n')
    asked = {"data": str(station.folder), "config": str(config), "status": None}

    def started() -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "sternlight.alerts.post"]
        return subprocess.run(words, input=json.dumps(asked), capture_output=True, text=True)

    with alone(station.folder):
        assert started().returncode == BUSY
        with pytest.raises(Busy), alone(station.folder):
            pass
    done = started()
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["sent"] == 0
    (station.folder / "keys/alerts.key").unlink()
    failed = started()
    assert failed.returncode == 1
    assert "alerts.key" in failed.stderr
    assert failed.stderr.count("\n") == 1
