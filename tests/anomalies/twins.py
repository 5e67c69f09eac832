"""Slow, obvious twins of the detectors: every rule once more, for one vessel or pair at a time."""

from __future__ import annotations

import itertools
import statistics
from collections import defaultdict

import numpy as np

from anomalies.encounter import Encounter
from anomalies.gap import Gap
from anomalies.loitering import Loitering
from tests.anomalies.twin_identity import identities
from tests.anomalies.twin_interference import interferences
from tests.anomalies.twin_surprise import Fix, Twin
from tests.fleets import points
from tracks.batch import HULLS_PER_MMSI, Fixes
from tracks.geodesy import NMI_M, distance_m
from tracks.listening import Turns
from tracks.places import Places

Found = dict[tuple[tuple[int, ...], float, float | None], dict[str, float]]
Place = tuple[float, float]
Marks = dict[int, dict[int, Place]]  # track -> mark -> position


def metres(a: Place, b: Place) -> float:
    return float(distance_m(*a, *b))


def marks_of(heard: Fixes) -> Marks:
    found: Marks = defaultdict(dict)
    p = points(heard)
    for track, mark, lat, lon in zip(p.track, p.bin, p.lat, p.lon, strict=True):
        found[int(track)][int(mark)] = (float(lat), float(lon))
    return found


