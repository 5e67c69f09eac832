"""The truth of a simulated sea, as it is written beside the recording."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np

from receiver.sources.sea import GRID_S, Sea
from receiver.sources.sea_chart import HOUR, NMI, lat_lon
from receiver.sources.sea_radio import CLASS_B_RANGE, Station

# What the recording holds less of than this is not listed: nobody could find it.
LEAST_H = {"encounter": 2.0, "loitering": 4.0, "switched_off": 6.0, "innocent_silence": 6.0}
LOOK_S = 10 * GRID_S  # how finely leaving and entering the range is timed


def record(
    kind: str, mmsis: list[int], start: float, end: float | None, at: complex, note: str
) -> dict[str, Any]:
    """Return one true thing as it stands in the file; `end` None: it goes on."""
    lat, lon = lat_lon(np.array([at]))
    return {
        "kind": kind,
        "mmsis": sorted(mmsis),
        "start": iso(start),
        "end": None if end is None else iso(end),
        "lat": round(float(lat[0]), 4),
        "lon": round(float(lon[0]), 4),
        "note": note,
    }


def iso(t: float) -> str:
    """Write Unix seconds as ISO 8601 in UTC, to the nearest second."""
    return f"{datetime.fromtimestamp(round(t), UTC):%Y-%m-%dT%H:%M:%SZ}"


def acts(sea: Sea) -> Iterator[dict[str, Any]]:
    """Yield what the scenes play, as much of it as lies within the recording."""
    for truth, ships in sea.truths():
        start, end = max(truth.start, sea.start), min(truth.end, sea.end)
        if end - start < LEAST_H.get(truth.kind, 0.0) * HOUR:
            continue
        if truth.kind == "switched_off" and truth.start < sea.start:
            continue  # never heard before: nobody can miss it
        mmsis = sea.register.mmsi[list(ships)].tolist()
        still = truth.end > sea.end
        yield record(truth.kind, mmsis, start, None if still else end, truth.at, truth.note)


def silences(sea: Sea, station: Station, at: complex) -> Iterator[dict[str, Any]]:
    """Yield each time a ship leaves the nominal range for hours; those still away have no end."""
    factor = np.where(sea.register.class_b, CLASS_B_RANGE, 1.0)
    range_m = NMI * station.range_nmi * factor
    left = np.full(len(sea.register), np.nan)  # when; nan: in range, or never heard
    where = np.zeros(len(sea.register), np.complex128)
    before = np.zeros(len(sea.register), np.bool_)
    note = "out of the range of the station, transponder on; start and end are at its nominal range"

    def told(ship: int, end: float | None) -> dict[str, Any]:
        mmsi, p = int(sea.register.mmsi[ship]), complex(where[ship])
        return record("innocent_silence", [mmsi], float(left[ship]), end, p, note)

    least_s = LEAST_H["innocent_silence"] * HOUR
    for a in np.arange(sea.start, sea.end, 6 * HOUR):
        t = np.arange(a, min(a + 6 * HOUR, sea.end), GRID_S)
        tracks = sea.tracks(t)
        for k in range(0, len(t), round(LOOK_S / GRID_S)):
            near = np.abs(tracks.p[:, k] - at) < range_m
            for ship in np.flatnonzero(near & (t[k] - left >= least_s)):
                yield told(int(ship), float(t[k]))
            leaves = before & ~near
            left[leaves], where[leaves] = t[k], tracks.p[leaves, k]
            left[near], before = np.nan, near
    for ship in np.flatnonzero(sea.end - left >= least_s):
        yield told(int(ship), None)
