"""The slow, obvious twin of interference: every rule once more, ship by ship and bin by bin."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from anomalies.interference import Interference
from tracks.batch import HULLS_PER_MMSI, Fixes
from tracks.geodesy import NMI_M, distance_m

Place = tuple[float, float]


@dataclass
class Fix:
    t: float
    place: Place


@dataclass
class Stray:
    birth: int
    last: int
    home: Fix | None


@dataclass
class Area:
    start: float
    lasts: dict[tuple[int, int], tuple[float, Place]] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return max(b for _, b in self.lasts)


def nmi(a: Place, b: Place) -> float:
    return float(distance_m(*a, *b)) / NMI_M


def interferences(d: Interference, heard: Fixes, until: float, *_: object) -> dict:
    seen: dict[int, dict[int, dict[int, Fix]]] = defaultdict(lambda: defaultdict(dict))
    for track, t, lat, lon in sorted(
        zip(
            heard.track.tolist(),
            heard.t.tolist(),
            heard.lat.tolist(),
            heard.lon.tolist(),
            strict=True,
        )
    ):
        seen[track // HULLS_PER_MMSI][int(t // 600)].setdefault(track, Fix(t, (lat, lon)))
    through = int(until // 600) - 1
    away = {}  # (mmsi, bin) -> t, home
    for mmsi, bins in seen.items():
        away |= displaced(d, mmsi, bins, through)
    areas: list[Area] = []
    for now in sorted({b for _, b in away}):
        for group in sorted(
            groups(d, away, seen, now), key=lambda g: min(v[0] for v in g.values())
        ):
            take(d, areas, group)
    merge, found = round(d.merge_h * 6), {}
    for area in areas:
        over = through - area.last >= merge + 6
        end = max(t for t, _ in area.lasts.values())
        found[(), area.start, end if over else None] = {
            "vessels_count": len({m for m, _ in area.lasts}),
            "duration_h": (end - area.start) / 3600,
        }
    return found


def displaced(d: Interference, mmsi: int, bins: dict, through: int) -> dict:
    strays: dict[int, Stray] = {}
    found = {}
    for now in sorted(b for b in bins if b <= through):
        for track in sorted(bins[now]):
            if track % HULLS_PER_MMSI == 1:
                continue
            if track in strays and now - strays[track].last <= 144:
                strays[track].last = now
                continue
            hulls = defaultdict(list)
            for b in range(now - 6, now + 1):
                for other, fix in bins.get(b, {}).items():
                    if other != track:
                        hulls[other].append(fix)
            home = None
            if hulls:
                other = max(sorted(hulls), key=lambda o: len(hulls[o]))
                home = hulls[other][-1]
                if other in strays and strays[other].home:
                    home = strays[other].home
            strays[track] = Stray(now, now, home)
        for track in sorted((t for t in bins[now] if t in strays), key=lambda t: strays[t].birth):
            stray, fix = strays[track], bins[now][track]
            if stray.home is None or now - stray.birth >= 144:
                continue
            both = any(o != track for b in (now - 1, now) for o in bins.get(b, {}))
            hours = ((fix.t - stray.home.t) / 3600) ** 2 + 0.05**2
            if both or nmi(fix.place, stray.home.place) > d.max_speed_kn * hours**0.5:
                found[mmsi, now] = fix.t, stray.home.place
                break
    return found


def groups(d: Interference, away: dict, seen: dict, now: int) -> list[dict]:
    hour = {k: v for k, v in away.items() if now - 6 < k[1] <= now}
    home = {m: hour[m, max(b for n, b in hour if n == m)][1] for m, _ in hour}
    others = []
    for mmsi, bins in seen.items():
        late = [b for b in bins if now - 6 < b <= now]
        if mmsi not in home and late:
            others.append(bins[max(late)][max(bins[max(late)])].place)
    near = {a: {b for b in home if nmi(home[a], home[b]) <= d.radius_nmi} for a in home}
    cores = set()
    for a in home:
        total = len(near[a]) + sum(nmi(home[a], o) <= d.radius_nmi for o in others)
        if len(near[a]) >= d.min_vessels_count and len(near[a]) >= d.min_share * total:
            cores.add(a)
    found, left = [], set(cores)
    while left:
        part = {left.pop()}
        while True:
            wider = part | {b for a in part for b in near[a] if a in cores or b in cores}
            if wider == part:
                break
            part = wider
        left -= part
        rows = {k: v for k, v in hour.items() if k[0] in part}
        rows = {k: v for k, v in rows.items() if sum(b == k[1] for _, b in rows) > 1}
        if any(b == now for _, b in rows) and len({m for m, _ in rows}) >= d.min_vessels_count:
            found.append(rows)
    return found


def take(d: Interference, areas: list[Area], group: dict) -> None:
    begins = min(b for _, b in group)
    merge, most = round(d.merge_h * 6), round(d.max_duration_h * 6)
    now = max(b for _, b in group)
    same = []
    for area in areas:
        recent = {k: v for k, v in area.lasts.items() if k[1] > begins - merge}
        live = area.last > begins - merge and now - area.start // 600 <= most
        touches = any(
            k[0] == m or nmi(v[1], w[1]) <= d.radius_nmi
            for k, v in recent.items()
            for (m, _), w in group.items()
        )
        if live and touches:
            same.append(area)
    new = {k: v for k, v in group.items() if not any(k in area.lasts for area in areas)}
    if not same:
        start = min(t for t, _ in new.values())
        while int(start) in {int(a.start) for a in areas}:
            start += 1
        areas.append(Area(start, new))
        return
    first = min(same, key=lambda a: a.start)
    first.lasts |= new
    for area in same:
        if area is not first:
            first.lasts |= area.lasts
            areas.remove(area)
