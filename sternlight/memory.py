"""Memory that is free goes back to the system, so that a station stays small for years."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any


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
