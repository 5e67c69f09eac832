"""The simulated months: what is told as truth is what the reports show, and nothing repeats."""

import math
import sys
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from tests.recordings import ROOT

sys.path.append(str(ROOT / "scripts"))

import _months_life as life
from _months import Meeting, Months, Visit
from _months_names import KINDS
from _months_sites import SITES

from tracks.batch import PositionBatch
from tracks.geodesy import NMI_M, distance_m

HOUR, DAY, KN = 3600.0, 86400.0, 1852 / 3600


@pytest.fixture(scope="module", params=range(len(SITES)))
def months(request: pytest.FixtureRequest) -> Months:
    return Months(request.param, days=24, vessels=40)


def at(months: Months, ship: int, t: np.ndarray[tuple[int], np.dtype[np.float64]]):  # type: ignore[no-untyped-def]
    """Return where a ship is, by numpy's own interpolation."""
    way = months.voyages[ship]
    return np.interp(t, way.t, way.p.real) + 1j * np.interp(t, way.t, way.p.imag)


def test_every_ship_goes_on_without_jumps_and_no_faster_than_its_kind(months: Months) -> None:
    for (role, _), way in zip(months.roles, months.voyages, strict=True):
        assert np.all(np.diff(way.t) >= 0)
        assert way.t[-1] >= months.end
        kn = np.abs(np.diff(way.p)) / np.maximum(np.diff(way.t), 1.0) / KN
        assert kn.max() < (20 if role in ("passer", "coaster", "carrier", "bunkering") else 16)


def test_reports_come_in_order_from_where_their_ship_is(months: Months) -> None:
    heard = list(months.batches())
    every = PositionBatch.concat([positions for positions, _, _ in heard])
    assert len(every) == len(months.positions) > 10_000
    before = months.start
    for positions, statics, as_of in heard:
        for batch in (positions, statics):
            assert np.all((batch.t >= before) & (batch.t < as_of))
        before = as_of
    assert np.all(np.diff(every.t) >= 0)
    assert np.all((every.lon >= -180) & (every.lon < 180))
    for ship in range(0, len(months.roles), 3):
        mine = every.take(months.truth.ship[every.line] == ship)
        lat, lon = months.site.lat_lon(at(months, ship, mine.t))
        assert distance_m(mine.lat, mine.lon, lat, lon).max(initial=0) < 60
        assert set(mine.mmsi.tolist()) <= set(months.truth.identities[ship].mmsis)


def test_a_ship_lies_where_and_while_a_visit_says_so_and_moves_before_and_after(
    months: Months,
) -> None:
    for visit in months.truth.visits:
        t = np.linspace(visit.start + 1, visit.end - 1, 20)
        place = months.site.at((visit.lat, visit.lon))
        assert np.abs(at(months, visit.hull, t) - place).max() < 450
        way = months.voyages[visit.hull]
        if visit.kind != "roads" and way.t[0] < visit.start:
            apart = np.abs(at(months, visit.hull, np.array([visit.start - 600.0])) - place)
            assert apart[0] > 300
    kinds = Counter(visit.kind for visit in months.truth.visits)
    assert min(kinds["port"], kinds["harbour"], kinds["roads"]) > 0


def test_listed_ports_are_called_as_the_list_calls_them_and_lie_within_two_miles_of_it(
    months: Months,
) -> None:
    from sternlight.data import load_places

    places = load_places([])
    labels = {places.label(k): place for k, place in enumerate(places.harbours)}
    for visit in months.truth.visits:
        assert (visit.place != "") == (visit.kind == "port")
        if visit.kind == "port":
            port = labels[visit.place]
            assert distance_m(visit.lat, visit.lon, port.lat, port.lon) < 2 * NMI_M


def test_what_is_said_to_be_heard_of_a_visit_is_among_the_reports(months: Months) -> None:
    reports, ships = months.positions, months.truth.ship
    for visit in months.truth.visits[::5]:
        mine = reports.take(ships == visit.hull)
        there = (mine.t >= visit.start) & (mine.t <= visit.end)
        assert visit.heard_count == there.sum()
        nmi = distance_m(mine.lat, mine.lon, visit.lat, visit.lon) / NMI_M
        comes = (mine.t > visit.start - 2 * HOUR) & (mine.t < visit.start)
        goes = (mine.t > visit.end) & (mine.t < visit.end + 2 * HOUR)
        for side, told_nmi in ((comes, visit.in_nmi), (goes, visit.out_nmi)):
            assert told_nmi == pytest.approx(nmi[side].min(initial=np.inf), rel=0.02, abs=0.02)
        assert (visit.how == "not heard") == (
            not there.any() and min(visit.in_nmi, visit.out_nmi) > 6
        )


def heard_together_h(months: Months, meeting: Meeting) -> float:
    """Return for how long both were heard without an hour's silence, minute by minute."""
    t = months.positions.t
    near = (t > meeting.start - 2 * HOUR) & (t < meeting.end + 2 * HOUR)
    times = [t[near & (months.truth.ship == ship)].tolist() for ship in meeting.hulls]
    longest = run = 0
    for minute in range(round((meeting.end - meeting.start) / 60 + 0.5)):
        now = meeting.start + 60 * minute
        ends = [
            (max((x for x in mine if x < now), default=-math.inf),
             min((x for x in mine if x >= now), default=math.inf))
            for mine in times
        ]  # fmt: skip
        run = run + 1 if all(after - before < HOUR for before, after in ends) else 0
        longest = max(longest, run)
    return longest / 60


