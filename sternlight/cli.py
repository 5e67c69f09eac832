"""The commands.  Heavy modules are imported inside them, so that `--help` comes at once."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

import sternlight
from sternlight.errors import ArchiveError, BundleError, DiskFull, SettingsError

OK, PARTIAL, FAILED, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141
RESULTS = "sternlight-results"


class Moment(click.ParamType[float]):
    """A moment in UTC, as ISO 8601; one without a zone is taken as UTC."""

    name = "iso time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return Unix seconds."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time; write it as 2024-05-01T12:00:00Z", param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class Commands(click.Group):
    """Turns what users can mend into one sentence and an exit code, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # Python flushes standard output once more when it ends, and would complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(BROKEN_PIPE)
        except DiskFull as error:
            click.echo(f"sternlight: {error}", err=True)
            ctx.exit(PARTIAL if error.partial else FAILED)
        except (ValueError, OSError) as error:
            if not (says := _mendable(error)):
                raise
            click.echo(f"sternlight: {says}", err=True)
            ctx.exit(FAILED)


def _mendable(error: ValueError | OSError) -> str:
    """Return what to tell about an error that users can do something about, or ""."""
    from receiver.decoded import BadInput
    from sternlight.text import plain
    from tracks.place import PlacesError

    if isinstance(error, ArchiveError | BadInput | BundleError | SettingsError | PlacesError):
        return "\n".join(plain(line) for line in str(error).splitlines())
    if isinstance(error, OSError) and error.errno in _OF_PATHS:
        where = plain(str(error.filename2 or error.filename or "the output"))
        return f"{where} cannot be written: {os.strerror(error.errno).lower()}"
    return ""


_OF_PATHS = {errno.EACCES, errno.EEXIST, errno.EIO, errno.EISDIR, errno.ENOENT, errno.ENOTDIR,
             errno.EPERM, errno.EROFS}  # fmt: skip


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    sternlight.__version__, prog_name="sternlight", message="%(prog)s %(version)s"
)
def main() -> None:
    """Read recorded AIS and point out the few ships that are worth a human's look.

    A score says how unusual something is, never how guilty somebody is.
    """


PATHS = click.argument("paths", nargs=-1, metavar="[PATH]...")
FORMAT = click.option("--format", "format_name", metavar="NAME", help="Do not guess the format.")
START = click.option(
    "--start", type=Moment(), help="When a recording without any times begins, in UTC."
)
WATCHLIST = click.option(
    "--watchlist", "watchlists", multiple=True, metavar="FILE",
    help="Ships you watch, besides those of the settings; may be repeated (docs/watchlists.md).",
)  # fmt: skip


@main.command()
@PATHS
@click.option(
    "--out", type=click.Path(path_type=Path), default=RESULTS, show_default=True,
    help="Folder for the results; made if it is not there.",
)  # fmt: skip
@FORMAT
@START
@click.option(
    "--places", multiple=True, metavar="FILE|none",
    help="Your own ports, anchorages and zones (GeoJSON, GeoPackage, CSV); may be repeated."
    " 'none' switches all masks off.",
)  # fmt: skip
@WATCHLIST
@click.option("--config", type=click.Path(path_type=Path), help="Settings (TOML).")
@click.option("--top", type=click.IntRange(0), default=10, show_default=True,
              help="How many ships to show.")  # fmt: skip
@click.option("--report/--no-report", default=True, show_default=True,
              help="Write report.html, too: ranking, map and accounts for people.")  # fmt: skip
def replay(
    paths: tuple[str, ...],
    out: Path,
    format_name: str | None,
    start: float | None,
    places: tuple[str, ...],
    watchlists: tuple[str, ...],
    config: Path | None,
    top: int,
    report: bool,
) -> None:
    """Judge recorded AIS: files, folders and - (standard input), plain or packed.

    Without a PATH a small simulated recording is replayed.
    """
    if "none" in places and len(places) > 1:
        raise click.UsageError("--places none switches all masks off; give no other file with it")
    from sternlight.job import Job, run

    # A run makes many objects that live to its end, and no cycles of them; looking for
    # cycles takes a twentieth of its time.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    results = run(Job(paths, out, format_name, start, places, config, top, watchlists, report))
    results.show()
    _tell(results.trouble)
    sys.exit(PARTIAL if results.partial else OK)


@main.command()
@PATHS
@click.option("--out", type=click.Path(path_type=Path), help="FILE.csv, .parquet or .jsonl.")
@click.option("--count", is_flag=True, help="Write no table; say how many of what there are.")
@click.option("--all", "rare", is_flag=True,
              help="The messages without position or identity, too; their fields go as JSON"
              " into the column 'other'.  Much slower.")  # fmt: skip
@FORMAT
@START
def decode(
    paths: tuple[str, ...],
    out: Path | None,
    count: bool,
    rare: bool,
    format_name: str | None,
    start: float | None,
) -> None:
    """Write the reports in recorded AIS as one table.

    In a CSV file, a text that a spreadsheet would run as a formula (beginning
    with = + - @ or a tab) has an apostrophe in front.
    """
    if (out is None) != count:
        raise click.UsageError("say either --out FILE or --count")
    from sternlight import decode as module
    from sternlight.reading import Reading

    reading = Reading(format_name, start, rare)
    if out is None:
        click.echo("\n".join(module.count(paths, reading)))
    else:
        rows = module.write(paths, reading, out)
        click.echo(f"{rows:,} reports of {reading.lines:,} lines are in {out}")
    _tell([f"{name} {why}" for name, why in reading.trouble.items()])
    sys.exit(PARTIAL if reading.trouble else OK)


def _tell(sentences: Sequence[str]) -> None:
    """Say on standard error what could not be read."""
    from sternlight.text import plain

    for sentence in sentences:
        click.echo(f"sternlight: {plain(sentence)}", err=True)


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="NMEA to write.")
@click.option("--truth", type=click.Path(path_type=Path),
              help="What truly happens (JSON lines) to write.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True)
@click.option("--hours", type=float, default=24.0, show_default=True)
@click.option("--vessels", type=int, default=60, show_default=True)
@click.option("--thin", "thin_s", type=float, default=60.0, show_default=True,
              help="Seconds between positions of a ship; 0: as often as real ones.")  # fmt: skip
@click.option("--satellite", is_flag=True, help="Hear every place alike, as from orbit.")
@click.option("--ordinary", is_flag=True, help="Ordinary life only: every alarm is false.")
def simulate(
    out: Path,
    truth: Path | None,
    seed: int,
    hours: float,
    vessels: int,
    thin_s: float,
    satellite: bool,
    ordinary: bool,
) -> None:
    """Make up a recording of ships that do not exist, and the truth about it."""
    from receiver.sources.simulator import SHORE, Simulation
    from sternlight.simulate import write

    try:
        simulation = Simulation(
            seed,
            hours,
            vessels,
            thin_s=thin_s,
            station=None if satellite else SHORE,
            wanted=not ordinary,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    write(simulation, out, truth)


from sternlight import (  # noqa: E402 - each adds its commands to `main`
    cli_alerts,  # noqa: F401
    cli_bundle,  # noqa: F401
    cli_detections,  # noqa: F401
    cli_evidence,  # noqa: F401
    cli_export,  # noqa: F401
    cli_learn,  # noqa: F401
    cli_lists,  # noqa: F401
    cli_network,  # noqa: F401
    cli_post,  # noqa: F401
    cli_record,  # noqa: F401
    cli_report,  # noqa: F401
    cli_station,  # noqa: F401
)
