"""(b) Encounters and loitering among ordinary life: on the high seas, and off a shore station."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import _evaluate_scenes as scenes
import numpy as np
from _evaluate_metrics import Ranking, Span, match
from _evaluate_reception import Climate
from _evaluate_run import Factors, Found, found_in
from _evaluate_sea import Cast, Hidden, Play, moved, record

from receiver.sources import sea_port, sea_traffic, sea_wanted
from receiver.sources.sea_chart import DAY, HOUR
from receiver.sources.sea_scene import Scene
from sternlight.settings import Settings
from tracks.batch import F64
from tracks.place import Place
from tracks.places import Places
from tracks.shore import COLUMNS, NODES_PER_DEGREE, ROWS, Shore

START = 1_772_323_200.0  # 2026-03-01T00:00:00Z
SHORE_NMI, HIGH_SEAS_NMI = (10.0, 25.0), (110.0, 180.0)
EAST_DEG = 197.5  # brings the station to 179.98 E; a whole number of the shore map's nodes
KINDS = ("encounter", "loitering")

_TRADE: dict[type[Scene], int] = {
    scenes.Meeting: 12,
    scenes.ShyMeeting: 6,
    sea_wanted.Loiterer: 12,
    sea_traffic.Passer: 16,
    sea_traffic.Convoy: 3,
    scenes.Fleet: 4,
    scenes.NetMarkers: 4,
    scenes.SlowPair: 4,
    scenes.Bunkering: 3,
}
_COAST: dict[type[Scene], int] = {
    sea_traffic.DayBoat: 14,
    sea_port.Anchored: 6,
    sea_port.Moored: 6,
    sea_traffic.Trawler: 6,
    sea_port.PortCall: 3,
    sea_traffic.PairTrawlers: 3,
    sea_port.Rafted: 2,
    sea_traffic.IslandFerry: 1,
    sea_traffic.NightFerry: 1,
    sea_traffic.Yacht: 3,
    scenes.Roads: 3,
    scenes.Angling: 3,
    scenes.WorkBoats: 3,
    scenes.PilotStation: 2,
}
OFF_SHORE = Cast(_TRADE | _COAST, {"inner": (8.0, 14.0), "outer": SHORE_NMI})
HIGH_SEAS = Cast(_TRADE, {"inner": HIGH_SEAS_NMI, "outer": HIGH_SEAS_NMI})
GOOD = Climate((45.0, 50.0), terrain=0.1, shadows_count=0, outages_count=0, weak_spells_count=0)
ORBIT = replace(GOOD, range_nmi=(9e3, 9e3), terrain=0.0)


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to try the same acts."""

    name: str
    cast: Cast
    climate: Climate
    lost_share: float = 0.0
    east_deg: float = 0.0


def _at_midnight(cast: Cast) -> Cast:
    roles = dict(cast.roles)
    roles[scenes.MidnightMeeting] = roles.pop(scenes.Meeting) + roles.pop(scenes.ShyMeeting)
    return replace(cast, roles=roles)


SETTINGS = (
    Setting("off a shore station", OFF_SHORE, GOOD),
    Setting("off a shore station, each meeting across midnight UTC", _at_midnight(OFF_SHORE), GOOD),
    Setting("off a shore station at longitude 180", OFF_SHORE, GOOD, east_deg=EAST_DEG),
    Setting("off a shore station, a third of the reports lost", OFF_SHORE, GOOD, 1 / 3),
    Setting("on the high seas, from orbit, every five minutes", HIGH_SEAS, ORBIT, 0.8),
)


class Act(NamedTuple):
    """Something that truly happened; `whole` if all of it lies within the recording."""

    kind: str
    span: Span
    whole: bool


class Outcome(NamedTuple):
    """What came of one sea, for one kind of event."""

    ranking: Ranking
    start_min: F64  # how far off the starts and ends of the right ones are
    end_min: F64
    causes: Counter[str]  # what the wrong ones were
    strong_causes: Counter[str]  # and those of them with a score of at least one half
    weeks: float
    factors: tuple[Factors, ...] = ()  # of each row of the ranking


def outcomes(
    setting: Setting, seed: int, days: float, rules: Mapping[str, Settings], places: Places
) -> dict[str, dict[str, Outcome]]:
    """Play one sea once and judge it by each set of settings; return by rule, then by kind."""
    sea = Play(seed, setting.cast.vessels, START, START + days * DAY, cast=setting.cast)
    heard = record(sea, setting.climate, Hidden.empty(), setting.lost_share)
    heard = moved(heard, setting.east_deg)
    if setting.east_deg:
        places = places_moved(places, setting.east_deg)
    acts = list(acts_of(sea))
    found = {
        name: found_in(heard.positions, heard.statics, settings, places)
        for name, settings in rules.items()
    }
    weeks = days / 7
    return {
        name: {kind: compare(kind, of, acts, weeks) for kind in KINDS} for name, of in found.items()
    }


