"""SMTP, against a real server on loopback that misbehaves, and against ends that are none."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternlight.alerts import connection, smtp
from sternlight.alerts.channel import Outcome
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.smtp import Smtp, serialised
from sternlight.errors import SettingsError
from tests.sternlight.alerts.letters_out import SENDER, TO, letter, parcel, settings
from tests.sternlight.alerts.servers import (
    AFTER_DOT,
    FULL,
    HOST,
    IN_DATA,
    UNKNOWN,
    USER,
    Certificate,
    MailServer,
    Tls,
    certificate,
    scripted,
)


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("trusted"))


@pytest.fixture
def server(trusted: Certificate) -> Iterator[MailServer]:
    with MailServer(certificate=trusted).running() as running:
        yield running


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have servers on loopback count as those of somebody else."""
    monkeypatch.setattr(smtp, "is_here", lambda sock: False)


def outcomes(mail: Mail, *to: str) -> list[Outcome]:
    with closing(Smtp(mail)) as channel:
        return [channel.send(one, parcel(letter(one))) for one in to]


def hows(mail: Mail, *to: str) -> list[str]:
    found = outcomes(mail, *to)
    for one, outcome in zip(to, found, strict=True):
        assert_silent(one, outcome)
    return [outcome.how for outcome in found]


def assert_silent(to: str, outcome: Outcome) -> None:
    """See that nothing of an address is told."""
    local, _, domain = to.lower().partition("@")
    for part in (to.lower(), local, domain, "@", USER, "station.example.org"):
        assert part not in outcome.says.lower(), outcome


@pytest.mark.parametrize("tls", ["starttls", "from the start", "none"])
@pytest.mark.parametrize("long", ["", "long " * 400])
def test_a_letter_arrives_byte_by_byte(
    tmp_path: Path, trusted: Certificate, tls: Tls, long: str
) -> None:
    message = letter(body=f".\n..\n.leading points\nÜmläute\n{long}\n")
    with MailServer(tls=tls, certificate=trusted).running() as server:
        with closing(Smtp(settings(tmp_path, server))) as channel:
            assert channel.send(TO, parcel(message)) == Outcome("sent")
        (one,) = server.received
    assert one.content == serialised(message)
    assert one.content.isascii()
    assert (one.sender, one.to, one.user) == (SENDER, (TO,), USER)
    assert one.tls == (tls != "none")
    assert one.message["Message-ID"] == message["Message-ID"]
    assert one.message.get_content().splitlines() == message.get_content().splitlines()


def test_letters_share_a_connection_until_the_server_has_had_enough(
    tmp_path: Path, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "LETTERS_COUNT", 10)
    to = [f"reader{i}@example.org" for i in range(25)]
    assert hows(settings(tmp_path, server), *to) == ["sent"] * 25
    assert server.connections_count == 3
    assert [one.to for one in server.received] == [(one,) for one in to]


def test_a_server_that_takes_few_letters_a_connection_gets_them_all_the_same(
    tmp_path: Path, server: MailServer
) -> None:
    server.limit = 2
    to = [f"reader{i}@example.org" for i in range(5)]
    assert hows(settings(tmp_path, server), *to) == ["sent"] * 5
    assert server.connections_count == 3


def test_a_server_that_is_busy_from_the_start_is_no_endless_loop(
    tmp_path: Path, server: MailServer
) -> None:
    server.answers["MAIL"] = "421 4.7.0 <{sender}> not now"
    assert hows(settings(tmp_path, server), TO, TO) == ["later", "later"]


def test_who_is_greylisted_gets_the_letter_at_the_second_try(
    tmp_path: Path, server: MailServer
) -> None:
    server.greylist_tries = 1
    mail = settings(tmp_path, server)
    assert hows(mail, TO, "other@example.org", TO) == ["later", "later", "sent"]
    assert [one.to for one in server.received] == [(TO,)]
    assert server.connections_count == 1


