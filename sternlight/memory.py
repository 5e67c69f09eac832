"""Memory that is free goes back to the system, so that a station stays small for years."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc
LARGE_BYTES = 1 << 18


def keep_small() -> None:
    """Let large arrays have pages of their own, which go back when they go.

    glibc would begin so, and then raise the limit with every large array that is freed,
    until all of them leave holes: measured over a day at 70 sentences a second in fast
    motion, 140 MB instead of 118.  Does nothing where the C library cannot.
    """
    limit = getattr(ctypes.CDLL(None), "mallopt", None)
    if limit is not None:
        limit(_M_MMAP_THRESHOLD, LARGE_BYTES)


def give_back() -> None:
    """Return free memory to the operating system; does nothing where the C library cannot.

    Arrays of all sizes come and go with every batch, and glibc keeps the holes between
    those that stay: measured over a day of 50 sentences a second, a fifth of the process.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
