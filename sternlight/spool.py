"""Sort any number of rows by time, on disk, in memory that does not grow with them.

Rows are gathered into runs, each sorted and written behind the last one into
one unnamed file, column by column; of each run only every `SAMPLE`th time
stays in memory.  Reading back cuts all runs, of one spool or of several, at
the same times and merges what lies between two cuts.

The file has no name, so that nothing is left behind whatever happens.  It is
read with `preadv`, not mapped, because mapped pages count as the process's
memory.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from tracks.batch import F64, I64, Columns

SAMPLE = 1024  # rows of a run between two times kept in memory
RUN_ROWS = 100_000  # about 7 MB of positions
WINDOW_ROWS = 250_000
DAY_S = 86_400.0

Batch = TypeVar("Batch", bound=Columns)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of the file that holds sorted rows."""

    rows: int
    offset: int  # of the first column, in bytes
    constant: dict[str, Any]  # columns that hold one value only are not written
    columns: dict[str, int]  # where each of the others begins, behind `offset`
    samples: F64  # the time of every SAMPLEth row


class Spool(Generic[Batch]):
    """Takes batches of one kind in any order; see `windows` for the way back.

    `by` names the column to sort by (time in seconds, or a count of bins); rows
    of equal time come back in the order of `then`.  Rows without a time (nan)
    are refused with ValueError.  Raises OSError when the disk is full.
    """

    def __init__(self, folder: Path, kind: type[Batch], by: str = "t", then: str = "line") -> None:
        self.kind, self.by, self.then = kind, by, then
        self.rows = 0
        self.first, self.last = np.inf, -np.inf
        self.days: dict[int, int] = {}  # rows by day since 1970; only for times in seconds
        self._runs: list[Run] = []
        self._waiting: list[Batch] = []
        self._waiting_rows = 0
        self._size = 0
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()

    def add(self, batch: Batch) -> None:
        """Take the rows of `batch`."""
        if not len(batch):
            return
        self._waiting.append(batch)
        self._waiting_rows += len(batch)
        if self._waiting_rows >= RUN_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what waits as a run."""
        if not self._waiting:
            return
        waiting, self._waiting, self._waiting_rows = self._waiting, [], 0
        self._write(waiting)

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()

    def __enter__(self) -> Spool[Batch]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def samples(self) -> F64:
        """Return the time of every SAMPLEth row of every run, unsorted."""
        return np.concatenate([run.samples for run in self._runs] or [np.empty(0)])

    def cutter(self) -> Callable[[float], Batch]:
        """Return a function that gives the rows before a time, sorted, but each only once.

        The times it is called with must not decrease.
        """
        given = [0] * len(self._runs)

        def until(t: float) -> Batch:
            ends = [self._count_before(run, t) for run in self._runs]
            spans = [
                (run, a, b) for run, a, b in zip(self._runs, given, ends, strict=True) if b > a
            ]
            given[:] = [max(a, b) for a, b in zip(given, ends, strict=True)]
            batch = self._read(spans)
            return batch if len(spans) < 2 else self._sorted(batch)

        return until

    def _sorted(self, batch: Batch) -> Batch:
        order = time_order(getattr(batch, self.by), getattr(batch, self.then))
        return batch if order is None else batch.take(order)

    def _write(self, batches: Sequence[Batch]) -> None:
        """Write batches as one run, a column at a time."""

        def whole(name: str) -> NDArray[Any]:
            return np.concatenate([getattr(batch, name) for batch in batches])

        t, line = whole(self.by), whole(self.then)
        if np.isnan(t).any():
            raise ValueError(f"a row has no {self.by}; leave such rows out before spooling")
        order = time_order(t, line)
        t = t if order is None else t[order]
        constant, columns, buffers, at = {}, {}, [], 0
        for name in self.kind.described():
            values = t if name == self.by else whole(name)
            if name != self.by and _all_equal(values):
                constant[name] = values[0]
                continue
            if order is not None and name != self.by:
                values = values[order]
            columns[name] = at
            at += values.nbytes
            buffers.append(values.view(np.uint8).data)
        _write_all(self._file.fileno(), buffers, self._size)
        samples = t[::SAMPLE].astype(np.float64)
        self._runs.append(Run(len(t), self._size, constant, columns, samples))
        self._size += at
        self.rows += len(t)
        self.first, self.last = min(self.first, float(t[0])), max(self.last, float(t[-1]))
        for day, n in zip(*_days(t), strict=True):
            self.days[day] = self.days.get(day, 0) + n

    def _count_before(self, run: Run, t: float) -> int:
        """Count the rows of a run before `t`: in the samples first, then between two of them."""
        block = int(np.searchsorted(run.samples, t, side="left"))
        if block == 0:
            return 0
        start = (block - 1) * SAMPLE
        if block == len(run.samples) and t > self.last:
            return run.rows
        times = self._column(run, self.by, start, min(start + SAMPLE, run.rows))
        return start + int(np.searchsorted(times, t, side="left"))

    def _column(self, run: Run, name: str, start: int, end: int) -> NDArray[Any]:
        values = np.empty(end - start, self.kind.dtype()[name])
        self._fill(run, name, start, values)
        return values

    def _fill(self, run: Run, name: str, start: int, values: NDArray[Any]) -> None:
        """Read a column of a run from row `start` on into `values`."""
        if name in run.constant:
            values[:] = run.constant[name]
            return
        offset = run.offset + run.columns[name] + start * values.itemsize
        _read_all(self._file.fileno(), values.view(np.uint8).data, offset)

    def _read(self, spans: Sequence[tuple[Run, int, int]]) -> Batch:
        dtype = self.kind.dtype()
        rows = sum(b - a for _, a, b in spans)
        columns = []
        for name in self.kind.described():
            values = np.empty(rows, dtype[name])
            at = 0
            for run, a, b in spans:
                self._fill(run, name, a, values[at : at + b - a])
                at += b - a
            columns.append(values)
        return self.kind(*columns)


def windows(
    spools: Sequence[Spool[Any]],
    target_rows: int = WINDOW_ROWS,
    aside: Sequence[tuple[float, float]] = (),
) -> Iterator[tuple[float, list[Any]]]:
    """Yield (as_of, one batch from each spool), cut at the same times, until all is read.

    Every row before `as_of` has then been given, and all rows of one time come
    together.  Batches are sorted by time and line; some may be empty.  A window
    holds about `target_rows` rows, more only where more have the very same time.
    What lies in the spans `aside`, from the first time up to but not including
    the second, is left out.  The last `as_of` may be infinite.
    """
    for spool in spools:
        spool.flush()
    cutters = [spool.cutter() for spool in spools]
    times = cuts(np.concatenate([s.samples() for s in spools]), target_rows)
    since = -np.inf
    for as_of in sorted({*times, *(t for span in aside for t in span), np.inf}):
        batches = [until(as_of) for until in cutters]
        wanted = not any(start <= since < end for start, end in aside)
        if wanted and any(len(batch) for batch in batches):
            yield as_of, batches
        since = as_of


def cuts(samples: F64, target_rows: int) -> list[float]:
    """Return the increasing times at which to cut so that windows have the wanted size."""
    every = max(1, target_rows // SAMPLE)
    return [float(t) for t in np.unique(np.sort(samples)[every::every])]


def time_order(t: NDArray[Any], line: I64) -> I64 | None:
    """Return the order of rows by (t, line), or None where they are in order already.

    The fast way sorts one integer made of the time and the row; where times lie
    too close or too far apart for that, the slow way is taken.
    """
    if _in_order(t, line):
        return None
    n = len(t)
    bits = max(1, (n - 1).bit_length())
    with np.errstate(invalid="ignore"):
        ticks = (t - t.min()) * 1000.0
    if np.isfinite(ticks).all() and ticks.max() < float(1 << (63 - bits)):
        packed = (ticks.astype(np.uint64) << np.uint64(bits)) | np.arange(n, dtype=np.uint64)
        packed.sort()
        order: I64 = (packed & np.uint64((1 << bits) - 1)).astype(np.int64)
        if _in_order(t[order], line[order]):
            return order
    slow: I64 = np.lexsort((line, t))
    return slow


def _in_order(t: NDArray[Any], line: I64) -> bool:
    before, after = t[:-1], t[1:]
    if not (before <= after).all():
        return False
    return bool(((before < after) | (line[:-1] <= line[1:])).all())


def _all_equal(values: NDArray[Any]) -> bool:
    """Tell whether a column holds one value, to the bit; cheap when it does not."""
    size = values.itemsize
    raw = values.view(f"u{size}") if size in (1, 2, 4, 8) else values
    return bool(raw[0] == raw[len(raw) // 2]) and bool((raw == raw[0]).all())


def _days(t: F64) -> tuple[list[int], list[int]]:
    """Count sorted times by day since 1970."""
    first, last = int(t[0] // DAY_S), int(t[-1] // DAY_S)
    if last - first > 100_000:  # not seconds, or absurd: 274 years
        found, counts = np.unique(t // DAY_S, return_counts=True)
        return [int(d) for d in found], counts.tolist()
    marks = np.searchsorted(t, np.arange(first + 1, last + 1) * DAY_S)
    counts = np.diff(np.r_[0, marks, len(t)])
    return [first + int(i) for i in np.flatnonzero(counts)], counts[counts > 0].tolist()


def _write_all(descriptor: int, buffers: list[memoryview], offset: int) -> None:
    while buffers:
        written = os.pwritev(descriptor, buffers, offset)
        offset += written
        while buffers and written >= len(buffers[0]):
            written -= len(buffers.pop(0))
        if written:
            buffers[0] = buffers[0][written:]


def _read_all(descriptor: int, buffer: memoryview, offset: int) -> None:
    while len(buffer):
        got = os.preadv(descriptor, [buffer], offset)
        if not got:
            raise OSError(
                "the temporary file in the output folder is shorter than what was written"
            )
        buffer, offset = buffer[got:], offset + got