def test_refusals_are_told_apart_and_the_session_goes_on(
    tmp_path: Path, server: MailServer
) -> None:
    server.refuses = {
        "reader-gone@example.org": UNKNOWN,
        "reader-full@example.org": FULL,
        "reader-busy@example.org": "450 4.2.1 <{to}> busy",
        "reader-relay@example.org": "554 5.7.1 <{to}>: Relay access denied",
        "reader-bye@example.org": "421 4.3.2 {to} closing",
    }
    to = [*server.refuses, TO]
    found = hows(settings(tmp_path, server), *to)
    assert found == ["never", "later", "later", "later", "later", "sent"]
    assert [one.to for one in server.received] == [(TO,)]


@pytest.mark.parametrize(
    ("verb", "answer", "how", "next_how"),
    [
        ("MAIL", "550 5.7.1 <{sender}> may not send", "ours", "ours"),
        ("MAIL", "550 5.1.1 <{sender}> unknown", "ours", "ours"),
        ("MAIL", "451 4.3.0 later", "later", "later"),
        ("AUTH", "535 5.7.8 station is not known", "ours", "ours"),
        ("AUTH", "454 4.7.0 no passwords now", "ours", "ours"),
        ("DATA", "554 5.7.1 <{to}> spam", "refused", "refused"),
        ("DATA", "550 5.1.1 <{to}> unknown", "never", "never"),
        ("DATA", "552 5.2.2 <{to}> full", "later", "later"),
        ("DATA", "451 4.3.0 <{to}> try again", "later", "later"),
        ("RSET", "500 what?", "sent", "sent"),
    ],
)
def test_what_follows_from_each_step(
    tmp_path: Path, server: MailServer, verb: str, answer: str, how: str, next_how: str
) -> None:
    server.answers[verb] = answer
    assert hows(settings(tmp_path, server), TO, TO) == [how, next_how]


def test_who_may_not_send_does_not_try_it_with_every_letter(
    tmp_path: Path, server: MailServer
) -> None:
    server.answers["MAIL"] = "550 5.7.1 no"
    with closing(Smtp(settings(tmp_path, server))) as channel:
        first = channel.send(TO, parcel())
        server.answers.clear()
        assert channel.send(TO, parcel()) == first
    assert not server.received


def test_a_server_that_hung_up_meanwhile_is_called_again(
    tmp_path: Path, server: MailServer
) -> None:
    server.patience_s = 0.05
    with closing(Smtp(settings(tmp_path, server))) as channel:
        assert channel.send(TO, parcel()).how == "sent"
        time.sleep(0.15)
        assert channel.send(TO, parcel()).how == "sent"
    assert server.connections_count == 2


def test_a_refusal_that_is_ours_is_not_provoked_again(tmp_path: Path, server: MailServer) -> None:
    mail = settings(tmp_path, server)
    (tmp_path / "keys/smtp.password").write_text("wrong")
    found = outcomes(mail, *[TO] * 5)
    assert {one.how for one in found} == {"ours"}
    assert "smtp.password was answered by 535 5.7.8" in found[0].says
    assert server.connections_count == 1  # five wrong passwords lock an account
    assert hows(settings(tmp_path, server), TO) == ["sent"]


def test_passwords_have_letters_beyond_ascii(tmp_path: Path, server: MailServer) -> None:
    server.password = "pässwörd ☂"
    mail = settings(tmp_path, server)
    (tmp_path / "keys/smtp.password").write_text(server.password, "utf-8")
    assert hows(mail, TO) == ["sent"]


@pytest.mark.parametrize(
    ("without", "how"), [(("PLAIN",), "sent"), (("LOGIN",), "sent"), (("PLAIN", "LOGIN"), "ours")]
)
def test_both_usual_ways_to_log_in_are_known(
    tmp_path: Path, server: MailServer, without: tuple[str, ...], how: str
) -> None:
    server.without = without
    assert hows(settings(tmp_path, server), TO) == [how]
    assert [one.user for one in server.received] == [USER] * (how == "sent")