def test_how_far_off_a_ship_was_heard_counts_from_when_it_lay_at_the_place_before(
    months: Months,
) -> None:
    stops: dict[int, Visit] = {}
    for visit in months.truth.visits:
        before = stops.get(visit.hull)
        stops[visit.hull] = visit
        apart_nmi = math.inf if before is None else distance_m(
            visit.lat, visit.lon, before.lat, before.lon) / NMI_M  # fmt: skip
        if apart_nmi > 1:
            assert visit.away_nmi == math.inf or visit.kind == "roads"
            continue
        mine = months.positions.take(months.truth.ship == visit.hull)
        mine = mine.take((mine.t >= before.end) & (mine.t <= visit.start))  # type: ignore[union-attr]
        far_nmi = distance_m(mine.lat, mine.lon, visit.lat, visit.lon).max(initial=0) / NMI_M
        assert visit.away_nmi == pytest.approx(far_nmi, abs=0.5)


def test_meeting_ships_drift_side_by_side_for_hours_and_chains_end_at_the_next_port() -> None:
    for seed in (0, 1):
        months = Months(seed, days=25, vessels=60)
        truth = months.truth
        assert len(truth.meetings) > 5
        for meeting in truth.meetings:
            assert 2 * HOUR <= meeting.end - meeting.start <= 6.5 * HOUR
            t = np.linspace(meeting.start, meeting.end, 30)
            one, other = (at(months, ship, t) for ship in meeting.hulls)
            assert np.abs(one - other).max() < 160
            assert np.abs(np.diff(one)).max() / np.diff(t)[0] < 1.5 * KN
            assert meeting.heard_h == pytest.approx(heard_together_h(months, meeting), abs=0.05)
        carriers = {s for s, (role, _) in enumerate(months.roles) if role == "carrier"}
        assert truth.chains
        for chain in truth.chains:
            assert chain.hulls[1] in carriers
            calls = [
                v.start
                for v in truth.visits
                if v.hull == chain.hulls[1] and v.kind == "port" and v.start > chain.meeting_start
            ]
            assert min(calls) == chain.landing_start
            assert chain.landing_start - chain.meeting_start < 8 * DAY
        assert any(not m.hands_over for m in truth.meetings)


def test_ships_change_names_and_numbers_in_all_the_ways_told_and_keep_what_stays() -> None:
    months = Months(4, days=10, vessels=60)
    every = months.truth.identities
    assert {one.kind for one in every} == set(KINDS)
    for one in every:
        assert all(a.end == b.start for a, b in pairwise(one.claims))
        first, last = one.claims[0], one.claims[-1]
        if one.kind == "re-flagged":
            assert first.imo == last.imo != 0
            assert first.mmsi // 1_000_000 != last.mmsi // 1_000_000
            assert first.call_sign != last.call_sign
        elif one.kind == "renumbered":
            assert (first.name, first.call_sign) == (last.name, last.call_sign)
            assert first.imo == 0
            assert first.mmsi != last.mmsi
        elif one.kind in ("shares a number", "takes turns"):
            (other,) = one.others
            assert every[other].mmsis == one.mmsis
            assert months.truth.shared[one.mmsis[0]] == tuple(sorted((one.ship, other)))
        elif one.kind == "wrong IMO number":
            assert every[one.others[0]].claims[0].imo == first.imo
    users = Counter(mmsi for one in every for mmsi in one.mmsis)
    assert {mmsi for mmsi, n in users.items() if n > 1} == set(months.truth.shared)


def test_who_takes_turns_under_a_number_is_never_on_the_air_with_the_other() -> None:
    months = Months(4, days=30, vessels=60)
    for one in months.truth.identities:
        if one.kind == "takes turns":
            t = months.positions.t[months.truth.ship == one.ship]
            other = months.truth.identities[one.others[0]]
            assert len(t)
            assert all(not ((t >= a) & (t < z)).any() for a, z in other.on)


def test_claims_are_those_that_hold_when_they_are_made(months: Months) -> None:
    claims = months.statics
    ships = months.truth.ship[claims.line]
    for row in range(0, len(claims), 97):
        one = months.truth.identities[int(ships[row])]
        (now,) = (c for c in one.claims if c.start <= claims.t[row] < c.end)
        assert claims.mmsi[row] == now.mmsi
        assert claims.name[row] in (b"", now.name.encode())
        assert claims.call_sign[row] in (b"", now.call_sign.encode())
        assert claims.imo[row] in (0, now.imo)


def test_the_same_seed_tells_the_same_and_less_is_heard_where_more_is_lost() -> None:
    one, again, lossy = (Months(1, 5, 30, heard_share=s) for s in (1.0, 1.0, 0.3))
    for name in ("positions", "statics"):
        a, b = (getattr(months, name).to_records().tobytes() for months in (one, again))
        assert a == b
    assert one.truth.visits == again.truth.visits
    assert len(lossy.positions) == pytest.approx(0.3 * len(one.positions), rel=0.05)
    assert [v.start for v in lossy.truth.visits] == [v.start for v in one.truth.visits]
    assert len(Months(4, 5, 30).positions) != len(one.positions)


def test_there_are_as_many_ships_as_asked_for_and_some_of_every_kind() -> None:
    for vessels in (20, 60, 200):
        roles = life.roles(vessels)
        assert len(roles) == vessels
        assert {role for role, _ in roles} >= {*life.OTHERS, "carrier", "fisher"}


def test_nobody_hears_everybody_and_nobody_is_heard_beyond_all_hearing(months: Months) -> None:
    far = distance_m(months.positions.lat, months.positions.lon, *months.site.station) / NMI_M
    assert np.quantile(far, 0.99) < 95
    heard = Counter(visit.heard for visit in months.truth.visits)
    assert heard[True] > heard[False]
    berth: list[Visit] = [v for v in months.truth.visits if v.kind == "port"]
    assert any(v.heard and not v.heard_count for v in berth)  # in a shadow, or switched off
