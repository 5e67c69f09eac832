"""The book of a station, open for a command of its operator."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sternlight.cli import FAILED
from sternlight.cli_station import _folder, _settings

if TYPE_CHECKING:
    from sternlight.alerts.book import Book
    from sternlight.alerts.commands import Outcome
    from sternlight.alerts.credentials import Seal
    from sternlight.alerts.subscription import Subscription
    from sternlight.settings import Settings


@dataclass(slots=True)
class Desk:
    """The book of a station, open, with the key to it."""

    folder: Path
    settings: Settings
    seal: Seal
    book: Book


@contextmanager
def open_desk(
    data: Path | None, config: Path | None, before: Callable[[Path], object] = lambda keys: None
) -> Iterator[Desk]:
    """Open the book; root becomes the owner of the folder, so that the station may write there.

    Before that `before` is called with the folder of the keys.
    """
    from sternlight.alerts.book import Book
    from sternlight.alerts.credentials import Seal
    from sternlight.alerts.owner import as_owner

    settings = _settings(config)
    folder = _folder(data, settings)
    keys = Path(settings.mail.keys)
    before(keys)
    as_owner(folder, keys)
    seal = Seal.of(keys)
    with Book.open(folder) as book:
        yield Desk(folder, settings, seal, book)


def now() -> float:
    """Return Unix seconds."""
    return time.time()


def subscriber(desk: Desk, number: int) -> Subscription:
    """Return a subscriber by its number."""
    found = desk.book.subscription(desk.seal, number)
    if found is None:
        raise click.UsageError(f"there is no subscriber {number}; `sternlight alerts list` has all")
    return found


def tell(outcome: Outcome | None) -> None:
    """Say what was done; exit code 2 if nothing was."""
    if outcome is None:
        click.echo("It is no answer to a letter of this station, or was taken before.", err=True)
        sys.exit(FAILED)
    whose = f"Subscriber {outcome.number}" if outcome.number else "Everybody"
    if outcome.why in WHY_NOT:
        click.echo(f"Nothing was done: {WHY_NOT[outcome.why]}.", err=True)
        sys.exit(FAILED)
    click.echo(f"{whose}: {outcome.done}.")


WHY_NOT = {
    "no event": "the answer was to a letter that tells of no event",
    "no ship": "the event is about an area, and so there is no ship to snooze",
    "no reason": "to dismiss an event takes a reason",
    "not confirmed": "the subscriber has not agreed yet",
    "unclear": "the answer was not understood; the subscriber is told what can be answered",
}
