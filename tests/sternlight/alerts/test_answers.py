from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternlight.alerts.answers import MOST_BYTES, Answer, read
from sternlight.alerts.bounced import Bounce
from sternlight.alerts.wording import Command
from tests.sternlight.alerts import replies
from tests.sternlight.alerts.replies import PROGRAMS, RETURNED, away, headed, of, simple

TOKEN = "abcdefghijklmnopqrstuvwxy2"
OTHER = "zyxwvutsrqponmlkjihgfedcb7"


def answer(mail: bytes) -> Answer:
    received = read(mail)
    assert received is not None
    assert isinstance(received.said, Answer)
    return received.said


# -- What a person wrote


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("Ok.", Command("acknowledge")),
        ("Snooze 2 weeks", Command("snooze", 14)),
        ("dismiss it is a pilot boat", Command("dismiss", says="it is a pilot boat")),
    ],
)
def test_the_answer_of_every_program_is_read(
    program: Callable[[str, str], bytes], said: str, command: Command
) -> None:
    assert answer(program(TOKEN, said)) == Answer((TOKEN, TOKEN), command)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("said", ["", "What is this about?"])
def test_what_is_quoted_is_never_a_command(program: Callable[[str, str], bytes], said: str) -> None:
    assert answer(program(TOKEN, said)).command.verb == "unclear"


@given(
    st.lists(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=30)),
    st.sampled_from(PROGRAMS),
)
def test_no_words_around_a_quotation_make_a_command_of_it(
    words: list[str], program: Callable[[str, str], bytes]
) -> None:
    said = " ".join(" ".join(words).split()).replace("<", "(").replace("=", "-")
    verb = answer(program(TOKEN, f"I wonder {said}")).command.verb
    assert verb == "unclear"


def test_a_reason_may_take_some_lines_but_no_signature() -> None:
    mail = simple(
        TOKEN, "Dismiss the two are of one owner", "and always meet here", "Sent from my K-9"
    )
    assert answer(mail).command.says == "the two are of one owner and always meet here"
    mail = simple(TOKEN, "dismiss a survey", "-- ", "Maria")
    assert answer(mail).command.says == "a survey"


@pytest.mark.parametrize(
    "behind",
    [
        ("-----Original Message-----", "stop"),
        ("____________________", "stop"),
        ("On Monday, 3 August 2026 Sternlight wrote:", "stop"),
        ("Am 3. August 2026 schrieb Sternlight", "<alerts@example.org>:", "", "stop"),
        ("Da: Sternlight", "Inviato: lunedì", "A: Maria", "stop"),
        ("> On Monday Sternlight wrote:", "> stop"),
        ("Op maandag 3 augustus schreef", "de stuurman van dienst:", "> stop"),
        ("--", "Maria"),
        ("", "It will go on."),
    ],
)
def test_a_reason_ends_where_something_else_begins(behind: tuple[str, ...]) -> None:
    assert answer(simple(TOKEN, "dismiss pilot boat", *behind)).command.says == "pilot boat"
    assert answer(simple(TOKEN, "Ok", *behind)).command == Command("acknowledge")
    assert answer(simple(TOKEN, "", *behind)).command.verb == "unclear"


@pytest.mark.parametrize(
    "behind",
    [
        '<div class="gmail_quote">On Monday Sternlight wrote<blockquote>stop</blockquote></div>',
        '<div id="appendonsend"></div>stop',
        "<hr>stop",
        "</blockquote><blockquote><style>p {}</style>stop</blockquote>",
        "<p>stop</p>",
        "<script>stop</script><blockquote>stop <blockquote>stop</blockquote> stop</blockquote>",
    ],
)
def test_a_reason_in_html_ends_where_something_else_begins(behind: str) -> None:
    mail = of(*headed(TOKEN), "Content-Type: text/html", "", f"<b>dismiss</b> pilot boat{behind}")
    assert answer(mail).command.says == "pilot boat"


def test_of_a_part_in_html_only_what_can_be_seen_counts() -> None:
    body = (
        "<style>stop</style><blockquote>stop</blockquote><!-- stop --><p>o<b>k</b></p><p>stop</p>"
    )
    mail = of(*headed(TOKEN), "Content-Type: text/html", "", body)
    assert answer(mail).command == Command("acknowledge")


