"""The list of all files of a bundle with their SHA-256, as `sha256sum -c` reads it.

The list is what is signed.  So whoever has `sha256sum` and `openssl` can check a bundle without
Sternlight, and there is no second list that could say otherwise.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sternlight.errors import BundleError
from sternlight.evidence.zips import MOST_FILES, file_pieces, fit_name
from sternlight.text import plain

SUMS, SIGNATURE, KEY = "SHA256SUMS", "SHA256SUMS.sig", "station.pub"
UNLISTED = frozenset({SUMS, SIGNATURE})  # they speak of the others
MOST_SUMS_BYTES = MOST_FILES * 500
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def text_of(sums: Mapping[str, str]) -> bytes:
    """Return the list, sorted by name."""
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode("utf-8")


def read(text: bytes) -> dict[str, str]:
    """Undo `text_of`.  Raises BundleError for what it would not have written."""
    found: dict[str, str] = {}
    try:
        for line in text.decode("utf-8").split("\n")[:-1]:
            match = _LINE.fullmatch(line)
            if match is None or not fit_name(match[2]):
                raise BundleError(
                    f"{SUMS} has a line that is none of its own: {plain(line)[:80]!r}"
                )
            found[match[2]] = match[1]
    except UnicodeDecodeError as error:
        raise BundleError(f"{SUMS} is no text") from error
    if text_of(found) != text:
        raise BundleError(f"{SUMS} is not as Sternlight writes it")
    return found


def digest(pieces: Iterable[bytes]) -> str:
    """Return the SHA-256 of some bytes, hexadecimal."""
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
    return found.hexdigest()


def differing(folder: Path, sums: Mapping[str, str], there: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with the files `there` in `folder`, in whole sentences."""
    names = set(there) - UNLISTED
    for name in sorted(names - sums.keys()):
        yield f"{plain(name)} was put in: {SUMS} does not list it"
    for name in sorted(sums.keys() - names):
        yield f"{plain(name)} is missing"
    for name in sorted(names & sums.keys()):
        if digest(file_pieces(folder / name)) != sums[name]:
            yield f"{plain(name)} was changed: its SHA-256 is not the one listed"
