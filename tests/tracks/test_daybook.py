"""Pages of the record, against a slow twin that looks at each hull, day and claim by itself."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tracks.batch import BIN_S, HULLS_PER_MMSI, Fixes, Points, StaticBatch
from tracks.daybook import (
    DAY_S,
    FIELDS,
    MOST_VALUES,
    NOBODYS,
    SETTLED_S,
    Around,
    Daybook,
    Heard,
    Pages,
)
from tracks.place import Place
from tracks.places import Places
from tracks.state import dump, load
from tracks.way import way

T0 = 20_000 * DAY_S
ANNA, ELSA = 219_000_001, 219_000_002
HAVN = Places.of([Place("Havn", "port", 10.0, 20.0)])
AROUND = Around(HAVN, lambda tracks: np.ones(len(tracks), np.bool_))
Row = tuple[int, float, float, float, int]  # track, hours after T0, lat, lon, status
Claim = tuple[int, float, bytes, int]  # mmsi, hours after T0, name, IMO number


def points(rows: list[Row]) -> Points:
    rows = sorted(rows)
    track, hours, lat, lon, status = (np.array(c) for c in zip(*rows, strict=True))
    bins = np.rint((T0 + hours * 3600) / BIN_S).astype(np.int64)
    return Points.make(len(rows), track=track, bin=bins, lat=lat, lon=lon, nav_status=status)


def statics(claims: list[Claim]) -> StaticBatch:
    mmsi, hours, name, imo = zip(*claims, strict=True)
    return StaticBatch.make(
        len(claims), mmsi=mmsi, t=T0 + np.array(hours) * 3600, name=np.array(name), imo=imo
    )


def run(
    rows: list[Row], claims: list[Claim], cuts: list[float], save: bool = False
) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Return the pages' days and claims by key, with the stream cut at these hours."""
    book = Daybook()
    state = book.start()
    found: list[Pages] = []
    every = points(rows) if rows else Points.empty()
    told = statics(claims) if claims else StaticBatch.empty()
    before = -np.inf
    for until in [*(T0 + h * 3600 for h in sorted(cuts)), np.inf]:
        now = every.take((every.bin * BIN_S >= before) & (every.bin * BIN_S < until))
        said = told.take((told.t >= before) & (told.t < until))
        state, pages = book.step(state, Heard(Fixes.empty(), now, said), AROUND, until)
        if save:
            state = load(dump(state))
        found.append(pages)
        before = until
    return tables(found)