def test_attached_mails_and_files_are_not_read() -> None:
    mail = of(
        *headed(TOKEN),
        "Content-Type: multipart/mixed; boundary=b",
        "", "--b", "Content-Type: text/html", "", "<p>see below</p>",
        "--b", "Content-Type: text/plain", "Content-Disposition: attachment", "", "stop",
        "--b", "Content-Type: message/rfc822", "", "Subject: x", "", "stop", "", "--b--",
    )  # fmt: skip
    assert answer(mail).command.verb == "unclear"


@pytest.mark.parametrize(
    "more",
    [
        ('Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b',),
        ("Content-Type: application/pkcs7-mime",),
        ("Content-Type: text/plain",),
    ],
)
def test_an_encrypted_answer_is_told_apart(more: tuple[str, ...]) -> None:
    body = ("-----BEGIN PGP MESSAGE-----", "", "hQEMA0", "-----END PGP MESSAGE-----")
    said = answer(of(*headed(TOKEN, *more), "", *body))
    assert said.encrypted
    assert said.command.verb == "unclear"


# -- Who wrote it


def test_without_anything_that_could_be_a_token_a_mail_is_not_for_us() -> None:
    assert read(of("From: maria@example.org", "Subject: Re: Sternlight", "", "stop")) is None
    assert read(simple("not-a-token", "stop")) is None


def test_a_subject_made_for_unsubscribing_or_confirming_is_enough() -> None:
    mail = of(f"Subject: stop {TOKEN}", "Auto-Submitted: auto-generated", "", "")
    assert answer(mail) == Answer((), Command("stop", proof=TOKEN))
    mail = of("Subject: =?utf-8?q?Confirm_abcde-fghi2?=", "", "Sent from my iPhone")
    assert answer(mail) == Answer((), Command("confirm", proof="abcdefghi2"))
    assert read(of(f"Subject: Re: stop {TOKEN}", "", "")) is None
    assert read(of("Subject: stop", "", "stop")) is None


def test_a_code_in_the_first_line_is_enough() -> None:
    assert answer(of("Subject: x", "", "confirm abcde-fghi2")).command.proof == "abcdefghi2"


def test_tokens_come_from_the_whole_thread() -> None:
    mail = of(
        "Subject: Re: x",
        f"References: <{TOKEN}@a> <x@y>",
        f"\t<{OTHER}@a>",
        f"In-Reply-To: <{OTHER}@a>",
        "",
        "ok",
    )
    assert answer(mail).tokens == (TOKEN, OTHER, OTHER)


def test_a_mail_is_recognised_when_it_comes_again() -> None:
    first, again, other = (read(simple(TOKEN, word)) for word in ("ok", "ok", "help"))
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.name == again.name == other.name == "<CAF0123456789@mail.example.org>"
    unnamed = [read(of(f"In-Reply-To: <{TOKEN}@a>", "", word)) for word in ("ok", "ok", "help")]
    names = [one.name for one in unnamed if one]
    assert names[0] == names[1] != names[2]


# -- What no person wrote


@pytest.mark.parametrize(
    "more",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (vacation)",
        "Precedence: bulk",
        "Precedence: Junk",
        "Precedence: list",
        "List-Id: <chat.example.org>",
        "X-Autoreply: yes",
        "Return-Path: <>",
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"',
    ],
)
def test_what_a_program_sends_by_itself_is_no_answer(more: str) -> None:
    for body in ("yes", "stop", "I am away."):
        assert read(away(TOKEN, more, body=body)) is None


def test_an_absence_that_only_the_subject_tells_is_none() -> None:
    for subject in (
        "Automatic reply: Sternlight", "Out of Office: x", "Réponse automatique : x",
        "=?utf-8?q?R=C3=A9ponse_automatique_: x?=",
    ):  # fmt: skip
        assert read(of(*headed(TOKEN, subject=subject), "", "yes")) is None


def test_an_absence_that_nothing_tells_confirms_nothing() -> None:
    assert answer(away(TOKEN, body="Yes, I am away until Monday.")).command.verb == "unclear"


def test_a_person_may_say_that_no_program_wrote() -> None:
    assert answer(away(TOKEN, "Auto-Submitted: no", body="ok")).command == Command("acknowledge")


# -- What came back


@pytest.mark.parametrize("made", RETURNED)
def test_a_mail_that_came_back_is_recognised_by_what_it_quotes(
    made: Callable[[str], bytes],
) -> None:
    received = read(made(TOKEN))
    assert received is not None
    assert isinstance(received.said, Bounce)
    assert received.said.tokens == (TOKEN,)
    assert received.said.status == {"postfix": "5.1.1", "exchange": "5.2.2"}.get(made.__name__, "")


