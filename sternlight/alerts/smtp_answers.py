"""What an answer of a mail server means for a letter, its receiver and the station.

Reply codes are those of RFC 5321 4.2, the second three numbers those of RFC 3463 and 5248.
Of an answer only the numbers are told: its text has addresses in it.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from sternlight.alerts.channel import How, Outcome

Verb = Literal["MAIL", "RCPT", "DATA"]

_ENHANCED = re.compile(rb"\s*([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")
BUSY = 421  # the server ends the connection

# Subject and detail of an enhanced code: what it is called, what follows.
_MEANT: dict[str, tuple[str, How]] = {
    "1.1": ("no such mailbox", "never"),
    "1.2": ("no such mail domain", "never"),
    "1.3": ("not an address there", "never"),
    "1.4": ("the address means several mailboxes", "never"),
    "1.6": ("the mailbox has moved", "never"),
    "1.7": ("the sender's address is none", "ours"),
    "1.8": ("the sender's domain is not known", "ours"),
    "1.10": ("the domain takes no mail", "never"),
    "2.0": ("the mailbox is refused", "never"),
    "2.1": ("the mailbox is switched off", "never"),
    "2.2": ("the mailbox is full", "later"),
    "2.3": ("the letter is too large", "refused"),
    "2.4": ("a mailing list failed", "later"),
    "3.1": ("the server's disk is full", "later"),
    "3.2": ("the server takes no mail now", "later"),
    "3.4": ("the letter is too large", "refused"),
    "4.1": ("no such mailbox, or its server does not answer", "never"),
    "4.4": ("no way leads to that domain", "never"),
    "7.8": ("the user or the password is wrong", "ours"),
    "7.9": ("this way to log in is not allowed", "ours"),
    "7.11": ("the server wants encryption", "ours"),
}
_SUBJECTS: dict[str, tuple[str, How]] = {
    "1": ("the address is refused", "never"),
    "4": ("no way leads there now", "later"),
    "6": ("the server cannot pass on such a letter", "refused"),
}
# What is said without an enhanced code.
_CODES: dict[tuple[Verb, int], tuple[str, How]] = {
    ("RCPT", 550): ("the mailbox is refused", "never"),
    ("RCPT", 551): ("the mailbox is elsewhere", "never"),
    ("RCPT", 552): ("the mailbox is full", "later"),
    ("RCPT", 553): ("not an address there", "never"),
    ("RCPT", 556): ("the domain takes no mail", "never"),
    ("RCPT", 501): ("not an address there", "never"),
    ("MAIL", 552): ("the letter is too large", "refused"),
    ("DATA", 552): ("the mailbox is full, or the letter too large", "later"),
}
_LOGIN = frozenset({530, 534, 535, 538})  # RFC 4954
# Whom a refusal without known reason is about, by what was asked.
_ASKED: dict[Verb, tuple[str, How]] = {
    "MAIL": ("the server does not let this sender send", "ours"),
    # Said for a receiver, it mostly means us: no right to pass mail on, a blocked network.
    # Somebody can mend it, so the letter goes on trying.
    "RCPT": ("the server does not pass this on", "later"),
    "DATA": ("the server does not take this letter", "refused"),
}


class Answer(NamedTuple):
    """What a server answered."""

    code: int
    text: bytes = b""

    @property
    def good(self) -> bool:
        """Whether it did what it was asked."""
        return 200 <= self.code < 300

    @property
    def enhanced(self) -> str:
        """Subject and detail, such as "1.1", or "" where there are none that fit the code."""
        found = _ENHANCED.match(self.text)
        if not found or int(found[1]) != self.code // 100:
            return ""
        return f"{int(found[2])}.{int(found[3])}"

    @property
    def numbers(self) -> str:
        """The answer as it may be told: `550 5.1.1`."""
        return (
            f"{self.code} {self.code // 100}.{self.enhanced}" if self.enhanced else str(self.code)
        )


def verdict(verb: Verb, answer: Answer) -> Outcome:
    """Return what follows from an answer that was not a good one."""
    what, how = _meaning(verb, answer)
    if 400 <= answer.code < 500:
        how = "later"
        what = what if answer.enhanced in _MEANT else "not now"
    elif not 500 <= answer.code < 600:
        what, how = "an answer that means nothing", "later"
    return Outcome(how, f"{answer.numbers} at {verb}: {what}")


def _meaning(verb: Verb, answer: Answer) -> tuple[str, How]:
    if answer.code in _LOGIN:
        return ("the server wants to know who sends", "ours")
    subject = answer.enhanced.partition(".")[0]
    found = _MEANT.get(answer.enhanced) or _SUBJECTS.get(subject)
    if not found and subject not in ("5", "7"):
        found = _CODES.get((verb, answer.code))
    if not found or (verb == "MAIL" and found[1] == "never"):
        return _ASKED[verb]  # before RCPT no answer is about the receiver
    return found
