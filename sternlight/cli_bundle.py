"""The command that bundles evidence; `sternlight verify` checks what it wrote."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from sternlight.cli import WATCHLIST, Moment, main
from sternlight.cli_station import CONFIG, DATA, PLACES, _folder, _settings


@main.command()
@click.argument("about", metavar="EVENT|MMSI|all")
@DATA
@CONFIG
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE.zip",
              help="The file to write.")  # fmt: skip
@click.option("--reason", required=True, metavar="TEXT", help="Why, or for whom: it is kept.")
@click.option("--by", default="", metavar="NAME", help="Who hands it on: it is kept.")
@click.option("--from", "since", type=Moment(), help="From when on, in UTC.")
@click.option("--to", "until", type=Moment(), help="Up to when, in UTC.")
@click.option("--lines", "lines_only", is_flag=True,
              help="Only the lines of these ships, with proofs, and not whole hours of the"
              " station's log.")  # fmt: skip
@click.option(
    "--recording", "recordings", multiple=True, metavar="PATH",
    help="What was replayed, with a replay's results; may be repeated.",
)  # fmt: skip
@PLACES
@WATCHLIST
@click.option("--with-lists", is_flag=True,
              help="Take the watch lists along: they tell whom you watch.")  # fmt: skip
def bundle(
    about: str,
    data: Path | None,
    config: Path | None,
    out: Path,
    reason: str,
    by: str,
    since: float | None,
    until: float | None,
    lines_only: bool,
    recordings: tuple[str, ...],
    places: tuple[str, ...],
    watchlists: tuple[str, ...],
    with_lists: bool,
) -> None:
    """Pack an event, those of an MMSI, or all, with what they rest on, for others to check.

    EVENT is an id as `sternlight events --json` or events.jsonl has it.  --from and --to leave out
    events before and after; of an MMSI without events they say which hours are packed.  What was
    written is checked at once; exit codes are those of `sternlight verify`.
    """
    import time

    from sternlight.alerts.owner import as_owner
    from sternlight.evidence.asked import Ask
    from sternlight.evidence.bundle import Order, make
    from sternlight.sqlite import ARCHIVE
    from sternlight.text import plain

    settings = _settings(config)
    folder = _folder(data, settings)
    of_station = (folder / ARCHIVE).exists()
    if of_station:
        settings, places = _settings(config, watchlists), places or settings.watch.places
    as_owner(folder, Path(settings.mail.keys))
    if not os.access(out.absolute().parent, os.W_OK):
        raise click.UsageError(
            f"{out} cannot be written by the user whose station it is; name a file in /tmp"
        )
    ask = Ask(folder, about, since, until, recordings, lines_only, with_lists)
    keys = Path(settings.mail.keys)
    made = make(Order(ask, out, reason, by, settings, places, watchlists, keys), time.time())
    for note in made.notes:
        click.echo(plain(note))
    click.echo(f"{out} has {made.size_bytes / 1e6:,.1f} MB; SHA-256 of its list: {made.sha256}")
    sys.exit(verify_bundle(out, watchlists, "", as_json=False))


def is_bundle(path: Path) -> bool:
    """Return whether a path is that of a bundle, packed or not, and not a station's folder."""
    return path.is_file() or (path / "SHA256SUMS").is_file()


def verify_bundle(
    path: Path, watchlists: tuple[str, ...], fingerprint: str, as_json: bool, roots: bytes = b""
) -> int:
    """Check a bundle and say how it is; return the exit code."""
    from sternlight.evidence.recompute import Means
    from sternlight.evidence.unbundle import verify_file
    from sternlight.jsontext import dumps

    verdict = verify_file(path, Means(watchlists, fingerprint, roots))
    for line in [dumps(verdict.row())] if as_json else verdict.lines():
        click.echo(line)
    return verdict.code
