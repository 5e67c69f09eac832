"""The commands that tell who met whom, and where what was handed over may have gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sternlight.cli import Moment, main
from sternlight.cli_station import CONFIG, DATA, JSON, _folder, _settings

if TYPE_CHECKING:
    from sternlight.record.connections import Connections

ENDINGS = (".csv", ".graphml")


class LastMoment(Moment):
    """A moment in UTC up to which something lasts; a date alone means the end of that day."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return Unix seconds."""
        moment = super().convert(value, param, ctx)
        try:
            date.fromisoformat(value)
        except ValueError:
            return moment
        return moment + timedelta(days=1).total_seconds()


def _ending(_: click.Context, param: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() not in ENDINGS:
        raise click.BadParameter(
            f"{path} must end in .csv (a table) or .graphml (a drawing)", param=param
        )
    return path


OUT = click.option(
    "--out", type=click.Path(path_type=Path), callback=_ending, metavar="FILE",
    help="FILE.csv (a table) or FILE.graphml (a drawing, for Gephi and others).",
)  # fmt: skip
TOP = click.option("--top", type=click.IntRange(0), default=20, show_default=True,
                   help="How many to show.")  # fmt: skip


@contextmanager
def _record(data: Path | None, config: Path | None) -> Iterator[Connections]:
    from sternlight.record.connections import Connections
    from sternlight.record.read import open_record
    from sternlight.record.ships import ships

    # Settings take a third of a second to read, and only say where the folder is.
    with open_record(data or _folder(data, _settings(config))) as database:
        yield Connections.of_ships(database, ships(database))


@main.command()
@DATA
@CONFIG
@JSON
@OUT
@TOP
@click.option("--around", "mmsi", type=int, metavar="MMSI", help="Only what is linked to this one.")
@click.option("--hops", type=click.IntRange(1), default=1, show_default=True,
              help="With --around: over how many meetings.")  # fmt: skip
@click.option("--since", type=Moment(), help="Leave out what ended before, in UTC.")
@click.option("--min-score", type=click.FloatRange(0, 1), default=0.0, show_default=True)
def network(
    data: Path | None,
    config: Path | None,
    as_json: bool,
    out: Path | None,
    top: int,
    mmsi: int | None,
    hops: int,
    since: float | None,
    min_score: float,
) -> None:
    """Show which ships met at sea, who may have handed over to whom, and where it then went.

    DATA is a station's folder, or that of a replay's results.
    """
    from sternlight.jsontext import dumps
    from sternlight.network import network as find
    from sternlight.network import write
    from sternlight.show_connections import show_network

    with _record(data, config) as record:
        ships = [] if mmsi is None else record.ships_of(mmsi)
        if mmsi is not None and not ships:
            raise click.UsageError(f"no ship with the MMSI {mmsi} is in the record")
        found = find(record, float("-inf") if since is None else since, min_score, ships, hops)
        if out:
            write(out, found)
            click.echo(f"{len(found.edges):,} pairs of ships are in {out}", err=as_json)
        if as_json:
            click.echo(dumps(found.row()))
        elif not out:
            show_network(found, top)


@main.command()
@click.argument("port", nargs=-1, required=True, metavar="PORT")
@click.option("--from", "since", type=Moment(), required=True, help="The first day, in UTC.")
@click.option("--to", "until", type=LastMoment(), required=True, help="The last day, in UTC.")
@DATA
@CONFIG
@JSON
@OUT
@TOP
@click.option("--min-score", type=click.FloatRange(0, 1), default=0.3, show_default=True,
              help="Leave out meetings with a lower score.")  # fmt: skip
@click.option("--carriers", type=click.IntRange(1, 5), default=3, show_default=True,
              help="Over how many carriers a chain may lead.")  # fmt: skip
@click.option("--max-silence", "silent_days", type=click.FloatRange(0), default=7.0,
              show_default=True, metavar="DAYS",
              help="Leave out chains in which a carrier was not heard for longer.")  # fmt: skip
def chain(
    port: tuple[str, ...],
    since: float,
    until: float,
    data: Path | None,
    config: Path | None,
    as_json: bool,
    out: Path | None,
    top: int,
    min_score: float,
    carriers: int,
    silent_days: float,
) -> None:
    """Show how catch may have come to PORT: from fishing vessels over carriers that called there.

    DATA is a station's folder, or that of a replay's results.
    """
    from anomalies.chains import Limits
    from sternlight.chain import Asked, answer, write
    from sternlight.jsontext import dumps
    from sternlight.show_connections import show_chains

    if until <= since:
        raise click.UsageError("--to must not lie before --from")
    limits = Limits(min_score, carriers, 24 * silent_days)
    with _record(data, config) as record:
        places = _places(" ".join(port), record)
        found = answer(record, Asked(places, since, until, limits))
    if out:
        write(out, found)
        click.echo(f"{len(found.chains):,} chains are in {out}", err=as_json)
    if as_json:
        click.echo(dumps(found.row()))
    elif not out:
        show_chains(found, top)


def _places(typed: str, record: Connections) -> list[str]:
    """Return the place that a name means.  Raises UsageError with what may have been meant."""
    from sternlight.port_names import matching, near_misses
    from sternlight.text import plain

    known = record.places()
    if not known:
        raise click.UsageError(
            "no port visit is in the record yet: ships must be heard stopping where the list, or"
            " your own --places, has a port"
        )
    found = matching(typed, known)
    if len(found) == 1:
        return found
    if found:
        raise click.UsageError(f"{plain(typed)} may be {plain('; '.join(found))}: say which")
    near = "; ".join(near_misses(typed, known))
    hint = f"did you mean {plain(near)}?" if near else f"there are {len(known):,} others"
    raise click.UsageError(f"no ship was heard stopping at {plain(typed)!r}; {hint}")
