"""What a station says of its own sources: when one turned deaf, and when it listened again.

A source is deaf when it is lost, silent for longer than it ever is, or switched
off.  Nobody is to blame for a silence then.  In recordings of others nobody says
so, and the columns are empty: a file that ends is not a source that turned deaf.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from tracks.batch import F64, U16, Columns, Mask, column, starts

TOLD_WITHIN_S = 3600.0  # so long after it happened a turn may be told: silence is noticed late


@dataclass(frozen=True, slots=True)
class Turns(Columns):
    """Sources that turned deaf or listen again.

    A turn is given before `as_of` has passed its time by `TOLD_WITHIN_S`.  Of two
    of one source at the same moment, the one that listens again counts last.
    """

    t: F64 = column(np.float64, np.nan)  # Unix seconds UTC at which it happened; never nan
    source: U16 = column(np.uint16)  # the column `source` of reports
    deaf: Mask = column(np.bool_)  # True: from `t` on it hears nothing; False: it listens again


@dataclass(frozen=True, slots=True)
class Listening(Columns):
    """How long each source has been deaf in all, turn by turn; ordered by (source, t).

    Sources listen until they are said to be deaf.
    """

    source: U16 = column(np.uint16)
    t: F64 = column(np.float64, np.nan)
    deaf: Mask = column(np.bool_)
    before_s: F64 = column(np.float64)  # how long it had been deaf in all up to `t`

    def told(self, turns: Turns, after: float) -> Listening:
        """Return the table with more turns; those up to Unix time `after` count from then.

        `after` is not before that of any `since` that was asked for.
        """
        if not len(turns):
            return self
        t = np.maximum(turns.t, np.nextafter(after, np.inf))
        new = Listening.make(len(turns), source=turns.source, t=t, deaf=turns.deaf)
        table = Listening.concat([self, new])
        table = table.take(np.lexsort((~table.deaf, table.t, table.source)))
        before_s = table.before_s.copy()
        for rows in table._by_source():
            lasted_s = np.where(table.deaf[rows], np.diff(table.t[rows], append=np.nan), 0.0)
            before_s[rows] = np.cumsum(np.append(before_s[rows.start], lasted_s[:-1]))
        return replace(table, before_s=before_s)

    def since(self, t: float) -> Listening:
        """Return the table without what only matters before Unix time `t`."""
        if not len(self):
            return self
        last = np.append(self.source[1:] != self.source[:-1], True)
        needed = last | (np.append(self.t[1:], np.inf) > t)
        return self if needed.all() else self.take(needed)

    def deaf_s(self, source: U16, t: F64) -> F64:
        """Return for each source and Unix time how long it had been deaf in all up to then."""
        total_s = np.zeros(len(t))
        for rows in self._by_source():
            asked = np.flatnonzero(source == self.source[rows.start])
            row = rows.start + np.searchsorted(self.t[rows], t[asked], side="right") - 1
            asked, row = asked[row >= rows.start], row[row >= rows.start]
            going_on_s = np.where(self.deaf[row], t[asked] - self.t[row], 0.0)
            total_s[asked] = self.before_s[row] + going_on_s
        return total_s

    def _by_source(self) -> list[slice]:
        bounds = [*starts(self.source).tolist(), len(self)]
        return [slice(a, b) for a, b in itertools.pairwise(bounds)]
