"""The simulated sea: what it says of itself is true, and others can read it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, reduce
from itertools import pairwise
from operator import xor
from typing import Any

import numpy as np
import pyais
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from receiver.sources.sea import GRID_S, ORDINARY, WANTED, Sea, Tracks, casting
from receiver.sources.sea_chart import KN, NMI, PORT, lat_lon, place
from receiver.sources.sea_radio import Ear, Reports, Station
from receiver.sources.sea_wanted import Leaver
from receiver.sources.simulator import EMBEDDED, Simulation

GEOD = Geod(ellps="WGS84")
HOUR = 3600.0
SMALL = Simulation(seed=3, hours=3.0, vessels=40, thin_s=0.0)


@cache
def lines(simulation: Simulation) -> list[bytes]:
    return b"".join(simulation.lines()).splitlines()


@cache
def tracks(simulation: Simulation) -> Tracks:
    t = np.arange(simulation.start, simulation.end + 1, GRID_S)
    return simulation.sea().tracks(t)


def truth(simulation: Simulation, kind: str) -> list[dict[str, Any]]:
    return [true for true in simulation.truth()[1:] if true["kind"] == kind]


def seconds(text: str | None, simulation: Simulation) -> float:
    return simulation.end if text is None else datetime.fromisoformat(text).timestamp()


def ships(simulation: Simulation, true: dict[str, Any]) -> list[int]:
    return [simulation.sea().register.mmsi.tolist().index(mmsi) for mmsi in true["mmsis"]]


def marks(simulation: Simulation, true: dict[str, Any]) -> slice:
    """Return the marks well inside of something that is true."""
    start, end = (seconds(true[name], simulation) for name in ("start", "end"))
    return slice(*((np.array([start, end]) - simulation.start) // GRID_S + [2, -1]).astype(int))


def stamp(line: bytes) -> int:
    found = re.search(rb"c:(\d{10})", line)
    assert found is not None
    return int(found[1])


def is_good(line: bytes) -> bool:
    body, _, check = line.rpartition(b"!")[2].partition(b"*")
    return reduce(xor, body) == int(check, 16)


@cache
def messages(simulation: Simulation) -> list[tuple[int, dict[str, Any]]]:
    """Return the time and the content of each whole message, read by pyais."""
    read, waiting = [], {}
    for line in lines(simulation)[1:]:
        if not is_good(line):
            continue
        sentence = line.rpartition(b"\\")[2]
        parts, part, sequence, channel = sentence.split(b",")[1:5]
        if part != parts:
            waiting[sequence, channel] = sentence
            continue
        first = waiting.pop((sequence, channel), None) if parts == b"2" else b""
        if first is not None:
            whole = [x for x in (first, sentence) if x]
            read.append((stamp(line), pyais.decode(*whole).asdict(enum_as_int=True)))
    return read


def heard(simulation: Simulation, mmsi: int) -> np.ndarray[Any, Any]:
    return np.array([t for t, message in messages(simulation) if message["mmsi"] == mmsi])


def apart_m(simulation: Simulation, a: int, b: int, span: slice) -> Any:
    p = tracks(simulation).p
    (lat_a, lon_a), (lat_b, lon_b) = lat_lon(p[a, span]), lat_lon(p[b, span])
    return GEOD.inv(lon_a, lat_a, lon_b, lat_b)[2]


# -- the recording ------------------------------------------------------------------------------


def test_recording_and_truth_both_begin_by_saying_that_no_ship_in_them_exists() -> None:
    first = lines(SMALL)[0]
    assert first == b"# Simulated by Sternlight (seed 3): no ship in this recording exists."
    head = SMALL.truth()[0]
    assert head["says"] == "This sea is simulated; no ship in it exists."
    assert (head["seed"], head["start"]) == (3, "2026-03-01T00:00:00Z")


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    short = replace(SMALL, hours=1.0)
    assert b"".join(short.lines()) == b"".join(short.lines())
    assert short.truth() == short.truth()
    other = replace(short, seed=4)
    assert b"".join(other.lines()) != b"".join(short.lines())
    assert other.truth() != short.truth()


def test_the_file_is_in_the_order_of_its_times() -> None:
    for simulation in (SMALL, EMBEDDED):
        stamps = [stamp(line) for line in lines(simulation)[1:]]
        assert stamps == sorted(stamps)
        assert simulation.start <= stamps[0]
        assert stamps[-1] < simulation.end


def test_pyais_reads_every_sentence_and_every_type_is_there() -> None:
    kinds = {message["msg_type"] for _, message in messages(SMALL)}
    assert kinds == {1, 3, 4, 5, 18, 19, 21, 24}
    bad = sum(not is_good(line) for line in lines(SMALL)[1:])
    assert 0.001 < bad / len(lines(SMALL)) < 0.004


def test_positions_speeds_and_courses_are_those_of_the_true_tracks() -> None:
    true, number = tracks(SMALL), {m: i for i, m in enumerate(SMALL.sea().register.mmsi.tolist())}
    wrong = checked = 0
    for t, message in messages(SMALL):
        if message["msg_type"] not in (1, 3, 18, 19) or message["lat"] == 91:
            continue
        ship, checked = number[message["mmsi"]], checked + 1
        where = np.interp(t + 0.5, true.t, true.p[ship])
        kn = abs(np.interp(t + 0.5, true.t, true.v[ship])) / KN
        off_m = abs(place(message["lat"], message["lon"]) - where)
        wrong += off_m > 25 + 10 * KN
        assert message["speed"] == 102.3 or abs(message["speed"] - kn) < 0.8
    assert checked > 5000
    assert wrong / checked < 0.0005  # the few that are garbled on purpose


def test_duplicates_come_on_the_other_channel() -> None:
    seen: dict[bytes, set[bytes]] = {}
    for line in lines(SMALL)[1:]:
        fields = line.rpartition(b"!")[2].split(b",")
        if fields[1] == b"1" and is_good(line) and fields[5][:1] in b"13B":
            seen.setdefault(fields[5], set()).add(fields[4])
    twice = sum(len(channels) == 2 for channels in seen.values())
    assert 0.005 < twice / len(seen) < 0.02


def test_base_stations_tell_the_time_at_which_they_were_heard() -> None:
    told = [(t, message) for t, message in messages(SMALL) if message["msg_type"] == 4]
    assert len(told) > 1000
    for t, m in told:
        utc = datetime.fromtimestamp(t, UTC).timetuple()
        assert (m["year"], m["month"], m["day"]) == utc[:3]
        assert 0 <= t % 86400 - (m["hour"] * 3600 + m["minute"] * 60 + m["second"]) <= 1


@pytest.mark.parametrize(
    ("build", "status", "thin_s", "expected_s"),
    [("cargo", 5, 0, 180), ("tanker", 1, 0, 180), ("cargo", 0, 0, None), ("tanker", 1, 300, 300)],
)
def test_reports_come_as_often_as_the_standard_says(
    build: str, status: int, thin_s: float, expected_s: float | None
) -> None:
    simulation = replace(SMALL, thin_s=thin_s, duplicate_share=0.0, station=None)
    sea, true = simulation.sea(), tracks(simulation)
    crews = [b for scene in sea.scenes for b in scene.crew]
    steady = (true.status == status).all(axis=1) & (np.ptp(np.abs(true.v), axis=1) < 0.5)
    ship = next(i for i in np.flatnonzero(steady) if crews[i] == build)
    kn = float(np.abs(true.v[ship]).mean() / KN)
    expected_s = expected_s or (10.0 if kn <= 14 else 6.0)
    times = [
        t
        for t, m in messages(simulation)
        if m["mmsi"] == sea.register.mmsi[ship] and m["msg_type"] in (1, 3)
    ]
    assert np.median(np.diff(times)) == pytest.approx(expected_s, rel=0.15)


def test_identities_arrive_whole() -> None:
    register = SMALL.sea().register
    said: dict[int, dict[str, Any]] = {}
    for _, message in messages(SMALL):
        said.setdefault(message["mmsi"], {}).update(message)
    names = {int(m): n.decode() for m, n in zip(register.mmsi, register.name, strict=True)}
    met = [mmsi for mmsi in names if "shipname" in said.get(mmsi, {})]
    assert len(met) > 25
    assert {mmsi: said[mmsi]["shipname"] for mmsi in met} == {mmsi: names[mmsi] for mmsi in met}
    assert "<SCRIPT>ALERT(1)//" in names.values()
    assert '=HYPERLINK("X")' in names.values()
    assert len(set(register.mmsi.tolist())) == len(register)
    assert len(set(register.name.tolist())) == len(register)
    for imo in register.imo[register.imo > 0].tolist():
        digits = [int(d) for d in str(imo)]
        assert sum(d * w for d, w in zip(digits, range(7, 1, -1), strict=False)) % 10 == digits[6]


def test_the_station_is_silent_during_an_outage_and_only_then() -> None:
    off = replace(SMALL, outages=((0.9, 0.7),))
    a, b = off.start + 0.9 * HOUR, off.start + 1.6 * HOUR
    stamps = np.array([stamp(line) for line in lines(off)[1:]])
    assert not ((stamps >= a) & (stamps < b - 1)).any()
    others = [line for line in lines(SMALL)[1:] if not a <= stamp(line) < b]
    assert abs(len(others) - len(stamps)) < 20  # the rest is the same sea, heard the same way
    (outage,) = truth(off, "outage")
    assert (outage["mmsis"], outage["start"]) == ([], "2026-03-01T00:54:00Z")
    assert outage["end"] == "2026-03-01T01:36:00Z"


def test_hearing_falls_with_range_and_class_b_is_heard_less_far() -> None:
    n, rng = 30_000, np.random.Generator(np.random.PCG64(1))
    class_b = np.arange(200) >= 100
    ear = Ear.draw(0j, 50.0, class_b, rng)
    ship = rng.integers(0, 200, n)
    r_nmi = rng.uniform(0, 100, n)
    t = rng.uniform(0, 1e6, n)
    nothing = np.zeros(n, np.uint8)
    p = np.asarray(r_nmi * NMI * np.exp(1j * t), np.complex128)
    reports = Reports(ship, t, p, p, nothing)
    got = ear.heard(reports, rng)

    def share(is_b: bool, low: float) -> float:
        def count(part: Reports) -> int:
            r = np.abs(part.p) / NMI
            return int(((r >= low) & (r < low + 10) & (class_b[part.ship] == is_b)).sum())

        return count(got) / count(reports)

    a, b = ([share(is_b, low) for low in range(0, 100, 10)] for is_b in (False, True))
    assert all(near > far - 0.03 for near, far in pairwise(a))
    assert a[0] > 0.9
    assert 0.3 < (a[4] + a[5]) / 2 < 0.7
    assert a[9] < 0.001
    assert b[1] > 0.5 > b[3]
    assert b[3] < 0.1


def test_without_a_station_ships_are_heard_wherever_they_are() -> None:
    everywhere = replace(SMALL, station=None, thin_s=60.0)
    mmsis = {message["mmsi"] for _, message in messages(everywhere)}
    assert set(everywhere.sea().register.mmsi.tolist()) <= mmsis


# -- the sea ------------------------------------------------------------------------------------


@given(st.integers(1, 400), st.booleans())
def test_any_number_of_ships_can_be_cast(vessels: int, wanted: bool) -> None:
    roles = casting(vessels, WANTED if wanted else (), ORDINARY)
    assert sum(len(role.crew) for role in roles) == vessels
    assert wanted or not set(roles) & set(WANTED)


def test_the_sea_is_the_same_in_whatever_order_it_is_asked_for() -> None:
    sea = Sea(5, 62, 1.77e9, 1.77e9 + 96 * HOUR)
    t = np.arange(1.77e9, 1.77e9 + 96 * HOUR, GRID_S)
    whole = sea.tracks(t)
    for k in (9000, 30, 5000):
        part = sea.tracks(t[k : k + 60])
        assert np.array_equal(part.p, whole.p[:, k : k + 60])
        assert np.array_equal(part.v, whole.v[:, k : k + 60])
        assert np.array_equal(part.on, whole.on[:, k : k + 60])


def test_no_ship_jumps_or_hurries_in_a_hundred_hours() -> None:
    sea = Sea(6, 200, 1.77e9, 1.77e9 + 100 * HOUR)
    true = sea.tracks(np.arange(1.77e9, 1.77e9 + 100 * HOUR, GRID_S))
    assert np.abs(true.v).max() / KN < 20
    assert np.abs(np.diff(true.p)).max() / (GRID_S * KN) < 20


# -- the truth ----------------------------------------------------------------------------------


def test_the_embedded_recording_holds_what_a_first_look_should_show() -> None:
    assert len(lines(EMBEDDED)) <= 200_000
    meetings, loiterings = truth(EMBEDDED, "encounter"), truth(EMBEDDED, "loitering")
    assert any(x["start"][:10] < (x["end"] or "")[:10] for x in meetings)  # across midnight
    assert len(loiterings) >= 2
    for x in loiterings:
        assert seconds(x["end"], EMBEDDED) - seconds(x["start"], EMBEDDED) >= 5 * HOUR
    silent = truth(EMBEDDED, "switched_off")
    assert len(silent) >= 3
    assert sum(x["end"] is None for x in silent) == 1
    assert truth(EMBEDDED, "innocent_silence")


@pytest.mark.parametrize("seed", [7, 8])
def test_ships_that_meet_are_near_and_slow_for_two_hours(seed: int) -> None:
    simulation = replace(EMBEDDED, seed=seed)
    meetings = truth(simulation, "encounter")
    assert len(meetings) >= 2
    for true in meetings:
        a, b = ships(simulation, true)
        inside = marks(simulation, true)
        assert (inside.stop - inside.start) * GRID_S >= 2 * HOUR
        assert apart_m(simulation, a, b, inside).max() < 500
        assert np.abs(tracks(simulation).v[[a, b], inside]).max() / KN < 2
        before, after = inside.start - 60, min(inside.stop + 60, len(tracks(simulation).t) - 1)
        assert apart_m(simulation, a, b, slice(before, before + 1))[0] > 2000
        if true["end"] is not None:
            assert apart_m(simulation, a, b, slice(after, after + 1))[0] > 1000
        middle = tracks(simulation).p[a, (inside.start + inside.stop) // 2]
        assert abs(place(true["lat"], true["lon"]) - middle) < 3 * NMI


def test_nobody_else_meets_by_chance_in_the_embedded_recording() -> None:
    true = tracks(EMBEDDED)
    p, v = true.p[:, ::20], true.v[:, ::20]  # every ten minutes
    slow = (np.abs(v) / KN < 2) & (np.abs(p - PORT) > 8 * NMI)
    met = {tuple(ships(EMBEDDED, x)) for x in truth(EMBEDDED, "encounter")}
    for a in range(len(p)):
        near = (np.abs(p[a + 1 :] - p[a]) < 700) & slow[a + 1 :] & slow[a]
        for k in np.flatnonzero(near.sum(axis=1) >= 6):
            assert tuple(sorted((a, int(a + 1 + k)))) in {tuple(sorted(pair)) for pair in met}


def test_ships_that_loiter_are_slow_and_far_offshore() -> None:
    for true in truth(EMBEDDED, "loitering"):
        (ship,) = ships(EMBEDDED, true)
        inside = marks(EMBEDDED, true)
        assert np.abs(tracks(EMBEDDED).v[ship, inside]).max() / KN < 2
        assert np.abs(tracks(EMBEDDED).p[ship, inside]).min() > 20 * NMI


def test_a_ship_that_is_switched_off_is_not_heard_then_though_it_is_in_range() -> None:
    silent = truth(EMBEDDED, "switched_off")
    for true in silent:
        start, end = (seconds(true[name], EMBEDDED) for name in ("start", "end"))
        (ship,), (mmsi,) = ships(EMBEDDED, true), true["mmsis"]
        times = heard(EMBEDDED, mmsi)
        assert not ((times >= start) & (times < end - 1)).any()
        assert start - times[times < start].max() < 900
        if true["end"] is not None:
            assert times[times >= end - 1].min() - end < 900
        assert EMBEDDED.station is not None
        r = np.abs(tracks(EMBEDDED).p[ship, marks(EMBEDDED, true)]) / NMI
        assert r.max() < 0.8 * EMBEDDED.station.range_nmi


def test_an_innocent_silence_is_spent_out_of_range_with_the_transponder_on() -> None:
    silences = truth(EMBEDDED, "innocent_silence")
    for true in silences:
        (ship,) = ships(EMBEDDED, true)
        inside = marks(EMBEDDED, true)
        inside = slice(inside.start + 10, inside.stop - 10)
        assert np.abs(tracks(EMBEDDED).p[ship, inside]).min() > 50 * NMI
        assert tracks(EMBEDDED).on[ship, inside].all()
    sea = EMBEDDED.sea()
    back = {true["mmsis"][0] for true in silences if true["end"]}
    for scene, ship in zip(sea.scenes, sea.first, strict=True):
        assert not isinstance(scene, Leaver) or sea.register.mmsi[ship] in back


def test_an_innocent_sea_holds_nothing_wanted() -> None:
    kinds = {true["kind"] for true in replace(EMBEDDED, wanted=False).truth()}
    assert not kinds & {"encounter", "loitering", "switched_off"}


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"hours": 0.0}, "hours is 0; choose from 0.01"),
        ({"hours": float("nan")}, "hours is nan"),
        ({"vessels": 0}, "vessels is 0; choose from 1 to 99999"),
        ({"thin_s": -1.0}, "thin_s is -1"),
    ],
)
def test_settings_that_make_no_sea_are_refused(setting: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Simulation(**setting)


def test_a_station_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="letters and digits"):
        Station(name="TWO WORDS")
    with pytest.raises(ValueError, match="no station at 99"):
        Station(lat=99.0)
