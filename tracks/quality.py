"""Set aside what no ship can have said."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from tracks.batch import U8, Mask, PositionBatch
from tracks.mmsi import AID, COAST, NAMES, SAR_AIRCRAFT, SHIP, category

# Message types that by definition are not of ships, whatever the MMSI (ITU-R M.1371-5, 3)
_BASE_STATION, _AIRCRAFT, _AID = 4, 9, 21


def clean(positions: PositionBatch) -> tuple[PositionBatch, Counter[str]]:
    """Return the reports that a ship at a place and time can have sent, in their order.

    What is set aside is counted under "set aside: ..." by the first reason of:
    no ship (by message type, then by MMSI), no time, no position, a position
    out of range, exactly 0/0 (a receiver not connected).  Longitude 180 comes
    out as -180.  Speeds and courses are left as they are: a wrong speed makes
    no position wrong.
    """
    codes = category(positions.mmsi)
    for kind, code in ((_BASE_STATION, COAST), (_AIRCRAFT, SAR_AIRCRAFT), (_AID, AID)):
        codes[positions.type == kind] = code
    lat, lon = positions.lat, positions.lon
    good = np.isfinite(positions.t) & (codes == SHIP) & (np.abs(lat) <= 90)
    good &= (np.abs(lon) <= 180) & ((lat != 0) | (lon != 0))
    counts: Counter[str] = Counter()
    if not good.all():
        _count(positions, codes, counts, ~good)
        positions = positions.take(good)
    return _west(positions), counts


def _count(positions: PositionBatch, codes: U8, counts: Counter[str], bad: Mask) -> None:
    """Count the rows of `bad`, each under the first reason that holds for it."""
    left = positions.take(bad)
    codes = codes[bad]
    reasons = [(NAMES[code], codes == code) for code in NAMES if code != SHIP]
    reasons += [
        ("no time", ~np.isfinite(left.t)),
        ("no position", np.isnan(left.lat) | np.isnan(left.lon)),
        ("position out of range", (np.abs(left.lat) > 90) | (np.abs(left.lon) > 180)),
        ("position 0/0", np.ones(len(left), np.bool_)),
    ]
    open_ = np.ones(len(left), np.bool_)
    for reason, holds in reasons:
        found = int(np.count_nonzero(open_ & holds))
        if found:
            counts[f"set aside: {reason}"] = found
        open_ &= ~holds


def _west(positions: PositionBatch) -> PositionBatch:
    """Write longitude 180 as -180, as every batch has it."""
    east = positions.lon == 180
    if not east.any():
        return positions
    return replace(positions, lon=np.where(east, -180.0, positions.lon))
