"""Makes the mails: one function for each kind of letter.

Nothing here sends, encrypts, draws or asks a clock.  A minimal subscriber's mails say that
there is something, and nothing else: no names, no map, no file, and no header that tells
of a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any, NamedTuple

from sternlight import guidance
from sternlight.alerts.book import What
from sternlight.alerts.envelope import Slip, addressed, domain
from sternlight.alerts.hours import zone_of
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.rendering import Words, page, render
from sternlight.alerts.subscription import Subscription
from sternlight.jsontext import dumps
from sternlight.telling.moments import Moments, moments
from sternlight.telling.story import Story
from sternlight.telling.story_json import story_geojson


class Sheet(NamedTuple):
    """For whom a mail is, by whom, and which letter it is."""

    one: Subscription
    mail: Mail
    slip: Slip


class File(NamedTuple):
    """Lines of one file of the raw log."""

    file: str
    first: int
    last: int
    lines_count: int


def alert(
    story: Story, news: What, sheet: Sheet,
    png: bytes | None = None, told_score: float | None = None,
) -> EmailMessage:  # fmt: skip
    """Return the mail on an event; `news` is alert, stronger, closed or withdrawn.

    `png` is its map, `told_score` what the receiver was told before.
    """
    one, mail, slip = sheet
    if one.minimal:
        return _minimal(news, sheet)
    facts = _common(mail) | {
        "story": story,
        "times": _times(story, one),
    }
    if news == "withdrawn":
        return _letter("withdrawn", facts, sheet)
    picture = f"map.{slip.token}@{domain(mail)}"
    facts |= {
        "news": news, "told_score": told_score, "mapped": png is not None, "picture": picture,
        "files": _files(story), "next": guidance.NEXT[: 3 if story.ships else 2],
        "never": guidance.NEVER,
        "says_not": guidance.SAYS_NOT,
    }  # fmt: skip
    message = addressed(render(one.language, "alert", facts), one.to, mail, slip)
    if png is not None:
        *_, body = message.iter_parts()
        assert isinstance(body, EmailMessage)
        body.add_related(
            png, "image", "png", cid=f"<{picture}>", disposition="inline", filename="map.png"
        )
    _attach(message, story_geojson([story]), "event.geojson")
    return message


def digest(stories: Sequence[Story], sheet: Sheet, more_count: int = 0) -> EmailMessage:
    """Return the mail on what was not told one by one, strongest first.

    `more_count` is how many there are besides `stories`.
    """
    one, mail, slip = sheet
    if one.minimal:
        return _minimal("digest", sheet)
    told = [(story, _times(story, one)) for story in stories]
    facts = _common(mail) | {"stories": stories, "told": told, "more_count": more_count}
    message = addressed(render(one.language, "digest", facts), one.to, mail, slip)
    _attach(message, story_geojson(stories, with_ways=False), "events.geojson")
    return message


def confirm(code: str, sheet: Sheet) -> EmailMessage:
    """Return the mail that asks whether somebody wants to be a subscriber."""
    if sheet.one.minimal:
        return _minimal("confirm", sheet, code=code)
    return _letter("confirm", _common(sheet.mail) | {"code": code, "one": sheet.one}, sheet)


def test(sheet: Sheet) -> EmailMessage:
    """Return the mail that shows that mails arrive."""
    return _minimal("test", sheet) if sheet.one.minimal else _letter(
        "test", _common(sheet.mail), sheet
    )  # fmt: skip


def answer(why: str, sheet: Sheet) -> EmailMessage:
    """Return the mail on an answer that could not be followed: `why` is that of an Outcome."""
    if sheet.one.minimal:
        return _minimal("answer", sheet, why=why)
    return _letter("answer", _common(sheet.mail) | {"why": why}, sheet)


def health(sentences: Sequence[str], well: bool, sheet: Sheet) -> EmailMessage:
    """Return the mail to the operator on how the station is."""
    return _letter("health", _common(sheet.mail) | {"sentences": sentences, "well": well}, sheet)


def _times(story: Story, one: Subscription) -> Moments:
    return moments(story.start, story.end, story.lon, zone_of(one) if one.zone else None)


def _common(mail: Mail) -> dict[str, Any]:
    return {"station": mail.station, "inbox": bool(mail.inbox)}


def _letter(name: str, facts: dict[str, Any], sheet: Sheet) -> EmailMessage:
    """Return a short mail: its HTML is made of the paragraphs of its text."""
    one, mail, slip = sheet
    words = render(one.language, name, facts, html=False)
    return addressed(_paged(words, one.language), one.to, mail, slip)


def _paged(words: Words, language: str) -> Words:
    paragraphs = [text.splitlines() for text in words.text.strip().split("\n\n")]
    facts = {"subject": words.subject, "paragraphs": paragraphs}
    return words._replace(html=page(language, "letter", facts))


def _minimal(news: What, sheet: Sheet, **facts: str) -> EmailMessage:
    one, mail, slip = sheet
    words = render(one.language, "minimal", {"news": news, **facts}, html=False)
    return addressed(words, one.to, mail, slip._replace(leaving=""))


def _files(story: Story) -> list[File]:
    """Return in which files the evidence stands, and between which lines."""
    lines: dict[str, list[int]] = {}
    for one in story.evidence:
        lines.setdefault(one.file, []).append(one.line)
    return [File(file, min(own), max(own), len(own)) for file, own in lines.items()]


def _attach(message: EmailMessage, told: dict[str, Any], name: str) -> None:
    data = dumps(told).encode("ascii")
    message.add_attachment(data, "application", "geo+json", filename=name)
