"""Distress beacons: whoever finds one in a recording wants to know, whatever else is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sternlight.text import iso
from tracks.batch import PositionBatch
from tracks.mmsi import DISTRESS, category

# ITU-R M.585-9, annex 2, section 4: what the first three digits mean
KINDS = {970: "search and rescue transmitter", 972: "man overboard", 974: "emergency beacon"}
FORGOTTEN_S = 86_400.0
ACTIVE = 14  # ITU-R M.1371-5, table 48: navigational status of an active beacon; 15 is a test


@dataclass(slots=True)
class Signal:
    """What was heard of one beacon."""

    first_heard: float
    last_heard: float
    lat: float  # the last position told; nan if none
    lon: float
    reports_count: int = 0
    active_count: int = 0  # reports with the status "active" rather than "test"


@dataclass(slots=True)
class Distress:
    """Collects the signals of distress beacons by MMSI, from reports in any order."""

    signals: dict[int, Signal] = field(default_factory=dict)
    _told: set[int] = field(default_factory=set)

    def hear(self, positions: PositionBatch) -> None:
        """Take note of the beacons among `positions`, which all have a time."""
        high = np.flatnonzero(positions.mmsi >= min(KINDS) * 1_000_000)  # hardly any are
        for row in high[category(positions.mmsi[high]) == DISTRESS]:
            t, lat, lon = float(positions.t[row]), positions.lat[row], positions.lon[row]
            mmsi = int(positions.mmsi[row])
            signal = self.signals.setdefault(mmsi, Signal(t, t, np.nan, np.nan))
            if np.isfinite(lat) and np.isfinite(lon) and t >= signal.last_heard:
                signal.lat, signal.lon = float(lat), float(lon)
            signal.first_heard = min(signal.first_heard, t)
            signal.last_heard = max(signal.last_heard, t)
            signal.reports_count += 1
            signal.active_count += int(positions.nav_status[row] == ACTIVE)

    def news(self, now: float) -> list[dict[str, Any]]:
        """Return the beacons that have become active since this was asked last.

        Forgets those not heard for FORGOTTEN_S before Unix time `now`: a station runs
        for years, and anybody can make beacons up.
        """
        if not self.signals:
            return []
        rows = [row for row in self.rows() if row["active"] and row["mmsi"] not in self._told]
        self._told.update(row["mmsi"] for row in rows)
        for mmsi in [m for m, s in self.signals.items() if now - s.last_heard > FORGOTTEN_S]:
            del self.signals[mmsi]
            self._told.discard(mmsi)
        return rows

    def rows(self) -> list[dict[str, Any]]:
        """Return the beacons for summary.json, in the order of their MMSIs."""
        return [
            {
                "mmsi": mmsi,
                "kind": KINDS[mmsi // 1_000_000],
                "active": s.active_count > 0,
                "first_heard": iso(s.first_heard),
                "last_heard": iso(s.last_heard),
                "lat": round(s.lat, 6) if np.isfinite(s.lat) else None,
                "lon": round(s.lon, 6) if np.isfinite(s.lon) else None,
                "reports": s.reports_count,
            }
            for mmsi, s in sorted(self.signals.items())
        ]
