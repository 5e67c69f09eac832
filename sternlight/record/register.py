"""What ships are told apart by, read from a record when it is asked for, or all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby

from sternlight.archive import Archive
from sternlight.record import read
from sternlight.record.read import Claim, Found, Hull
from tracks.batch import HULLS_PER_MMSI
from tracks.likeness import Succession
from tracks.portraits import WORN_COUNT, Portrait, Shared, lasting, portrait, usable, whose
from tracks.way import DAY_S, Way

FINDING = ("imo", "call_sign", "name")  # the claims by which hulls find each other
_WAYS_KEPT = 64  # of hulls compared lately


class Register:
    """Hulls, their claims and portraits, who shares a value, and successions that were seen.

    With `whole`, everything but ways is read at once, for whoever wants all ships.
    """

    def __init__(self, archive: Archive, whole: bool = False) -> None:
        self._archive = archive
        self._whole = whole
        self._hulls: dict[int, list[Hull]] = {}
        self._claims: dict[int, list[Claim]] = {}
        self._shared: dict[int, Shared] = {}
        self._users: dict[tuple[str, str], frozenset[int]] = {}
        self._seen: dict[int, dict[frozenset[int], Succession]] = {}
        self._portraits: dict[int, list[Portrait]] = {}
        self.ways = lru_cache(_WAYS_KEPT)(self._way)
        if whole:
            self._read_all()

    def mmsis(self) -> list[int]:
        """Return the MMSIs of all hulls that have been read so far."""
        return sorted(self._hulls)

    def hulls(self, mmsi: int) -> list[Hull]:
        """Return all hulls under an MMSI, wild positions among them."""
        if mmsi not in self._hulls:
            self._hulls[mmsi] = [] if self._whole else read.hulls(self._archive, [mmsi])
        return self._hulls[mmsi]

    def claims(self, mmsi: int) -> Shared:
        """Return what was claimed under an MMSI, and by which of its hulls."""
        if mmsi not in self._shared:
            if self._whole:
                claims = self._claims.get(mmsi, [])
            else:
                claims = read.claims(self._archive, [mmsi])
            self._shared[mmsi] = whose(lasting(self.hulls(mmsi)), claims)
        return self._shared[mmsi]

    def portraits(self, mmsi: int) -> list[Portrait]:
        """Return what the hulls under an MMSI are known by, without wild positions."""
        if mmsi not in self._portraits:
            of = self.claims(mmsi).of
            worn = {
                (claim.field, claim.value)
                for claims in of.values()
                for claim in claims
                if claim.field in FINDING and len(self.users(claim.field, claim.value)) > WORN_COUNT
            }
            self._portraits[mmsi] = [
                portrait(hull, of[hull.track], worn) for hull in lasting(self.hulls(mmsi))
            ]
        return self._portraits[mmsi]

    def users(self, field: str, value: str) -> frozenset[int]:
        """Return the MMSIs that claimed a value; of one that tells nobody apart, none."""
        key = field, value
        if key not in self._users:
            claims = [] if self._whole else read.claimed(self._archive, field, value)
            self._users[key] = frozenset(c.mmsi for c in claims)
        return self._users[key]

    def near(self, mmsi: int) -> set[int]:
        """Return the other MMSIs that have anything in common with one: a value, or an event."""
        found = {
            other
            for claims in self.claims(mmsi).of.values()
            for claim in claims
            if claim.field in FINDING and usable(claim.field, claim.value)
            for other in self.users(claim.field, claim.value)
            if len(self.users(claim.field, claim.value)) <= WORN_COUNT
        }
        found |= {track // HULLS_PER_MMSI for pair in self.seen(mmsi) for track in pair}
        return found - {mmsi}

    def seen(self, mmsi: int) -> dict[frozenset[int], Succession]:
        """Return the successions that hulls under an MMSI were seen in, by their two tracks."""
        if mmsi not in self._seen:
            tracks = [hull.track for hull in self.hulls(mmsi)]
            events = [] if self._whole else read.found(self._archive, "identity", tracks)
            self._seen[mmsi] = _successions(events)
        return self._seen[mmsi]

    def _way(self, track: int, first: float, last: float) -> Way:
        return read.way_of(self._archive, track, int(first // DAY_S), int(last // DAY_S))

    def _read_all(self) -> None:
        for mmsi, hulls in groupby(read.hulls(self._archive), key=lambda hull: hull.mmsi):
            self._hulls[mmsi] = list(hulls)
        users: dict[tuple[str, str], set[int]] = {}
        for claim in read.claims(self._archive):
            self._claims.setdefault(claim.mmsi, []).append(claim)
            users.setdefault((claim.field, claim.value), set()).add(claim.mmsi)
        self._users = {key: frozenset(mmsis) for key, mmsis in users.items()}
        for pair, seen in _successions(read.found(self._archive, "identity")).items():
            for track in pair:
                self._seen.setdefault(track // HULLS_PER_MMSI, {})[pair] = seen
        for mmsi in self._hulls:
            self._seen.setdefault(mmsi, {})


def _successions(events: Iterable[Found]) -> dict[frozenset[int], Succession]:
    """Return which events are of a number that goes on as another; of a pair, the last one."""
    return {
        frozenset(event.tracks): Succession(
            int(event.row["measured"]["same_claims_count"]),
            int(event.row["measured"]["rivals_count"]),
        )
        for event in events
        if "silent_s" in event.row["measured"]  # no other event of identity measures that
    }
