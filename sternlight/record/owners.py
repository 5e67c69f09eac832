"""Whose a row of the record is: of which of some ships a track was, or was on that day."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sternlight.record import read
from sternlight.record.read import Claim
from sternlight.record.ships import Ship
from sternlight.sqlite import Database
from tracks.batch import HULLS_PER_MMSI
from tracks.way import DAY_S


class Owners:
    """Ships by their tracks, and by the days of tracks on which two ships took turns."""

    def __init__(self, ships: Sequence[Ship]) -> None:
        self._whole: dict[int, int] = {}
        self._parts: dict[tuple[int, int], int] = {}
        self.tracks = sorted({track for ship in ships for track in ship.tracks})
        for row, ship in enumerate(ships):
            days = dict(ship.days)
            for track in ship.tracks:
                if track in days:
                    self._parts.update(dict.fromkeys(((track, day) for day in days[track]), row))
                else:
                    self._whole[track] = row

    def row(self, track: int, day: int) -> int | None:
        """Return the place among the ships of the one that a track was on a Unix day."""
        return self._whole.get(track, self._parts.get((track, day)))

    def at(self, track: int, t: float) -> int | None:
        """Return the same at Unix time `t`."""
        return self.row(track, int(t // DAY_S))


def alone(record: Database, tracks: Collection[int]) -> list[Ship]:
    """Return each hull as a ship by itself, in the order of `tracks`.

    A claim of which nobody knows whose it is belongs to the hull that alone has the number.
    """
    mmsis = {track // HULLS_PER_MMSI for track in tracks}
    hulls = {hull.track: hull for hull in read.hulls(record, mmsis)}
    under: dict[int, list[int]] = {}
    for track in hulls:
        under.setdefault(track // HULLS_PER_MMSI, []).append(track)
    said: dict[int, list[Claim]] = {}
    for claim in read.claims(record, mmsis):
        own = under.get(claim.mmsi, [])
        if claim.hull:
            own = [claim.mmsi * HULLS_PER_MMSI + claim.hull]
        if len(own) == 1:
            said.setdefault(own[0], []).append(claim)
    return [
        Ship((hulls[track],) if track in hulls else (), tuple(said.get(track, ())), (), (), (), ())
        for track in tracks
    ]
