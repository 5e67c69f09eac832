"""Writes what is asked of a record into files for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sternlight.credits import of_folder
from sternlight.errors import SettingsError
from sternlight.exports.about import Said, about
from sternlight.exports.asked import Asked
from sternlight.exports.contents import Contents
from sternlight.exports.layer import Layer
from sternlight.exports.withheld import Withheld
from sternlight.record.read import open_record

ENDINGS = (".gpkg", ".geojson", ".csv", ".kml", ".parquet")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: files, rows by layer, and what was said of it."""

    files: list[Path]
    rows: dict[str, int]
    told: list[Said]


def export(
    asked: Asked,
    out: Path,
    given: Mapping[str, str] | None = None,
    sources: Mapping[str, str] | None = None,
) -> Written:
    """Write what is asked into `out`, by its ending; CSV and Parquet become a file a layer.

    `given` are the settings' [credits], `sources` their [sources].  Raises SettingsError for
    an ending that is not known or software that is missing, ArchiveError if there is no record.
    """
    if out.suffix.lower() not in ENDINGS:
        raise SettingsError(f"{out} ends in none of {', '.join(ENDINGS)}; choose one of them")
    with open_record(asked.folder) as record:
        used = of_folder(asked.folder, record, given or {}, sources or {})
        withheld = Withheld.of(asked.folder, record, used)
        contents = Contents(record, asked, withheld)
        told = about(asked, used, withheld)
        files, rows = _write(out, contents.layers(), told)
    return Written(files, rows, told)


def _write(out: Path, layers: list[Layer], told: list[Said]) -> tuple[list[Path], dict[str, int]]:
    match out.suffix.lower():
        case ".gpkg":
            try:
                from sternlight.exports import geopackage

                return [out], geopackage.write(out, layers, told)
            except ImportError as error:
                raise SettingsError(
                    f"a GeoPackage takes more software ({error.name}): pip install"
                    " 'sternlight[places]', or choose .geojson"
                ) from error
        case ".geojson":
            from sternlight.exports import geojson_file

            return [out], geojson_file.write(out, layers, told)
        case ".kml":
            from sternlight.exports import kml

            return [out], kml.write(out, layers, told)
    return _tables(out, layers, told)


def _tables(out: Path, layers: list[Layer], told: list[Said]) -> tuple[list[Path], dict[str, int]]:
    """Write a file for each layer, its name behind that of `out`: sea-events.csv."""
    from sternlight.exports import csv_file, parquet

    named = {one.name: out.with_name(f"{out.stem}-{one.name}{out.suffix}") for one in layers}
    if out.suffix.lower() == ".parquet":
        return [*named.values()], {
            one.name: parquet.write(named[one.name], one, told) for one in layers
        }
    beside = out.with_name(f"{out.stem}-about{out.suffix}")
    csv_file.write_about(beside, told)
    rows = {one.name: csv_file.write(named[one.name], one) for one in layers}
    return [beside, *named.values()], rows
