"""What travels with every export: what scores do not say, whose data it is, what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sternlight
from sternlight.credits import Credit, texts
from sternlight.exports.asked import Asked
from sternlight.exports.withheld import Withheld
from sternlight.guidance import SAYS_NOT
from sternlight.text import counted, iso, plain

BLURRED = (
    "Coverage is told in coarse cells and in words, so that it does not tell where the antenna"
    " stands. The edge of all tracks together still tells it to some miles."
)


class Said(NamedTuple):
    """A sentence and what it is about."""

    about: str
    says: str


def about(asked: Asked, used: Sequence[Credit], withheld: Withheld) -> list[Said]:
    """Return the sentences, the most important first."""
    told = [Said("what it does not say", says) for says in SAYS_NOT]
    told += [Said("credit", says) for says in texts(used, not asked.redaction)]
    told += [
        Said("withheld", says) for says in [*asked.redaction.says, *_kept_back(asked, withheld)]
    ]
    if not asked.exact_coverage:
        told.append(Said("withheld", BLURRED))
    told.append(Said("made by", f"Sternlight {sternlight.__version__}"))
    return [*told, *(Said("selected", says) for says in _selected(asked))]


def _kept_back(asked: Asked, withheld: Withheld) -> list[str]:
    if not withheld.names:
        return []
    names = ", ".join(map(plain, sorted(withheld.names)))
    whom = "some sources" if asked.redaction else names
    return [
        f"{counted(withheld.count, 'event')} and all tracks and coverage are left out: what came"
        f" from {whom} must not be handed on."
    ]


def _selected(asked: Asked) -> list[str]:
    told = []
    hidden = asked.redaction
    if asked.since is not None:
        told.append(f"What ended before {iso(hidden.time(asked.since))} is left out.")
    if asked.until is not None:
        told.append(f"What began after {iso(hidden.time(asked.until))} is left out.")
    if asked.kinds:
        told.append(f"Events are those of the kinds {', '.join(asked.kinds)}.")
    if asked.min_score:
        told.append(f"Events are those with a score of {asked.min_score:g} or more.")
    if asked.mmsis:
        told.append("Only some ships were asked for.")
    return told
