"""What subscribers may answer: one line in plain words, and what it asks for."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Verb = Literal[
    "confirm", "acknowledge", "snooze", "dismiss", "stop", "pause", "resume", "help", "unclear"
]

SNOOZE_DAYS = 30.0  # a voyage of a fishing vessel and its call at a port
MOST_DAYS = 365.0
CODE = r"[a-z2-7]{5}[- ]?[a-z2-7]{5}"  # of proof.code
TOKEN = r"[a-z2-7]{26}"  # of Seal.token

_WORDS: dict[str, Verb] = {
    "yes": "confirm", "confirm": "confirm",
    "ok": "acknowledge", "okay": "acknowledge", "ack": "acknowledge",
    "acknowledge": "acknowledge", "acknowledged": "acknowledge",
    "snooze": "snooze", "pause": "pause", "resume": "resume", "help": "help",
    "stop": "stop", "unsubscribe": "stop",
}  # fmt: skip
_ORDER = re.compile(
    rf"(?P<word>{'|'.join(_WORDS)})"
    rf"(?: (?P<proof>{TOKEN}|{CODE})| (?:for )?(?P<count>\d{{1,4}}) ?(?P<unit>d|days?|w|weeks?)?)?"
)
_DISMISS = re.compile(r"dismiss(?:ed)?\b[\s:,.-]*(?P<says>.*)", re.IGNORECASE | re.DOTALL)
_AROUND = " \t\"'*_.!,;:“”„«»()[]<>"  # what programs and people put around a word
_POLITE = re.compile(r"^please,? | (?:please|thanks|thank you)$")


class Command(NamedTuple):
    """What is asked for."""

    verb: Verb
    days: float | None = None  # how long; None: as usual, or until it is resumed
    says: str = ""  # the reason of `dismiss`, as it was written
    proof: str = ""  # a token or a code that stood behind the word


UNCLEAR = Command("unclear")


def understood(line: str) -> Command:
    """Return what a line asks for: the whole of it must be a command, and nothing else."""
    line = line.strip(_AROUND)
    dismiss = _DISMISS.fullmatch(line)
    if dismiss:
        return Command("dismiss", says=" ".join(dismiss["says"].split()))
    line = _POLITE.sub("", " ".join(line.lower().split())).strip(_AROUND)
    found = _ORDER.fullmatch(line)
    if not found:
        return UNCLEAR
    verb = _WORDS[found["word"]]
    days = _days(found["count"], found["unit"])
    proof = re.sub("[- ]", "", found["proof"] or "")
    if days is not None and (verb not in ("snooze", "pause") or not days):
        return UNCLEAR
    if proof and verb not in ("confirm", "stop"):
        return UNCLEAR
    return Command(verb, days, proof=proof)


def _days(count: str | None, unit: str | None) -> float | None:
    """Return a number of days or weeks in days, none above what is allowed."""
    if count is None:
        return None
    return min(int(count) * (7.0 if (unit or "").startswith("w") else 1.0), MOST_DAYS)
