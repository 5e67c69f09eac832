"""What a fold remembers: named arrays, which can be saved and loaded without loss."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

State = Mapping[str, NDArray[Any]]


def dump(state: State) -> bytes:
    """Write a state as bytes."""
    out = io.BytesIO()
    write(state, out)
    return out.getvalue()


def write(state: State, out: IO[bytes] | io.RawIOBase) -> None:
    """Write a state into a file that is open; no object arrays, so nothing in it can run."""
    np.savez(out, allow_pickle=False, **dict(state))


def load(data: bytes) -> State:
    """Read what `dump` or `write` wrote.  Raises ValueError if `data` is cut or not a state."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (BadZipFile, EOFError) as error:
        raise ValueError(f"a saved state is cut or damaged: {error}") from error
