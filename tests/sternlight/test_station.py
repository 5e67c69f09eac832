"""The whole pipeline obeys the laws of its parts: cuts and saving change nothing."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from anomalies.detectors import DETECTORS
from anomalies.event import Change, Event
from receiver.formats import by_name
from receiver.sources.logfile import Input
from receiver.sources.simulator import Simulation
from sternlight.data import data_folder
from sternlight.settings import Settings
from sternlight.spool import time_order
from sternlight.station import Station
from sternlight.watchlists.read import Lists
from tracks.batch import PositionBatch, StaticBatch
from tracks.places import Places
from tracks.state import dump, load
from tracks.watchlist import Entry, Watchlist


@cache
def sea() -> tuple[PositionBatch, StaticBatch]:
    """A day and a half of a small simulated sea, sorted by time."""
    data = b"".join(Simulation(seed=7, hours=36, vessels=40, thin_s=180).lines())
    decoded = list(by_name("nmea").read(Input.of_bytes("sea.nmea", data), 0, 0))
    positions = PositionBatch.concat([d.positions for d in decoded])
    statics = StaticBatch.concat([d.statics for d in decoded])
    orders = [time_order(b.t, b.line) for b in (positions, statics)]
    return (
        positions if orders[0] is None else positions.take(orders[0]),
        statics if orders[1] is None else statics.take(orders[1]),
    )


@cache
def places() -> Places:
    return Places.load(data_folder() / "places")


Events = dict[str, Event]


def new() -> Station:
    """Return a station that watches every second IMO number of the sea."""
    station = Station(Settings(), places())
    imos = np.unique(sea()[1].imo[sea()[1].imo > 0])[::2].tolist()
    watch = Watchlist.of(Entry("Sim list", imos=(imo,)) for imo in imos)
    station.lists = Lists(every=watch, watch=watch)
    return station


def run(cuts: list[float], *, saved: bool = False) -> tuple[Station, Events]:
    positions, statics = sea()
    station = new()
    last = float(np.nextafter(max(positions.t[-1], statics.t[-1]), np.inf))
    since, events = -np.inf, Events()
    for as_of in [*cuts, last]:
        heard = [b.take((b.t >= since) & (b.t < as_of)) for b in (positions, statics)]
        apply(station.step(heard[0], heard[1], as_of).changes, events)
        since = as_of
        if saved:
            data = dump(station.save())
            station = new()
            station.load(load(data))
    last_step = station.step(PositionBatch.empty(), StaticBatch.empty(), last, ended=True)
    apply(last_step.changes, events)
    assert station.going_on == {e.id: e for e in events.values() if e.end is None}
    return station, events


def apply(changes: list[Change], events: Events) -> None:
    for what, event in changes:
        if what == "withdrawn":
            del events[event.id]
        else:
            events[event.id] = event


def facts(event: Event) -> tuple[object, ...]:
    evidence = event.evidence
    measured = {name: round(value, 9) for name, value in evidence.measured.items()}
    return event.id, event.start, event.end, measured, evidence.lines, evidence.caveats


def found(events: Events) -> list[tuple[object, ...]]:
    return sorted(map(facts, events.values()), key=repr)


@cache
def in_one_step() -> list[tuple[object, ...]]:
    return found(run([])[1])


def test_there_is_something_to_find_of_every_kind() -> None:
    assert {str(row[0]).partition("-")[0] for row in in_one_step()} == set(DETECTORS) - {
        "identity",
        "interference",
        "long_voyage",  # the simulated sea has none of these
    }


@pytest.mark.parametrize("seed", range(3))
def test_however_the_stream_is_cut_the_same_events_stand(seed: int) -> None:
    t = sea()[0].t
    cuts = np.sort(np.random.default_rng(seed).uniform(t[0], t[-1], 40)).tolist()
    station, events = run(cuts)
    assert found(events) == in_one_step()
    assert station.fleet.to_records().tolist() == run([])[0].fleet.to_records().tolist()


def test_saving_and_loading_between_steps_changes_nothing() -> None:
    t = sea()[0].t
    station, events = run(np.linspace(t[0], t[-1], 12).tolist(), saved=True)
    assert found(events) == in_one_step()
    assert station.counts == run([])[0].counts


def test_a_cut_save_is_refused() -> None:
    data = dump(run([])[0].save())
    with pytest.raises(ValueError, match="cut or damaged"):
        Station(Settings(), places()).load(load(data[: len(data) // 2]))


def test_every_detector_has_a_part_in_the_settings() -> None:
    assert {kind: type(getattr(Settings(), kind)) for kind in DETECTORS} == DETECTORS


def test_a_station_knows_what_a_vessel_claimed_to_be_at_a_time() -> None:
    station, statics = run([])[0], sea()[1]
    row = int(np.flatnonzero(statics.name != b"")[0])
    mmsi, t = int(statics.mmsi[row]), float(statics.t[row])
    assert station.claims(mmsi, t).name.encode() == statics.name[row]
    assert station.claims(mmsi, t - 1).name == ""
