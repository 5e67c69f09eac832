"""The commands for several eyes on one ship: detections of others, and other stations."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sternlight.cli import OK, PARTIAL, _tell, main
from sternlight.cli_station import CONFIG, DATA, JSON, _folder, _settings


@main.group()
def detections() -> None:
    """Ships that others saw, from satellites, radars or other stations: add them, list them."""


@detections.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE..."
)
@DATA
@CONFIG
@click.option("--source", default="", metavar="NAME",
              help="Who saw them, where the file does not say.")  # fmt: skip
@click.option("--uncertainty-m", type=click.FloatRange(0, 100_000, min_open=True),
              help="Within so many metres 19 of 20 lie, where the file does not say.")  # fmt: skip
def add(
    files: tuple[Path, ...],
    data: Path | None,
    config: Path | None,
    source: str,
    uncertainty_m: float | None,
) -> None:
    """Import detections: CSV or GeoJSON with time, place and what else is known of each.

    What is there already is not added again.
    """
    from sternlight.detections.files import read
    from sternlight.detections.sighting import Given
    from sternlight.detections.store import keep
    from sternlight.text import counted, plain

    folder = data or _folder(None, _settings(config))
    trouble: list[str] = []
    for path in files:
        found = read(path, Given(plain(source), uncertainty_m))
        kept = keep(folder, found.sightings)
        known = f", {kept.known_count:,} were there before" if kept.known_count else ""
        click.echo(f"{plain(path.name)}: {counted(kept.new_count, 'detection')} added{known}")
        trouble += found.trouble
    _tell(trouble)
    sys.exit(PARTIAL if trouble else OK)


@detections.command(name="list")
@DATA
@CONFIG
@JSON
@click.option("--mmsi", type=int, help="Only those that concern this MMSI.")
@click.option("--unmatched", is_flag=True, help="Only those that clearly match no ship heard.")
@click.option("--out", type=click.Path(path_type=Path), help="FILE.csv or .geojson to write.")
def list_detections(
    data: Path | None,
    config: Path | None,
    as_json: bool,
    mmsi: int | None,
    unmatched: bool,
    out: Path | None,
) -> None:
    """List the detections, each with the ship it is matched to, by what is known now."""
    from sternlight.detections import show
    from sternlight.detections.matched import matched
    from sternlight.jsontext import dumps
    from sternlight.text import counted

    if out is not None:
        show.ending(out)
    answer = matched(data or _folder(None, _settings(config)))
    listed = show.rows(answer, mmsi, unmatched)
    if out is not None:
        show.write(out, listed)
        click.echo(f"{counted(len(listed), 'detection')}: {out}")
    elif as_json:
        for one in listed:
            click.echo(dumps(one))
    else:
        show.show(answer, listed)


@main.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path),
                metavar="FOLDER FOLDER...")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), required=True,
              help="Folder for the joined record; made if it is not there.")  # fmt: skip
def merge(folders: tuple[Path, ...], out: Path) -> None:
    """Join the records of stations, or of replays, into one that other commands read.

    Where the raw logs of all are at hand, `sternlight replay A/raw B/raw` is the stronger way.
    """
    if len(folders) < 2:
        raise click.UsageError("give two folders or more")
    from sternlight.merge.merge import merge as join
    from sternlight.text import counted

    done = join(folders, out)
    click.echo(
        f"{' + '.join(done.names)}: {counted(done.hulls_count, 'hull')}, of which several heard"
        f" {done.common_count:,}; {counted(done.events_count, 'event')}, of which several told"
        f" {done.common_events_count:,}."
    )
    if done.gaps_count:
        click.echo(
            f"In {counted(done.gaps_count, 'gap')} another station heard the ship; of"
            f" {done.filled_count:,} no silence is left."
        )
