"""NOAA MarineCadastre's daily tables, CSV with old and new headers, and Parquet.

Files of several years hold speeds and courses below zero: SOG has 10 bits and
COG 12, and a number whose highest bit is set was taken for a negative one.  So
102.4 kn and 409.6 degrees are added again; most of these are then "not available".
"""

from __future__ import annotations

import numpy as np

from receiver.formats.rows import Rows
from receiver.formats.table import Table
from tracks.batch import F64

SOG_BITS_KN, COG_BITS_DEG = 102.4, 409.6  # 2**10 and 2**12 tenths


class Noaa(Table):
    """Example: `367752440,2023-01-11T00:00:00,43.07917,-70.75733,0.0,360.0,95.0,SAN JOSE,...`."""

    name = "noaa"
    header = frozenset({"mmsi", "basedatetime"})

    def fix(self, rows: Rows) -> None:
        """Undo the wrap of speeds and courses."""
        for quantity, turn in (("sog_kn", SOG_BITS_KN), ("cog_deg", COG_BITS_DEG)):
            if quantity in rows.numbers:
                rows.numbers[quantity] = _unwrapped(rows.numbers[quantity], turn)


def _unwrapped(values: F64, turn: float) -> F64:
    with np.errstate(invalid="ignore"):
        wrapped = (values < 0) & (values >= -turn / 2)
    return np.where(wrapped, values + turn, values)