def gaps(d: Gap, heard: Fixes, until: float, places: Places, turns: Turns, *_: object) -> Found:
    times: dict[int, list[tuple[float, Place, int]]] = defaultdict(list)
    columns = (heard.track, heard.t, heard.lat, heard.lon, heard.source)
    for track, t, lat, lon, source in zip(*columns, strict=True):
        times[int(track)].append((float(t), (float(lat), float(lon)), int(source)))
    bins = defaultdict(set)
    for track, rows in times.items():
        for t, _, _ in rows:
            bins[int(t // 600)].add(track)
    marks, found = marks_of(heard), {}
    early_s = min(d.surprising_min_h, d.min_duration_h) * 3600
    silences = []  # when it was asked, off, on
    for track, rows in times.items():
        for i, (off, _, source) in enumerate(rows):
            end = rows[i + 1][0] if i + 1 < len(rows) else until
            if end - off > early_s and not outage(d, bins, off):
                if deaf_s(turns, source, off, off + 3600) >= 1800:
                    continue
                silences += [(end, track, i)]
                silences += [(off + early_s, track, i)] if i + 1 == len(rows) else []
    surprise = surprises(d, heard, times, sorted(silences))
    for track, rows in times.items():
        for i, (off, place, source) in enumerate(rows):
            on = rows[i + 1] if i + 1 < len(rows) else None
            end = on[0] if on else until
            if (end, track, i) not in surprise:
                continue
            one_in, known_share = surprise[end, track, i]
            at_first = one_in if on else surprise[off + early_s, track, i][0]
            surprising = at_first >= np.log10(d.surprising_one_in_count)
            if not surprising and end - off <= d.min_duration_h * 3600:
                continue
            before = [t for t, _, _ in rows[: i + 1][-17:] if off - 12 * 3600 <= t < off]
            inside = range(int(off // 600) + 1, int(end // 600))
            witnesses = {
                other // HULLS_PER_MMSI
                for other, at in marks.items()
                for m, there in at.items()
                if m % 6 == 0
                and off < m * 600 <= off + early_s - 3600
                and other // HULLS_PER_MMSI != track // HULLS_PER_MMSI
                and metres(place, there) <= d.witness_radius_nmi * NMI_M
            }
            said = {
                "duration_h": (end - off) / 3600,
                "positions_before_count": len(before),
                "witnesses_count": len(witnesses),
                "others_before_count": crowd(bins, off),
                "station_heard_share": sum(m in bins for m in inside) / len(inside),
            }
            if deaf_s(turns, source, off, end - 3600):
                said["source_deaf_h"] = deaf_s(turns, source, off, end - 3600) / 3600
            if not np.isnan(one_in):
                said["silence_surprise"], said["silence_known_share"] = one_in, known_share
            if before:
                said["median_interval_s"] = statistics.median(
                    b - a for a, b in itertools.pairwise([*before, off])
                )
            if on:
                said["distance_nmi"] = metres(place, on[1]) / NMI_M
                said["implied_speed_kn"] = said["distance_nmi"] / said["duration_h"]
            found[(track,), off, on[0] if on else None] = said
    return found


Asked = tuple[float, int, int]


def surprises(
    d: Gap, heard: Fixes, times: dict[int, list], asked: list[Asked]
) -> dict[Asked, tuple[float, float]]:
    at_rest = np.isin(heard.nav_status, (1, 5)) | (heard.sog_kn < 0.5)
    kind = (heard.ship_class == 2) + 2 * at_rest
    columns = (heard.track, heard.t, heard.lat, heard.lon, heard.sog_kn, heard.cog_deg, kind)
    every = [Fix(int(v[0]), *map(float, v[1:6]), int(v[6])) for v in zip(*columns, strict=True)]
    of = {track: [f for f in every if f.track == track] for track in times}
    twin, found = Twin(every, d.outage_vessels_count), {}
    for at, track, i in asked:
        on = of[track][i + 1] if i + 1 < len(of[track]) else None
        found[at, track, i] = twin.ask(of[track][i], on, at)
    return found


def outage(d: Gap, bins: dict[int, set[int]], off: float) -> bool:
    def fell(others_count: int, share: float) -> bool:
        few = share * crowd(bins, off)
        quiet = [len(bins.get(int(off // 600) + ahead, ())) <= few for ahead in range(1, 8)]
        return crowd(bins, off) >= others_count and all(quiet[:6] if quiet[0] else quiet[1:])

    return fell(d.outage_vessels_count, 0) or fell(d.half_deaf_vessels_count, d.half_deaf_share)


def deaf_s(turns: Turns, source: int, begin: float, end: float) -> float:
    rows = zip(turns.t.tolist(), turns.source.tolist(), turns.deaf.tolist(), strict=True)
    mine = sorted((t, not deaf) for t, of, deaf in rows if of == source)
    total = 0.0
    for (t, listens), (following, _) in itertools.pairwise([*mine, (end, True)]):
        if not listens:
            total += max(0.0, min(following, end) - max(t, begin))
    return total


def crowd(bins: dict[int, set[int]], off: float) -> int:
    return max(len(bins.get(int(off // 600) - back, ())) for back in range(3)) - 1


def loiterings(d: Loitering, heard: Fixes, until: float, places: Places, *_: object) -> Found:
    found: Found = {}
    for track, at in marks_of(heard).items():
        settled = max(int((until - 3600) // 600), *at)
        slow, swift = set(), set()
        for end in at:
            hour = range(end - 6, end + 1)
            if all(m in at for m in hour):
                way = sum(metres(at[m], at[m + 1]) for m in hour[:-1])
                sea = not any(masked(d, places, at[m]) for m in hour)
                (slow if way < d.max_speed_kn * NMI_M and sea else swift).add(end)
        spells: list[list[int]] = []
        for end in sorted(slow):
            if spells and end - 6 <= spells[-1][1]:
                spells[-1][1] = end
            else:
                spells.append([end - 6, end])
        joined: list[list[int]] = []
        for first, last in spells:
            if joined and bridged(d, places, at, swift, joined[-1][1], first):
                joined[-1][1] = last
            else:
                joined.append([first, last])
        for i, (first, last) in enumerate(joined):
            inside = sorted(m for m in at if first <= m <= last)
            legs = [metres(at[a], at[b]) for a, b in itertools.pairwise(inside) if b - a == 1]
            if len(legs) / 6 < d.min_duration_h:
                continue
            broken = any(m > last for m in swift) and settled - 5 > last
            over = i + 1 < len(joined) or broken or settled - 5 - last >= d.merge_h * 6
            found[(track,), first * 600.0, last * 600.0 if over else None] = {
                "duration_h": (last - first) / 6,
                "heard_h": len(legs) / 6,
                "mean_speed_kn": sum(legs) / NMI_M / (len(legs) / 6),
                "drift_nmi": metres(at[inside[0]], at[inside[-1]]) / NMI_M,
            }
    return found


def masked(d: Loitering | Encounter, places: Places, place: Place) -> bool:
    lat, lon = np.array([place[0]]), np.array([place[1]])
    shore = float(places.shore_nmi(lat, lon)[0])
    return bool(places.near_port(lat, lon, d.port_radius_nmi)[0]) or shore < d.min_shore_nmi


def bridged(
    d: Loitering, places: Places, at: dict[int, Place], swift: set[int], last: int, first: int
) -> bool:
    between = sorted(m for m in at if last <= m <= first)
    way = sum(metres(at[a], at[b]) for a, b in itertools.pairwise(between))
    return (
        first - last < d.merge_h * 6
        and not any(last < m < first + 6 for m in swift)
        and way < d.max_speed_kn * NMI_M * (first - last) / 6
        and not any(masked(d, places, at[m]) for m in between)
    )


def encounters(d: Encounter, heard: Fixes, until: float, places: Places, *_: object) -> Found:
    found: Found = {}
    marks, settled = marks_of(heard), int((until - 3600) // 600)
    for a, b in itertools.combinations(sorted(marks), 2):
        near = [
            m
            for m in sorted(marks[a].keys() & marks[b].keys())
            if metres(marks[a][m], marks[b][m]) <= d.max_distance_m
            and not any(masked(d, places, marks[v][m]) for v in (a, b))
        ]
        chains: list[list[int]] = []
        for m in near:
            if chains and m - chains[-1][-1] < d.merge_h * 6:
                chains[-1].append(m)
            else:
                chains.append([m])
        for chain in chains:
            legs = [(p, q) for p, q in itertools.pairwise(chain) if q - p == 1]
            runs = [
                sum(1 for _ in g)
                for ok, g in itertools.groupby((q - p == 1 for p, q in itertools.pairwise(chain)))
                if ok
            ]
            if max(runs, default=0) < d.min_duration_h * 6:
                continue
            medians = [
                statistics.median(metres(marks[v][p], marks[v][q]) for p, q in legs) for v in (a, b)
            ]
            speed_kn = sum(medians) / 2 / NMI_M * 6
            if not speed_kn < d.max_speed_kn:
                continue
            apart = [metres(marks[a][m], marks[b][m]) for m in chain]
            over = settled + 1 - chain[-1] >= d.merge_h * 6
            found[(a, b), chain[0] * 600.0, chain[-1] * 600.0 if over else None] = {
                "duration_h": (chain[-1] - chain[0]) / 6,
                "heard_h": len(legs) / 6,
                "longest_h": max(runs) / 6,
                "together_points_count": len(chain),
                "median_distance_m": statistics.median(apart),
                "min_distance_m": min(apart),
                "median_speed_kn": speed_kn,
            }
    return found


TWINS = {
    "interference": interferences,
    "gap": gaps,
    "loitering": loiterings,
    "encounter": encounters,
    "identity": identities,
}