def test_a_missing_password_is_ours(tmp_path: Path, server: MailServer) -> None:
    mail = settings(tmp_path, server)
    (tmp_path / "keys/smtp.password").unlink()
    (found,) = outcomes(mail, TO)
    assert found.how == "ours"
    assert "smtp.password" in found.says
    assert not server.received


@pytest.mark.parametrize("mishap", [IN_DATA, AFTER_DOT])
def test_a_letter_whose_connection_broke_is_tried_again_under_the_same_name(
    tmp_path: Path, server: MailServer, mishap: str
) -> None:
    mishaps = iter([mishap])
    server.mishap = lambda to: next(mishaps, "")
    mail = settings(tmp_path, server)
    assert hows(mail, TO, "other@example.org") == ["later", "sent"]
    assert hows(mail, TO) == ["sent"]
    names = [one.message["Message-ID"] for one in server.of(TO)]
    assert len(names) == (1 if mishap == IN_DATA else 2)
    assert len(set(names)) == 1
    assert sum(one.answered for one in server.of(TO)) == 1


def test_a_server_without_encryption_elsewhere_gets_nothing(
    tmp_path: Path, elsewhere: None
) -> None:
    with MailServer(tls="none", password=None).running() as server:
        (found,) = outcomes(settings(tmp_path, server), TO)
        assert not server.received
    assert found.how == "ours"
    assert "STARTTLS" in found.says


def test_a_stripped_starttls_gives_away_no_password_and_no_letter(
    tmp_path: Path, elsewhere: None
) -> None:
    heard: list[bytes] = []

    def talk(end: socket.socket) -> None:
        end.sendall(b"220 mail.test\r\n")
        while line := end.recv(4096):
            heard.append(line)
            end.sendall(b"250-mail.test\r\n250 AUTH PLAIN\r\n")

    with scripted(talk) as port:
        mail = settings(tmp_path, url=f"smtp://station@localhost:{port}")
        assert hows(mail, TO) == ["ours"]
    assert b"".join(heard).splitlines() == [b"ehlo [127.0.0.1]"]


@pytest.mark.parametrize("tls", ["starttls", "from the start"])
@pytest.mark.parametrize(
    ("name", "last_year", "known", "words"),
    [
        ("localhost", 2099, False, "nobody who is trusted"),
        ("other.example.org", 2099, True, "another host"),
        ("localhost", 2001, True, "expired"),
    ],
)
def test_a_wrong_certificate_gets_nothing(
    tmp_path: Path, tls: Tls, name: str, last_year: int, known: bool, words: str
) -> None:
    shown = certificate(tmp_path, name, last_year)
    (tmp_path / "other").mkdir()
    trusted = shown if known else certificate(tmp_path / "other")
    with MailServer(tls=tls, certificate=shown).running() as server:
        mail = replace(settings(tmp_path, server), ca_file=str(trusted.cert))
        (found,) = outcomes(mail, TO)
        assert not server.received
    assert found.how == "ours"
    assert words in found.says


def test_the_host_of_the_settings_is_that_of_the_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda to, s: real((HOST, to[1]), s))
    shown = certificate(tmp_path, "other.example.org")
    with MailServer(tls="from the start", certificate=shown).running() as server:
        mail = settings(tmp_path, server)
        assert hows(mail, TO) == ["ours"]
        assert hows(replace(mail, server=mail.server.replace("localhost", shown.cert.stem[:-5])),
                    TO) == ["sent"]  # fmt: skip


def test_only_the_certificates_of_the_file_count(
    tmp_path: Path, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.certificate is not None
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate.cert))
    other = certificate(tmp_path)
    mail = settings(tmp_path, server)
    assert hows(replace(mail, ca_file=""), TO) == ["sent"]
    assert hows(replace(mail, ca_file=str(other.cert)), TO) == ["ours"]


