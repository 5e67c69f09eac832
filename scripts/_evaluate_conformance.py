"""(c) Other people's results beside ours, case by case.

Cases of Global Fishing Watch's own tests (Apache-2.0); `_evaluate_known` has what is
known of some recordings.  The tests that hold us to them call the same functions.  Where results
differ, who is right is said here, by case; a difference that nobody explained is
written as such.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
from _evaluate_tables import Tables, table

from anomalies.detector import Context, Detector, Heard
from anomalies.encounter import Encounter
from anomalies.event import Event
from anomalies.gap import Gap
from tracks.batch import BIN_S, HULLS_PER_MMSI, Fixes, Points
from tracks.places import Places
from tracks.points import Resample

HOUR = 3600.0
LEAST_H = 4 / 3  # less than this no gap may be asked for
LEFT_OUT_AT_H = (20, 45, 70)  # where hours of GFW's messages are left out, to have longer gaps

Known = Mapping[str, Any]  # an expected result as its authors wrote it

BRIDGED = "a vessel was not heard for 8.1 h; seen from it, theirs bridges the hole"
ONE_NEIGHBOUR = "theirs follows one neighbour of each ship and so cuts or loses meetings"
TWO_MEDIANS = "theirs is the mean of the medians of two overlapping copies, ours one median"
WHY = {
    "test_nerfed_multi_encounters": ONE_NEIGHBOUR,
    "test_real_data": BRIDGED,
    "test_message_generation": BRIDGED,
    "test_merge_messages": TWO_MEDIANS,
}


class Row(NamedTuple):
    """One expected result beside ours; `differs` says in what, and is empty where they agree."""

    case: str
    expected: str
    ours: str
    differs: str
    why: str = ""


class EncounterCase(NamedTuple):
    """One of GFW's cases: what we find, what they expect, and their names of our MMSIs 1, 2 ..."""

    found: list[Event]
    expected: list[Known]
    names: list[str]

    def pair(self, event: Event) -> tuple[str, str]:
        """Return their names of an event's two vessels."""
        one, two = (self.names[mmsi - 1] for mmsi in event.mmsis)
        return one, two


def events_in(
    detector: Detector,
    heard: Fixes,
    points: Points | None = None,
    places: Places | None = None,
    more_h: float = 0.0,
) -> list[Event]:
    """Return the events of fixes that are given at once, and `more_h` in which nobody is heard."""
    if points is None:
        resample = Resample()
        points = resample.step(resample.start(), heard, np.inf)[1]
    context = Context(places or Places.none(), ended=True)
    until = float(heard.t.max()) + more_h * HOUR
    _, changes = detector.step(detector.start(), Heard(heard, points), context, until)
    standing: dict[str, Event] = {}
    for what, event in changes:
        standing.pop(event.id, None)
        if what != "withdrawn":
            standing[event.id] = event
    return sorted(standing.values(), key=lambda e: (e.start, e.tracks))


def fixes(mmsi: Sequence[int], **columns: Sequence[float]) -> Fixes:
    """Return fixes in order of time, one hull to an MMSI."""
    track = np.array(mmsi) * HULLS_PER_MMSI + 1
    made = Fixes.make(len(track), track=track, mmsi=mmsi, line=np.arange(len(track)), **columns)
    return made.take(np.lexsort((made.t, made.track)))


# Encounters


def encounter_case(path: Path, name: str) -> EncounterCase:
    """Judge the input of a case of gfw_encounters.json by its own parameters."""
    case = json.loads(path.read_text("utf-8"))[name]
    p = case["params"]
    names = sorted({row["id"] for row in case["input"]})
    rows = sorted(case["input"], key=lambda row: (row["id"], row["t"]))
    columns = {column: [row[column] for row in rows] for column in ("t", "lat", "lon")}
    heard = fixes([names.index(row["id"]) + 1 for row in rows], **columns)
    detector = Encounter(
        max_distance_m=p["max_km"] * 1000,
        min_duration_h=p["min_minutes"] / 60,
        merge_h=p["merge_hours"] or 0.1,
    )
    resample = Resample(max_interpolation_s=p["max_gap_s"])
    points = resample.step(resample.start(), heard, np.inf)[1]
    found = events_in(detector, heard, points, more_h=30)  # so that the last one ends, too
    return EncounterCase(found, case["expected"], names)


def theirs(expected: Sequence[Known], one: str, two: str) -> list[Known]:
    """Return the results about a pair; theirs tells A with B and B with A apart."""
    return [e for e in expected if _pair(e) == tuple(sorted((one, two)))]


def _pair(expected: Known) -> tuple[str, ...]:
    ids = (expected.get(f"vessel_{k}_seg_id", expected.get(f"vessel_{k}_id")) for k in (1, 2))
    return tuple(sorted(map(str, ids)))


