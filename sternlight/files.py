"""Files that are there only when they are whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path to write to, whose file takes the place of `path` if all goes well.

    It keeps the ending of `path`.  Otherwise it is removed, and an OSError is
    passed on with the name of `path`.
    """
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise
    finally:
        with suppress(OSError):  # it may be the folder that is not there
            partial.unlink()
