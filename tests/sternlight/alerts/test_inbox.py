"""The mailbox of answers, at a real Dovecot and at ends that are no servers of mail."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sternlight.alerts import inbox
from sternlight.alerts.answers import MOST_BYTES
from sternlight.alerts.book import Book
from sternlight.alerts.inbox import Collected, collect
from sternlight.alerts.mail_settings import Mail
from sternlight.errors import SettingsError
from tests.receiver.live_input import certificate, free_port, tcp_end
from tests.sternlight.alerts import replies
from tests.sternlight.alerts.books import T, a_seal, sent, subscribed
from tests.sternlight.alerts.mailboxes import PASSWORD, Mailbox, mailbox
from tests.sternlight.alerts.replies import of, simple

SEAL = a_seal()
STRANGER = of("From: boss@example.org", "Subject: Your contract", "", "stop")


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture
def box(dovecot: Mailbox) -> Mailbox:
    dovecot.clear()
    return dovecot


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Book.open(tmp_path) as found:
        yield found


def settings(folder: Path, address: str, cert: Path | None, password: str = PASSWORD) -> Mail:
    keys = folder / "keys"
    keys.mkdir(exist_ok=True)
    (keys / "imap.password").write_text(password, "utf-8")
    return Mail(inbox=address, keys=str(keys), ca_file=str(cert or ""))


def collected(book: Book, box: Mailbox, t: float = T) -> Collected:
    address = f"imaps://alerts@localhost:{box.port}"
    return collect(book, SEAL, settings(book.path.parent, address, box.cert), t)


def done(found: Collected) -> list[str]:
    assert found.says == ""
    return [outcome.done for outcome in found.done]


def test_what_comes_in_is_done_and_marked_and_the_rest_left_alone(book: Book, box: Mailbox) -> None:
    one, other = (subscribed(book, SEAL).number for _ in range(2))
    token = sent(book, SEAL, one)
    box.put(
        STRANGER,
        simple(token, "snooze"),
        replies.postfix(sent(book, SEAL, other)),
        simple(token, "Who are you?").replace(b"CAF0", b"CAF1"),
        STRANGER,
    )
    found = collected(book, box)
    assert done(found) == ["snoozed", "bounced", "unclear"]
    assert found.others_count == 2
    assert not found.more
    assert box.seen() == [False, True, True, False, False]
    assert collected(book, box) == Collected([])


def test_a_mail_that_somebody_has_read_meanwhile_counts_too(book: Book, box: Mailbox) -> None:
    one = subscribed(book, SEAL).number
    box.put(simple(sent(book, SEAL, one), "pause"))
    with box.opened() as reader:
        reader.select("INBOX")
        reader.store("1", "+FLAGS", "\\Seen")
    assert done(collected(book, box)) == ["paused"]


def test_each_run_goes_on_where_the_last_ended(
    book: Book, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_MAILS", 2)
    token = sent(book, SEAL, subscribed(book, SEAL).number)
    box.put(*(simple(token, "ok").replace(b"CAF0", b"CAF%d" % n) for n in range(5)))
    runs = [collected(book, box) for _ in range(4)]
    assert [len(done(run)) for run in runs] == [2, 2, 1, 0]
    assert [run.more for run in runs] == [True, True, False, False]


def test_a_mailbox_that_is_numbered_anew_is_read_anew_and_nothing_done_twice(
    book: Book, box: Mailbox
) -> None:
    token = sent(book, SEAL, subscribed(book, SEAL).number)
    box.put(simple(token, "pause"))
    assert done(collected(book, box)) == ["paused"]
    book.say(inbox.PLACE, "another 999")
    box.put(simple(token, "resume").replace(b"CAF0", b"CAF1"))
    assert done(collected(book, box)) == ["resumed"]


def test_of_a_large_mail_the_beginning_is_read(book: Book, box: Mailbox) -> None:
    token = sent(book, SEAL, subscribed(book, SEAL).number)
    box.put(simple(token, "ok", "", *["x" * 70] * (5 * MOST_BYTES // 70)))
    assert done(collected(book, box)) == ["acknowledged"]


def test_a_mailbox_on_this_computer_may_be_read_without_encryption(
    book: Book, box: Mailbox
) -> None:
    box.put(simple(sent(book, SEAL, subscribed(book, SEAL).number), "ok"))
    address = f"imap://alerts@127.0.0.1:{box.plain_port}"
    mail = settings(book.path.parent, address, None)
    assert done(collect(book, SEAL, mail, T)) == ["acknowledged"]


def test_a_server_may_know_only_the_oldest_way_to_log_in(book: Book) -> None:
    heard: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        connection.sendall(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
        with connection.makefile("rb") as lines:
            for line in lines:
                heard.append(line)
                tag = line.partition(b" ")[0]
                connection.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")

    with tcp_end(serve) as port:
        mail = settings(book.path.parent, f"imap://alerts@127.0.0.1:{port}", None, 'old "one')
        assert collect(book, SEAL, mail, T) == Collected([])
        says = collect(book, SEAL, settings(book.path.parent, mail.inbox, None), T).says
        assert "refuses the user" in says  # no letters beyond ASCII
    assert b'LOGIN alerts "old \\"one"\r\n' in heard[1]


# -- What goes wrong


def test_a_wrong_password_is_told_without_it_and_without_an_address(
    book: Book, box: Mailbox
) -> None:
    address = f"imaps://alerts%40example.org@localhost:{box.port}"
    mail = settings(book.path.parent, address, box.cert, "not the password")
    found = collect(book, SEAL, mail, T)
    assert found.says == (
        "the mailbox of answers cannot be read: it refuses the user of [mail] inbox, or what"
        " imap.password holds"
    )


def test_an_untrusted_certificate_ends_it_before_the_password(
    book: Book, box: Mailbox, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    address = f"imaps://alerts@localhost:{box.port}"
    found = collect(book, SEAL, settings(tmp_path, address, certificate(other)[0]), T)
    assert "certificate" in found.says
    found = collect(book, SEAL, settings(tmp_path, address.replace("localhost", "127.0.0.1"),
                                         box.cert), T)  # fmt: skip
    assert "certificate is that of another host" in found.says


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"* BYE maria@example.org is unknown\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"* OK hello\r\n* BYE secret\r\n",
        b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n" + b"x" * 100 + b"\r\n",
        b"* PREAUTH [CAPABILITY IMAP4rev1] x\r\n",
        b"\xff\xfe\x00" * 50,
        b"* OK {999999999}\r\n",
    ],
)
def test_an_end_that_is_no_mailbox_is_told_in_a_sentence(
    book: Book, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "ANSWER_S", 0.5)

    def say(connection: socket.socket) -> None:
        connection.sendall(answer)
        connection.recv(1000)

    with tcp_end(say) as port:
        mail = settings(book.path.parent, f"imap://alerts@127.0.0.1:{port}", None)
        says = collect(book, SEAL, mail, T).says
    assert says.startswith("the mailbox of answers cannot be read: ")
    assert "maria" not in says
    assert "secret" not in says


def test_nobody_there_is_told_in_a_sentence(book: Book) -> None:
    mail = settings(book.path.parent, f"imaps://alerts@localhost:{free_port()}", None)
    found = collect(book, SEAL, mail, T)
    assert found == Collected([], 0, True, "the mailbox of answers cannot be read: nobody answers"
                              " at this port")  # fmt: skip


def test_a_connection_that_breaks_off_loses_nothing(
    book: Book, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = sent(book, SEAL, subscribed(book, SEAL).number)
    box.put(simple(token, "pause"), simple(token, "resume").replace(b"CAF0", b"CAF1"))
    real = inbox._fetched

    def once(open_box: inbox._Box, uid: str) -> bytes:
        if book.about(inbox.PLACE):
            open_box.sock.shutdown(socket.SHUT_RDWR)
        return real(open_box, uid)

    monkeypatch.setattr(inbox, "_fetched", once)
    found = collected(book, box)
    assert [outcome.done for outcome in found.done] == ["paused"]
    assert found.more
    assert found.says
    monkeypatch.setattr(inbox, "_fetched", real)
    assert done(collected(book, box)) == ["resumed"]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("imaps://mail.example.org:99999", "cannot be read"),
        ("pop3://alerts@mail.example.org", "no server of this kind"),
        ("imaps://alerts:geheim@mail.example.org", "has a password in it"),
    ],
)
def test_a_wrong_address_of_the_mailbox_is_a_setting_to_be_changed(
    book: Book, address: str, says: str
) -> None:
    with pytest.raises(SettingsError, match=says) as told:
        collect(book, SEAL, settings(book.path.parent, address, None), T)
    assert "geheim" not in str(told.value)


def test_a_mailbox_elsewhere_is_not_read_without_encryption(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "is_here", lambda sock: False)
    heard: list[bytes] = []
    with tcp_end(lambda connection: heard.append(connection.recv(1000))) as port:
        mail = settings(book.path.parent, f"imap://alerts@127.0.0.1:{port}", None)
        assert "write imaps://" in collect(book, SEAL, mail, T).says
    assert b"".join(heard) == b""


def test_a_missing_password_names_its_file(book: Book) -> None:
    mail = settings(book.path.parent, "imaps://alerts@localhost", None)
    os.unlink(book.path.parent / "keys" / "imap.password")  # noqa: PTH108
    with pytest.raises(SettingsError, match=r"imap\.password"):
        collect(book, SEAL, mail, T)