def differences(event: Event, own: Sequence[Known]) -> list[str]:
    """Return which values of an event are not those of `own`, its copies in their results.

    Each of two copies has its own vessel's speed and place; their mean is ours, and
    from one copy alone nothing follows.  Their Earth has a radius of 6371 km, ours
    of 6371.0088 km.
    """
    values = event.evidence.measured
    near = [("median distance", values["median_distance_m"] / 1000, e["median_distance_km"])
            for e in own]  # fmt: skip
    if len(own) == 2 or "vessel_1_id" in own[0]:  # as merged, it is one for both
        east = mean(e["mean_longitude"] % 360 for e in own)
        speed_kn = mean(e["median_speed_knots"] for e in own)
        near += [
            ("median speed", values["median_speed_kn"], speed_kn),
            ("latitude", event.lat, mean(e["mean_latitude"] for e in own)),
            ("longitude", (event.lon - east + 180) % 360, 180.0),
        ]
    spans = [("start", event.start, "start_time"), ("end", event.end, "end_time")]
    wrong = [name for name, t, key in spans if any(e[key] != t for e in own)]
    return wrong + list(dict.fromkeys(name for name, a, b in near if abs(a - b) > 1e-5))


def encounters(path: Path) -> list[Row]:
    """Return a row for each meeting that either finds in GFW's cases."""
    rows = []
    for name in json.loads(path.read_text("utf-8")):
        case = encounter_case(path, name)
        left = list(case.found)
        for (pair, start, end), own in _copies(case.expected).items():
            of_pair = [e for e in case.found if tuple(sorted(case.pair(e))) == pair]
            ours = min(of_pair, key=lambda e: abs(e.start - start) + abs((e.end or end) - end),
                       default=None)  # fmt: skip
            left = [e for e in left if e is not ours]
            wrong = differences(ours, own) if ours else ["not found"]
            apart = f"{mean(e['median_distance_km'] for e in own) * 1000:.0f} m apart"
            told = f"{' with '.join(pair)}, {span(start, end)}, {apart}"
            rows.append(Row(name, told, _met(ours), ", ".join(wrong), WHY.get(name, "")))
        for event in left:
            told = f"{' with '.join(case.pair(event))}: nothing"
            rows.append(Row(name, told, _met(event), "not expected", WHY.get(name, "")))
    return rows


def _copies(expected: Sequence[Known]) -> dict[tuple[tuple[str, ...], float, float], list[Known]]:
    """Return the results by pair and time."""
    found: dict[tuple[tuple[str, ...], float, float], list[Known]] = {}
    for one in expected:
        found.setdefault((_pair(one), one["start_time"], one["end_time"]), []).append(one)
    return found


def _met(event: Event | None) -> str:
    if event is None or event.end is None:
        return "nothing"
    apart_m = event.evidence.measured["median_distance_m"]
    return f"{span(event.start, event.end)}, {apart_m:.0f} m apart"


def span(start: float, end: float) -> str:
    a, z = (datetime.fromtimestamp(t, UTC) for t in (start, end))
    return f"{a:%Y-%m-%d %H:%M:%S} to {z:{'%H:%M:%S' if a.date() == z.date() else '%d %H:%M:%S'}}"


# Points


def resampled(path: Path) -> tuple[Points, list[Known]]:
    """Return our points and theirs, which go on behind the last fix; ours stop with it."""
    case = json.loads(path.read_text("utf-8"))
    rows = case["input"]
    heard = fixes([1] * len(rows), **{c: [r[c] for r in rows] for c in ("t", "lat", "lon")})
    resample = Resample()
    points = resample.step(resample.start(), heard, np.inf)[1]
    return points, [e for e in case["expected"] if e["t"] <= rows[-1]["t"]]


def points_row(path: Path) -> Row:
    """Return whether our ten-minute points are theirs."""
    ours, expected = resampled(path)
    wrong = []
    if (ours.bin * BIN_S).tolist() != [e["t"] for e in expected]:
        wrong.append("times")
    elif any(np.abs(getattr(ours, c) - [e[c] for e in expected]).max() > 1e-5
             for c in ("lat", "lon")):  # fmt: skip
        wrong.append("places")
    told = f"{len(expected)} points up to the last fix"
    return Row("resample", told, f"{len(ours)} points", ", ".join(wrong))


# Gaps


def messages(path: Path, left_out_h: float = 0.0, holes: int = 0) -> list[Known]:
    """Return GFW's sample messages; `holes` times so many hours are left out, to have gaps."""
    every = sorted(json.loads(path.read_text("utf-8")), key=lambda m: m["timestamp"])
    begin = every[0]["timestamp"]
    return [
        m
        for m in every
        if not any(
            0 < m["timestamp"] - begin - h * HOUR < left_out_h * HOUR for h in LEFT_OUT_AT_H[:holes]
        )
    ]


