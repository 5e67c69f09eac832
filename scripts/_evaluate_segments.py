"""Our hulls beside GFW's segments, where a recording has both.

A segment is less than a hull: gpsdio-segment ends one with a silence of hours, and
its later versions end both and begin a third wherever a report could be either's
(`cut_as_theirs`); a stitcher joins them afterwards.  Ours are cut in the same way
to be compared, and only then.

Two receiver networks heard these ships, and one wrote speeds in single precision:
11.3999996185 for 11.4.  The reports of that one are a track of their own, which
knows nothing of a segmenter.  Where it never jumps it is one ship, and every change
of hull along it is wrong or at least needless.
"""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from _evaluate_metrics import adjusted_rand
from _evaluate_tables import Tables, table

from sternlight.settings import Settings
from tracks.batch import F64, I64, Fixes, Mask, PositionBatch
from tracks.geodesy import NMI_M, distance_m
from tracks.matcher import Moment, misfit, reaches
from tracks.quality import clean
from tracks.segment import Segment

BREAK_S = 8 * 3600.0  # none of their segments has a longer silence than 7.1 h, and all end at 8.9
EITHER = 10.0  # so much worse a fit still leaves it open whose a report is (gpsdio-segment)
EARLIER = "338013000"  # made before they cut where a report could be either's
JUMP_KN, JUMP_NMI = 40.0, 1.5  # more, and farther, than any of these ships can make


class Agreement(NamedTuple):
    """How our hulls agree with GFW's segments."""

    name: str
    reports: int
    theirs: int
    ours: int
    rand: float  # adjusted Rand index
    rand_silence: float  # once ours end, as theirs do, with a silence
    rand_cut: float  # and where a report could be of either of two
    jumps: tuple[int, int]  # legs that no ship can make, inside ours and inside theirs
    one_ship: int  # reports of the network that wrote single precision; 0 if they jump
    changes: tuple[int, int]  # of hull along these, and of segment


def agreements(folder: Path, settings: Settings) -> list[Agreement]:
    """Return the agreement for every recording that has GFW's segments beside the positions."""
    found = []
    for path in sorted((folder / "tables").glob("gpsdio_segment_*.jsonl")):
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        if any("expected" in row for row in rows):
            found.append(_agreement(path.name, rows, settings.segment))
    path = folder / "tables" / "pyseas_position_messages_201801.csv"
    if path.exists():
        with path.open(encoding="utf-8") as file:
            table = list(csv.DictReader(file))
        for mmsi in sorted({row["ssvid"] for row in table}):
            rows = [dict(r) | {"expected": r["seg_id"]} for r in table if r["ssvid"] == mmsi]
            found.append(_agreement(f"{path.name}, {mmsi}", rows, settings.segment))
    return found


def _agreement(name: str, rows: list[dict[str, str]], fold: Segment) -> Agreement:
    """Compare by report; those that either sets aside are left out."""
    batch = _batch(rows)
    good = clean(batch)[0]
    good = good.take(np.lexsort((good.line, good.t)))
    fixes = fold.step(fold.start(), good, math.inf)[1]
    told = np.array([bool(rows[line].get("expected")) for line in fixes.line])
    fixes = fixes.take(np.flatnonzero(told)[np.argsort(fixes.t[told], kind="stable")])
    names = [rows[line]["expected"] for line in fixes.line]
    theirs = np.unique(names, return_inverse=True)[1].astype(np.int64)
    silences, cut = cut_as_theirs(fixes, fold, 0.0), cut_as_theirs(fixes, fold, EITHER)
    single = single_precision(np.array([_number(rows[n].get("speed")) for n in fixes.line]))
    one = fixes.take(single)
    jumps = _jumps(one, np.zeros(len(one), np.int64))
    return Agreement(
        name,
        len(fixes),
        len(set(names)),
        len(np.unique(fixes.track)),
        adjusted_rand(fixes.track.tolist(), names),
        adjusted_rand(silences.tolist(), names),
        adjusted_rand((silences if EARLIER in name else cut).tolist(), names),
        (_jumps(fixes, fixes.track), _jumps(fixes, theirs)),
        0 if jumps else len(one),
        (_changes(one, one.track), _changes(one, theirs[single])),
    )


