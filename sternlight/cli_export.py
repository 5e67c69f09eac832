"""The command that writes what was found for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from sternlight.cli import Moment, main
from sternlight.cli_station import CONFIG, DATA, _folder, _settings


@main.command()
@DATA
@CONFIG
@click.option("--out", type=click.Path(path_type=Path), required=True,
              help="FILE.gpkg (QGIS), .geojson, .csv, .kml (Google Earth), .parquet.")  # fmt: skip
@click.option("--since", type=Moment(), help="Leave out what ended before, in UTC.")
@click.option("--until", type=Moment(), help="Leave out what began after, in UTC.")
@click.option("--kind", "kinds", multiple=True,
              help="Only such events, and their ships; may be repeated.")  # fmt: skip
@click.option("--min-score", type=click.FloatRange(0, 1), default=0.0,
              help="Only events with such a score or a higher one, and their ships.")  # fmt: skip
@click.option("--mmsi", "mmsis", type=click.IntRange(1, 999_999_999), multiple=True,
              help="Only this ship; may be repeated.")  # fmt: skip
@click.option("--redact", default="", metavar="names,positions=N,times=N",
              help="Withhold names; round positions to N nmi and times to N hours.")  # fmt: skip
@click.option("--exact-coverage", is_flag=True,
              help="Tell coverage so finely that it shows where the antenna is.")  # fmt: skip
def export(
    data: Path | None,
    config: Path | None,
    out: Path,
    since: float | None,
    until: float | None,
    kinds: tuple[str, ...],
    min_score: float,
    mmsis: tuple[int, ...],
    redact: str,
    exact_coverage: bool,
) -> None:
    """Write events, tracks, ships and coverage for other programs.

    --data names a station's folder, or that of a replay's results (docs/exports.md).
    """
    from sternlight.evidence.redaction import Redaction
    from sternlight.exports import export as module
    from sternlight.exports.asked import Asked
    from sternlight.text import plain

    settings = _settings(config)
    asked = Asked(
        _folder(data, settings), since, until, kinds, min_score, mmsis,
        Redaction.parse(redact), exact_coverage,
    )  # fmt: skip
    written = module.export(asked, out, settings.credits, settings.sources)
    rows = ", ".join(f"{count:,} {name}" for name, count in written.rows.items())
    click.echo(f"{rows} are in {', '.join(map(str, written.files))}")
    for one in written.told:
        if one.about in ("withheld", "credit", "what it does not say"):
            click.echo(plain(one.says), err=True)
