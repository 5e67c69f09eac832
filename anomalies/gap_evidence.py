"""What a gap's event says: the silence, the vessel before it, the place, who else was heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from anomalies.event import Event, Evidence
from anomalies.hearing import Hearing, Outages
from anomalies.last_heard import RING_COUNT, Last
from anomalies.place_facts import place_facts
from anomalies.surprise import Found
from anomalies.witnesses import NAMED_COUNT, Witnesses
from tracks.batch import F64, Fixes, Mask
from tracks.geodesy import NMI_M, distance_m
from tracks.listening import TOLD_WITHIN_S, Listening
from tracks.places import Places

BEFORE_H = 12.0  # positions in the 12 h before: GFW pipe-gaps, Welch et al. 2022

# What the lines named cannot show again, since it depends on the rest of the log.
OF_WHOLE_LOG = (
    "silence_surprise",
    "silence_known_share",
    "station_heard_share",
    "others_before_count",
    "witnesses_count",
    "outage_h",
    "source_deaf_h",
)

AT_LEAST = (
    f"at least {RING_COUNT} positions were heard in the 12 h before: only the last {RING_COUNT} are"
    " kept"
)
UNKNOWN = "how well ships are heard there has not been learned: the silence may be lost reception"
NO_WITNESS = "no other vessel was heard near the place: the station may not have heard that sea"
SOME_NAMED = f"of {{count}} witnesses, the lines of {NAMED_COUNT} are named"
DEAF = "the station heard anybody at all in only {share:.0%} of the time"
SOURCE_DEAF = "the source that heard it last was deaf for {deaf:.1f} h of it"


@dataclass(frozen=True, slots=True)
class Teller:
    """Makes events of silences."""

    kind: Literal["gap"]
    rule: Callable[[float, float], str]  # by its length, and that of outages in it, in hours
    places: Places
    hearing: Hearing
    listening: Listening
    outages: Outages
    known_s: float  # up to when everything was heard

    def closed(
        self, offs: Last, met: Sequence[Witnesses], back: Fixes, found: Found
    ) -> Iterator[Event]:
        """Yield the event of each silence that the fix in `back` ended."""
        if not len(offs):
            return
        away_nmi = distance_m(offs.lat, offs.lon, back.lat, back.lon) / NMI_M
        speed_kn = away_nmi / (back.t - offs.t) * 3600
        on = place_facts(self.places, back.lat, back.lon)
        for i, event in enumerate(self._events(offs, met, back.t, found)):
            measured = {
                "distance_nmi": float(away_nmi[i]),
                "implied_speed_kn": float(speed_kn[i]),
                **{f"on_{name}": value for name, value in on[i].items()},
            }
            yield _and(event, float(back.t[i]), measured, int(back.line[i]))

    def open(
        self, offs: Last, met: Sequence[Witnesses], until: F64, found: Found
    ) -> Iterator[Event]:
        """Yield the event of each silence that goes on, measured up to `until`."""
        return self._events(offs, met, until, found)

    def _events(
        self, offs: Last, met: Sequence[Witnesses], until: F64, found: Found
    ) -> Iterator[Event]:
        if not len(offs):
            return
        places = place_facts(self.places, offs.lat, offs.lon)
        times = offs.ring["t"]
        before = (times >= offs.t[:, None] - BEFORE_H * 3600) & (times < offs.t[:, None])
        others = self.hearing.others_before(offs.t)
        outage_h = self.hearing.outage_s(offs.t, until, self.outages, self.known_s) / 3600
        deaf_s = self.listening.deaf_s(offs.source, until - TOLD_WITHIN_S) - offs.deaf_s
        for i in range(len(offs)):
            measured = {
                "duration_h": float(until[i] - offs.t[i]) / 3600,
                "positions_before_count": float(before[i].sum()),
                **_regularity(times[i][before[i]], float(offs.t[i])),
                **_surprise(found, i),
                "witnesses_count": float(met[i].mmsis_count),
                "others_before_count": float(others[i]),
                "station_heard_share": self.hearing.share(float(offs.t[i]), float(until[i])),
                **({"outage_h": float(outage_h[i])} if outage_h[i] > 0 else {}),
                **({"source_deaf_h": float(deaf_s[i]) / 3600} if deaf_s[i] > 0 else {}),
                **_said(offs, i),
                **places[i],
            }
            yield Event(
                kind=self.kind,
                tracks=(int(offs.track[i]),),
                start=float(offs.t[i]),
                end=None,
                lat=float(offs.lat[i]),
                lon=float(offs.lon[i]),
                evidence=Evidence(
                    measured=measured,
                    rule=self.rule(measured["duration_h"], float(outage_h[i])),
                    lines=_lines(offs, i, before[i], met[i]),
                    caveats=tuple(_caveats(measured, met[i])),
                ),
            )


def _and(event: Event, end: float, measured: dict[str, float], line: int) -> Event:
    """Return the event closed, with what is known of its end added."""
    known = event.evidence
    evidence = Evidence(
        measured={**known.measured, **measured},
        rule=known.rule,
        lines=tuple(sorted({*known.lines, line})),
        caveats=known.caveats,
    )
    return Event(event.kind, event.tracks, event.start, end, event.lat, event.lon, evidence)


def _regularity(before: F64, off: float) -> dict[str, float]:
    if not len(before):
        return {}
    return {"median_interval_s": float(np.median(np.diff(before, append=off)))}


def _surprise(found: Found, i: int) -> dict[str, float]:
    if not np.isfinite(found.one_in[i]):
        return {}
    return {
        "silence_surprise": float(found.one_in[i]),
        "silence_known_share": float(found.known_share[i]),
    }


def _said(offs: Last, i: int) -> dict[str, float]:
    """Return what the last fix said of itself; numbers as in ITU-R M.1371-5."""
    speed = {"sog_kn": float(offs.sog_kn[i])} if np.isfinite(offs.sog_kn[i]) else {}
    return {
        **speed,
        "nav_status_code": float(offs.nav_status[i]),
        "ship_class_code": float(offs.ship_class[i]),
    }


def _lines(offs: Last, i: int, before: Mask, met: Witnesses) -> tuple[int, ...]:
    earlier = offs.ring["line"][i][before].tolist()
    return tuple(sorted({int(offs.line[i]), *earlier, *met.lines}))


def _caveats(measured: dict[str, float], met: Witnesses) -> Iterator[str]:
    if "silence_surprise" not in measured:
        yield UNKNOWN
    if not met.mmsis_count:
        yield NO_WITNESS
    if met.mmsis_count > NAMED_COUNT:
        yield SOME_NAMED.format(count=met.mmsis_count)
    if measured["station_heard_share"] < 0.9:
        yield DEAF.format(share=measured["station_heard_share"])
    if "source_deaf_h" in measured:
        yield SOURCE_DEAF.format(deaf=measured["source_deaf_h"])
    if measured["positions_before_count"] == RING_COUNT:
        yield AT_LEAST