def message_fixes(some: Sequence[Known]) -> Fixes:
    """One of them has no position, which theirs counts too; it is given its neighbours'."""
    return fixes(
        [int(m["ssvid"]) for m in some],
        t=[m["timestamp"] for m in some],
        lat=[m["lat"] or 45.4 for m in some],
        lon=[m["lon"] or 80.6 for m in some],
    )


def by_gfws_rule(some: Sequence[Known], min_h: float) -> list[tuple[float, float, int]]:
    """Return off, on, and the count of positions in the 12 h before, of each gap."""
    times = [m["timestamp"] for m in some]
    return [
        (off, on, sum(off - 12 * HOUR <= t < off for t in times))
        for off, on in itertools.pairwise(times)
        if on - off > min_h * HOUR
    ]


def gaps_found(heard: Fixes, min_h: float) -> list[tuple[float, float | None, int]]:
    """Return the same of ours."""
    return [
        (e.start, e.end, int(e.evidence.measured["positions_before_count"]))
        for e in events_in(Gap(min_duration_h=min_h), heard)
    ]


def gaps(path: Path) -> list[Row]:
    """Return a row for each length of gap; 7 is what their own test expects."""
    rows = []
    for min_h, left_out_h, holes in ((LEAST_H, 0.0, 0), (6.0, 7.0, 3), (12.0, 13.0, 2)):
        some = messages(path, left_out_h, holes)
        expected, ours = by_gfws_rule(some, min_h), gaps_found(message_fixes(some), min_h)
        case = f"gaps longer than {min_h:.3g} h, and positions in the 12 h before"
        case += f", {holes} times {left_out_h:g} h left out" if holes else ""
        rows.append(Row(case, _counts(expected), _counts(ours), _unlike(expected, ours)))
    return rows


def _counts(found: Sequence[tuple[float, float | None, int]]) -> str:
    return f"{len(found)}: {', '.join(str(count) for *_, count in found)}"


def _unlike(expected: Sequence[tuple[object, ...]], ours: Sequence[tuple[object, ...]]) -> str:
    return "" if list(expected) == list(ours) else "times or counts"


def open_gap(path: Path, later: Path) -> Row:
    """Return whether GFW's open gap opens here a day on, at the same place and time."""
    gap = json.loads(path.read_text("utf-8"))
    off, lat, lon = (gap[f"gap_start_{name}"] for name in ("timestamp", "lat", "lon"))
    after = messages(later)[0]
    first = {"ssvid": gap["ssvid"], "timestamp": off, "lat": lat, "lon": lon}
    detector, both = Gap(), message_fixes([first, after])
    context, cut = Context(Places.none()), off + 24 * HOUR
    said = []
    state = detector.start()
    for some, as_of in ((both.take(both.t < cut), cut), (both.take(both.t >= cut), np.inf)):
        state, changes = detector.step(state, Heard(some, Points.empty()), context, as_of)
        said += [(c.what, c.event.start, c.event.end, c.event.lat, c.event.lon) for c in changes]
    expected = [("opened", off, None, lat, lon), ("closed", off, after["timestamp"], lat, lon)]
    told = f"opens at {_moment(off)}, and is closed by the next message"
    ours = ", then ".join(f"{what} of {_moment(start)}" for what, start, *_ in said) or "nothing"
    return Row("an open gap", told, ours, _unlike(expected, said))


def _moment(t: float) -> str:
    return f"{datetime.fromtimestamp(t, UTC):%Y-%m-%d %H:%M:%S}"


def of_cases(folder: Path) -> list[Row]:
    """Return a row for each published case in a folder; none where the folder is not there."""
    if not folder.is_dir():
        return []
    return [
        *encounters(folder / "gfw_encounters.json"),
        points_row(folder / "gfw_resample.json"),
        *gaps(folder / "gfw_gaps_messages.json"),
        open_gap(folder / "gfw_gaps_open.json", folder / "gfw_gaps_messages.json"),
    ]


def of_conformance(rows: Sequence[Row]) -> Tables:
    """Return the table, with the counts at its end."""
    agree = sum(not row.differs for row in rows)
    known = sum(bool(row.differs and row.why) for row in rows)
    counts = f"{agree} agree, {known} differ for a known reason, {len(rows) - agree - known} differ"
    lines = [
        [row.case.removeprefix("test_"), row.expected, row.ours, _verdict(row)] for row in rows
    ]
    head = ["case", "expected", "ours", "agrees"]
    return {"conformance": table(head, [*lines, [f"all {len(rows)}", "", "", counts]])}


def _verdict(row: Row) -> str:
    if not row.differs:
        return "yes"
    return f"no ({row.differs}): {row.why or 'not explained'}"
