"""The command that tells a ship's record."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sternlight.cli import FAILED, main
from sternlight.cli_station import CONFIG, DATA, JSON, _config


@main.command()
@DATA
@CONFIG
@JSON
@click.argument("ship", metavar="MMSI|IMO|NAME")
def vessel(data: Path | None, config: Path | None, as_json: bool, ship: str) -> None:
    """Tell what is remembered of a ship: names, ports, events, signs, and what to do.

    SHIP is an MMSI, an IMO number, a call sign, a name or a part of it, or a track such as
    416000000.2.  --data names a station's folder, or that of a replay's results.
    """
    # Not through `settings.load`, which takes longer than all that follows.
    from sternlight.record.ask import Question, ask

    answer = ask(Question(ship, data, _config(config)))
    if answer.error:
        click.echo(answer.error, err=True)
        sys.exit(FAILED)
    answer.tell(as_json)
