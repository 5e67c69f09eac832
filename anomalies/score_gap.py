"""What makes a gap more or less likely to be a ship that was made silent."""

from __future__ import annotations

import math
from collections.abc import Iterator

from anomalies.event import Factor
from anomalies.factors import FAR_OFFSHORE_NMI, Facts, factor, growing, hours, nmi, one_in, seconds
from anomalies.weights import WEIGHTS
from tracks.batch import CLASS_B

REGULAR_COUNT = 14  # positions in the 12 h before: Welch et al. 2022, doi 10.1126/sciadv.abq2109
RARE_COUNT = 4
DENSE_S, REGULAR_S = 60.0, 360.0  # median intervals; 6 min is twice the 3 min of ships at anchor
IN_PORT_NMI = 5.4  # 10 km, Miller et al. 2018
NEAR_SHORE_NMI = 5.0
AT_REST = {1: "at anchor", 5: "moored", 6: "aground"}  # navigational status, table 47
REST_KN = 0.5  # a ship whose antenna only swings
SAME_PLACE_NMI = 1.0
FASTEST_KN = 30.0  # faster than any fishing or cargo ship


def of_gap(facts: Facts) -> Iterator[Factor]:
    """Yield what speaks for and against a dark gap, but for where all of them begin."""
    surprise = facts.measured("silence_surprise")
    if math.isfinite(surprise):  # what follows is in it already, and more rightly
        yield _surprise(surprise)
        return
    yield from _without_coverage(facts)
    yield from _deaf(facts)
    yield from _ends(facts)
    yield from _off(facts)


def _surprise(surprise: float) -> Factor:
    """Return what the coverage learned says of it; see docs/coverage.md."""
    most = WEIGHTS["surprise: most"].value
    weight = WEIGHTS["surprise: ordinary"].value + WEIGHTS["surprise"].value * surprise
    says = (
        "Of the silences of ships that went on transmitting here, about one in"
        f" {one_in(surprise)} is as surprising."
    )
    return Factor("surprise", min(most, weight), says)


def _without_coverage(facts: Facts) -> Iterator[Factor]:
    """Yield what stands in for coverage where it is not known."""
    yield factor(
        "reception unknown",
        "How well this station hears ships there has not been learned;"
        " the ship may have left its range.",
    )
    duration_h = facts.measured("duration_h")
    yield growing("long silence", duration_h, 6, f"Silent for {hours(duration_h)}.")
    yield _before(facts)
    yield from _meanwhile(facts)
    shore = facts.measured("shore_nmi")
    if facts.measured("port_nmi") > IN_PORT_NMI and shore < NEAR_SHORE_NMI:
        yield factor("off near shore", f"Fell silent {nmi(shore)} from shore.")
    if facts.measured("ship_class_code") == CLASS_B:
        yield factor("class B", "A class B transponder, which is heard only half as far.")
    away = facts.measured("distance_nmi")
    if facts.event.end is not None and away < SAME_PLACE_NMI:
        says = f"Heard again {nmi(away)} from where it fell silent: it may not have moved at all."
        yield factor("came back at the same place", says)


def _before(facts: Facts) -> Factor:
    count = facts.measured("positions_before_count")
    interval_s = facts.measured("median_interval_s")
    heard = f"{count:.0f} positions in the 12 h before"
    if not count >= RARE_COUNT:
        return factor("rare before", f"Reception was sparse: only {heard}.")
    every = f"one every {seconds(interval_s)} at the median"
    if count < REGULAR_COUNT or interval_s > REGULAR_S:
        return factor("sparse before", f"Reception was sparse: {heard}, {every}.")
    if interval_s > DENSE_S:
        return factor("regular before", f"Heard regularly until then: {every}.")
    return factor("dense before", f"Heard densely until then: {every}.")


def _meanwhile(facts: Facts) -> Iterator[Factor]:
    """Yield what the others say of the station."""
    witnesses, share = facts.measured("witnesses_count"), facts.measured("station_heard_share")
    if witnesses >= 2:
        says = f"{witnesses:.0f} other ships were heard near the place in the first hours of it."
        yield factor("witnesses", says)
    elif witnesses == 1:
        yield factor("one witness", "One other ship was heard near the place meanwhile.")
    elif share < 0.5 and not _known_deaf(facts):
        says = "No other ship was heard around then, so nothing shows what the station could hear."
        yield factor("alone in the recording", says)
    elif share >= 0.5:
        says = "No other ship was heard near the place in the first hours of it."
        yield factor("no witness", says)


def _known_deaf(facts: Facts) -> bool:
    """Return whether others show that the station was deaf, and not merely alone."""
    names = ("witnesses_count", "others_before_count", "source_deaf_h")
    return any(facts.event.evidence.measured.get(name, 0.0) for name in names)


def _deaf(facts: Facts) -> Iterator[Factor]:
    """Yield for how much of the silence nobody could have been heard."""
    share = facts.measured("station_heard_share")
    deaf_h = facts.event.evidence.measured.get("source_deaf_h", 0.0)
    says = f"The station heard anybody at all in only {share:.0%} of that time."
    listened = 1 - deaf_h / facts.measured("duration_h")
    if listened < share:
        share = listened
        says = f"The source that heard it last was deaf for {hours(deaf_h)} of that time."
    if share < 0.5 and _known_deaf(facts):
        yield factor("deaf station", says)
    elif 0.5 <= share < 0.9:
        yield factor("partly deaf station", says)


def _ends(facts: Facts) -> Iterator[Factor]:
    away, speed_kn = facts.measured("distance_nmi"), facts.measured("implied_speed_kn")
    if facts.event.end is None:
        yield factor("not back yet", "It has not been heard again; it may have sailed away.")
    elif speed_kn > FASTEST_KN:
        says = f"Heard again {nmi(away)} away, which would take {speed_kn:.0f} kn."
        yield factor("came back impossibly far", says)
    elif away >= 10:
        says = f"Heard again {nmi(away)} away, a way it went unheard at {speed_kn:.1f} kn or more."
        yield factor("came back elsewhere", says)
    if facts.measured("on_port_nmi") <= IN_PORT_NMI < facts.measured("port_nmi"):
        says = f"Heard again {nmi(facts.measured('on_port_nmi'))} from a port or anchorage."
        yield factor("on in port", says)


def _off(facts: Facts) -> Iterator[Factor]:
    shore, port = facts.measured("shore_nmi"), facts.measured("port_nmi")
    if port <= IN_PORT_NMI:
        yield factor("off in port", f"Fell silent {nmi(port)} from a port or anchorage.")
    elif shore >= FAR_OFFSHORE_NMI:
        yield factor("off far from shore", f"Fell silent {nmi(shore)} from shore.")
    status, speed_kn = facts.measured("nav_status_code"), facts.measured("sog_kn")
    if status in AT_REST or speed_kn < REST_KN:
        said = AT_REST.get(int(status), f"making {speed_kn:.1f} kn")
        yield factor("at rest", f"Its last report said {said}.")
