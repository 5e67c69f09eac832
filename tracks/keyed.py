"""Tables with one row for each key, kept sorted, as small state that is looked up and updated."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tracks.batch import I64, Columns, Mask

C = TypeVar("C", bound=Columns)


def rows_of(sorted_keys: NDArray[Any], keys: NDArray[Any]) -> tuple[I64, Mask]:
    """Return for each of `keys` its row in `sorted_keys`, and whether it is there.

    Rows of keys that are not there may not be used.
    """
    rows = np.searchsorted(sorted_keys, keys)
    if not len(sorted_keys):
        return rows, np.zeros(len(keys), np.bool_)
    rows = np.minimum(rows, len(sorted_keys) - 1)
    return rows, sorted_keys[rows] == keys


def accumulated(table: C, keys: NDArray[Any], *amounts: NDArray[Any]) -> C:
    """Return `table` with amounts added up by key, in the columns behind the key.

    `keys` and each of `amounts`, one for each of these columns, have shape (N,).
    """
    name, *columns = table.described()
    key, of = np.unique(keys, return_inverse=True)
    rows, known = rows_of(getattr(table, name), key)
    sums = {}
    for column, amount in zip(columns, amounts, strict=True):
        total = np.asarray(np.bincount(of, amount, len(key)), np.float64)
        total[known] += getattr(table, column)[rows[known]]
        sums[column] = total
    return merge(table, type(table).from_state({name: key, **sums}))


def merge(table: C, update: C) -> C:
    """Return `table` with the rows of `update` put in place of those of equal key.

    The key is the first column; both tables are sorted by it, without repeats.
    """
    name = next(iter(table.described()))
    keys, new_keys = getattr(table, name), getattr(update, name)
    rows, known = rows_of(keys, new_keys)
    added = np.flatnonzero(~known)
    at = np.searchsorted(keys, new_keys[added]) + np.arange(len(added))
    kept = np.ones(len(keys) + len(added), np.bool_)
    kept[at] = False
    moved = rows[known] + np.searchsorted(new_keys[added], new_keys[known])
    columns = []
    for column in table.described():
        merged = np.empty(len(kept), getattr(table, column).dtype)
        merged[kept] = getattr(table, column)
        merged[at] = getattr(update, column)[added]
        merged[moved] = getattr(update, column)[known]
        columns.append(merged)
    return type(table)(*columns)


def latched(told: NDArray[np.int8]) -> Mask:
    """Return for each row whether the last row up to it that told anything but 0 told 1.

    So two limits keep a state from flickering.  The first row of each key must tell.
    """
    decides = np.maximum.accumulate(np.where(told != 0, np.arange(len(told)), 0))
    return np.asarray(told[decides] > 0)