@pytest.mark.parametrize(
    "mail",
    [
        replies.postfix(TOKEN, "4.4.1", "delayed"),
        replies.postfix(TOKEN, "2.0.0", "delivered"),
        replies.postfix(TOKEN, "2.0.0", "relayed"),
        replies.postfix("nothing-of-ours"),
        replies.old_exim(TOKEN, "Warning: message delayed 24 hours"),
        replies.old_exim(TOKEN, why="451 come back, it will be retried"),
        replies.old_exim(TOKEN, why="no answer so far"),
    ],
)
def test_what_is_only_late_or_has_arrived_did_not_come_back(mail: bytes) -> None:
    assert read(mail) is None


def test_a_mail_given_up_after_days_came_back_whatever_the_status() -> None:
    received = read(replies.postfix(TOKEN, "4.4.7", "failed"))
    assert received is not None
    assert received.said == Bounce((TOKEN,), "4.4.7")


def test_a_program_that_answers_for_an_absent_person_does_not_return_a_mail() -> None:
    mail = away(TOKEN, "Return-Path: <>", body="Away. Ring 550 1234, it is permanent.")
    assert read(mail) is None


# -- What anybody may send


@given(st.binary())
def test_any_bytes_can_be_read(mail: bytes) -> None:
    read(mail)


HOSTILE = st.sampled_from(
    rb"""Content-Type: multipart/mixed; boundary=b
Content-Type: multipart/report; report-type=delivery-status; boundary="b
Content-Type: text/html; charset=\xff
Content-Type: text/plain; charset*=x''%ff
Content-Type: text/plain; charset=idna
Content-Type: text/plain; charset=base64
Content-Type: text/plain; charset=undefined
Content-Type: text/plain; charset="\0"
Content-Type: message/rfc822
Content-Type: message/delivery-status
Content-Disposition: attachment; filename*0*=\xff
Content-Transfer-Encoding: base64
Content-Transfer-Encoding: x-uuencode
Content-Transfer-Encoding: quoted-printable
begin 644 x
Action: failed
Status: 5.1.1
Subject: =?x?q?=ff?=
Subject: =?utf-8?b?a?=
Subject: =?\xff-7?q?+AAA?=
From: <\xff
From: mailer-daemon@x
Return-Path: <>
Message-ID: <
In-Reply-To: <abcdefghijklmnopqrstuvwxy2@x>
stop
> stop
=?utf-8?b?/?=
<p>
<!--
<![x[
<![x
Content-Type: text/html; charset*0=a; charset*=b
Content-Type: multipart/mixed; boundary*0=a; boundary*=b
&#xd800;
\x00
\xed\xa0\x80

--b
--b--""".replace(rb"\0", b"\0")
    .replace(rb"\xff", b"\xff")
    .split(b"\n")
).map(lambda line: line + b"\r\n")


@given(st.lists(HOSTILE | st.binary(max_size=8), max_size=30))
def test_any_mail_made_to_do_harm_can_be_read(pieces: list[bytes]) -> None:
    mail = b"".join(pieces)
    received = read(mail)
    if TOKEN.encode() not in mail:
        assert received is None


FILLINGS = (
    *b'<a |<!--|On |From: x\n|x:\n|--b\n|a@|=?|>|\n|";|5.1.|_|dismiss '.split(b"|"),
    b"-" * 1000,
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\n",
)


@pytest.mark.parametrize("filling", FILLINGS)
@pytest.mark.parametrize("kind", [b"text/html", b"text/plain", b"multipart/report; boundary=b; x="])
def test_no_mail_takes_long_to_read(filling: bytes, kind: bytes) -> None:
    back = b"Return-Path: <>\n" if kind.startswith(b"multipart") else b""
    head = back + b"In-Reply-To: <" + TOKEN.encode() + b"@x>\nContent-Type: " + kind
    for between in (b"", b"\n\n", b"\nSubject: "):
        mail = (head + between + filling * (MOST_BYTES // len(filling)))[:MOST_BYTES]
        began = time.process_time()
        read(mail)
        assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    "line",
    [
        b"Subject: =?\xff-7?q?+AAA?=",
        b"Content-Type: text/plain; charset*0=a; charset*=b",
        b"Content-Type: multipart/mixed; boundary*0=a; boundary*=b",
        b"Content-Type: text/plain; charset=undefined",
        b"Content-Type: text/html\n\n<![x[",
    ],
)
def test_what_the_standard_library_fails_at_can_be_read(line: bytes) -> None:
    read(b"In-Reply-To: <" + TOKEN.encode() + b"@x>\n" + line + b"\n\nok\n")
