"""The slow, obvious twin of identity: every rule once more, one ship or pair at a time."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np

from anomalies.identity import Identity
from tracks.batch import HULLS_PER_MMSI, Fixes, StaticBatch
from tracks.geodesy import NMI_M, destination, distance_m
from tracks.identity import imo_valid
from tracks.names import same_name

Row = tuple[float, float, float, float, float]  # t, lat, lon, SOG, COG


def identities(
    d: Identity, heard: Fixes, until: float, _: object, __: object, statics: StaticBatch
) -> dict:
    last: dict[int, dict[int, Row]] = defaultdict(dict)  # track -> bin -> its last fix
    first: dict[int, Row] = {}
    columns = (heard.track, heard.t, heard.lat, heard.lon, heard.sog_kn, heard.cog_deg)
    for track, *row in sorted(zip(*(c.tolist() for c in columns), strict=True), key=lambda r: r[1]):
        last[track][int(row[0] // 600)] = tuple(row)
        first.setdefault(track // HULLS_PER_MMSI, tuple(row))
    through = int((until - 3600) // 600) - 1
    claims, changes = told(d, statics, through)
    pairs, counted = shared(d, last, claims, through)
    return pairs | renamed(last, changes, counted, d) | renumbered(d, last, first, claims, through)


def told(d: Identity, statics: StaticBatch, through: int) -> tuple[list, list]:
    """Return every claim as (bin, mmsi, field, text) from when it holds, and the changes."""
    now: dict[tuple[int, str], str] = {}
    other: dict[tuple[int, str], tuple[str, float]] = {}
    claims, changes = [], []
    order = np.lexsort((statics.line, statics.t))
    for i in order.tolist():
        t, mmsi = float(statics.t[i]), int(statics.mmsi[i])
        if t // 600 > through:
            continue
        sides = tuple(
            int(getattr(statics, f"to_{s}_m")[i]) for s in ("bow", "stern", "port", "starboard")
        )
        said = {
            "name": statics.name[i].decode(),
            "sign": statics.call_sign[i].decode(),
            "imo": str(int(statics.imo[i])) if statics.imo[i] else "",
            "shape": str(sides) if sides[0] + sides[1] and sides[2] + sides[3] else "",
        }
        for field, text in said.items():
            key = mmsi, field
            if not text:
                continue
            if key not in now:
                now[key] = text
                claims.append((int(t // 600), mmsi, field, text))
            elif text == now[key]:
                other.pop(key, None)
            elif key not in other or other[key][0] != text:
                other[key] = text, t
            elif t - other[key][1] >= d.confirm_h * 3600:
                since = other.pop(key)[1]
                changes.append((int(t // 600), mmsi, field, now[key], text, since, t))
                now[key] = text
                claims.append((int(t // 600), mmsi, field, text))
    return claims, changes


def at(claims: list, mmsi: int, field: str, now: int) -> str:
    own = [text for b, m, f, text in claims if (m, f) == (mmsi, field) and b <= now]
    return own[-1] if own else ""


def shared(d: Identity, last: dict, claims: list, through: int) -> tuple[dict, dict]:
    ships = sorted({t // HULLS_PER_MMSI for t in last})
    together = defaultdict(list)  # (number, a, b) -> bins
    for now in sorted({b for bins in last.values() for b in bins if b <= through}):
        here = {
            t: max(b for b in (now - 1, now) if b in bins)
            for t, bins in last.items()
            if now in bins or now - 1 in bins
        }
        for mmsi in ships:
            own = sorted(t for t in here if t // HULLS_PER_MMSI == mmsi)
            for a, b in itertools.combinations(own, 2):
                if now in (here[a], here[b]):
                    together[mmsi, a, b].append(now)
        numbers = {m: at(claims, m, "imo", now) for m in ships}
        for m, n in itertools.combinations(ships, 2):
            if not numbers[m] or numbers[m] != numbers[n] or not imo_valid(int(numbers[m])):
                continue
            hulls = [
                min((t for t in here if t // HULLS_PER_MMSI == s), default=None) for s in (m, n)
            ]
            if None not in hulls and now in [here[t] for t in hulls]:
                key = -int(numbers[m]), m * HULLS_PER_MMSI + 1, n * HULLS_PER_MMSI + 1
                together[key].append(now)
    pause, least = round(d.merge_h * 6), round(d.min_together_h * 6)
    runs = []
    for (number, a, b), bins in together.items():
        run = [bins[0]]
        for now in bins[1:]:
            if now - run[-1] >= pause:
                runs.append((number, a, b, run))
                run = []
            run.append(now)
        runs.append((number, a, b, run))
    found, chosen = {}, []
    for number, a, b, run in sorted(
        (r for r in runs if len(r[3]) >= least), key=lambda r: (r[3][least - 1], r[1], r[2])
    ):
        now = run[least - 1]
        if any(
            n == number
            and [k for k in other if k <= now]
            and now - max(k for k in other if k <= now) < pause
            for n, other in chosen
        ):
            continue
        chosen.append((number, run))
        end = (run[-1] + 1) * 600.0 if through - run[-1] >= pause else None
        found[(a, b), run[0] * 600.0, end] = {
            "together_h": len(run) / 6,
            "overlap_h": (run[-1] + 1 - run[0]) / 6,
        }
    return found, together


def renamed(last: dict, changes: list, together: dict, d: Identity) -> dict:
    found, by_ship = {}, defaultdict(dict)
    for now, mmsi, field, *rest in changes:
        if field != "shape":
            by_ship[now, mmsi][field] = rest
    for (now, mmsi), fields in by_ship.items():
        name, imo = fields.get("name"), fields.get("imo")
        new_name = name is not None and not same_name(name[0], name[1])
        new_imo = imo is not None and all(imo_valid(int(word)) for word in imo[:2])
        rows = [
            (row, t)
            for t, bins in last.items()
            if t // HULLS_PER_MMSI == mmsi
            for b, row in bins.items()
            if now - 12 <= b <= now
        ]
        if not rows or not (new_name or new_imo) or sharing(together, mmsi, now, d):
            continue
        start = min(rest[2] for rest in fields.values())
        since = [r for r in rows if r[0][0] // 600 >= start // 600]
        track = min(since)[1] if since else max(rows)[1]
        found[(track,), start, max(rest[3] for rest in fields.values())] = {
            "new_names_count": float(new_name),
            "new_imo_count": float(new_imo),
        }
    return found


def sharing(together: dict, mmsi: int, now: int, d: Identity) -> bool:
    pause = round(d.merge_h * 6)
    for (number, _, _), bins in together.items():
        run = []
        for b in (b for b in bins if number == mmsi and b < now):
            run = [b] if run and b - run[-1] >= pause else [*run, b]
        if len(run) > 1 and now - run[-1] < pause:
            return True
    return False


def renumbered(d: Identity, last: dict, first: dict, claims: list, through: int) -> dict:
    found, began = {}, min(int(row[0] // 600) for row in first.values())
    by_bin = defaultdict(list)
    for mmsi, row in first.items():
        begin = int(row[0] // 600)
        if (
            begin >= began + max(1, round(d.learning_h * 6))
            and begin + 6 <= through
            and mmsi * HULLS_PER_MMSI + 1 in last
        ):
            by_bin[begin].append(mmsi * HULLS_PER_MMSI + 1)
    for begin, new in by_bin.items():
        fits = []
        for b, (a, bins) in itertools.product(new, last.items()):
            before = [k for k in bins if begin - 6 <= k <= begin]
            spoke = any(
                begin < k <= begin + 6
                for t, other in last.items()
                if t // HULLS_PER_MMSI == a // HULLS_PER_MMSI
                for k in other
            )
            if a in new or spoke or len(before) < 2 or a // 1000 == b // 1000:
                continue
            t, lat, lon, sog, cog = bins[max(before)]
            t2, lat2, lon2, *_ = first[b // HULLS_PER_MMSI]
            if not -60 <= t2 - t <= d.max_silence_h * 3600:
                continue
            hours = max(t2 - t, 0) / 3600
            due = destination(lat, lon, np.nan_to_num(cog), np.nan_to_num(sog) * hours * NMI_M)
            off = round(float(distance_m(*due, lat2, lon2)) / NMI_M, 6)
            if off <= d.max_off_nmi + d.max_off_kn * hours:
                fits.append((off, t2 - t, a, b))
        taken: set[int] = set()
        for off, silent, a, b in sorted(fits, key=lambda f: (f[0], f[1])):
            still = any(begin < k <= begin + 6 for k in last[b])
            if {a, b} & taken or not still:
                continue
            taken |= {a, b}
            rivals = sum((g[2] == a) != (g[3] == b) for g in fits)
            words = [
                (at(claims, a // 1000, f, begin + 6), at(claims, b // 1000, f, begin + 6), f)
                for f in ("name", "sign", "imo", "shape")
            ]
            same = [f for x, y, f in words if x and x == y]
            other = [f for x, y, f in words if x and y and x != y]
            kn = min(last[a][max(k for k in last[a] if k <= begin)][3], first[b // 1000][3])
            cogs = last[a][max(k for k in last[a] if k <= begin)][4], first[b // 1000][4]
            turned = abs((cogs[0] - cogs[1] + 180) % 360 - 180)
            alone = kn >= 3 and turned <= 30 and not rivals and silent <= 1200
            if ("shape" in other and not same) or not (same or alone):
                continue
            start, end = sorted((first[b // 1000][0] - silent, first[b // 1000][0]))
            found[tuple(sorted((a, b))), start, end] = {
                "off_nmi": off,
                "same_claims_count": len(same),
                "rivals_count": rivals,
            }
    return found
