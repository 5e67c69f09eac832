"""Slow, obvious twins of the detectors: every rule once more, for one vessel or pair at a time."""

from __future__ import annotations

import itertools
import statistics
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from anomalies.encounter import Encounter
from anomalies.gap import Gap
from anomalies.loitering import Loitering
from tests.anomalies.meetings import WithMeetings, watch_list
from tests.anomalies.twin_identity import identities
from tests.anomalies.twin_interference import interferences
from tests.anomalies.twin_listed import under_lists
from tests.anomalies.twin_long_voyage import long_voyages
from tests.anomalies.twin_surprise import Fix, Twin, pauses_before, pausing
from tests.fleets import points
from tracks.batch import HULLS_PER_MMSI, Fixes, StaticBatch
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
    surprise = surprises(d, heard, times, sorted(silences), places)
    for track, rows in times.items():
        for i, (off, place, source) in enumerate(rows):
            on = rows[i + 1] if i + 1 < len(rows) else None
            end = on[0] if on else until
            if (end, track, i) not in surprise:
                continue
            one_in, known_share = surprise[end, track, i]
            at_first = one_in if on else surprise[off + early_s, track, i][0]
            surprising = at_first >= np.log10(d.surprising_one_in_count)
            out_s = 600 * sum(
                is_out(d, bins, m, until) for m in range(int(off // 600), int(end // 600))
            )
            if not surprising and end - off - out_s <= d.min_duration_h * 3600:
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
            if out_s:
                said["outage_h"] = out_s / 3600
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
    d: Gap, heard: Fixes, times: dict[int, list], asked: list[Asked], places: Places
) -> dict[Asked, tuple[float, float]]:
    at_rest = np.isin(heard.nav_status, (1, 5)) | (heard.sog_kn < 0.5)
    kind = (heard.ship_class == 2) + 2 * at_rest
    columns = (heard.track, heard.t, heard.lat, heard.lon, heard.sog_kn, heard.cog_deg, kind)
    every, of = [], defaultdict(list)
    for track, t, *rest, of_kind in zip(*columns, strict=True):
        before = [fix.t for fix in of[track][-8:]]
        interval = (float(t) - before[0]) / len(before) if before else np.nan
        every.append(Fix(int(track), float(t), *map(float, rest), int(of_kind), interval))
        of[track].append(every[-1])
    twin, found = Twin(every, d.outage_vessels_count, d.pauses_count), {}
    for at, track, i in asked:
        on = of[track][i + 1] if i + 1 < len(of[track]) else None
        off = of[track][i]
        near_land = bool(
            places.near_port([off.lat], [off.lon], d.port_radius_nmi)[0]
            or places.shore_nmi([off.lat], [off.lon])[0] < d.near_shore_nmi
        )
        found[at, track, i] = twin.ask(off, on, at, near_land)
    return found


def outage(d: Gap, bins: dict[int, set[int]], off: float) -> bool:
    def fell(others_count: int, share: float) -> bool:
        few = share * crowd(bins, off)
        quiet = [len(bins.get(int(off // 600) + ahead, ())) <= few for ahead in range(1, 8)]
        begins = range(2 if share else 3)
        return crowd(bins, off) >= others_count and any(all(quiet[i : i + 6]) for i in begins)

    if pausing(d.pauses_count, bins, int(off // 600)):
        return False
    return fell(d.outage_vessels_count, 0) or fell(d.half_deaf_vessels_count, d.half_deaf_share)


def is_out(d: Gap, bins: dict[int, set[int]], at: int, until: float) -> bool:
    before, after = at, at
    if not any(m < at for m in bins):
        return False
    while before not in bins:
        before -= 1
    while after not in bins and after < until // 600:
        after += 1
    crowd = max(len(bins.get(before - back, ())) for back in range(3))
    usual = max(pauses_before(bins, before)) if pausing(d.pauses_count, bins, before) else 0
    beyond = at > before + usual
    return after - before > 6 and crowd > d.outage_vessels_count and beyond


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
    every = marks_of(heard)
    ends = {track: full_hours(d, places, at) for track, at in every.items()}
    for track, at in every.items():
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
                **stay(at, inside),
                "companions_count": min(
                    3,
                    sum(
                        stayed(d, every, ends, track, other, first, last)
                        for other in every
                        if other != track
                    ),
                ),
            }
    return found


def full_hours(d: Loitering, places: Places, at: dict[int, Place]) -> set[int]:
    """Full hours at which a slow hour at sea ends."""
    return {
        m
        for m in at
        if m % 6 == 0
        and all(m - k in at for k in range(7))
        and sum(metres(at[m - k - 1], at[m - k]) for k in range(6)) < d.max_speed_kn * NMI_M
        and not any(masked(d, places, at[m - k]) for k in range(7))
    }


def stayed(
    d: Loitering, every: Marks, ends: dict[int, set[int]], a: int, b: int, first: int, last: int
) -> bool:
    own = [m for m in ends[a] if first <= m <= last]
    near = [
        m
        for m in own
        if m in ends[b] and metres(every[a][m], every[b][m]) <= d.company_radius_nmi * NMI_M
    ]
    # Hours are counted from the beginning of the stay on.
    return bool(near) and 2 * len(near) >= len([m for m in own if m - 6 >= first])


def stay(at: dict[int, Place], inside: list[int]) -> dict[str, float]:
    first, last = inside[0], inside[-1]
    inner = [m for m in inside if first + 6 <= m <= last - 6] or inside
    spans = {
        "before_fastest_kn": range(first - 6, first + 1),
        "fastest_kn": inner,
        "after_fastest_kn": range(last, last + 7),
    }
    way = sum(metres(at[a], at[b]) for a, b in itertools.pairwise(inner))
    said = {"drift_share": metres(at[inner[0]], at[inner[-1]]) / max(way, 100.0)}
    for name, marks in spans.items():
        legs = legs_of(at, marks)
        said |= {name: max(legs) / NMI_M * 6} if legs else {}
    return said


def legs_of(at: dict[int, Place], marks: Iterable[int]) -> list[float]:
    heard = [m for m in marks if m in at]
    return [metres(at[a], at[b]) for a, b in itertools.pairwise(heard) if b - a == 1]


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
                **around(marks[a], marks[b], chain[0], chain[-1]),
            }
    return found


def around(a: dict[int, Place], b: dict[int, Place], first: int, last: int) -> dict[str, float]:
    both = sorted(a.keys() & b.keys())
    legs = [m for m in both if first <= m < last and m + 1 in both]
    fastest = [max(legs_of(v, range(first - 12, last + 13))) for v in (a, b)]
    said = {
        "dark_h": (last - first - len(legs)) / 6,
        "slower_fastest_kn": min(fastest) / NMI_M * 6,
    }
    before = [m for m in both if first - 12 <= m < first]
    behind = [m for m in both if last < m <= last + 12]
    if before and before[0] <= first - 6:
        said["approach_nmi"] = max(metres(a[m], b[m]) for m in before) / NMI_M
    if behind and behind[-1] >= last + 6:
        said["parting_nmi"] = max(metres(a[m], b[m]) for m in behind) / NMI_M
    return said


def listed(
    d: WithMeetings, heard: Fixes, until: float, places: Places, _: Turns, claims: StaticBatch
) -> Found:
    met = encounters(d.encounter, heard, until, places)
    return under_lists(d.listed, heard, until, claims, watch_list(), met)


TWINS = {
    "interference": interferences,
    "gap": gaps,
    "loitering": loiterings,
    "encounter": encounters,
    "identity": identities,
    "long_voyage": long_voyages,
    "listed": listed,
}
