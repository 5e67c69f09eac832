"""JSON that is the same bytes for the same result, on every machine."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sternlight.files import whole

# Digits behind the point that a measurement in this unit can carry.
DIGITS = {"kn": 2, "m": 0, "nmi": 2, "deg": 1, "h": 3, "s": 0, "count": 0, "share": 4}


_COMPACT = json.JSONEncoder(allow_nan=False, separators=(",", ":"))
_INDENTED = json.JSONEncoder(allow_nan=False, indent=2)


def measurement(name: str, value: float) -> float | int | None:
    """Round a measured value by the unit that ends its name; nan and infinity become None."""
    if not math.isfinite(value):
        return None
    rounded = round(float(value), DIGITS.get(name.rpartition("_")[2], 4))
    return int(rounded) if rounded == int(rounded) and name.endswith("_count") else rounded + 0.0


def dumps(value: Any, indented: bool = False) -> str:
    """Write JSON in ASCII; a name with an escape sequence in it stays harmless text.

    Raises ValueError for nan and infinity, which JSON does not have.
    """
    return (_INDENTED if indented else _COMPACT).encode(value)


def finite(value: Any) -> Any:
    """Return `value` with None for what JSON cannot say, nan and infinity."""
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_lines(path: Path, objects: Iterable[Mapping[str, Any]]) -> int:
    """Write one object a line; return how many there were."""
    return write_texts(path, map(dumps, objects))


def write_texts(path: Path, texts: Iterable[str]) -> int:
    """Write one text a line; return how many there were."""
    n = 0
    with replacing(path) as out:
        for text in texts:
            out.write(text + "\n")
            n += 1
    return n


@contextmanager
def replacing(path: Path) -> Iterator[IO[str]]:
    """Open a file that takes the place of `path` only when it was written to the end."""
    with whole(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())
