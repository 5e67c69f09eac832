"""events.geojson: where the events were, and the ways of the ships around them (RFC 7946)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from anomalies.event import Event, track_name
from sternlight.jsontext import dumps, replacing
from sternlight.judging import Judged
from sternlight.text import iso
from sternlight.tracklines import Stretch, Tracklines
from tracks.batch import HULLS_PER_MMSI


def stretches(event: Event, as_of: float, around_s: float) -> list[Stretch]:
    """Return for each hull the span of its way that belongs to an event."""
    end = as_of if event.end is None else event.end
    return [(track, event.start - around_s, end + around_s) for track in event.tracks]


def write(
    path: Path,
    judged: Sequence[Judged],
    ways: Mapping[str, Sequence[Stretch]],
    tracklines: Tracklines,
    names: Mapping[int, str],
) -> None:
    """Write one point for each event and one line for each hull in `ways`, by the event's id.

    `names` are the vessels' names by track.
    """
    with replacing(path) as out:
        out.write('{"type":"FeatureCollection","features":[')
        between = "\n"
        for one in judged:
            for told in _features(one, ways.get(one.event.id, ()), tracklines, names):
                out.write(between + dumps(told))
                between = ",\n"
        out.write("\n]}\n")


def _features(
    judged: Judged,
    ways: Sequence[Stretch],
    tracklines: Tracklines,
    names: Mapping[int, str],
) -> Iterator[dict[str, Any]]:
    event = judged.event
    yield feature(
        {"type": "Point", "coordinates": [round(event.lon, 6) + 0.0, round(event.lat, 6) + 0.0]},
        {
            "what": "event",
            "event": event.id,
            "kind": event.kind,
            "anomaly": judged.assessment.anomaly,
            "score": round(judged.assessment.score, 3),
            "start": iso(event.start),
            "end": None if event.end is None else iso(event.end),
            "mmsis": ", ".join(map(str, event.mmsis)),
            "names": ", ".join(names.get(track, "") for track in event.tracks),
            "place": judged.place,
        },
    )
    for way in ways:
        if lines := tracklines.lines(way):
            track = way[0]
            yield feature(
                {"type": "LineString", "coordinates": lines[0]}
                if len(lines) == 1
                else {"type": "MultiLineString", "coordinates": lines},
                {
                    "what": "track",
                    "event": event.id,
                    "mmsi": track // HULLS_PER_MMSI,
                    "track": track_name(track),
                    "name": names.get(track, ""),
                },
            )


def feature(geometry: dict[str, Any] | None, properties: dict[str, Any]) -> dict[str, Any]:
    """Return a feature; without a geometry it is nowhere."""
    return {"type": "Feature", "geometry": geometry, "properties": properties}
