"""From a letter that is due to what is handed over: written, drawn, and encrypted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, NamedTuple

from sternlight.alerts import compose, proof
from sternlight.alerts.book import OPERATOR, Book, Letter
from sternlight.alerts.channel import Parcel
from sternlight.alerts.channels import channel_of
from sternlight.alerts.compose import Sheet
from sternlight.alerts.credentials import Seal
from sternlight.alerts.envelope import Slip
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.pgp import encrypt
from sternlight.alerts.pgp_station import StationKey
from sternlight.alerts.subscription import Subscription
from sternlight.alerts.told import Told, contents, known, of_stories, refers_to
from sternlight.telling.facts import Teller
from sternlight.telling.story import Story
from sternlight.telling.story_json import story_json
from sternlight.text import plain
from tracks.places import Places

DRAWN_COUNT = 20  # maps that are kept: an event goes to many


class Gone(Exception):
    """There is nothing to tell any more; the message says why."""


class Packed(NamedTuple):
    """A parcel, and what it tells of which events."""

    parcel: Parcel
    told: dict[str, Told]


@dataclass(slots=True)
class Packer:
    """Makes the parcels of a round.

    `teller` is None where there is no archive yet, `places` gives the map, `key` is the
    station's own, with which it signs what it encrypts.
    """

    book: Book
    seal: Seal
    mail: Mail
    teller: Teller | None
    places: Callable[[], Places]
    key: StationKey | None = None
    says: list[str] = field(default_factory=list)
    _drawn: dict[str, bytes | None] = field(default_factory=dict)

    def pack(self, letter: Letter, to: Subscription, t: float) -> Packed:
        """Return what is handed over at Unix time `t`.

        Raises Gone, BadKey, and ValueError for an address that mail cannot go to.
        """
        if letter.what in ("alert", "stronger", "closed", "withdrawn"):
            stories, told = self._event(letter)
        elif letter.what == "digest":
            stories, told = self._digest(letter)
        else:
            stories, told = [], json.loads(letter.facts)
        message = self._message(letter, to, t, stories, told) if _by_mail(to) else None
        document = (
            {} if to.minimal else {"events": [story_json(story) for story in stories], **told}
        )
        if letter.what == "confirm":
            document = {"code": self._code(to)}
        parcel = Parcel(letter.token, letter.what, letter.due, message, document)
        return Packed(parcel, of_stories(stories))

    def _event(self, letter: Letter) -> tuple[list[Story], dict[str, Any]]:
        story = self._story(letter.thread)
        if story is None:
            raise Gone("the event is not in the archive any more")
        if story.state == "withdrawn" and letter.what != "withdrawn":
            raise Gone("it was withdrawn before it was told")
        before = known(self.book, letter)
        return [story], {"told_score": before.score} if before else {}

    def _digest(self, letter: Letter) -> tuple[list[Story], dict[str, Any]]:
        named, more_count = contents(self.book, letter)
        found = [self._story(one.thread) for one in named]
        stories = [story for story in found if story and story.state != "withdrawn"]
        if not stories:
            raise Gone("nothing of it stands any more")
        return stories, {"more_count": more_count}

    def _story(self, event: str) -> Story | None:
        return self.teller.tell(event) if self.teller else None

    def _message(
        self, letter: Letter, to: Subscription, t: float, stories: list[Story], told: dict[str, Any]
    ) -> EmailMessage:
        """Return the mail, encrypted if the receiver wants that."""
        leaving = "" if to.number == OPERATOR else proof.leaving(self.seal, to.number)
        slip = Slip(letter.token, t, refers_to(self.book, letter), leaving)
        sheet = Sheet(to, self.mail, slip)
        message = self._words(letter, sheet, stories, told)
        if not to.pgp:
            return message
        if self.key and letter.what == "confirm":
            self.key.hand_on(message)
        return encrypt(message, to.pgp, t, self.key.signer if self.key else None)

    def _words(
        self, letter: Letter, sheet: Sheet, stories: list[Story], told: dict[str, Any]
    ) -> EmailMessage:
        match letter.what:
            case "digest":
                return compose.digest(stories, sheet, told["more_count"])
            case "confirm":
                return compose.confirm(self._code(sheet.one), sheet)
            case "test":
                return compose.test(sheet)
            case "health":
                return compose.health(told["sentences"], told["well"], sheet)
            case "answer":
                return compose.answer(told["why"], sheet)
        (story,) = stories
        wanted = letter.what != "withdrawn" and not sheet.one.minimal
        png = self._map(story) if wanted else None
        return compose.alert(story, letter.what, sheet, png, told.get("told_score"))

    def _code(self, to: Subscription) -> str:
        return proof.code(self.seal, to.number, to.made)

    def _map(self, story: Story) -> bytes | None:
        """Return an event's map; None if it cannot be drawn: the mail goes without it."""
        from sternlight.alerts.chart import draw

        if story.event not in self._drawn:
            if len(self._drawn) >= DRAWN_COUNT:
                self._drawn.clear()
            try:
                self._drawn[story.event] = draw(story, self.places())
            except Exception as error:  # a library's, of which mails do not depend
                self.says.append(f"a map could not be drawn: {plain(repr(error))}")
                self._drawn[story.event] = None
        return self._drawn[story.event]


def _by_mail(to: Subscription) -> bool:
    return channel_of(to.to) == "mail"
