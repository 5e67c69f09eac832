"""`sternlight watchlist`: what a list of ships holds, and which ships of a record it names."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sternlight.cli import OK, PARTIAL, main


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--data", type=click.Path(path_type=Path),
              help="A station's or a replay's folder: which of its ships match?")  # fmt: skip
@click.option("--min-certainty", type=click.FloatRange(0, 1), default=0.2, show_default=True,
              help="Leave out matches less certain than this.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def watchlist(
    files: tuple[str, ...], data: Path | None, min_certainty: float, as_json: bool
) -> None:
    """Say what lists of ships hold, what of them cannot be used, and whom they name.

    Exit code 1: some rows could not be used.
    """
    from sternlight.jsontext import dumps
    from sternlight.watchlists import show
    from sternlight.watchlists.read import read_lists

    lists = read_lists(files)
    found = None
    if data is not None:
        from sternlight.record.read import open_record
        from sternlight.watchlists.record import compare

        with open_record(data) as record:
            found = compare(record, lists.every, min_certainty)
    if as_json:
        click.echo(dumps(show.as_json(lists, found)))
    else:
        show.put_lists(lists)
        if found is not None:
            show.put_found(found)
    sys.exit(PARTIAL if lists.troubles else OK)
