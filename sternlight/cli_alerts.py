"""`sternlight alerts`: who is told of events, and what is done with what they are told."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sternlight.cli import main
from sternlight.cli_desk import Desk, now, open_desk, subscriber, tell
from sternlight.cli_station import CONFIG, DATA, JSON

if TYPE_CHECKING:
    from sternlight.alerts.subscription import Subscription
    from sternlight.alerts.wording import Verb
    from sternlight.settings import Settings


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
    click.option("--language", metavar="NAME", help="Of the mails.  [default: en]"),
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
    from sternlight.alerts.channels import channel_of
    from sternlight.alerts.credentials import FILEDROP
    from sternlight.alerts.subscribing import new
    from sternlight.evidence.keys import make_key

    if address == "-":
        address = click.prompt("Address", err=True)
    before = (
        partial(make_key, name=FILEDROP) if channel_of(address) == "filedrop" else lambda _: None
    )
    with open_desk(data, config, before) as desk:
        one = new(desk.book, desk.seal, address.strip(), given)
        hand_over(desk, one)
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

    with open_desk(data, config) as desk:
        one = changed(subscriber(desk, number), given)
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

    with open_desk(data, config) as desk:
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
    with open_desk(data, config) as desk:
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
    with open_desk(data, config) as desk:
        _order(desk, "pause", number, days=days)


@alerts.command()
@SUBSCRIBER
@DATA
@CONFIG
def resume(number: int, data: Path | None, config: Path | None) -> None:
    """Tell a subscriber again, after a pause or when the address works again."""
    with open_desk(data, config) as desk:
        _order(desk, "resume", number)


@alerts.command()
@click.argument("code")
@DATA
@CONFIG
def confirm(code: str, data: Path | None, config: Path | None) -> None:
    """Enter the code of a subscriber who agrees; it stands in the first mail."""
    from sternlight.alerts.proof import coded

    with open_desk(data, config) as desk:
        owner = coded(desk.book, desk.seal, code)
        if owner is None:
            raise click.UsageError(
                f"{code} is nobody's code; it stands in the mail that asks whether the address is"
                " right, and is good for two weeks"
            )
        _order(desk, "confirm", owner.number, opt_in=True)


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
    with open_desk(data, config) as desk:
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
    with open_desk(data, config) as desk:
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
    with open_desk(data, config) as desk:
        _order(desk, "dismiss", by, _event(desk, event), says=" ".join(reason))


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

    number = OPERATOR if by is None else subscriber(desk, by).number
    order = Order(Command(verb, days, says), number, event, opt_in)
    tell(apply(desk.book, desk.seal, order, now()))


def hand_over(desk: Desk, one: Subscription) -> None:
    """Say what the receiver needs besides: a secret, or what to compare by telephone."""
    from sternlight.alerts.channels import channel_of

    keys = Path(desk.settings.mail.keys)
    match channel_of(one.to):
        case "webhook":
            from sternlight.alerts import webhook

            click.echo(f"The webhook's secret: {webhook.secret(desk.seal, one.to)}")
        case "filedrop":
            from sternlight.alerts.credentials import FILEDROP
            from sternlight.evidence.keys import fingerprint, public_pem

            known = fingerprint(public_pem(keys, FILEDROP) or b"")
            click.echo(f"Files are signed; the public key's fingerprint: {known}")
    if one.pgp:
        from sternlight.alerts.pgp import read_key

        known = read_key(one.pgp, now()).fingerprint
        click.echo(f"Mails are encrypted to the key {known}; compare it by telephone.")


def _hint(settings: Settings) -> None:
    """Say what is missing before a mail can go out."""
    if not settings.mail.server:
        click.echo("No mail goes out yet: [mail] server in the settings is empty.", err=True)