def of_segments(found: Sequence[Agreement]) -> Tables:
    """Return the tables of the agreement with GFW's segments."""
    rands = ("rand", "rand_silence", "rand_cut")
    rows = [
        [a.name, f"{a.reports:,}", a.theirs, a.ours, *(f"{getattr(a, n):.3f}" for n in rands)]
        for a in found
    ]
    middle = [f"{np.median([getattr(a, n) for a in found]):.3f}" for n in rands]
    head = ["recording", "reports", "their segments", "our hulls", "adjusted Rand index",
            "ours cut at silences of 8 h", "ours cut as theirs"]  # fmt: skip
    known = [[a.name, *a.jumps, f"{a.one_ship:,}", *a.changes] for a in found]
    words = ["recording", "impossible legs: our hulls", "their segments",
             "reports known to be one ship's", "they change our hull", "their segment"]  # fmt: skip
    return {
        "segments": table(head, [*rows, ["median", "", "", "", *middle]]),
        "segments-known": table(words, known),
    }


def cut_as_theirs(fixes: Fixes, fold: Segment, either: float) -> I64:
    """Return pieces of hulls, numbered, for fixes of one MMSI in order of time.

    A piece ends with a silence of BREAK_S, and, with all others that can have made
    it and fit at most `either` times as badly, at a report of which that is so.
    """
    motion = fold.motion(fixes.t, fixes.lat, fixes.lon, fixes.sog_kn, fixes.cog_deg)
    moments = zip(*(getattr(motion, n).tolist() for n in motion.described()), strict=True)
    pieces: list[int] = []
    last: dict[int, tuple[int, Moment]] = {}  # of each open piece by track: number, last report
    heard: Counter[int] = Counter()
    for track, now in zip(fixes.track.tolist(), moments, strict=True):
        last = {k: p for k, p in last.items() if now[0] - p[1][0] <= BREAK_S}
        fits = {
            k: misfit(fold, p[1], now, fold.doubt_nmi * (heard[k] < fold.established_count))
            for k, p in last.items()
            if k == track or reaches(fold, p[1], now)
        }
        rivals = [k for k in fits if k != track and fits[k] <= either * fits.get(track, 0.0)]
        for k in [*rivals, track] if rivals else []:
            last.pop(k)
        number = last[track][0] if track in last else max(pieces, default=0) + 1
        pieces.append(number)
        last[track] = (number, now)
        heard[track] += 1
    return np.array(pieces)


def single_precision(values: F64) -> Mask:
    """Return which values were single precision before somebody wrote them out.

    What both precisions write alike, as 11.5, is none of them.
    """
    tenths = np.abs(values * 10 - np.round(values * 10)) < 1e-9
    return np.asarray((np.abs(values.astype(np.float32) - values) < 1e-9) & ~tenths)


def _jumps(fixes: Fixes, labels: I64) -> int:
    """Count the legs under one label, in order of time, that no ship can make."""
    order = np.lexsort((fixes.t, labels))
    a, b = fixes.take(order[:-1]), fixes.take(order[1:])
    nmi = distance_m(a.lat, a.lon, b.lat, b.lon) / NMI_M
    same = labels[order[:-1]] == labels[order[1:]]
    return int((same & (nmi > JUMP_NMI) & (nmi > JUMP_KN * (b.t - a.t) / 3600)).sum())


def _changes(fixes: Fixes, labels: I64) -> int:
    """Count how often the label changes from one report to the next, but for long silences."""
    return int(((labels[1:] != labels[:-1]) & (np.diff(fixes.t) <= BREAK_S)).sum())


def _batch(rows: Sequence[dict[str, str]]) -> PositionBatch:
    return PositionBatch.make(
        len(rows),
        t=[_unix(r["timestamp"]) for r in rows],
        mmsi=[int(r["ssvid"]) for r in rows],
        lat=[_number(r["lat"]) for r in rows],
        lon=[_number(r["lon"]) for r in rows],
        sog_kn=[_number(r.get("speed")) for r in rows],
        cog_deg=[_number(r.get("course")) for r in rows],
        line=np.arange(len(rows)),
    )


def _unix(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "")).replace(tzinfo=UTC).timestamp()


def _number(text: object) -> float:
    return math.nan if text in (None, "") else float(str(text))
