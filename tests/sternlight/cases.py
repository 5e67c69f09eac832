"""Made-up tables of ships for tests of `sternlight learn`, of which the truth is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anomalies.features import SHIP_KINDS, Features
from sternlight.learn.cases import Case, Table
from sternlight.record.features import EVER, Span
from sternlight.record.read import Hull
from sternlight.record.ships import Ship
from tracks.batch import HULLS_PER_MMSI

FISHING, CARGO = SHIP_KINDS.index("fishing"), SHIP_KINDS.index("cargo")
YEAR_S = 365 * 86_400.0


def ship(mmsi: int) -> Ship:
    """Return a ship of one hull."""
    hull = Hull(mmsi * HULLS_PER_MMSI + 1, mmsi, 0.0, 1e9, 9, 1)
    return Ship((hull,), (), (), (), (), ())


def table(
    label: Sequence[int] | np.ndarray,
    ships: Sequence[int] | None = None,
    sources: Sequence[str] | None = None,
    **columns: object,
) -> Table:
    """Return a table; `ships` counts whose row it is, each by default another's."""
    n = len(label)
    whose = list(ships if ships is not None else range(n))
    told = {"kind": FISHING, "memory_days": 365.0} | columns
    cases = []
    for row in range(n):
        span = EVER if ships is None else Span(row * YEAR_S, (row + 1) * YEAR_S)
        source = frozenset({sources[row]} - {""} if sources else ())
        cases.append(Case(ship(200_000_000 + whose[row]), int(label[row]), span, source))
    return Table(cases, Features.make(n, **told), np.full(n, 300.0))