def test_old_encryption_is_not_spoken(tmp_path: Path, trusted: Certificate) -> None:
    context = connection.trust(str(trusted.cert))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_the_wrong_kind_of_port_is_named(tmp_path: Path, server: MailServer) -> None:
    mail = settings(tmp_path, server, url=f"smtps://localhost:{server.port}")
    (found,) = outcomes(mail, TO)
    assert (found.how, "encrypt from the start" in found.says) == ("ours", True)


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
def test_a_server_that_is_not_there_is_no_receivers_fault(tmp_path: Path, host: str) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
    mail = settings(tmp_path, url=f"smtps://{host}:{port}")
    assert hows(mail, TO, TO) == ["ours", "ours"]


def test_a_slow_server_is_waited_for_but_not_for_ever(
    tmp_path: Path, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.slow_s = 0.3
    mail = settings(tmp_path, server)
    assert hows(mail, TO) == ["sent"]
    monkeypatch.setattr(smtp, "ANSWER_S", 0.05)
    assert hows(mail, TO, TO) == ["later", "ours"]  # the second would wait as long


@pytest.mark.parametrize("limit", ["LETTER_S", "GREETING_S", "CONNECT_S"])
def test_a_server_that_drips_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    stop = threading.Event()

    def talk(end: socket.socket) -> None:
        if limit == "LETTER_S":
            end.sendall(b"220 x\r\n")
            end.recv(4096)
            end.sendall(b"250 x\r\n")
            end.recv(4096)
        elif limit == "CONNECT_S":  # a message of TLS that goes on for ever
            end.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xf0")
        while not stop.wait(0.02):
            end.sendall(b"2")

    monkeypatch.setattr(connection if limit == "CONNECT_S" else smtp, limit, 0.3)
    scheme = "smtps" if limit == "CONNECT_S" else "smtp"
    with scripted(talk) as port:
        found = hows(settings(tmp_path, url=f"{scheme}://localhost:{port}"), TO, TO)
        stop.set()
    assert found == (["later", "ours"] if limit == "LETTER_S" else ["ours", "ours"])


HOSTILE = [
    b"",
    b"220",
    b"\x00\xff\xfe binary\r\n",
    b"220 " + b"a" * 100_000 + b"\r\n",
    b"220-jane.doe@union.example.org\r\n" * 100_000,
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"554 jane.doe@union.example.org not wanted\r\n",
    b"\xb2\xb2\xb0 hi\r\n",
]


@pytest.mark.parametrize("greeting", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_greeting_is_ours_to_bear(tmp_path: Path, greeting: bytes) -> None:
    def talk(end: socket.socket) -> None:
        end.sendall(greeting)
        end.shutdown(socket.SHUT_WR)
        end.recv(4096)

    with scripted(talk) as port:
        assert hows(settings(tmp_path, url=f"smtp://localhost:{port}"), TO) == ["ours"]


def test_an_answer_without_end_is_not_listened_to(tmp_path: Path) -> None:
    def talk(end: socket.socket) -> None:
        while True:
            end.sendall(b"220-and another line\r\n" * 1000)

    with scripted(talk) as port:
        assert hows(settings(tmp_path, url=f"smtp://localhost:{port}"), TO) == ["ours"]


@contextmanager
def answering(answer: Callable[[bytes], bytes]) -> Iterator[int]:
    """Serve what answers well to everything but one command."""

    def talk(end: socket.socket) -> None:
        end.sendall(b"220 x\r\n")
        with end.makefile("rb") as lines:
            for line in lines:
                end.sendall(answer(line.upper()) or b"250 ok\r\n")

    with scripted(talk) as port:
        yield port


@given(
    verb=st.sampled_from([b"MAIL", b"RCPT", b"DATA"]),
    answer=st.one_of(
        st.binary(max_size=80).map(lambda b: b + b"\r\n"),
        st.builds(
            lambda code, enhanced, text: f"{code} {enhanced} {text}".encode() + b"\r\n",
            st.integers(0, 999).map("{:03}".format),
            st.sampled_from(["", "5.1.1", "5.7.1", "4.2.2", "5.999.999", "5..1", "55.1.1"]),
            st.sampled_from([TO, f"<{TO}>", "jane.doe", "union.example.org\r\n250 x"]),
        ),
    ),
)
def test_whatever_a_server_answers_is_an_outcome_without_address(
    trusted: Certificate, verb: bytes, answer: bytes
) -> None:
    with answering(lambda line: answer if line.startswith(verb) else b"") as port:
        mail = Mail(f"smtp://localhost:{port}", SENDER, ca_file=str(trusted.cert))
        with closing(Smtp(mail)) as channel:
            channel._opened().sock.settimeout(0.05)  # type: ignore[union-attr]
            outcome = channel.send(TO, parcel())
    assert outcome.how in ("sent", "later", "refused", "never", "ours")
    assert_silent(TO, outcome)


def test_addresses_beyond_ascii_go_where_the_server_knows_them(
    tmp_path: Path, trusted: Certificate
) -> None:
    to = "jäne@example.org"
    for utf8, how in ((True, "sent"), (False, "never")):
        with MailServer(certificate=trusted, utf8=utf8).running() as server:
            assert hows(settings(tmp_path, server), to) == [how]
            assert [one.to for one in server.received] == [(to,)] * utf8
            if utf8:
                assert "SMTPUTF8" in server.received[0].options
                assert "To: jäne@example.org".encode() in server.received[0].content


def test_domains_beyond_ascii_go_as_the_dns_has_them(tmp_path: Path, server: MailServer) -> None:
    server.utf8 = False
    with closing(Smtp(settings(tmp_path, server))) as channel:
        assert channel.send("jane@bücher.example", parcel()).how == "sent"
    assert server.received[0].to == ("jane@xn--bcher-kva.example",)


def test_a_letter_that_is_too_large_is_refused_before_it_is_sent(
    tmp_path: Path, trusted: Certificate
) -> None:
    small = MailServer(certificate=trusted, size_limit=1000)
    with small.running() as server, closing(Smtp(settings(tmp_path, server))) as channel:
        outcome = channel.send(TO, parcel(letter(body="x\n" * 1000)))
        assert outcome == Outcome("refused", "the letter is larger than our server takes")
        assert channel.send(TO, parcel()).how == "sent"


def test_a_letter_that_cannot_be_written_holds_up_no_other(
    tmp_path: Path, server: MailServer
) -> None:
    broken = EmailMessage(policy=SMTP)
    broken.set_payload("x" * 2000)
    with closing(Smtp(settings(tmp_path, server))) as channel:
        outcome = channel.send(TO, parcel(broken))
        assert outcome == Outcome("refused", "the letter cannot be written as mail")
        assert channel.send(TO, parcel()).how == "sent"
    assert len(server.received) == 1


@pytest.mark.parametrize("to", ["x", "a@b.org\r\nRCPT TO:<c@d.org>", "a@b.org>,<c@d.org", ""])
def test_no_address_gives_a_command(tmp_path: Path, server: MailServer, to: str) -> None:
    with closing(Smtp(settings(tmp_path, server))) as channel:
        assert channel.send(to, parcel()).how == "never"
    assert not server.received
    assert not server.connections_count


def test_settings_are_looked_at_before_anything_is_sent(tmp_path: Path) -> None:
    good = settings(tmp_path, url="smtp://localhost:2525")
    with pytest.raises(SettingsError, match=r"\[mail\] server is missing"):
        Smtp(replace(good, server=""))
    with pytest.raises(SettingsError, match=r"\[mail\] sender is missing"):
        Smtp(replace(good, sender=""))
    with pytest.raises(SettingsError, match=r"\[mail\] ca_file: .*nowhere.pem cannot be read"):
        Smtp(replace(good, ca_file=str(tmp_path / "nowhere.pem")))
    (tmp_path / "no.pem").write_text("no certificate")
    with pytest.raises(SettingsError, match=r"\[mail\] ca_file: .*holds no certificate"):
        Smtp(replace(good, ca_file=str(tmp_path / "no.pem")))
