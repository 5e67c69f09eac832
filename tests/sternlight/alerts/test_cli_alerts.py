"""`sternlight alerts`: what an operator does, and that no address shows where it must not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pysequoia
import pytest
from click.testing import CliRunner, Result

from sternlight.alerts.book import Book
from sternlight.alerts.credentials import Seal
from sternlight.alerts.pgp_station import station_key
from sternlight.alerts.proof import code, leaving
from sternlight.alerts.subscription import Near
from sternlight.cli import main
from tests.sternlight.alerts.replies import simple
from tests.sternlight.alerts.servers import MailServer
from tests.sternlight.alerts.world import KEY, MONDAY, World

A = "jane.doe@union.example.org"
AREA = {
    "type": "Feature",
    "properties": {},
    "geometry": {"type": "Polygon", "coordinates": [[[-20, 12], [-15, 12], [-15, 16], [-20, 12]]]},
}


class Desk:
    """A station's folder and its settings, and the commands of its operator."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.config = folder / "data", folder / "s.toml"
        self.folder.mkdir()
        self.config.write_text("")

    def __call__(self, *words: str, stdin: bytes = b"") -> Result:
        arguments = ["alerts", *words, "--config", str(self.config)]
        if words[0] != "key":
            arguments += ["--data", str(self.folder)]
        return CliRunner().invoke(main, arguments, input=stdin)

    @property
    def seal(self) -> Seal:
        return Seal.of(self.config.parent / "keys")

    def code(self, number: int) -> str:
        with Book.open(self.folder) as book:
            one = book.subscription(self.seal, number)
        assert one is not None
        return code(self.seal, number, one.made)

    def rows(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self("list", "--json").output.splitlines()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/alerts.key").write_text(KEY)
    return Desk(tmp_path)


@pytest.fixture
def world(desk: Desk) -> Iterator[World]:
    found = World(desk.folder)
    yield found
    found.close()


def test_somebody_is_asked_and_agrees_and_what_they_chose_is_kept(desk: Desk) -> None:
    area = desk.config.parent / "sea.geojson"
    area.write_text(json.dumps(AREA))
    given = [
        "add", A, "--near", "14.7,-17.5,50", "--area", str(area), "--kinds", "encounter,gap",
        "--watchlist", "iuu.csv", "--budget", "2/month", "--digest", "daily", "--zone",
        "Africa/Dakar", "--quiet", "22:30-7", "--minimal",
    ]  # fmt: skip
    done = desk(*given)
    assert (done.exit_code, A in done.output) == (0, False), done.output
    with Book.open(desk.folder) as book:
        (one,) = book.subscriptions(desk.seal)
        assert [letter.what for letter in book.letters()] == ["confirm"]
    assert (one.state, one.to, one.digest, one.minimal) == ("pending", A, "daily", True)
    assert one.wants.near == Near(14.7, -17.5, 50)
    assert one.wants.area is not None
    assert one.wants.kinds == ("encounter", "gap")
    assert one.wants.watchlists == ("iuu.csv",)
    assert one.budget_per_week == pytest.approx(2 * 12 * 7 / 365.25)
    assert (one.zone, one.quiet) == ("Africa/Dakar", (22.5, 7.0))
    assert desk("confirm", "aaaaa-bbbbb").exit_code == 2
    assert desk("confirm", desk.code(1).upper()).exit_code == 0
    assert desk.rows()[0]["state"] == "active"
    assert desk("change", "1", "--near", "", "--area", "", "--kinds", "", "--full").exit_code == 0
    assert "encounter" not in str(desk.rows()[0]["wants"])


def test_no_list_and_no_error_shows_an_address_unless_that_is_asked_for(desk: Desk) -> None:
    desk("add", A)
    for words in [
        ("list",), ("letters",), ("list", "--json"), ("add", A.upper()), ("remove", "nobody@x.org"),
        ("add", "jane.doe@@union.example.org"), ("add", "jane doe"), ("pause", "7"), ("send",),
    ]:  # fmt: skip
        output = desk(*words).output
        assert "jane" not in output.lower(), words
        assert "union" not in output, words
        assert "Traceback" not in output
    assert A in desk("list", "--show").output


def test_of_whoever_leaves_nothing_is_left_in_the_folder(desk: Desk, world: World) -> None:
    desk("add", A)
    desk("add", "other@example.net")
    number = desk.rows()[0]["number"]
    with Book.open(desk.folder) as book:
        (sealed,) = book.read("select sealed from subscriptions where number = 1")[0]
        assert sealed in (desk.folder / "alerts.sqlite3").read_bytes()
        tokens = [letter.token.encode() for letter in book.letters("subscription = 1")]
    assert desk("remove", A).output == f"Subscriber {number} is removed.\n"
    files = [path.read_bytes() for path in desk.folder.rglob("*") if path.is_file()]
    assert len(files) >= 2
    for secret in (A.encode(), b"jane", b"union.example", sealed, *tokens):
        assert not any(secret in content for content in files)
    assert [row["number"] for row in desk.rows()] == [2]
    desk("add", A)
    assert [row["number"] for row in desk.rows()] == [2, 3]


def test_no_address_is_on_disk_as_it_is_written(desk: Desk) -> None:
    desk("add", A, "--near", "14.7,-17.5,50")
    for path in desk.config.parent.rglob("*"):
        assert not path.is_file() or b"jane" not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--near", "14.7"], "--near 14.7 is no circle; write latitude"),
        (["--near", "94.7,0,3"], "is no circle"),
        (["--near", "nan,0,3"], "is no circle"),
        (["--kinds", "piracy"], "no event is a 'piracy'; there are"),
        (["--budget", "many"], "--budget many is none; write it as 3/week"),
        (["--budget", "-1/week"], "is none"),
        (["--zone", "Mars"], "--zone Mars is not known"),
        (["--zone", "../../etc/passwd"], "is not known"),
        (["--quiet", "25-3"], "--quiet 25-3 is no span of hours; write it as 22-7"),
        (["--quiet", "7-7"], "no span of hours"),
        (["--pgp", "/no/such/key"], "/no/such/key cannot be read: no such file"),
        (["--area", "/no/such/area"], "/no/such/area"),
        (["--language", "tlh"], "there are no mails in 'tlh'; there are in en"),
    ],
)
def test_an_option_that_cannot_be_used_says_what_would_be_right(
    desk: Desk, options: list[str], says: str
) -> None:
    done = desk("add", A, *options)
    assert done.exit_code == 2
    assert says in done.output
    assert not desk.rows()


