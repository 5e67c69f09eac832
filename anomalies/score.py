"""How unusual an event is: a score between 0 and 1, and every factor it is made of.

The score is 1 / (1 + exp(-w)), where w is the sum of the weights of all factors
listed, the starting point among them; nothing else enters.  It says how
unusual something is, never how guilty somebody is.  The weights, each with its
reason, stand in `anomalies.weights`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from anomalies.event import Anomaly, Assessment, Event, Factor, Kind
from anomalies.factors import Facts, factor
from anomalies.score_encounter import of_encounter
from anomalies.score_gap import of_gap
from anomalies.score_identity import of_identity
from anomalies.score_interference import of_interference
from anomalies.score_listed import of_listed
from anomalies.score_loitering import of_loitering
from anomalies.score_long_voyage import of_long_voyage
from anomalies.ship_kinds import WORDS
from tracks.identity import Claims

_BY_KIND: dict[Kind, tuple[Anomaly, Callable[[Facts], Iterator[Factor]]]] = {
    "interference": ("interference", of_interference),
    "gap": ("dark_gap", of_gap),
    "loitering": ("loitering", of_loitering),
    "encounter": ("transshipment", of_encounter),
    "identity": ("identity", of_identity),
    "long_voyage": ("long_voyage", of_long_voyage),
    "listed": ("listed", of_listed),
}

_BEGINS = {
    "interference": "Receivers fail and numbers are shared, but seldom by many at once.",
    "dark_gap": "Most silences that one antenna hears are lost reception.",
    "loitering": "Ships drift and anchor for many ordinary reasons.",
    "transshipment": "Most ships close together work, wait or anchor together.",
    "identity": "Numbers are typed in by hand, shared by accident and changed by rule.",
    "long_voyage": "Most ships that stay away call at ports where nobody here hears them.",
    "listed": "Names and numbers are typed in, in lists too, and several ships bear them.",
}


def assess(event: Event, claims: Mapping[int, Claims]) -> Assessment:
    """Score an event.

    `claims` says by track what its vessels, and the others that its evidence tells of,
    claimed to be at the time.
    """
    anomaly, factors_of = _BY_KIND[event.kind]
    base = factor(f"{anomaly}: base", _BEGINS[anomaly])
    of_ships, of_others = (
        tuple(claims.get(track) for track in tracks)
        for tracks in (event.tracks, event.evidence.others)
    )
    facts = Facts(event, of_ships, of_others)
    factors = [base, *factors_of(facts)]
    ordered = sorted(factors, key=lambda f: (-abs(f.weight), f.name))
    return Assessment(
        anomaly=anomaly,
        score=1 / (1 + math.exp(-math.fsum(f.weight for f in factors))),
        reasons=tuple(f for f in ordered if f.weight > 0),
        objections=tuple(f for f in ordered if f.weight <= 0),
        caveats=event.evidence.caveats,
        ships=tuple(WORDS[kind] for kind in facts.kinds),
    )
