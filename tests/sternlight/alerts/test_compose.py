"""What mails say, and that nothing in them is anybody else's doing."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache, lru_cache
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternlight import guidance
from sternlight.alerts import compose
from sternlight.alerts.compose import Sheet
from sternlight.alerts.envelope import Slip, message_id
from sternlight.text import plain
from tests.sternlight.alerts.stories import (
    FIRST,
    KINDS,
    LEAVING,
    MAIL,
    START,
    TOKEN,
    sheet,
    story,
    with_texts,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
NASTY = [
    "A\r\nBcc: all@example.org", "A\nSubject: x\n\nbody", "A\u2028To: b@c.d", "\x85X: y", "\x0cZ:",
    "<script>alert(1)</script>", '"><img src=http://x.example/y onerror=alert(1)>', "</title><b>",
    "]]><!--", "&lt;i&gt;", "=?utf-8?q?Bcc:_a=40b.c?=", "=HYPERLINK(1)", "{{ 7*7 }}", "{% raw %}",
    "\u202eEVIL", "\ud800", "\x00", "\x1b[2J", "HTTP://EVIL.COM/a", "www.evil.com", "a@evil.com",
    "mailto:a@b.c", "x" * 3000, "", " ", "--===============", ".", "From x", "$\\frac{1}{0}$",
]  # fmt: skip
STRANGERS = st.one_of(st.sampled_from(NASTY), st.text(max_size=40))
EVERY = [(kind, "alert") for kind in KINDS] + [("encounter", w) for w in
         ("stronger", "closed", "withdrawn")]  # fmt: skip


class Page(HTMLParser):
    """The elements of a page with the names of their attributes, and its text by block."""

    BLOCKS = frozenset({"h1", "h2", "p", "li"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.values: list[tuple[str, str | None]] = []
        self.blocks: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *sorted(name for name, _ in attrs)))
        self.values += attrs
        if tag in self.BLOCKS or tag == "br":
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        if self.blocks:
            self.blocks[-1] += data

    def handle_comment(self, data: str) -> None:
        self.elements.append(("comment",))


def page_of(message: EmailMessage) -> Page:
    return Page(html_of(message))


def html_of(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


def again(message: EmailMessage) -> EmailMessage:
    """Return a mail as its receiver reads it."""
    read = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


def parts(message: EmailMessage) -> list[tuple[str, Counter[str], list[Any]]]:
    return [
        (part.get_content_type(), Counter(name.lower() for name in part), part.defects)
        for part in message.walk()
    ]


def lines(text: str) -> list[str]:
    """Return what a text says, without what it looks like."""
    plain = (" ".join(line.split()).removeprefix("- ").casefold() for line in text.splitlines())
    return [line for line in plain if line]


def mail_of(kind: str, news: Any, **changed: Any) -> EmailMessage:
    return compose.alert(story(kind, **changed), news, sheet(), PNG, 0.62)


# -- what a mail says ---------------------------------------------------------------------------


def test_the_subject_says_what_and_where_and_accuses_nobody() -> None:
    says = mail_of("encounter", "alert")["Subject"]
    assert says == "Sternlight: encounter, 2 ships, 29 nmi off Dakar, score 0.97"
    assert not re.search("WALNUT|VOLE|477900001", says)


def test_a_station_is_called_as_its_operator_wishes() -> None:
    own = sheet()._replace(mail=replace(MAIL, station="Weather, news"))
    message = again(compose.alert(story(), "alert", own))
    assert str(message["From"]) == '"Weather, news" <alerts@station.example.org>'
    assert message["Subject"].startswith("Weather, news: ")
    assert b"ternlight" not in message.as_bytes().replace(b"sternlight-", b"")


@pytest.mark.parametrize(("kind", "news"), EVERY)
def test_text_and_html_tell_the_same(kind: str, news: str) -> None:
    message = mail_of(kind, news)
    told = lines(text_of(message))
    shown = lines("\n".join(page_of(message).blocks))
    only_with_a_map = [s for s in shown if "not for navigation" in s]
    assert len(only_with_a_map) == (news != "withdrawn")
    assert Counter(told) == Counter(s for s in shown if s not in only_with_a_map)


def test_text_and_html_of_a_digest_tell_the_same() -> None:
    message = compose.digest([story(kind) for kind in KINDS], sheet(), 3)
    shown = "\n".join(page_of(message).blocks).replace(
        "most unusual first.", "most unusual first. A score says how unusual something is, never"
        " how guilty somebody is.", 1,
    )  # fmt: skip
    told = set(lines(text_of(message)))
    assert told <= set(lines(shown)), told - set(lines(shown))
    assert "10 events" in message["Subject"]


def test_an_alert_holds_what_is_needed_to_understand_and_to_check_it() -> None:
    text = text_of(mail_of("encounter", "alert"))
    for says in (
        "Two ships stayed close together at sea for 3.0 h.",
        "0.97 of 1", "never how guilty", "about 0.4 as strong or stronger",
        "2026-03-01 22:50 to 2026-03-02 01:50 UTC",
        "2026-03-01 21:50 to 2026-03-02 00:50, UTC-01:00",
        "29 nmi northwest of Dakar (SN)", "15° 00.0′ N, 17° 48.0′ W (15.00000, -17.80000)",
        "Calls itself WALNUT. Cargo ship, flag Hong Kong, MMSI 477900001, IMO 9074729.",
        "Calls itself VOLE. Fishing vessel, flag Vanuatu, MMSI 576900002, no IMO number heard.",
        "A cargo ship and a fishing vessel.", "Most ships close together",
        "dismissed, on gap-1: “a pilot boat”",
        "encounter-477900001.1-576900002.1-20260301T225000Z", "40 lines",
        "00000000_20260301T22.log.zst, 9 lines from 0 to 56", "and 2 more",
        "dismiss REASON", "snooze 30 days", "stop", *guidance.NEVER, *guidance.SAYS_NOT,
    ):  # fmt: skip
        assert says in text, says


def test_times_are_told_by_the_subscribers_own_clock() -> None:
    message = compose.alert(story(), "alert", sheet(zone="Asia/Kolkata"))
    assert "2026-03-02 04:20 to 07:20, Asia/Kolkata" in text_of(message)


def test_long_lists_are_cut_and_say_so() -> None:
    many = story(reasons=("one",) * 30, caveats=("two",) * 30)
    text = text_of(compose.alert(many, "alert", sheet()))
    assert (text.count("- one"), text.count("- two")) == (4, 3)
    assert "- and 26 more" in text
    assert "- and 27 more" in text
    assert len(text.split()) < 650


def test_what_is_not_known_is_told_as_not_known() -> None:
    nobody = story().ships[0]._replace(name="", imo=None, kind="", country="", flag="")
    message = compose.alert(story(ships=(nobody,), usual_per_week=None), "alert", sheet())
    assert (
        "Gives no name. Kind of ship not heard, number of no country, MMSI 477900001, no IMO"
        in (text_of(message))
    )
    assert "not known yet" in text_of(message)


def test_an_event_that_goes_on_says_so() -> None:
    assert "has not been heard since" in text_of(mail_of("gap", "alert", end=None, state="open"))
    text = text_of(mail_of("encounter", "alert", end=None, state="open"))
    assert "for 3.0 h, and perhaps still do." in text
    assert "2026-03-01 22:50 UTC, no end heard yet" in text


@pytest.mark.parametrize(
    ("measured", "says"),
    [
        ({"same_mmsi_count": 2}, "Two ships used the same number"),
        ({"same_imo_count": 2}, "Two ships gave the same IMO number"),
        ({"silent_s": 90}, "gone on under another number"),
        ({"new_names_count": 1}, "changed what it calls itself"),
    ],
)
def test_each_oddity_of_identity_has_its_own_words(measured: Any, says: str) -> None:
    assert says in text_of(mail_of("identity", "alert", measured=measured))


def test_updates_say_what_changed_and_belong_to_the_first_mail() -> None:
    own = sheet()._replace(slip=Slip(TOKEN, START, FIRST, LEAVING))
    for news, word, says in (
        ("stronger", "stronger", "score 0.97 now, 0.62 then"),
        ("closed", "over", "This is over"),
        ("withdrawn", "withdrawn", "by what is known now, it was none"),
    ):
        message = compose.alert(story(), news, own, PNG, 0.62)  # type: ignore[arg-type]
        assert message["Subject"].startswith(f"Sternlight: {word}: encounter, 2 ships")
        assert says in text_of(message)
        assert message["In-Reply-To"] == message["References"] == message_id(FIRST, MAIL)
        assert message["Message-ID"] == message_id(TOKEN, MAIL)


def test_a_mail_comes_without_its_map_if_there_is_none_and_says_so() -> None:
    message = compose.alert(story(), "alert", sheet())
    assert "A map could not be drawn." in text_of(message)
    assert "img" not in {tag for tag, *_ in page_of(message).elements}
    assert "image/png" not in {part.get_content_type() for part in message.walk()}


def test_the_map_is_inside_and_what_it_shows_stands_beside_it() -> None:
    message = again(mail_of("encounter", "alert"))
    (picture,) = (part for part in message.walk() if part.get_content_type() == "image/png")
    assert picture.get_content() == PNG
    values = dict(page_of(message).values)
    assert values["src"] == "cid:" + str(picture["Content-ID"]).strip("<>")
    assert "Two ships stayed close together" in str(values["alt"])


def test_text_comes_first_and_the_evidence_is_attached() -> None:
    message = again(mail_of("encounter", "alert"))
    types = [part.get_content_type() for part in message.walk()]
    assert types == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related",
        "text/html", "image/png", "application/geo+json",
    ]  # fmt: skip
    (file,) = message.iter_attachments()
    found = json.loads(file.get_content())
    event, *ways = found["features"]
    assert file.get_filename() == "event.geojson"
    assert event["geometry"] == {"type": "Point", "coordinates": [-17.8, 15.0]}
    assert len(event["properties"]["lines"]) == 40
    assert [len(w["geometry"]["coordinates"]) for w in ways] == [2, 2]  # each has a silence
    assert b"pilot boat" not in json.dumps(found).encode()  # what subscribers say is not handed on
    assert b"chaplain" not in json.dumps(found).encode()


def test_dates_come_from_the_letter_and_no_clock() -> None:
    assert str(mail_of("encounter", "alert")["Date"]) == "Sun, 01 Mar 2026 22:50:00 +0000"


# -- minimal ------------------------------------------------------------------------------------


def minimal_mails() -> list[EmailMessage]:
    own = sheet(minimal=True)
    return [
        *(compose.alert(story(), news, own, PNG)
          for news in ("alert", "stronger", "closed", "withdrawn")),
        compose.digest([story()], own, 3),
        compose.confirm("abcde-fghij", own),
        compose.test(own),
        *(compose.answer(why, own) for why in ("unclear", "help")),
    ]  # fmt: skip


def test_minimal_mails_say_that_there_is_something_and_nothing_else() -> None:
    for message in minimal_mails():
        assert message.get_content_type() == "text/plain"
        assert {name.lower() for name in message} == {
            "from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version",
            "content-type", "content-transfer-encoding",
        }  # fmt: skip
        said = (message["Subject"] + text_of(message)).lower()
        assert not re.search(r"ship|encounter|dakar|score|ais|477900001|walnut|sternlight", said)
    assert text_of(minimal_mails()[0]) == "There is something new. Look at the station.\n"


# -- other mails --------------------------------------------------------------------------------


def test_the_question_whether_mails_are_wanted_names_both_ways_to_say_yes() -> None:
    for own in (sheet(), sheet(minimal=True)):
        text = text_of(compose.confirm("abcde-fghij", own))
        assert "abcde-fghij" in text
        assert "yes" in text
        assert "14 days" in text


@pytest.mark.parametrize(
    "why", ["unclear", "help", "no event", "no ship", "no reason", "not confirmed", "encrypted"]
)
def test_every_answer_that_leads_nowhere_is_explained(why: str) -> None:
    text = text_of(compose.answer(why, sheet()))
    first, *_ = text.split("\n\n")
    assert len(first) > 20
    assert "- stop:" in text


def test_a_mail_on_the_stations_health_has_every_sentence() -> None:
    message = compose.health(["The station is deaf.", "The disk is full."], False, sheet())
    assert message["Subject"] == "Sternlight: the station needs a look"
    assert "- The station is deaf.\n- The disk is full." in text_of(message)
    assert compose.health(["All is well."], True, sheet())["Subject"].endswith("all is well")


# -- headers ------------------------------------------------------------------------------------


def test_mail_programs_can_unsubscribe_in_one_step() -> None:
    message = mail_of("encounter", "alert")
    assert message["List-Unsubscribe"] == (
        f"<https://station.example.org/stop?token={LEAVING}>,"
        f" <mailto:alerts@station.example.org?subject=stop%20{LEAVING}>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    by_mail = sheet()._replace(mail=replace(MAIL, unsubscribe_url=""))
    message = compose.alert(story(), "alert", by_mail)
    assert message["List-Unsubscribe"].startswith("<mailto:")
    assert "List-Unsubscribe-Post" not in message


def test_no_header_names_the_program_or_a_list() -> None:
    own = sheet()._replace(mail=replace(MAIL, station="News"))
    for name, value in compose.alert(story(), "alert", own).items():
        assert "ternlight" not in name + str(value)
        assert name not in ("List-Id", "Precedence", "User-Agent", "X-Mailer", "Sender")


@settings(max_examples=20, deadline=None)
@given(st.lists(STRANGERS, min_size=1, max_size=12), st.sampled_from(EVERY))
def test_nothing_that_strangers_write_makes_a_header_or_an_element(
    texts: list[str], which: tuple[str, Any]
) -> None:
    kind, news = which
    count = iter(range(10_000))
    hostile = with_texts(story(kind), lambda _: texts[next(count) % len(texts)])
    same(again(compose.alert(hostile, news, sheet(), PNG)), harmless(kind, news))


@cache
def harmless(kind: str, news: Any) -> EmailMessage:
    one = with_texts(story(kind), lambda _: "word")
    return again(compose.alert(one, news, sheet(), PNG))


@settings(max_examples=8, deadline=None)
@given(STRANGERS, STRANGERS.filter(plain))
def test_nothing_in_other_mails_makes_a_header_or_an_element(a: str, b: str) -> None:
    for one, other in zip(other_mails(a, b), other_mails("word", "word"), strict=True):
        same(one, other)


@lru_cache(2)
def other_mails(station: str, text: str) -> list[EmailMessage]:
    own = sheet()._replace(mail=replace(MAIL, station=station))
    one = with_texts(story(), lambda _: text)
    made = [
        compose.digest([one, one], own, 2), compose.confirm(text, own), compose.test(own),
        compose.health([text, text], False, own), compose.alert(one, "alert", sheet(minimal=True)),
    ]  # fmt: skip
    return list(map(again, made))


def same(hostile: EmailMessage, other: EmailMessage) -> None:
    """Two mails differ in words only."""
    assert parts(hostile) == parts(other)
    assert plain(f"|{hostile['Subject']}|")[1:-1] == hostile["Subject"]
    assert len(hostile["Subject"]) <= 110
    assert hostile["To"].addresses == other["To"].addresses
    assert len(lines(text_of(hostile))) <= len(lines(text_of(other)))
    if hostile.get_body(("html",)):
        page = page_of(hostile)
        assert page.elements == page_of(other).elements
        assert all(str(v).startswith("cid:") for n, v in page.values if n in ("src", "href"))
        assert not any(n.startswith("on") for n, _ in page.values)


@settings(max_examples=50)
@given(st.one_of(st.text(max_size=30), st.builds("{}@{}".format, STRANGERS, STRANGERS)))
def test_an_address_cannot_make_headers_and_is_never_repeated(address: str) -> None:
    try:
        message = again(compose.test(sheet(to=address)))
    except ValueError as error:
        says = str(error)
    else:
        says = ""
    if says:
        assert len(address) < 4 or address not in says
        return
    assert len(message["To"].addresses) == 1
    assert parts(message) == parts(again(compose.test(sheet())))


@pytest.mark.parametrize("text", [n for n in NASTY if re.search(r"@|evil|EVIL|//", n)])
def test_no_mail_program_finds_a_link_in_a_strangers_words(text: str) -> None:
    one = replace(with_texts(story(), lambda _: text), evidence=())
    for message in (compose.alert(one, "alert", sheet()), compose.digest([one], sheet())):
        told = message["Subject"] + text_of(message)
        assert not re.search(r"://|\S@\S|www\.\w|(?i:evil\.com)|mailto:\w", told)


def test_a_language_is_a_folder_of_templates() -> None:
    with pytest.raises(Exception, match="xx/test"):
        compose.test(sheet(language="xx"))


def test_every_mail_is_no_longer_than_a_small_picture() -> None:
    mail = Sheet(sheet().one, MAIL, Slip(TOKEN, START))
    assert len(compose.alert(story(), "alert", mail, bytes(20_000)).as_bytes()) < 60_000
