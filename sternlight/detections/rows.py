"""What is said of a detection: a row for programs, and a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from anomalies.event import track_name
from sternlight.detections.matched import Answer, Told
from sternlight.detections.sighting import Sighting
from sternlight.record.read import Found
from sternlight.text import counted, duration, iso
from tracks.batch import HULLS_PER_MMSI
from tracks.detections import Match

CAVEAT = (
    "A match says that two were at one place at one time, not that they are one ship; and"
    " whom this station did not hear may have been heard by others."
)


def row(told: Told, names: Mapping[int, str]) -> dict[str, Any]:
    """Return what is known of a detection, as JSON has it."""
    seen, one = told.seen, told.match
    hull = one.track
    return {
        "time": iso(seen.t),
        "lat": round(seen.lat, 6),
        "lon": round(seen.lon, 6),
        "uncertainty_m": round(told.uncertainty_m),
        "gives": _gives(seen),
        "length_m": seen.length_m,
        "result": one.kind,
        "mmsi": hull // HULLS_PER_MMSI or None,
        "track": track_name(hull) if hull else None,
        "name": names.get(hull, ""),
        "away_nmi": _rounded(one.away_nmi, 2),
        "odds": _rounded(min(one.odds, 1e6), 1),
        "between": [track_name(t) if t else None for t in one.between],
        "gap": None if told.gap is None else told.gap.id,
        "silent_since": _time(one.silent[0]),
        "silent_until": _time(one.silent[1]),
        "implied_speed_before_kn": _rounded(one.implied_kn[0], 1),
        "implied_speed_behind_kn": _rounded(one.implied_kn[1], 1),
        "witnesses_count": one.witnesses_count,
        "silent_count": one.silent_count,
        "says": says(told, names),
        "sensor": seen.sensor,
        "source": seen.source,
        "credit": seen.credit,
        "file": seen.file,
        "row": seen.row,
    }


def says(told: Told, names: Mapping[int, str]) -> str:
    """Return one plain sentence about a detection."""
    one = told.match
    ship = _named(one.track, names)
    if one.kind == "seen as well":
        return f"{ship} was heard there, {_away(one)} away{_sure(one)}"
    if one.kind == "fills a gap":
        return f"{ship} was silent{_silence(told.seen.t, one)}, and {_could(one)}"
    if one.kind == "contradicts":
        return _contradiction(told, ship, names)
    if one.kind == "ambiguous":
        return f"cannot be told apart: {_list(one, names)}"
    near = f"{counted(one.witnesses_count, 'ship')} heard within 10 nmi then"
    if one.kind == "not heard":
        return f"gives an identity that this station did not hear around that time; {near}"
    silent = (
        f"; {counted(one.silent_count, 'silent ship')} could have been there, among as many others"
        if one.silent_count
        else ""
    )
    if one.kind == "without AIS":
        return (
            f"no ship that was heard fits: one without AIS, or too weak to be heard; {near}{silent}"
        )
    return f"the station may not hear that place: {near}{silent}"


def _contradiction(told: Told, ship: str, names: Mapping[int, str]) -> str:
    one = told.match
    there = f"; {_named(one.between[0], names)} was heard there" if one.between else ""
    if np.isfinite(one.away_nmi):
        return f"gives the identity of {ship}, which was heard {_away(one)} away then{there}"
    fastest = np.nanmax(one.implied_kn)
    return f"gives the identity of {ship}, which would have had to go {fastest:.0f} kn{there}"


def _could(one: Match) -> str:
    speeds = [f"{v:.1f} kn {w}" for v, w in zip(one.implied_kn, ("to there", "from there"),
                                                strict=True) if np.isfinite(v)]  # fmt: skip
    return f"could have been there at {' and '.join(speeds)}{_sure(one)}"


def _silence(t: float, one: Match) -> str:
    since, until = one.silent
    if not np.isfinite(until):
        return f" for {duration(t - since)} by then, and has not been heard again"
    return f", {duration(t - since)} into a silence of {duration(until - since)}"


def _sure(one: Match) -> str:
    if not np.isfinite(one.odds):
        return ", by the identity given"
    return f"; {min(one.odds, 1e4):,.0f} times likelier than anybody else"


def _list(one: Match, names: Mapping[int, str]) -> str:
    named = [_named(t, names) if t else "a ship that was not heard" for t in one.between]
    return " or ".join(named) or "nothing fits clearly"


def _named(track: int, names: Mapping[int, str]) -> str:
    name = names.get(track, "")
    return f"{name} ({track_name(track)})" if name else track_name(track)


def _away(one: Match) -> str:
    return f"{one.away_nmi:.1f} nmi" if one.away_nmi >= 1 else f"{one.away_nmi * 1852:.0f} m"


def _gives(seen: Sighting) -> dict[str, Any]:
    said = {"mmsi": seen.mmsi, "imo": seen.imo, "call_sign": seen.call_sign, "name": seen.name}
    return {name: value for name, value in said.items() if value}


def _rounded(value: float, digits: int) -> float | None:
    return round(value, digits) if np.isfinite(value) else None


def _time(t: float) -> str | None:
    return iso(t) if np.isfinite(t) else None


def gaps(answer: Answer) -> list[dict[str, Any]]:
    """Return for each gap that detections fall into what is left of its silence."""
    by_gap: dict[str, list[Told]] = {}
    for told in answer.told:
        if told.gap is not None:
            by_gap.setdefault(told.gap.id, []).append(told)
    return [_left(some[0].gap, some) for some in by_gap.values() if some[0].gap]


def _left(gap: Found, some: Sequence[Told]) -> dict[str, Any]:
    ends = [gap.start, *([] if gap.end is None else [gap.end])]
    times = sorted([*ends, *(t.seen.t for t in some)])
    longest_h = float(np.diff(times).max()) / 3600
    whole_h = (times[-1] - times[0]) / 3600
    return {
        "gap": gap.id,
        "detections_count": len(some),
        "silent_h": round(whole_h, 2),
        "longest_left_h": round(longest_h, 2),
        "says": f"{gap.id}: {counted(len(some), 'detection')}; of {whole_h:.1f} h, the longest"
        f" silence left is {longest_h:.1f} h",
    }
