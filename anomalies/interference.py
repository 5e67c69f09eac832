"""Interference: many ships of one area jump together, since none knows where it is.

A ship is displaced when it reports from where it cannot be (`anomalies.strays`).  One ship
alone has a broken receiver, or shares its number.  When at least four ships that were
within 15 nmi of each other are displaced within an hour, and they are at least three in ten
of all ships heard there, satellite navigation itself was disturbed: jammed, or made to show
false places.  It lasts from the first report from a false place to the last; pieces less
than four hours apart are one.  It is an event about an area and no ship's doing.

It does not prove that anybody meant to disturb these ships, or where the transmitter
stands.  Neglected: ships whose receivers fall silent without a false position; false
positions that slide away slower than a ship can go, on land or in circles, without a jump;
ships heard more seldom than every ten minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from anomalies.areas import Areas, Limits, Struck, groups, joined
from anomalies.detector import Context, Heard
from anomalies.event import Change, Event, Evidence
from anomalies.jams import Jams
from anomalies.marks import HOUR, NEVER, keys_of, marks_in, reach
from anomalies.presence import Bins, Presence, presence_of
from anomalies.strays import Displaced, Strays, displaced
from tracks.batch import BIN_S, HULLS_PER_MMSI, I64
from tracks.geodesy import NMI_M, distance_m
from tracks.state import State

SHOWN_COUNT = 8  # ships whose lines are the evidence: more prove no more
KEPT_BINS = 48 * HOUR  # how long a jam that is over can still be asked about

SOME = "the lines are those of {shown} of {count} ships"
PLACES = "places are those before the ships jumped; where they truly went meanwhile is not known"


@dataclass(frozen=True, slots=True)
class Interference:
    """At least `min_vessels_count` ships and `min_share` of all, within `radius_nmi`, displaced."""

    min_vessels_count: int = 4  # ours: four faults at one place within an hour are no chance
    min_share: float = 0.3  # ours: ships with several satellite systems may be spared
    radius_nmi: float = 15.0  # ours: a jammer at sea level is seen so far by a ship's antenna
    max_speed_kn: float = 25.0  # as the segment's: what a ship cannot have gone
    merge_h: float = 4.0  # as for encounters
    max_duration_h: float = 168.0  # ours: longer ones are told week by week; bounds memory

    def __post_init__(self) -> None:
        if self.min_vessels_count < 2:
            raise ValueError(
                f"min_vessels_count of interference is {self.min_vessels_count}; it must be at"
                " least 2, since one ship alone may have a fault of its own"
            )
        if not 0 <= self.min_share <= 1:
            raise ValueError(
                f"min_share of interference is {self.min_share:g}; it must be from 0 to 1: the"
                " share of the ships there that jump"
            )

    @property
    def kind(self) -> Literal["interference"]:
        """The kind of event it finds."""
        return "interference"

    def start(self) -> State:
        """Return the state before anything was heard."""
        return {
            "reach": np.array(-np.inf),
            "through": np.array(NEVER),
            **Presence.empty().to_state("presence_"),
            **Strays.empty().to_state("strays_"),
            **Displaced.empty().to_state("displaced_"),
            **Areas.empty().to_state("areas_"),
            **Struck.empty().to_state("struck_"),
        }

    def step(
        self, state: State, heard: Heard, context: Context, as_of: float
    ) -> tuple[State, list[Change]]:
        """Take what was heard up to `as_of`; return the new state and what changed."""
        known_s = reach(state, heard, context, as_of)
        bins = Bins.up_to(int(state["through"]), known_s)
        presence = Presence.from_state(state, "presence_")
        presence = presence.joined(presence_of(heard.fixes, heard.aside))
        now = {**state, "reach": np.array(known_s), **presence.to_state("presence_")}
        ended = context.ended or as_of == np.inf
        if bins.through == bins.before and not ended:
            return now, []
        strays = Strays.from_state(state, "strays_")
        strays, new = displaced(presence, strays, bins, self.max_speed_kn)
        before = Displaced.from_state(state, "displaced_")
        found = Displaced.concat([before.take(before.bin > bins.before - HOUR), new])
        areas, struck, changes = self._areas(state, found, presence, bins)
        areas, told = self._told(areas, struck, bins, ended)
        kept = areas.take(~areas.over | (areas.last > bins.before - KEPT_BINS))
        struck = struck.take(np.isin(struck.start, kept.start))
        births = keys_of(strays.track // HULLS_PER_MMSI, strays.birth)
        made_up = strays.strange & np.isin(births, keys_of(struck.mmsi, struck.bin))
        return {
            **now,
            "through": np.array(bins.through),
            **presence.take(presence.bin > bins.through - HOUR - 1).to_state("presence_"),
            **replace(strays, jammed=strays.jammed | made_up).to_state("strays_"),
            **found.take(found.bin > bins.through - HOUR).to_state("displaced_"),
            **kept.to_state("areas_"),
            **struck.to_state("struck_"),
        }, changes + told

    def jams(self, state: State) -> Jams:
        """Return what the other detectors may ask: where nobody's position can be trusted."""
        struck = Struck.from_state(state, "struck_")
        if not len(struck):
            return Jams.none()
        struck = struck.take(np.argsort(struck.bin, kind="stable"))
        ships = np.sort(keys_of(struck.mmsi, struck.bin))
        strays = Strays.from_state(state, "strays_")
        return Jams(
            struck.bin, struck.lat, struck.lon, ships, strays, self.radius_nmi, self.max_speed_kn
        )

    def _areas(
        self, state: State, found: Displaced, presence: Presence, bins: Bins
    ) -> tuple[Areas, Struck, list[Change]]:
        """Return the areas as they stand, and what became of those that others swallowed."""
        areas, struck = Areas.from_state(state, "areas_"), Struck.from_state(state, "struck_")
        changes: list[Change] = []
        for now in np.unique(found.bin[found.bin > bins.before]).tolist():
            for group in groups(found, presence, now, self._limits):
                known = areas
                areas, struck, gone = joined(areas, struck, group, now, self._limits)
                lost = np.isin(known.start, gone) & (known.told_count > 0)
                changes += [
                    Change("withdrawn", self._event(known, i, Struck.empty(), None))
                    for i in np.flatnonzero(lost).tolist()
                ]
        return areas, struck, changes

    def _told(
        self, areas: Areas, struck: Struck, bins: Bins, ended: bool
    ) -> tuple[Areas, list[Change]]:
        """Tell of areas that are over, and of the others at first and at each doubling."""
        changes: list[Change] = []
        count, length, over = areas.told_count.copy(), areas.told_bins.copy(), areas.over.copy()
        for i in np.flatnonzero(~areas.over).tolist():
            own = struck.take(struck.start == areas.start[i])
            ships = len(np.unique(own.mmsi))
            lasts = int(areas.last[i] - areas.start[i] // BIN_S) + 1
            # What continues it may have begun up to an hour before it is seen to be an area.
            if bins.through - areas.last[i] >= self._limits.merge_bins + HOUR:
                over[i] = True
                end = float(own.t.max())
                changes.append(Change("closed", self._event(areas, i, own, end)))
            elif ended or ships >= 2 * count[i] or lasts >= 2 * length[i]:
                what: Literal["opened", "updated"] = "updated" if count[i] else "opened"
                changes.append(Change(what, self._event(areas, i, own, None)))
                count[i], length[i] = ships, lasts
        return replace(areas, told_count=count, told_bins=length, over=over), changes

    def _event(self, areas: Areas, i: int, rows: Struck, end: float | None) -> Event:
        rows = rows.take(np.lexsort((rows.t, rows.mmsi)))
        _, first = np.unique(rows.mmsi, return_index=True)
        lat, lon = float(areas.lat[i]), float(areas.lon[i])
        away_m = distance_m(rows.lat, rows.lon, lat, lon)
        shown = rows.mmsi[first[np.argsort(rows.t[first], kind="stable")[:SHOWN_COUNT]]]
        caveats = [PLACES]
        if len(first) > len(shown):
            caveats.append(SOME.format(shown=len(shown), count=len(first)))
        last_t = float(rows.t.max()) if len(rows) else float(areas.start[i])
        return Event(
            kind=self.kind,
            tracks=(),
            start=float(areas.start[i]),
            end=end,
            lat=lat,
            lon=lon,
            evidence=Evidence(
                measured={
                    "duration_h": (last_t - float(areas.start[i])) / 3600,
                    "vessels_count": float(len(first)),
                    "affected_share": float(areas.share[i]),
                    "radius_nmi": float(away_m.max(initial=0.0)) / NMI_M,
                    "median_jump_nmi": float(np.median(rows.jump_nmi[first])) if len(rows) else 0.0,
                },
                rule=self._rule,
                lines=_lines(rows.take(np.isin(rows.mmsi, shown))),
                caveats=tuple(caveats),
            ),
        )

    @property
    def _limits(self) -> Limits:
        return Limits(
            self.min_vessels_count,
            self.min_share,
            self.radius_nmi,
            marks_in(self.merge_h),
            marks_in(self.max_duration_h),
        )

    @property
    def _rule(self) -> str:
        return (
            f"vessels_count >= {self.min_vessels_count} displaced within an hour, homes within"
            f" {self.radius_nmi:g} nmi; affected_share >= {self.min_share:g}"
        )


def _lines(rows: Struck) -> tuple[int, ...]:
    every: I64 = np.concatenate([rows.line, rows.other_line, rows.home_line, rows.home_later_line])
    return tuple(np.unique(every[every >= 0]).tolist())
