"""(f) Numbers and names that change or are shared, and jammed seas, with decoys among them.

On the sea of part (b), heard by its antenna, some ships get another MMSI while they sail,
another name or IMO number, or a number that another ship has; in one area satellite
navigation fails for hours.  Decoys are single receivers that err, spellings corrected,
ships renamed at rest, and ships that say nothing of themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from _evaluate_meetings import GOOD, OFF_SHORE, START
from _evaluate_reception import stream
from _evaluate_run import Found, found_in
from _evaluate_sea import Hidden, Play, record
from numpy.random import Generator

from receiver.sources.sea_chart import DAY, HOUR
from sternlight.settings import Settings
from tracks.batch import CLASS_B, F64, Mask, PositionBatch, StaticBatch
from tracks.geodesy import NMI_M, destination, distance_m
from tracks.places import Places

KINDS = (
    "another MMSI",
    "another name or IMO number",
    "one MMSI, two ships",
    "one IMO number, two ships",
    "interference",
)
STATIC_S, STATIC_HEARD = 360.0, 0.75
SILENT_CLASS_B = 0.25  # of class B, say nothing of themselves
NEVER = 10**6
WORDS = (
    "NORTHERN",
    "STELLA",
    "OCEAN",
    "PEARL",
    "GOLDEN",
    "TIGER",
    "ALBA",
    "VICTORY",
    "DELFIN",
    "HORIZON",
    "SANTA",
    "MARINER",
    "KAPITAN",
    "AURORA",
    "BLUE",
    "FORTUNE",
)


class Act(NamedTuple):
    """Something that was done to the identity of ships."""

    kind: str
    mmsis: frozenset[int]
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Jam:
    """Where and when nobody knew where they were, and whom it befell."""

    lat: float
    lon: float
    radius_nmi: float
    start: float
    end: float
    mmsis: frozenset[int]


class Outcome(NamedTuple):
    """What came of one sea, for one kind of act."""

    true: int
    listed: int
    right: int
    strong: int
    strong_right: int
    start_min: list[float]
    end_min: list[float]


class Silenced(NamedTuple):
    """Events about ships in a jammed area and time: undisturbed, not silenced, silenced."""

    undisturbed: int
    unsilenced: int
    silenced: int
    struck: int  # ships


class Sea(NamedTuple):
    """What came of one sea."""

    outcomes: dict[str, Outcome]
    silenced: Silenced
    wrong: list[str]


def sea(seed: int, days: float, settings: Settings, places: Places) -> Sea:
    """Play one sea, disturb it, and judge it."""
    play = Play(seed, OFF_SHORE.vessels, START, START + days * DAY, cast=OFF_SHORE)
    heard, rng = record(play, GOOD, Hidden.empty()), stream(seed, 77)
    positions = heard.positions
    statics = _repeated(positions, heard.statics, rng)
    positions, statics, acts = disturbed(positions, statics, rng)
    jammed, jam = jam_of(positions, rng)
    found = found_in(jammed, statics, settings, places)
    deaf = replace(settings, interference=replace(settings.interference, min_vessels_count=NEVER))
    before, calm = (found_in(p, statics, deaf, places) for p in (jammed, positions))
    acts = [a._replace(kind="unsure") if _within(a, jam) else a for a in acts]
    outcomes = {kind: compare(kind, found, acts, jam) for kind in KINDS}
    wrong = [
        f"{seed}: {f.event.id} {f.score:.2f}"
        for f in found
        if f.score >= 0.5 and f.event is not None and _wrong(f, acts, jam)
    ]
    undisturbed, unsilenced, silenced = (
        sum(_in_jam(f, jam) for f in some) for some in (calm, before, found)
    )
    counts = Silenced(undisturbed, unsilenced, silenced, len(jam.mmsis))
    return Sea(outcomes, counts, wrong)


def _repeated(positions: PositionBatch, statics: StaticBatch, rng: Generator) -> StaticBatch:
    """Return a claim of each ship every six minutes in which it is heard, most of them."""
    slot = np.floor((positions.t + positions.mmsi % 360) / STATIC_S).astype(np.int64)
    _, first = np.unique(positions.mmsi.astype(np.int64) * (1 << 32) + slot, return_index=True)
    first = first[rng.uniform(0, 1, len(first)) < STATIC_HEARD]
    of = np.argsort(statics.mmsi)
    rows = of[np.searchsorted(statics.mmsi[of], positions.mmsi[first])]
    again = replace(statics.take(rows), t=positions.t[first], line=positions.line[first])
    b = np.unique(positions.mmsi[positions.ship_class == CLASS_B])
    silent = b[rng.uniform(0, 1, len(b)) < SILENT_CLASS_B]
    again = again.take(~np.isin(again.mmsi, silent))
    return again.take(np.argsort(again.t, kind="stable"))


def disturbed(
    positions: PositionBatch, statics: StaticBatch, rng: Generator
) -> tuple[PositionBatch, StaticBatch, list[Act]]:
    """Return the recording with identities changed and decoys, and what was done."""
    ships = rng.permutation(np.unique(positions.mmsi)).tolist()
    end = float(positions.t[-1])
    acts: list[Act] = []
    for _ in range(8):
        positions, statics, act = _other_number(positions, statics, ships.pop(), rng)
        acts += act
    for _ in range(8):
        statics, act = _other_name(positions, statics, ships.pop(), rng)
        acts += act
    for _ in range(5):
        positions, statics, act = _one_number(positions, statics, ships.pop(), ships.pop(), rng)
        acts += act
    for _ in range(3):
        statics, act = _one_imo(positions, statics, ships.pop(), ships.pop(), end)
        acts += act
    for _ in range(20):
        positions = _glitch(positions, ships.pop(), rng)
    for _ in range(12):
        statics = _spelling(statics, ships.pop(), rng)
    return positions, statics, acts


def _other_number(
    positions: PositionBatch, statics: StaticBatch, mmsi: int, rng: Generator
) -> tuple[PositionBatch, StaticBatch, list[Act]]:
    """Let a ship fall silent for some minutes while it sails, and go on under another number."""
    silent_s = 60 * float(rng.uniform(1, 20))
    at = _moment(positions, mmsi, rng, silent_s, sailing=True)
    if at is None:
        return positions, statics, []
    mid = int(rng.choice((412, 416, 273, 351, 636, 538, 224, 255)))
    new = mid * 1_000_000 + int(rng.integers(1, 999_999))
    own = positions.mmsi == mmsi
    positions = positions.take(~(own & (positions.t > at) & (positions.t < at + silent_s)))
    later = (positions.mmsi == mmsi) & (positions.t > at)
    positions = replace(positions, mmsi=np.where(later, new, positions.mmsi).astype(np.uint32))
    rows = (statics.mmsi == mmsi) & (statics.t > at)
    kept = rng.uniform(0, 1, 4) < (0.5, 0.4, 0.6, 0.85)
    statics = replace(statics, mmsi=np.where(rows, new, statics.mmsi).astype(np.uint32))
    changed = {}
    for keep, name, value in zip(
        kept[:3], ("name", "call_sign", "imo"), (_name(rng), _sign(rng), _imo(rng)), strict=True
    ):
        if not keep:
            column = getattr(statics, name).copy()
            column[rows & (column != np.zeros((), column.dtype))] = value
            changed[name] = column
    if not kept[3]:
        changed["to_bow_m"] = np.where(rows, statics.to_bow_m + 7, statics.to_bow_m)
    return (
        positions,
        replace(statics, **changed),
        [Act(KINDS[0], frozenset((mmsi, new)), at, at + silent_s)],
    )


def _other_name(
    positions: PositionBatch, statics: StaticBatch, mmsi: int, rng: Generator
) -> tuple[StaticBatch, list[Act]]:
    """Rename a ship: half of them at rest and by the rules, which is a decoy."""
    lawful = rng.uniform() < 0.5
    at = _moment(positions, mmsi, rng, HOUR, sailing=not lawful)
    rows = (statics.mmsi == mmsi) & (statics.name != b"")
    if at is None or not rows.any() or np.count_nonzero(rows & (statics.t > at)) < 12:
        return statics, []
    rows &= statics.t > at
    changed = {"name": np.where(rows, _name(rng), statics.name)}
    if rng.uniform() < 0.5:
        changed["call_sign"] = np.where(rows, _sign(rng), statics.call_sign)
    if not lawful and rng.uniform() < 0.5:
        new = np.where(rows & (statics.imo > 0), _imo(rng), statics.imo)
        changed["imo"] = new.astype(np.uint32)
    acts = [] if lawful else [Act(KINDS[1], frozenset((mmsi,)), at, at + HOUR)]
    return replace(statics, **changed), acts


def _one_number(
    positions: PositionBatch, statics: StaticBatch, a: int, b: int, rng: Generator
) -> tuple[PositionBatch, StaticBatch, list[Act]]:
    """Give one ship the number of another, from some moment on for hours."""
    at = _moment(positions, b, rng, 4 * HOUR, sailing=False)
    if at is None:
        return positions, statics, []
    until = at + HOUR * float(rng.uniform(4, 40))

    def given(batch: PositionBatch | StaticBatch) -> Mask:
        return np.asarray((batch.mmsi == b) & (batch.t >= at) & (batch.t < until))

    ours, theirs = (
        {int(t // 600) for t in positions.t[rows]}
        for rows in (positions.mmsi == a, given(positions))
    )
    both = sorted(ours & theirs)
    where = {
        bin_: (positions.lat[r], positions.lon[r])
        for r in np.flatnonzero((positions.mmsi == a) | given(positions)).tolist()
        for bin_ in [(int(positions.t[r] // 600), int(positions.mmsi[r]))]
    }
    far = [k for k in both if float(distance_m(*where[k, a], *where[k, b])) > 3 * NMI_M]
    new = replace(positions, mmsi=np.where(given(positions), a, positions.mmsi).astype(np.uint32))
    told = replace(statics, mmsi=np.where(given(statics), a, statics.mmsi).astype(np.uint32))
    sure = len(far) >= 9 and len(far) > 0.9 * len(both)
    span = (far[0] * 600.0, far[-1] * 600.0 + 600) if sure else (at, until)
    # What else follows from it is neither right nor wrong: one ship has two numbers by turns.
    also = [Act("unsure", frozenset(m), START, float(positions.t[-1])) for m in ((a,), (a, b))]
    return new, told, [Act(KINDS[2], frozenset((a,)), *span), *also] if sure else also


def _one_imo(
    positions: PositionBatch, statics: StaticBatch, a: int, b: int, end: float
) -> tuple[StaticBatch, list[Act]]:
    """Give one ship the IMO number of another, all the time."""
    known = statics.imo[(statics.mmsi == a) & (statics.imo > 0)]
    if not len(known) or not (statics.mmsi == b).any():
        return statics, []
    imo = np.where(statics.mmsi == b, known[0], statics.imo).astype(np.uint32)
    bins = [set((positions.t[positions.mmsi == m] // 600).astype(int)) for m in (a, b)]
    both = sorted(bins[0] & bins[1])
    kind = KINDS[3] if len(both) >= 9 else "unsure"
    return replace(statics, imo=imo), [Act(kind, frozenset((a, b)), START, end)]


def _glitch(positions: PositionBatch, mmsi: int, rng: Generator) -> PositionBatch:
    """Let one receiver err for some minutes, by miles."""
    at = _moment(positions, mmsi, rng, HOUR, sailing=False)
    if at is None:
        return positions
    rows = (positions.mmsi == mmsi) & (positions.t > at)
    rows &= positions.t < at + 60 * rng.uniform(3, 40)
    away_m = NMI_M * float(rng.uniform(5, 60))
    lat, lon = positions.lat.copy(), positions.lon.copy()
    lat[rows], lon[rows] = destination(lat[rows], lon[rows], rng.uniform(0, 360), away_m)
    return replace(positions, lat=lat, lon=lon)


def _spelling(statics: StaticBatch, mmsi: int, rng: Generator) -> StaticBatch:
    """Let somebody correct a letter of the name, or write what kind of ship it is before it."""
    own = np.flatnonzero((statics.mmsi == mmsi) & (statics.name != b""))
    if len(own) < 20:
        return statics
    name = bytearray(statics.name[own[0]])
    if rng.uniform() < 0.4:
        name = bytearray(b"M/V ") + name
    else:
        name[int(rng.integers(len(name)))] = int(rng.integers(65, 91))
    names = statics.name.copy()
    names[own[int(rng.integers(5, len(own) - 5)) :]] = bytes(name[:20])
    return replace(statics, name=names)


def jam_of(positions: PositionBatch, rng: Generator) -> tuple[PositionBatch, Jam]:
    """Jam an area for hours: places scattered, or all of them at one far away, or on a circle."""
    for _ in range(50):
        start = START + float(rng.uniform(DAY / 2, positions.t[-1] - START - DAY / 2))
        end = start + HOUR * float(rng.uniform(1, 6))
        during = np.flatnonzero((positions.t >= start) & (positions.t < end))
        row = int(rng.choice(during))
        lat, lon = float(positions.lat[row]), float(positions.lon[row])
        radius_nmi = float(rng.uniform(8, 20))
        away_m = distance_m(positions.lat[during], positions.lon[during], lat, lon)
        inside = during[away_m <= radius_nmi * NMI_M]
        spared = np.unique(positions.mmsi[inside])
        spared = spared[rng.uniform(0, 1, len(spared)) < 0.2]
        struck = inside[~np.isin(positions.mmsi[inside], spared)]
        ships = np.unique(positions.mmsi[struck])
        if 10 <= len(ships) <= 60:
            break
    lats, lons = positions.lat.copy(), positions.lon.copy()
    lats[struck], lons[struck] = _false(
        lats[struck], lons[struck], positions.t[struck], lat, lon, rng
    )
    jammed = replace(positions, lat=lats, lon=lons)
    return jammed, Jam(lat, lon, radius_nmi, start, end, frozenset(ships.tolist()))


def _false(
    lat: F64, lon: F64, t: F64, centre_lat: float, centre_lon: float, rng: Generator
) -> tuple[F64, F64]:
    n, how = len(lat), int(rng.integers(3))
    if how == 0:
        away_m = NMI_M * (1 + rng.exponential(8, n))
        return destination(lat, lon, rng.uniform(0, 360, n), away_m)
    there = destination(centre_lat, centre_lon, rng.uniform(0, 360), NMI_M * rng.uniform(25, 120))
    if how == 1:
        return destination(there[0], there[1], rng.uniform(0, 360, n), rng.uniform(0, 400, n))
    return destination(there[0], there[1], (t / 5) % 360, np.full(n, 900.0))


def _moment(
    positions: PositionBatch, mmsi: int, rng: Generator, after_s: float, sailing: bool
) -> float | None:
    """Return a moment at which a ship is heard well before and after; None if there is none."""
    own = positions.mmsi == mmsi
    t, kn = positions.t[own], positions.sog_kn[own]
    row = np.arange(len(t))
    before = row - np.searchsorted(t, t - HOUR)
    after = np.searchsorted(t, t + after_s + HOUR) - np.searchsorted(t, t + after_s)
    fits = (before >= 12) & (after >= 12) & (t > START + 6 * HOUR)
    fits &= (kn > 4) if sailing else (kn < 2)
    rows = np.flatnonzero(fits)
    return float(t[rng.choice(rows)]) if len(rows) else None


def _name(rng: Generator) -> bytes:
    return f"{rng.choice(WORDS)} {rng.choice(WORDS)}".encode()[:20]


def _sign(rng: Generator) -> bytes:
    return bytes(rng.integers(65, 91, 4).tolist()) + b"%d" % rng.integers(10, 99)


def _imo(rng: Generator) -> int:
    digits = [9, *rng.integers(0, 10, 5).tolist()]
    check = sum(d * w for d, w in zip(digits, range(7, 1, -1), strict=True)) % 10
    return int("".join(map(str, [*digits, check])))


def _within(act: Act, jam: Jam) -> bool:
    """Return whether the jam hides an act, wholly or in part; what lasts for days it does not."""
    if act.end - act.start > DAY:
        return False
    return bool(act.mmsis & jam.mmsis) and act.start < jam.end + HOUR and act.end > jam.start - HOUR


def compare(kind: str, found: Sequence[Found], acts: Sequence[Act], jam: Jam) -> Outcome:
    """Compare what was found of one kind with what was done."""
    if kind == "interference":
        true = [Act(kind, frozenset(), jam.start, jam.end)]
    else:
        true = [a for a in acts if a.kind == kind]
    listed = [f for f in found if kind_of(f) == kind]
    left, right, pairs = list(true), [], []
    for f in sorted(listed, key=lambda f: -f.score):
        match = next((a for a in left if _is(f, a, jam)), None)
        if match is not None:
            left.remove(match)
            right.append(f)
            pairs.append((f, match))
        elif any(_is(f, a, jam) for a in true) or _unsure(f, acts):
            listed.remove(f)  # more of the same, after a day out of hearing
    strong = [f for f in listed if f.score >= 0.5]
    return Outcome(
        len(true),
        len(listed),
        len(right),
        len(strong),
        sum(f.score >= 0.5 for f in right),
        [abs(f.span.start - a.start) / 60 for f, a in pairs],
        [abs(f.span.end - a.end) / 60 for f, a in pairs],
    )


def kind_of(f: Found) -> str:
    """Return which of `KINDS` an event is of; "" if none."""
    assert f.event is not None
    if f.kind == "interference":
        return f.kind
    measured = f.event.evidence.measured if f.kind == "identity" else {}
    names = ("silent_s", "new_names_count", "same_mmsi_count", "same_imo_count")
    return next((k for k, name in zip(KINDS, names, strict=False) if name in measured), "")


def _is(f: Found, act: Act, jam: Jam) -> bool:
    if f.kind == "interference":
        assert f.event is not None
        away_nmi = float(distance_m(f.event.lat, f.event.lon, jam.lat, jam.lon)) / NMI_M
        both_s = min(f.span.end, act.end) - max(f.span.start, act.start)
        longer_s = max(f.span.end - f.span.start, act.end - act.start)
        return away_nmi <= jam.radius_nmi and both_s >= longer_s / 2
    overlaps = f.span.start < act.end + HOUR and f.span.end > act.start - HOUR
    return set(f.span.mmsis) == act.mmsis and overlaps


def _unsure(f: Found, acts: Sequence[Act]) -> bool:
    return any(a.kind == "unsure" and _is(f, a, NOWHERE) for a in acts if f.kind == "identity")


def _wrong(f: Found, acts: Sequence[Act], jam: Jam) -> bool:
    kind = kind_of(f)
    true = [Act(kind, frozenset(), jam.start, jam.end)] if kind == "interference" else acts
    return (
        bool(kind)
        and not _unsure(f, acts)
        and not any(a.kind == kind and _is(f, a, jam) for a in true)
    )


def _in_jam(f: Found, jam: Jam) -> bool:
    """Return whether an event about ships began in the jam: by a ship of it, or in its area."""
    if f.kind == "interference" or not jam.start <= f.span.start < jam.end:
        return False
    assert f.event is not None
    away_nmi = float(distance_m(f.event.lat, f.event.lon, jam.lat, jam.lon)) / NMI_M
    return bool(set(f.span.mmsis) & jam.mmsis) or away_nmi <= jam.radius_nmi


NOWHERE = Jam(0, 0, 0, 0, 0, frozenset())
