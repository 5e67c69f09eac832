"""The command that writes a report."""

from __future__ import annotations

from pathlib import Path

import click

from sternlight.cli import Moment, main
from sternlight.cli_station import CONFIG, DATA

REDACT = click.option(
    "--redact", metavar="WHAT", default="",
    help="For a copy to be handed on: names, positions=NMI, times=HOURS (docs/report.md).",
)  # fmt: skip


@main.command()
@DATA
@CONFIG
@click.option("--event", metavar="ID", help="Of one event.")
@click.option("--ship", metavar="MMSI|IMO|NAME", help="Of one ship.")
@click.option("--since", type=Moment(), help="Leave out what was over before, in UTC.")
@click.option("--until", type=Moment(), help="Leave out what began after, in UTC.")
@click.option("--out", type=click.Path(path_type=Path), default="report.html", show_default=True)
@REDACT
def report(
    data: Path | None, config: Path | None, event: str | None, ship: str | None,
    since: float | None, until: float | None, out: Path, redact: str,
) -> None:  # fmt: skip
    """Write a report as one HTML file that opens from disk, without any network.

    --data names a station's folder, or that of a replay's results.
    """
    if event is not None and ship is not None:
        raise click.UsageError("give --event or --ship, not both")
    from sternlight.cli_station import _folder, _settings
    from sternlight.evidence.redaction import Redaction
    from sternlight.report.asked import Asked
    from sternlight.report.write import write

    settings = _settings(config)
    folder = _folder(data, settings)
    write(Asked(folder, settings, event, ship, since, until, Redaction.parse(redact)), out)
    click.echo(f"The report is in {out}. It opens in any browser, without a network.")