def tables(found: list[Pages]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    days, said = {}, {}
    for pages in found:
        for i, row in enumerate(pages.days.to_records().tolist()):
            assert row[:2] not in days, "a page is written once"
            days[row[:2]] = (row[2:-1], way(row[1], pages.heard[i], pages.ways[i]).bin.tolist())
        for mmsi, hull, field, value, first, last, day in pages.said.to_records().tolist():
            said[(mmsi, hull, FIELDS[field], value, day)] = first, last
    return days, said


def twin(rows: list[Row], claims: list[Claim]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Do the same, slowly."""
    marks = defaultdict(list)
    on_air = defaultdict(set)
    for track, hours, lat, lon, status in rows:
        t = T0 + hours * 3600
        marks[track, int(t // DAY_S)].append((round(t / BIN_S), lat, lon, status))
        on_air[track // HULLS_PER_MMSI, int(t // 3600)].add(track % HULLS_PER_MMSI)
    days = {}
    for key, some in marks.items():
        some.sort()
        near = sum(bool(HAVN.near_port([lat], [lon], 3.0)[0]) for _, lat, lon, _ in some)
        fishing = sum(status == 7 for *_, status in some)
        bins = [mark for mark, *_ in some]
        days[key] = (bins[0] * 600.0, bins[-1] * 600.0, near, fishing, 0), bins
    told = defaultdict(list)
    for mmsi, hours, name, imo in claims:
        t = T0 + hours * 3600
        for field, value in (("name", name), ("imo", str(imo).encode() if imo else b"")):
            if value:
                told[mmsi, field, value, int(t // DAY_S)].append(t)
    said = {}
    for (mmsi, field, value, day), times in told.items():
        alone = [on_air[mmsi, int(t // 3600)] for t in times]
        hulls = {hull for air in alone if len(air) == 1 for hull in air} or {NOBODYS}
        for hull in hulls:
            said[mmsi, hull, field, value, day] = min(times), max(times)
    return days, said


rows_of = st.lists(
    st.tuples(
        st.sampled_from([ANNA * 1000 + 1, ANNA * 1000 + 2, ELSA * 1000 + 1]),
        st.integers(0, 430).map(lambda mark: mark / 6),
        st.sampled_from([10.0, 10.01, 10.5]),
        st.sampled_from([20.0, 20.2]),
        st.sampled_from([0, 7, 15]),
    ),
    max_size=40,
    unique_by=lambda row: row[:2],
)
claims_of = st.lists(
    st.tuples(
        st.sampled_from([ANNA, ELSA]),
        st.integers(0, 7100).map(lambda n: n / 100),
        st.sampled_from([b"", b"ANNA", b"ELSA", b"<script>"]),
        st.sampled_from([0, 9074729, 1234567]),
    ),
    max_size=30,
)
cuts_of = st.lists(st.integers(1, 75).map(float), max_size=6)


@settings(deadline=None, max_examples=60)
@given(rows_of, claims_of, cuts_of, st.booleans())
def test_pages_are_those_of_the_slow_twin_however_the_stream_is_cut(
    rows: list[Row], claims: list[Claim], cuts: list[float], save: bool
) -> None:
    # Points come less than an hour late, so that a cut may not keep them back longer: none does.
    assert run(rows, claims, cuts, save) == twin(rows, claims)


def test_a_page_is_written_once_its_day_has_been_over_for_a_while() -> None:
    book = Daybook()
    heard = Heard(Fixes.empty(), points([(ANNA * 1000 + 1, 3.0, 10.0, 20.0, 0)]), statics(
        [(ANNA, 3.1, b"ANNA", 0)]))  # fmt: skip
    state, pages = book.step(book.start(), heard, AROUND, T0 + 4 * 3600)
    assert not len(pages.days)
    nothing = Heard(Fixes.empty(), Points.empty(), StaticBatch.empty())
    state, pages = book.step(state, nothing, AROUND, T0 + DAY_S + SETTLED_S - 1)
    assert not len(pages.days)
    assert len(book.so_far(state, AROUND, T0 + DAY_S).days) == 1
    state, pages = book.step(state, nothing, AROUND, T0 + DAY_S + 2 * 3600)
    assert len(pages.days) == len(pages.said) == 1
    assert not len(book.so_far(state, AROUND, T0 + 2 * DAY_S).days)


def test_what_stands_so_far_never_says_what_the_page_will_not() -> None:
    random = Random(4)
    for _ in range(30):
        rows = [
            (ANNA * 1000 + random.choice([1, 1, 2]), mark / 6, 10.0, 20.0, 0)
            for mark in random.sample(range(144), 25)
        ]
        claims = [(ANNA, random.uniform(0, 23.9), b"ANNA", 0) for _ in range(6)]
        book = Daybook()
        until = T0 + 12 * 3600
        some = points([row for row in rows if row[1] < 12])
        told = statics([claim for claim in claims if claim[1] < 12] or claims[:1])
        state, _ = book.step(book.start(), Heard(Fixes.empty(), some, told), AROUND, until)
        _, so_far = tables([book.so_far(state, AROUND, until)])
        _, whole = run(rows, claims, [12.0])
        assert {key[:4] for key in so_far} <= {key[:4] for key in whole}


def test_a_ship_that_is_heard_once_in_hours_has_its_day_too() -> None:
    book = Daybook()
    t = T0 + np.array([1.02, 7.5, 7.6]) * 3600
    fixes = Fixes.make(3, track=ANNA * 1000 + 1, mmsi=ANNA, t=t, lat=10.0, lon=[20.0, 21.0, 21.0])
    between = points([(ANNA * 1000 + 1, 7.5, 10.0, 21.0, 0)])
    heard = Heard(fixes, between, StaticBatch.empty())
    _, pages = book.step(book.start(), heard, AROUND, np.inf)
    found = way(20_000, pages.heard[0], pages.ways[0])
    assert (found.bin - T0 / BIN_S).tolist() == [6, 45]
    assert found.lon.tolist() == [20.0, 21.0]


def test_wild_positions_make_no_page_and_nobodys_claim() -> None:
    stray = ANNA * 1000 + 2
    rows = [(ANNA * 1000 + 1, h, 10.0, 20.0, 0) for h in (1.0, 2.0)] + [(stray, 1.5, 40.0, 2.0, 0)]
    around = Around(HAVN, lambda tracks: tracks != stray)
    heard = Heard(Fixes.empty(), points(rows), statics([(ANNA, 1.2, b"ANNA", 0)]))
    _, pages = Daybook().step(Daybook().start(), heard, around, np.inf)
    assert pages.days.track.tolist() == [ANNA * 1000 + 1]
    assert pages.said.hull.tolist() == [1]


def test_two_ships_on_the_air_at_once_leave_a_name_to_nobody() -> None:
    rows = [(ANNA * 1000 + hull, h, 10.0, 20.0, 0) for hull in (1, 2) for h in (1.0, 1.5)]
    _, said = run(rows, [(ANNA, 1.2, b"ANNA", 0)], [])
    assert list(said) == [(ANNA, NOBODYS, "name", b"ANNA", 20_000)]


def test_whoever_calls_itself_something_else_all_day_fills_no_disk() -> None:
    claims = [(ANNA, n / 30, b"NAME %d" % n, 0) for n in range(600)]
    for cuts in ([], [3.0, 3.5, 9.0]):
        _, said = run([], claims, cuts)
        values = {key[3] for key in said}
        assert values == {b"NAME %d" % n for n in range(MOST_VALUES)}


def test_what_is_no_ship_claims_nothing() -> None:
    _, said = run([], [(992_191_234, 1.0, b"BUOY", 0)], [])
    assert said == {}
