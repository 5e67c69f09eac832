"""The command that learns from a user's own labels."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sternlight.cli import OK, PARTIAL, main
from sternlight.cli_station import CONFIG, DATA, JSON, _folder, _settings

LEARNED = Path("sternlight-learned.csv")


@main.command()
@click.argument("labels", type=click.Path(path_type=Path), metavar="LABELS.csv")
@DATA
@CONFIG
@click.option("--out", type=click.Path(path_type=Path), default=LEARNED, show_default=True,
              help="FILE.csv to write; the report stands beside it, as FILE.json.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
              help="Of all that is drawn by lot.")  # fmt: skip
@JSON
def learn(
    labels: Path, data: Path | None, config: Path | None, out: Path, seed: int, as_json: bool
) -> None:
    """Rank ships by likeness to cases that you know, and say how much that is worth.

    LABELS.csv has columns ship (MMSI, IMO number, call sign or track) and label (positive or
    negative), and may have from, to and source.  No score elsewhere is changed by it.
    Exit code 1: some labels could not be used.
    """
    from sternlight.jsontext import dumps
    from sternlight.learn import show
    from sternlight.learn.forests import Method
    from sternlight.learn.learn import Question
    from sternlight.learn.learn import learn as work
    from sternlight.screen import put
    from sternlight.text import plain

    folder = data or _folder(None, _settings(config))
    answer = work(Question(labels, folder, out, Method(seed=seed)))
    if as_json:
        click.echo(dumps(answer.report))
    else:
        put(show.report(answer.report))
        click.echo(f"Ships: {plain(str(answer.out))}, report: {plain(str(answer.report_path))}")
    sys.exit(PARTIAL if answer.report["unused_labels"] else OK)
