"""`sternlight alerts`, the post: what goes out, what comes back, and the keys."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sternlight.cli import FAILED, OK, PARTIAL
from sternlight.cli_alerts import SUBSCRIBER, alerts, hand_over
from sternlight.cli_desk import Desk, now, open_desk, subscriber, tell
from sternlight.cli_station import CONFIG, DATA, _settings


@alerts.command()
@SUBSCRIBER
@DATA
@CONFIG
def test(number: int, data: Path | None, config: Path | None) -> None:
    """Send a subscriber a mail without news, now, and say how that went."""
    with open_desk(data, config) as desk:
        subscriber(desk, number)
        t = now()
        desk.book.put(desk.seal, number, f"test {t!r}", "test", t)
        _send(desk)


@alerts.command()
@DATA
@CONFIG
def send(data: Path | None, config: Path | None) -> None:
    """Take in news, read answers, and send what is due; a running station does it by itself."""
    with open_desk(data, config) as desk:
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
    with open_desk(data, config) as desk:
        if token:
            outcome = leave(desk.book, desk.seal, token)
        else:
            key = station_key(Path(desk.settings.mail.keys))
            outcome = take(desk.book, desk.seal, mail, now(), key)
        tell(outcome)


@alerts.command()
@click.option("--top", type=click.IntRange(1), default=20, show_default=True)
@DATA
@CONFIG
def letters(top: int, data: Path | None, config: Path | None) -> None:
    """List what was sent last, and what waits, and why."""
    from sternlight.alerts.roll import put_letters

    with open_desk(data, config) as desk:
        put_letters(desk.book, top)


@alerts.command()
@click.option("--pgp", is_flag=True, help="An OpenPGP key: mails are signed, answers decrypted.")
@CONFIG
def key(pgp: bool, config: Path | None) -> None:
    """Make the key that encrypts who gets alerts; one that is there stays."""
    from sternlight.alerts.credentials import make_seal
    from sternlight.alerts.pgp_station import make_station_key, station_key
    from sternlight.errors import SettingsError

    mail = _settings(config).mail
    keys = Path(mail.keys)
    if pgp:
        if not mail.sender:
            raise SettingsError("[mail] sender is empty; the key is made for that address")
        path = make_station_key(keys, mail.sender)
        made = station_key(keys)
        click.echo(f"{path} is the station's OpenPGP key, {made.fingerprint if made else ''}.")
        return
    path = make_seal(keys)
    click.echo(
        f"{path} is the key to who gets alerts. Whoever has it and the station's data can read"
        " the addresses; without it they are lost. Keep a copy elsewhere."
    )


MOST_MAIL_BYTES = 1 << 20


@alerts.command()
@SUBSCRIBER
@DATA
@CONFIG
def secret(number: int, data: Path | None, config: Path | None) -> None:
    """Show by what a receiver knows that something is from this station."""
    with open_desk(data, config) as desk:
        hand_over(desk, subscriber(desk, number))


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