def acts_of(sea: Play) -> Iterator[Act]:
    """Yield everything that happens, ordinary life too."""
    for truth, ships in sea.truths():
        mmsis = tuple(sorted(sea.register.mmsi[list(ships)].tolist()))
        start, end = max(truth.start, sea.start), min(truth.end, sea.end)
        # Half an hour: what begins with the recording cannot be told from what began before.
        whole = truth.start > sea.start + HOUR / 2 and truth.end < sea.end - HOUR / 2
        yield Act(truth.kind, Span(mmsis, start, end), whole)


def compare(kind: str, found: Sequence[Found], acts: Sequence[Act], weeks: float) -> Outcome:
    """Compare the events of one kind with what truly happened.

    Left out as neither right nor wrong: acts that reach beyond the recording,
    and the drifting of a ship while it meets another.
    """
    true = [a.span for a in acts if a.kind == kind and a.whole]
    aside = [a.span for a in acts if a.kind == kind and not a.whole]
    if kind == "loitering":
        aside += [Span((m,), a.span.start, a.span.end) for a in acts if a.kind == "encounter"
                  for m in a.span.mmsis]  # fmt: skip
    listed = [f for f in found if f.kind == kind]
    matched = match([f.span for f in listed], true)
    counted = [i for i, f in enumerate(listed) if i in matched or not _touches(f.span, aside)]
    truth = np.array([i in matched for i in counted], np.bool_)
    score = np.array([listed[i].score for i in counted], np.float64)
    off = np.array(
        [
            (listed[i].span.start - true[j].start, listed[i].span.end - true[j].end)
            for i, j in matched.items()
        ]
    ).reshape(-1, 2)
    wrong = [listed[i] for i in counted if i not in matched]
    causes = Counter(_cause(kind, f.span, acts) for f in wrong)
    strong = Counter(_cause(kind, f.span, acts) for f in wrong if f.score >= 0.5)
    ranking = Ranking(truth, score, len(true) - len(matched))
    start_min, end_min = np.abs(off.T) / 60
    factors = tuple(listed[i].factors for i in counted)
    return Outcome(ranking, start_min, end_min, causes, strong, weeks, factors)


def _touches(span: Span, others: Sequence[Span]) -> bool:
    return any(
        set(span.mmsis) == set(o.mmsis) and span.start < o.end and span.end > o.start
        for o in others
    )


def _cause(kind: str, span: Span, acts: Sequence[Act]) -> str:
    """Return what its ships truly did at the time, in one word."""
    for act in acts:
        during = span.start < act.span.end and span.end > act.span.start
        if during and set(span.mmsis) <= set(act.span.mmsis):
            return f"{act.kind}, wrong times" if act.kind == kind else act.kind
    return "neighbours" if len(span.mmsis) > 1 else "other traffic"


def places_moved(places: Places, east_deg: float) -> Places:
    """Return ports and shore that many degrees further east; a whole number of map nodes."""
    harbours = [_moved(place, east_deg) for place in places.harbours]
    if places.shore is None:
        return Places.of(harbours)
    nodes = round(east_deg * NODES_PER_DEGREE)
    field = places.shore.at_nodes(np.arange(ROWS), np.arange(COLUMNS) - nodes)
    return Places.of(harbours, Shore.of(field))


def _moved(place: Place, east_deg: float) -> Place:
    if place.outline is not None:
        raise ValueError(f"{place.name} is an outline; only places that are points can be moved")
    return replace(place, lon=(place.lon + east_deg + 180) % 360 - 180)


def rules(settings: Settings) -> dict[str, Settings]:
    """Return the settings in use, and those that stand for the rules of others."""
    meeting, loitering = settings.encounter, settings.loitering
    return {
        "Sternlight": settings,
        "Miller 2018: 10 km from ports, no limit from shore; loitering from 20 nmi (GFW)": replace(
            settings,
            encounter=replace(meeting, min_shore_nmi=0.0),
            loitering=replace(loitering, min_shore_nmi=20.0),
        ),
        "no port and no shore masked": replace(
            settings,
            encounter=replace(meeting, min_shore_nmi=0.0, port_radius_nmi=0.0),
            loitering=replace(loitering, min_shore_nmi=0.0, port_radius_nmi=0.0),
        ),
    }