def test_what_a_subscriber_can_answer_the_operator_can_say(desk: Desk, world: World) -> None:
    one = world.subscribe()
    event = world.alert(1, MONDAY)
    assert desk("ack", event, "--by", str(one.number)).exit_code == 0
    assert desk("dismiss", event, "the", "pilot", "boat").exit_code == 0
    assert desk("snooze", event, "--days", "7").exit_code == 0
    remarks = world.book.read("select what, says from remarks order by number")
    assert remarks == [("acknowledged", ""), ("dismissed", "the pilot boat")]
    ((until,),) = world.book.read("select until from snoozes")
    assert until > MONDAY
    unknown = desk("ack", "encounter-of-nobody")
    assert (unknown.exit_code, "there is no event" in unknown.output) == (2, True)
    assert desk("pause", "1", "--days", "2").exit_code == 0
    assert desk.rows()[0]["state"] == "paused"
    assert desk("resume", "1").exit_code == 0
    assert desk.rows()[0]["state"] == "active"


def test_a_test_mail_goes_out_at_once_and_its_end_is_told(desk: Desk) -> None:
    with MailServer(tls="none", password=None).running() as server:
        desk.config.write_text(f'[mail]\nserver = "{server.url}"\nsender = "h@example.org"\n')
        desk("add", A)
        done = desk("test", "1")
        assert (done.exit_code, done.output) == (0, "2 letters sent.\n")
        assert {one.to for one in server.received} == {(A,)}
        server.refuses[A] = "550 5.1.1 <{to}>: no such user"
        done = desk("test", "1")
        assert done.exit_code == 1
        assert "550 5.1.1" in done.output
        assert "jane" not in done.output


def test_an_answer_can_be_handed_in_and_a_page_can_unsubscribe(desk: Desk, world: World) -> None:
    one, other = world.subscribe(), world.subscribe(to="b@example.org")
    world.book.put(world.seal, one.number, "test", "test", MONDAY)
    token = world.book.letters()[0].token
    mail = f"Message-ID: <1@x>\nIn-Reply-To: <{token}@x>\nFrom: x@y.example\n\nstop\n"
    nobody = desk("receive", stdin=b"From: x@y.example\n\nstop\n")
    assert (nobody.exit_code, len(desk.rows())) == (2, 2)
    assert desk("receive", stdin=mail.encode()).output == f"Subscriber {one.number}: removed.\n"
    done = desk("receive", "--unsubscribe", leaving(world.seal, other.number))
    assert done.output == f"Subscriber {other.number}: removed.\n"
    assert not desk.rows()


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    missing = desk("list")
    assert missing.exit_code == 2
    assert "there is no" in missing.output
    assert desk("key").exit_code == 0
    path = tmp_path / "keys/alerts.key"
    key = path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert desk("key").exit_code == 0
    assert path.read_text() == key
    assert key.strip() not in desk("key").output
    desk("add", A)
    path.write_text(KEY)
    other = desk("list")
    assert other.exit_code == 2
    assert "encrypted with another alerts.key" in other.output


def test_the_station_s_openpgp_key_is_made_once_for_the_address_that_mails_come_from(
    desk: Desk,
) -> None:
    path = desk.config.parent / "keys/pgp.key"
    assert "[mail] sender is empty" in desk("key", "--pgp").output
    assert not path.exists()
    desk.config.write_text('[mail]\nsender = "station@example.org"\n')
    assert desk("key", "--pgp").exit_code == 0
    key = path.read_text()
    again = desk("key", "--pgp")
    assert (again.exit_code, path.read_text()) == (0, key)
    assert "station's OpenPGP key" in again.output
    assert key.splitlines()[5] not in again.output
    assert path.stat().st_mode & 0o077 == 0


def test_an_answer_that_is_encrypted_to_the_station_is_taken(desk: Desk) -> None:
    desk.config.write_text('[mail]\nsender = "station@example.org"\n')
    desk("key", "--pgp")
    desk("add", A)
    with Book.open(desk.folder) as book:
        token = book.letters("what = 'confirm'")[0].token
    key = station_key(desk.config.parent / "keys")
    assert key is not None
    hidden = pysequoia.encrypt(b"yes\r\n", [pysequoia.Cert.from_bytes(key.certificate.encode())])
    mail = simple(token, *hidden.decode("ascii").splitlines())
    assert desk("receive", stdin=mail).output == "Subscriber 1: confirmed.\n"
    assert desk.rows()[0]["state"] == "active"
