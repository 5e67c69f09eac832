"""What ships last said of themselves, for the rows of layers."""

from __future__ import annotations

from collections.abc import Iterable

from sternlight.data import data_folder
from sternlight.record.read import as_claims, claims
from sternlight.sqlite import Database
from tracks.batch import HULLS_PER_MMSI
from tracks.flags import Flags
from tracks.identity import Claims

AT_ONCE = 500  # numbers in a question to SQLite


class Ships:
    """Knows claims by track and by MMSI, and flags; reads those of a record when asked."""

    def __init__(self, record: Database) -> None:
        self._record = record
        self._flags = Flags.load(data_folder() / "flags.csv")

    def flag(self, mmsi: int) -> str:
        """Return the country code that an MMSI claims; "" if it is nobody's."""
        return self._flags.flag(mmsi)

    def said(self, mmsis: Iterable[int]) -> dict[int, Claims]:
        """Return what was said last on each track of some MMSIs."""
        wanted = sorted(set(mmsis))
        found: dict[int, dict[str, tuple[float, str]]] = {}
        for at in range(0, len(wanted), AT_ONCE):
            for one in claims(self._record, wanted[at : at + AT_ONCE]):
                own = found.setdefault(one.mmsi * HULLS_PER_MMSI + one.hull, {})
                own[one.field] = max(own.get(one.field, (float("-inf"), "")), (one.last, one.value))
        return {
            track: as_claims({name: value for name, (_, value) in own.items()})
            for track, own in found.items()
        }
