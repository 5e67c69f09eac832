"""`sternlight anchorages`: what a station has learned, as a file that --places reads."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from sternlight.archive import Archive
from sternlight.errors import SettingsError
from sternlight.geojson import feature
from sternlight.jsontext import dumps, replacing
from sternlight.recovery import look
from sternlight.settings import Settings
from sternlight.text import iso
from tracks.anchorages import Anchorages, Learned
from tracks.places import Places


def of_station(folder: Path, settings: Settings, places: Places) -> Learned:
    """Return what a station learned last, while it runs or not.  Raises ArchiveError."""
    with Archive.look(folder) as archive:
        station = look(archive, folder, settings, places).station
    return [station.learned, *station.coming][-1]


def rows(anchorages: Anchorages) -> list[dict[str, Any]]:
    """Return a row for each disc, as a place: those of one anchorage have one number."""
    return [
        {
            "name": place.name,
            "kind": place.kind,
            "lat": round(place.lat, 5),
            "lon": round(place.lon, 5),
            "radius_nmi": round(place.radius_nmi, 2),
            "anchorage": number,
            "vessels_count": ships_count,
            "first": iso(first),
            "last": iso(last),
        }
        for place, (number, *_, ships_count, first, last) in zip(
            anchorages.places(), anchorages.to_records().tolist(), strict=True
        )
    ]


def as_csv(anchorages: Anchorages) -> str:
    """Return the rows as a table."""
    out = io.StringIO()
    found = rows(anchorages)
    table = csv.DictWriter(out, list(found[0]) if found else [], lineterminator="\n")
    table.writeheader()
    table.writerows(found)
    return out.getvalue()


def as_geojson(anchorages: Anchorages) -> str:
    """Return the rows as points with properties (RFC 7946)."""
    features = [
        dumps(feature({"type": "Point", "coordinates": [row.pop("lon"), row.pop("lat")]}, row))
        for row in rows(anchorages)
    ]
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n"


def write(path: Path, anchorages: Anchorages) -> None:
    """Write a table or GeoJSON, as the name of the file asks for.  Raises SettingsError."""
    made = {".csv": as_csv, ".geojson": as_geojson, ".json": as_geojson}
    if path.suffix.lower() not in made:
        raise SettingsError(f"{path} is neither .csv nor .geojson, in which anchorages are written")
    with replacing(path) as out:
        out.write(made[path.suffix.lower()](anchorages))
