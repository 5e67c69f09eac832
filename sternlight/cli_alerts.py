"""`sternlight alerts`: who is told of events, and what is done with what they are told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sternlight.cli import FAILED, OK, PARTIAL, main
from sternlight.cli_station import CONFIG, DATA, JSON, _folder, _settings

if TYPE_CHECKING:
    from sternlight.alerts.book import Book
    from sternlight.alerts.commands import Outcome
    from sternlight.alerts.credentials import Seal
    from sternlight.alerts.subscription import Subscription
    from sternlight.alerts.wording import Verb
    from sternlight.settings import Settings


@dataclass(slots=True)
class Desk:
    """The book of a station, open, with the key to it."""

    folder: Path
    settings: Settings
    seal: Seal
    book: Book


@contextmanager
def _desk(data: Path | None, config: Path | None) -> Iterator[Desk]:
    """Open the book; root becomes the owner of the folder, so that the station may write there."""
    from sternlight.alerts.book import Book
    from sternlight.alerts.credentials import Seal
    from sternlight.alerts.owner import as_owner

    settings = _settings(config)
    folder = _folder(data, settings)
    seal = Seal.of(Path(settings.mail.keys))
    as_owner(folder)
    with Book.open(folder) as book:
        yield Desk(folder, settings, seal, book)


@main.group()
def alerts() -> None:
    """Say who is told of events by mail, and answer for them (docs/mail.md)."""


SUBSCRIBER = click.argument("number", metavar="NUMBER", type=click.IntRange(1))
OPTIONS = (
    click.option("--area", type=click.Path(path_type=Path), help="Events inside (GeoJSON)."),
    click.option("--near", metavar="LAT,LON,NMI", help="Events within so many nautical miles."),
    click.option("--kinds", metavar="KIND,KIND", help="Events of these kinds."),
    click.option("--watchlist", "watchlists", multiple=True, metavar="NAME",
                 help="Events of ships on this list, by its file's name; may be repeated."),
    click.option("--budget", metavar="N/week", help="So many events one by one."
                 "  [default: 3/week]"),
    click.option("--digest", type=click.Choice(["now", "daily", "weekly"]),
                 help="Events at once and the rest weekly, or all of them collected."
                 "  [default: now]"),
    click.option("--language", type=click.Choice(["en"]), help="[default: en]"),
    click.option("--zone", metavar="NAME", help="For local times, such as Africa/Dakar."),
    click.option("--quiet", metavar="H-H", help="No mail in these hours, such as 22-7."),
    click.option("--pgp", type=click.Path(path_type=Path), metavar="KEYFILE",
                 help="Encrypt every mail with this public key."),
    click.option("--minimal/--full", default=None,
                 help="Say only that there is something new."),
)  # fmt: skip


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@alerts.command()
@click.argument("address", metavar="ADDRESS|-")
@_options
@DATA
@CONFIG
def add(address: str, data: Path | None, config: Path | None, **given: Any) -> None:
    """Subscribe an address of mail; nothing is sent before its owner agrees.

    With - it is asked for, and so stays out of the shell's history.  ADDRESS may also be the
    https address of a program (a webhook), or a folder that files are put into.
    """
    from sternlight.alerts.subscribing import new

    if address == "-":
        address = click.prompt("Address", err=True)
    with _desk(data, config) as desk:
        one = new(desk.book, desk.seal, address.strip(), given)
        if one.state == "active":
            click.echo(f"Subscriber {one.number} is added.")
        else:
            click.echo(
                f"Subscriber {one.number} is asked by mail to agree, by answering, or with a code"
                " that you pass on with `sternlight alerts confirm CODE`."
            )
        _hint(desk.settings)


@alerts.command()
@SUBSCRIBER
@_options
@DATA
@CONFIG
def change(number: int, data: Path | None, config: Path | None, **given: Any) -> None:
    """Change what a subscriber gets; "" takes a choice back."""
    from sternlight.alerts.subscribing import changed

    with _desk(data, config) as desk:
        one = changed(_subscriber(desk, number), given)
        desk.book.change(desk.seal, one)
        click.echo(f"Subscriber {number} is changed.")


@alerts.command("list")
@click.option("--show", is_flag=True, help="Show whole addresses.")
@JSON
@DATA
@CONFIG
def list_(show: bool, as_json: bool, data: Path | None, config: Path | None) -> None:
    """List the subscribers, by number; addresses are masked."""
    from sternlight.alerts.roll import put, rows
    from sternlight.jsontext import dumps

    with _desk(data, config) as desk:
        found = rows(desk.book, desk.seal, show)
    if as_json:
        for row in found:
            click.echo(dumps(row))
    else:
        put(found)


@alerts.command()
@click.argument("who", metavar="NUMBER|ADDRESS")
@DATA
@CONFIG
def remove(who: str, data: Path | None, config: Path | None) -> None:
    """Unsubscribe somebody: all that is kept of them vanishes at once."""
    with _desk(data, config) as desk:
        everybody = desk.book.subscriptions(desk.seal)
        found = [one for one in everybody if who in (str(one.number), one.to)]
        if not found:
            raise click.UsageError("there is no such subscriber; `sternlight alerts list` has all")
        for one in found:
            desk.book.remove(one.number)
            click.echo(f"Subscriber {one.number} is removed.")


@alerts.command()
@SUBSCRIBER
@click.option("--days", type=click.FloatRange(0, min_open=True), help="[default: until resumed]")
@DATA
@CONFIG
def pause(number: int, days: float | None, data: Path | None, config: Path | None) -> None:
    """Tell a subscriber nothing for a while, but that an event told before is withdrawn."""
    with _desk(data, config) as desk:
        _order(desk, "pause", number, days=days)


@alerts.command()
@SUBSCRIBER
@DATA
@CONFIG
def resume(number: int, data: Path | None, config: Path | None) -> None:
    """Tell a subscriber again, after a pause or when the address works again."""
    with _desk(data, config) as desk:
        _order(desk, "resume", number)


@alerts.command()
@click.argument("code")
@DATA
@CONFIG
def confirm(code: str, data: Path | None, config: Path | None) -> None:
    """Enter the code of a subscriber who agrees; it stands in the first mail."""
    from sternlight.alerts.proof import coded

    with _desk(data, config) as desk:
        owner = coded(desk.book, desk.seal, code)
        if owner is None:
            raise click.UsageError(
                f"{code} is nobody's code; it stands in the mail that asks whether the address is"
                " right, and is good for two weeks"
            )
        _order(desk, "confirm", owner.number, opt_in=True)


@alerts.command()
@SUBSCRIBER
@DATA
@CONFIG
def test(number: int, data: Path | None, config: Path | None) -> None:
    """Send a subscriber a mail without news, now, and say how that went."""
    with _desk(data, config) as desk:
        _subscriber(desk, number)
        t = _now()
        desk.book.put(desk.seal, number, f"test {t!r}", "test", t)
        _send(desk)


EVENT = click.argument("event", metavar="EVENT")
BY = click.option("--by", type=click.IntRange(1), metavar="NUMBER",
                  help="For this subscriber; without it for all.")  # fmt: skip


@alerts.command()
@EVENT
@BY
@DATA
@CONFIG
def ack(event: str, by: int | None, data: Path | None, config: Path | None) -> None:
    """Note that an event was seen: no more is told of it but its end or withdrawal."""
    with _desk(data, config) as desk:
        _order(desk, "acknowledge", by, _event(desk, event))


@alerts.command()
@EVENT
@BY
@click.option("--days", type=click.FloatRange(0, 365, min_open=True), default=30.0,
              show_default=True)  # fmt: skip
@DATA
@CONFIG
def snooze(event: str, by: int | None, days: float, data: Path | None, config: Path | None) -> None:
    """Tell nothing new of the ships of an event for a while."""
    with _desk(data, config) as desk:
        _order(desk, "snooze", by, _event(desk, event), days=days)


@alerts.command()
@EVENT
@click.argument("reason", nargs=-1, required=True)
@BY
@DATA
@CONFIG
def dismiss(
    event: str, reason: tuple[str, ...], by: int | None, data: Path | None, config: Path | None
) -> None:
    """Say why an event is nothing; it is shown with later events of the same ships."""
    with _desk(data, config) as desk:
        _order(desk, "dismiss", by, _event(desk, event), says=" ".join(reason))


@alerts.command()
@DATA
@CONFIG
def send(data: Path | None, config: Path | None) -> None:
    """Take in news, read answers, and send what is due; a running station does it by itself."""
    with _desk(data, config) as desk:
        pass
    _send(desk)


@alerts.command()
@click.option("--unsubscribe", "token", metavar="TOKEN", help="What an unsubscribe page got.")
@DATA
@CONFIG
def receive(token: str | None, data: Path | None, config: Path | None) -> None:
    """Take a mail from standard input as an answer, for stations without an inbox of their own."""
    from sternlight.alerts.pgp_station import station_key
    from sternlight.alerts.receiving import leave, take

    mail = b"" if token else sys.stdin.buffer.read(MOST_MAIL_BYTES)
    pgp = station_key(Path(_settings(config).mail.keys))
    with _desk(data, config) as desk:
        if token:
            outcome = leave(desk.book, desk.seal, token)
        else:
            outcome = take(desk.book, desk.seal, mail, _now(), pgp)
        _tell(outcome)


@alerts.command()
@click.option("--top", type=click.IntRange(1), default=20, show_default=True)
@DATA
@CONFIG
def letters(top: int, data: Path | None, config: Path | None) -> None:
    """List what was sent last, and what waits, and why."""
    from sternlight.alerts.roll import put_letters

    with _desk(data, config) as desk:
        put_letters(desk.book, top)


@alerts.command()
@click.option("--pgp", is_flag=True, help="Make the station's OpenPGP key instead.")
@CONFIG
def key(pgp: bool, config: Path | None) -> None:
    """Make the key that encrypts who gets alerts; one that is there stays."""
    from sternlight.alerts.credentials import make_seal
    from sternlight.alerts.pgp_station import make_station_key

    if pgp:
        mail = _settings(config).mail
        if not mail.sender:
            raise click.UsageError("an OpenPGP key names an address: set [mail] sender first")
        click.echo(
            f"{make_station_key(Path(mail.keys), mail.sender)} is the station's OpenPGP key."
            " Whoever has it can read what was answered encrypted, and sign as the station."
        )
        return
    path = make_seal(Path(_settings(config).mail.keys))
    click.echo(
        f"{path} is the key to who gets alerts. Whoever has it and the station's data can read"
        " the addresses; without it they are lost. Keep a copy elsewhere."
    )


MOST_MAIL_BYTES = 1 << 20


def _now() -> float:
    import time

    return time.time()


def _subscriber(desk: Desk, number: int) -> Subscription:
    found = desk.book.subscription(desk.seal, number)
    if found is None:
        raise click.UsageError(f"there is no subscriber {number}; `sternlight alerts list` has all")
    return found


def _event(desk: Desk, event: str) -> str:
    """Return the id of an event that was told to somebody, or is in the archive."""
    from sternlight.sqlite import Database

    with Database.look(desk.folder) as archive:
        if not archive.read("select 1 from events where id = ?", event):
            raise click.UsageError(f"there is no event {event}; `sternlight events` lists them")
    return event


def _order(
    desk: Desk, verb: Verb, by: int | None, event: str = "", *, days: float | None = None,
    says: str = "", opt_in: bool = False,
) -> None:  # fmt: skip
    """Do what a subscriber could ask for by mail; without one it is the operator's word."""
    from sternlight.alerts.book import OPERATOR
    from sternlight.alerts.commands import Order, apply
    from sternlight.alerts.wording import Command

    number = OPERATOR if by is None else _subscriber(desk, by).number
    order = Order(Command(verb, days, says), number, event, opt_in)
    _tell(apply(desk.book, desk.seal, order, _now()))


def _tell(outcome: Outcome | None) -> None:
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


def _send(desk: Desk) -> None:
    """Do a round of the post, and say how it went."""
    from sternlight.alerts.post import Busy, Round, told

    round_ = Round(desk.folder, desk.settings)
    try:
        report = round_.run()
    except Busy as busy:
        click.echo(f"{busy}; what is due goes out with it or after it.", err=True)
        sys.exit(FAILED)
    click.echo(told(report))
    for sentence in report["says"]:
        click.echo(f"sternlight: {sentence}", err=True)
    sys.exit(PARTIAL if report["failed"] else OK)


def _hint(settings: Settings) -> None:
    """Say what is missing before a mail can go out."""
    if not settings.mail.server:
        click.echo("No mail goes out yet: [mail] server in the settings is empty.", err=True)
