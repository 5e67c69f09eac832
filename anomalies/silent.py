"""Which ships had fallen silent and could have been where another one stayed.

A carrier that drifts may wait for a ship that keeps its transponder off.  A silent ship
could have been there if, at a speed that fishing vessels make, it could have come from
where it was last heard, stayed for as long as a meeting lasts, and been back where it
was heard again.  Only silences that the gap detector lists count, of ships at sea and
under way, where two others were heard near by: there the station could hear.

Nothing shows that a silent ship was there.  Most silences are lost reception, and many
places can be reached in hours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from anomalies.event import Change, Event
from anomalies.manner import AT_REST
from tracks.batch import F64, HULLS_PER_MMSI, I64, Columns, Fixes, column
from tracks.geodesy import NMI_M, distance_m

WITNESSES_COUNT = 2  # one may have a higher antenna
PORT_NMI = 5.4  # 10 km, Miller et al. 2018: ships fall silent in port every day
OLDEST_S = 72 * 3600.0  # after three days a ship may be anywhere
MEETING_S = 2 * 3600.0  # the shortest encounter, Miller et al. 2018

ToldAt = Callable[[F64, float], F64]  # see `anomalies.detector.Gaps`

COULD = (
    "{count} silent, and could have been here for two hours or more; the nearest, MMSI {mmsi}, was"
    " last heard {nmi:.1f} nmi away. Nothing shows that any of them was"
)


class Reached(NamedTuple):
    """Silent ships that could have been at a place while another one stayed there."""

    ships_count: int
    nearest_mmsi: int  # 0 if there is none
    nearest_nmi: float


NOBODY = Reached(0, 0, np.nan)


@dataclass(frozen=True, slots=True)
class Silent(Columns):
    """Silences that were listed; sorted by (track, off).  `on` is inf for one that goes on."""

    track: I64 = column(np.int64)
    off: F64 = column(np.float64)
    lat: F64 = column(np.float64)
    lon: F64 = column(np.float64)
    on: F64 = column(np.float64, np.inf)
    on_lat: F64 = column(np.float64, np.nan)
    on_lon: F64 = column(np.float64, np.nan)

    def told(self, changes: Sequence[Change], fixes: Fixes) -> Silent:
        """Return the table with what the gap detector told; `fixes` are those of the same step."""
        gaps = [change for change in changes if change.event.kind == "gap"]
        if not gaps:
            return self
        keys = list(zip(self.track.tolist(), self.off.tolist(), strict=True))
        rows = dict(zip(keys, self.to_records().tolist(), strict=True))
        for what, event in gaps:
            key = (event.tracks[0], event.start)
            rows.pop(key, None)
            if what != "withdrawn" and _at_sea(event):
                rows[key] = (*key, event.lat, event.lon, *_back(event, fixes))
        table = np.array([rows[key] for key in sorted(rows)], self.dtype())
        return Silent(*(table[name] for name in self.described()))

    def since(self, t: float) -> Silent:
        """Return those that a stay beginning at `t` or later could ask for."""
        return self.take((self.on >= t) & (self.off >= t - OLDEST_S))

    def reaching(self, stay: Event, until: float, speed_kn: float, told_at: ToldAt) -> Reached:
        """Return who could have been at a stay, by what was known at its end, `until`."""
        asked = self.take((self.off >= stay.start - OLDEST_S) & (self.off < until))
        asked = asked.take(asked.track // HULLS_PER_MMSI != stay.mmsis[0])
        if not len(asked):
            return NOBODY
        away_m = distance_m(asked.lat, asked.lon, stay.lat, stay.lon)
        speed_m_s = speed_kn * NMI_M / 3600
        comes = np.maximum(asked.off + away_m / speed_m_s, stay.start)
        back = asked.on <= until
        home_m = distance_m(asked.on_lat[back], asked.on_lon[back], stay.lat, stay.lon)
        goes = np.full(len(asked), until)
        goes[back] = np.minimum(until, asked.on[back] - home_m / speed_m_s)
        could = np.flatnonzero(goes - comes >= MEETING_S)
        if not back[could].all():
            could = could[back[could] | (told_at(asked.off[could], until) <= until)]
        if not len(could):
            return NOBODY
        nearest = could[np.argmin(away_m[could])]
        mmsis = np.unique(asked.track[could] // HULLS_PER_MMSI)
        mmsi = int(asked.track[nearest]) // HULLS_PER_MMSI
        return Reached(len(mmsis), mmsi, float(away_m[nearest]) / NMI_M)


def _at_sea(gap: Event) -> bool:
    """Say whether a ship under way at sea fell silent where others were heard."""
    said = gap.evidence.measured
    return (
        said["witnesses_count"] >= WITNESSES_COUNT
        and said["nav_status_code"] not in AT_REST
        and said.get("port_nmi", np.inf) > PORT_NMI
    )


def _back(gap: Event, fixes: Fixes) -> tuple[float, float, float]:
    """Return when and where the ship was heard again."""
    if gap.end is None:
        return np.inf, np.nan, np.nan
    begin, end = np.searchsorted(fixes.track, [gap.tracks[0], gap.tracks[0] + 1])
    row = begin + np.searchsorted(fixes.t[begin:end], gap.end)
    return gap.end, float(fixes.lat[row]), float(fixes.lon[row])
