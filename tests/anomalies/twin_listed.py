"""The slow twin of `listed`: fix by fix, with all that was claimed before each."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from anomalies.listed import Listed
from tracks.batch import HULLS_PER_MMSI, Fixes, StaticBatch
from tracks.identity import Claims, imo_valid
from tracks.watchlist import Watchlist

Key = tuple[tuple[int, ...], float, float | None]
Found = dict[Key, dict[str, float]]


def claims_at(claims: StaticBatch, mmsi: int, t: float) -> Claims:
    """Return the last of each that an MMSI said up to Unix time `t`."""
    said: dict[str, Any] = {}
    rows = zip(claims.t, claims.line, claims.mmsi, claims.name, claims.call_sign, claims.imo,
               strict=True)  # fmt: skip
    for at, _, its, name, call_sign, imo in sorted(rows, key=lambda row: (row[0], row[1])):
        if its == mmsi and at <= t:
            said |= {"name": name.decode()} if name else {}
            said |= {"call_sign": call_sign.decode()} if call_sign else {}
            said |= {"imo": int(imo)} if imo_valid(int(imo)) else {}
    return Claims(**said)


def times(d: Listed, heard: Fixes, claims: StaticBatch, watch: Watchlist) -> list[dict[str, Any]]:
    """Return the times of all hulls under listed claims."""
    found: list[dict[str, Any]] = []
    going_on: dict[int, dict[str, Any]] = {}
    look_s = min(1.0, d.quiet_days / 2) * 86_400
    known: dict[tuple[int, int], Claims] = {}
    stamps = {m: claims.t[claims.mmsi == m] for m in set(claims.mmsi.tolist())}
    for t, track in sorted(zip(heard.t.tolist(), heard.track.tolist(), strict=True)):
        mmsi = track // HULLS_PER_MMSI
        key = mmsi, int((stamps.get(mmsi, heard.t[:0]) <= t).sum())
        if key not in known:
            known[key] = claims_at(claims, mmsi, t)
        matches = watch.match(mmsi, known[key])
        if not matches or matches[0].certainty < d.min_certainty_share:
            continue
        certainty = matches[0].certainty
        time = going_on.get(track)
        if time is None or t - time["looks"][-1] >= d.quiet_days * 86_400:
            time = going_on[track] = {"track": track, "looks": [t], "end": t, "best": []}
            found.append(time)
        elif t - time["looks"][-1] >= look_s:
            time["looks"].append(t)
        time["end"] = t
        time["best"].append((t, certainty))
    return found


def under_lists(
    d: Listed, heard: Fixes, until: float, claims: StaticBatch, watch: Watchlist, met: Found
) -> Found:
    found: Found = {}
    every = times(d, heard, claims, watch)
    for time in every:
        over = until >= time["looks"][-1] + d.quiet_days * 86_400
        begun = [t for t in every if t["track"] == time["track"] and t["looks"][0] > time["end"]]
        end = time["end"] if over or begun else None
        found[(time["track"],), time["looks"][0], end] = {
            "certainty_share": max(c for _, c in time["best"]),
            "days_heard_count": len(time["looks"]),
            "span_h": (time["end"] - time["looks"][0]) / 3600,
        }
    of_track = defaultdict(list)
    for time in every:
        of_track[time["track"]].append(time)
    for (tracks, start, end), measured in met.items():
        last = until if end is None else end
        best = {}
        for track in tracks:
            for time in of_track[track]:
                alive = time["looks"][-1] + d.quiet_days * 86_400 > start
                if time["looks"][0] <= last and alive:
                    best[track] = max(c for t, c in time["best"] if t <= last)
        if best:
            found[tracks, start, end] = {
                "certainty_share": max(best.values()),
                "listed_ships_count": len(best),
                **{n: measured[n] for n in ("duration_h", "heard_h", "median_distance_m",
                                            "min_distance_m", "median_speed_kn")},
            }  # fmt: skip
    return found
