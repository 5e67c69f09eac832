"""A story as JSON and as GeoJSON: what other channels tell, and what is attached to a mail.

Nothing in it is about subscribers, nor what they remarked; it may be handed on as evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from anomalies.event import track_name
from sternlight.geojson import feature
from sternlight.telling.story import Line, Ship, Story
from sternlight.text import iso, plain
from sternlight.tracklines import cut_at_180

Row = dict[str, Any]


def story_json(story: Story) -> Row:
    """Return an event as JSON knows it; times in ISO 8601, UTC."""
    return {
        "id": story.event,
        "kind": story.kind,
        "state": story.state,
        "start": iso(story.start),
        "end": None if story.end is None else iso(story.end),
        "lat": story.lat,
        "lon": story.lon,
        "place": plain(story.place),
        "zone": plain(story.zone),
        "score": story.score,
        "usual_per_week": story.usual_per_week,
        "ships": [_ship(ship) for ship in story.ships],
        "measured": dict(story.measured),
        "rule": plain(story.rule),
        "for": list(map(plain, story.reasons)),
        "against": list(map(plain, story.objections)),
        "caveats": list(map(plain, story.caveats)),
        "lines": [{"file": plain(one.file), "line": one.line} for one in story.evidence],
    }


def story_geojson(stories: Iterable[Story], with_ways: bool = True) -> Row:
    """Return events as points with all that is known of them, and the ships' ways as lines."""
    features = [
        one for story in stories for one in (_point(story), *(_ways(story) if with_ways else ()))
    ]
    return {"type": "FeatureCollection", "features": features}


def _point(story: Story) -> Row:
    point = {"type": "Point", "coordinates": [story.lon, story.lat]}
    return feature(point, {"what": "event", **story_json(story)})


def _ways(story: Story) -> Iterable[Row]:
    names = {ship.track: ship for ship in story.ships}
    for line in story.lines:
        if pieces := _pieces(line):
            one = len(pieces) == 1
            geometry = {
                "type": "LineString" if one else "MultiLineString",
                "coordinates": pieces[0] if one else pieces,
            }
            whose = _ship(names[line.track]) if line.track in names else {}
            yield feature(geometry, {"what": "track", "event": story.event, **whose})


def _ship(ship: Ship) -> Row:
    return {
        "track": track_name(ship.track),
        "mmsi": ship.mmsi,
        "name": plain(ship.name),
        "imo": ship.imo,
        "type": ship.kind,
        "flag": ship.flag,
    }


def _pieces(line: Line) -> list[list[list[float]]]:
    """Return a way as lines of two points and more, cut at silences and longitude 180."""
    silences = np.flatnonzero(np.isnan(line.lat))
    runs = zip(np.split(line.lat, silences), np.split(line.lon, silences), strict=True)
    known = [(lat[np.isfinite(lat)], lon[np.isfinite(lat)]) for lat, lon in runs]
    return [piece for run in known for piece in cut_at_180(*run) if len(piece) > 1]
