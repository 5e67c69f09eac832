"""The flag that an MMSI claims: its first three digits, the MID, belong to a country.

config/flags.csv holds the table; docs/tracks.md says where it comes from.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HEADER = ["mid", "country", "name"]


@dataclass(frozen=True, slots=True)
class Flags:
    """Countries by MID: ISO 3166-1 alpha-2 codes, and names for people."""

    countries: Mapping[int, str]
    names: Mapping[int, str]

    @classmethod
    def load(cls, path: Path) -> Flags:
        """Read a CSV file with the columns mid, country, name.

        Raises ValueError, naming file and line, where it is anything else.
        """
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        if not rows or rows[0] != HEADER:
            raise ValueError(f"{path}: the first line must be {','.join(HEADER)}")
        for number, row in enumerate(rows[1:], 2):
            if len(row) != len(HEADER) or not (row[0].isdecimal() and len(row[0]) == 3):
                raise ValueError(
                    f"{path}, line {number}: {row!r} is not a three-digit MID, a country code"
                    " and a name"
                )
        return cls(
            {int(mid): country for mid, country, _ in rows[1:]},
            {int(mid): name for mid, _, name in rows[1:]},
        )

    def flag(self, mmsi: int) -> str:
        """Return the country code of a ship's MMSI; "" where its MID belongs to nobody."""
        return self.countries.get(mmsi // 1_000_000, "")

    def name(self, mmsi: int) -> str:
        """Return the country's name for people; "" where its MID belongs to nobody."""
        return self.names.get(mmsi // 1_000_000, "")
