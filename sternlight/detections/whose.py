"""Which hulls of the record a detection may mean by the identity that it gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sternlight.detections.sighting import Sighting
from sternlight.sqlite import Database
from sternlight.text import plain
from tracks.batch import HULLS_PER_MMSI

_LENGTH_FIELD = "size"


class Whose(NamedTuple):
    """Identities of the record: hulls by what was claimed, and what is known of each hull."""

    hulls: dict[int, list[int]]  # tracks by MMSI
    by_claim: dict[tuple[str, str], set[int]]  # tracks by (field, value)
    names: dict[int, str]  # by track
    lengths_m: dict[int, float]

    @classmethod
    def read(cls, archive: Database) -> Whose:
        """Read all that was claimed, the latest last."""
        hulls: dict[int, list[int]] = {}
        for track, mmsi in archive.read("select track, mmsi from hulls order by track"):
            hulls.setdefault(mmsi, []).append(track)
        whose = cls(hulls, {}, {}, {})
        for mmsi, hull, field, value in archive.read(
            "select mmsi, hull, field, value from claims"
            " where field in ('name', 'call_sign', 'imo', 'size') order by last, value"
        ):
            own = mmsi * HULLS_PER_MMSI + hull
            tracks = [own] if hull else hulls.get(mmsi, [])
            whose._take(tracks, field, value)
        return whose

    def _take(self, tracks: list[int], field: str, value: str) -> None:
        for track in tracks:
            if field == _LENGTH_FIELD:
                self.lengths_m[track] = float(value.partition("x")[0])
            elif field == "name":
                self.names[track] = plain(value)
        if field in ("imo", "call_sign"):
            self.by_claim.setdefault((field, value), set()).update(tracks)

    def of(self, seen: Sighting) -> list[int]:
        """Return the hulls that a detection may mean, sorted; a name alone names nobody."""
        found = set(self.hulls.get(seen.mmsi, ()))
        for claim in _claims(seen):
            found |= self.by_claim.get(claim, set())
        return sorted(found)


def named(seen: Sighting) -> bool:
    """Return whether a detection says who it is."""
    return bool(seen.mmsi or seen.imo or seen.call_sign)


def _claims(seen: Sighting) -> Iterator[tuple[str, str]]:
    if seen.imo:
        yield "imo", str(seen.imo)
    elif seen.call_sign and not seen.mmsi:
        yield "call_sign", seen.call_sign
