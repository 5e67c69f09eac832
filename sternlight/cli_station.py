"""The commands of a station: run it, ask it, look into its archive, mend it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sternlight.cli import FAILED, OK, WATCHLIST, Moment, main

if TYPE_CHECKING:
    from receiver.sources.address import Feed
    from sternlight.settings import Settings
    from tracks.places import Places

DATA = click.option(
    "--data", type=click.Path(path_type=Path), help="The station's folder.", show_default=True,
    default=None,
)  # fmt: skip
CONFIG = click.option("--config", type=click.Path(path_type=Path), help="Settings (TOML).")
SOURCE = click.option(
    "--source", "addresses", multiple=True, metavar="ADDRESS",
    help="Where to listen, as in tcp://127.0.0.1:5631; may be repeated (docs/sources.md).",
)  # fmt: skip
PLACES = click.option(
    "--places", multiple=True, metavar="FILE|none",
    help="Your own ports, anchorages and zones; may be repeated.",
)  # fmt: skip
JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


INSTALLED = Path("/etc/sternlight/sternlight.toml")  # scripts/install_station.py


def _config(config: Path | None) -> Path | None:
    """Return the settings that were given, or else those of the station installed here."""
    return INSTALLED if config is None and os.access(INSTALLED, os.R_OK) else config


def _settings(config: Path | None, watchlists: tuple[str, ...] = ()) -> Settings:
    from dataclasses import replace

    from sternlight.settings import load

    settings = load(_config(config))
    return replace(settings, watchlists=settings.watchlists.along_with(watchlists))


def _folder(data: Path | None, settings: Settings) -> Path:
    return data or Path(settings.watch.data)


def _places(given: tuple[str, ...], settings: Settings) -> Places:
    """Return the places that the command line names, or else those of the settings."""
    from sternlight.data import load_places

    return load_places(given or settings.watch.places)


def _feeds(addresses: tuple[str, ...], settings: Settings) -> list[Feed]:
    """Return the sources that the command line names, or else those of the settings."""
    from receiver.sources.address import BadAddress, parse
    from sternlight.errors import SettingsError

    feeds, wrong = [], []
    named = [("", a) for a in addresses] or list(settings.sources.items())
    for name, address in named:
        try:
            feeds.append(parse(address, name))
        except BadAddress as error:
            wrong.append(str(error))
    if wrong:
        raise SettingsError("\n".join(wrong))
    return feeds


@main.command()
@SOURCE
@DATA
@CONFIG
@PLACES
@WATCHLIST
def watch(
    addresses: tuple[str, ...],
    data: Path | None,
    config: Path | None,
    places: tuple[str, ...],
    watchlists: tuple[str, ...],
) -> None:
    """Listen to live sources, keep all that is heard, and look for events; runs for years."""
    from sternlight.daemon import Post, run

    settings = _settings(config, watchlists)
    folder = _folder(data, settings)
    feeds = _feeds(addresses, settings)
    run(Post(settings, feeds, folder, lambda: _places(places, settings), _config(config)))


@main.command()
@DATA
@CONFIG
@JSON
@PLACES
@WATCHLIST
@click.option("--since", type=Moment(), help="Leave out what ended before, in UTC.")
@click.option("--kind", "kinds", multiple=True, help="Only events of this kind; may be repeated.")
@click.option("--min-score", type=click.FloatRange(0, 1), default=0.0, show_default=True)
@click.option("--mmsi", type=int, help="Only events of this MMSI.")
def events(
    data: Path | None,
    config: Path | None,
    as_json: bool,
    places: tuple[str, ...],
    watchlists: tuple[str, ...],
    since: float | None,
    kinds: tuple[str, ...],
    min_score: float,
    mmsi: int | None,
) -> None:
    """List the events that a station has found, while it runs or not."""
    import json

    from anomalies.detectors import DETECTORS
    from sternlight.listing import Listing, Wanted, show_events

    for kind in kinds:
        if kind not in DETECTORS:
            raise click.UsageError(f"no event is a {kind!r}; there are {', '.join(DETECTORS)}")
    settings = _settings(config, watchlists)
    listing = Listing(_folder(data, settings), settings, _places(places, settings))
    rows = listing.events(Wanted(since, kinds, min_score, mmsi))
    if as_json:
        for row in rows:
            click.echo(row)
    else:
        show_events(json.loads(row) for row in rows)


@main.command()
@DATA
@CONFIG
@JSON
@PLACES
@WATCHLIST
@click.option("--top", type=click.IntRange(0), default=20, show_default=True,
              help="How many to show.")  # fmt: skip
def vessels(
    data: Path | None,
    config: Path | None,
    as_json: bool,
    places: tuple[str, ...],
    watchlists: tuple[str, ...],
    top: int,
) -> None:
    """List the ships that a station has heard, those that stand out first."""
    from sternlight.jsontext import dumps
    from sternlight.listing import Listing, show_vessels

    settings = _settings(config, watchlists)
    listing = Listing(_folder(data, settings), settings, _places(places, settings))
    rows = listing.vessels()
    if as_json:
        for row in rows:
            click.echo(dumps(row))
    else:
        show_vessels(list(rows), top)


@main.command()
@DATA
@CONFIG
@PLACES
@click.option("--out", type=click.Path(path_type=Path),
              help="FILE.csv or .geojson; --places reads both.")  # fmt: skip
def anchorages(
    data: Path | None, config: Path | None, places: tuple[str, ...], out: Path | None
) -> None:
    """List the anchorages that a station has learned from ships that lie still."""
    from sternlight import learned
    from sternlight.text import counted, iso

    settings = _settings(config)
    found = learned.of_station(_folder(data, settings), settings, _places(places, settings))
    if not len(found.anchorages):
        click.echo("No anchorage has been learned yet.", err=True)
    elif out is None:
        click.echo(learned.as_csv(found.anchorages), nl=False)
    else:
        learned.write(out, found.anchorages)
        many = counted(found.anchorages.count, "anchorage")
        click.echo(f"{many}, in use since {iso(found.t)}: {out}")


@main.command()
@DATA
@CONFIG
@JSON
def status(data: Path | None, config: Path | None, as_json: bool) -> None:
    """Say how the station is.  Exit code 0: all is well; 1: look at it; 2: it does not run."""
    from sternlight.account import last_known
    from sternlight.asking import show

    folder = _folder(data, _settings(config))
    sys.exit(show(folder, as_json, lambda: last_known(folder)))


@main.command()
@DATA
@CONFIG
@PLACES
@WATCHLIST
def rebuild(
    data: Path | None, config: Path | None, places: tuple[str, ...], watchlists: tuple[str, ...]
) -> None:
    """Make the archive again from the raw log: if it is damaged, or settings were changed."""
    from sternlight.rebuild import rebuild as make
    from sternlight.text import counted

    settings = _settings(config, watchlists)
    folder = _folder(data, settings)
    done = make(folder, settings, _places(places, settings))
    click.echo(
        f"{counted(done.lines_count, 'line')} in {counted(done.segments_count, 'segment')} of the"
        f" raw log read: {counted(done.events_count, 'event')}."
    )
    if done.withdrawn_count:
        click.echo(f"{counted(done.withdrawn_count, 'event')} of before withdrawn.")
    if done.old:
        click.echo(f"The old archive is kept as {done.old}.")


@main.command()
@DATA
@CONFIG
@SOURCE
@JSON
def doctor(
    data: Path | None, config: Path | None, addresses: tuple[str, ...], as_json: bool
) -> None:
    """Look for what usually is wrong with a station, and say how to mend it."""
    from sternlight.alerts.mail_settings import Mail
    from sternlight.doctor import examine, show
    from sternlight.errors import SettingsError

    mail = Mail()
    try:
        settings = _settings(config)
        mail = settings.mail
        feeds = _feeds(addresses, settings)
        data = _folder(data, settings)
    except SettingsError:  # which is then among the findings
        feeds = []
    findings = examine(_config(config), data, feeds, mail_settings=mail)
    code = show(findings, as_json)
    sys.exit(FAILED if code else OK)
