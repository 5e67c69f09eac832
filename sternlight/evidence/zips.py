"""ZIP files of which every byte is accounted for: stored files, in one fixed form.

Nothing is packed, no time, owner or comment stands in one, and nothing lies between the files
(APPNOTE 6.3.10, sections 4.3 and 4.5.3).  So the names and contents alone say what the whole file
is, byte by byte: a flipped bit is found wherever it is, and there is nothing that could unpack to
more than is there.  Any program that knows ZIP can read them.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from sternlight.errors import BundleError
from sternlight.text import plain

PIECE_BYTES = 1 << 20
MOST_FILES = 100_000
MOST_BYTES = 1 << 36  # of all files, 64 GiB
LONGEST_NAME = 400  # bytes
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _WHERE64 = b"PK\x06\x06", b"PK\x06\x07"
_HEAD = struct.Struct("<4s5H3I2H")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_PLAIN, _LARGE = 20, 45  # versions needed to read: 2.0, and 4.5 for files of 4 GiB and more
_UTF8 = 0x800
_MIDNIGHT, _FIRST_DAY = 0, 0x21  # 1980-01-01, the first that ZIP knows
_UNIX = 3 << 8
_MODE = 0o100644 << 16
_MOST_32, _MOST_16 = 0xFFFFFFFF, 0xFFFF
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")


class BadZipError(BundleError):
    """What is no ZIP file as this module writes it; the message says why."""


class Entry(NamedTuple):
    """A file in a ZIP file."""

    name: str
    crc: int
    size: int
    start: int  # of its header


def fit_name(name: str) -> bool:
    """Return whether a name may stand in a bundle: a relative path that leads nowhere else."""
    return (
        0 < len(name.encode("utf-8", "replace")) <= LONGEST_NAME
        and not _UNFIT.search(name)
        and plain(name) == name
        and all(part not in ("", ".", "..") for part in name.split("/"))
        and not re.match(r"[A-Za-z]:", name)
    )


class Writer:
    """Writes a ZIP file into `file`, which must be empty and can be sought in."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._entries: list[Entry] = []

    def add(self, name: str, pieces: Iterator[bytes]) -> None:
        """Write one more file.  Raises BundleError for one that does not fit."""
        folded = name.casefold()
        if not fit_name(name) or any(entry.name.casefold() == folded for entry in self._entries):
            raise BundleError(
                f"{plain(name)!r} cannot be the name of a file in a bundle; rename the file"
            )
        start = self._file.tell()
        # Its size is known only behind it, and so is how long its header must be.
        self._file.write(_local(Entry(name, 0, 0, start)))
        crc = size = 0
        for piece in pieces:
            self._file.write(piece)
            crc, size = zlib.crc32(piece, crc), size + len(piece)
        if size >= _MOST_32:
            raise BundleError(
                f"{plain(name)} holds {size:,} bytes, and a bundle takes files under 4 GiB; with"
                " --lines only the lines of the ships that it is about are taken"
            )
        entry = Entry(name, crc, size, start)
        self._file.seek(start)
        self._file.write(_local(entry))
        self._file.seek(0, os.SEEK_END)
        self._entries.append(entry)

    def end(self) -> None:
        """Write what stands behind all files."""
        self._file.write(_tail(self._entries, self._file.tell()))


def entries(file: IO[bytes]) -> list[Entry]:
    """Return the files in a ZIP file, and hold every byte outside them against what it must be.

    Raises BadZipError for all that `Writer` would not have written.
    """
    size = file.seek(0, os.SEEK_END)
    found: list[Entry] = []
    names: set[str] = set()
    at = 0
    while True:
        file.seek(at)
        if (head := file.read(_HEAD.size))[:4] != _LOCAL:
            break
        entry = _entry(file, head, at)
        at += len(_local(entry)) + entry.size
        if entry.name.casefold() in names:
            raise BadZipError(f"{plain(entry.name)} stands in it twice")
        if at > size:
            raise BadZipError(f"it is cut off inside {plain(entry.name)}")
        names.add(entry.name.casefold())
        found.append(entry)
        if len(found) > MOST_FILES or at > MOST_BYTES:
            raise BadZipError("there is more in it than a bundle ever has")
    if not found:
        raise BadZipError("it is no ZIP file, or not one of Sternlight's")
    for name in names:
        if any(folder in names for folder in _folders(name)):
            raise BadZipError(f"{plain(name)} is said to lie in a file")
    _hold_tail(file, found, at, size)
    return found


def content(file: IO[bytes], entry: Entry) -> Iterator[bytes]:
    """Yield what a file holds, piece by piece; at its end BadZipError if its checksum is wrong."""
    file.seek(entry.start + len(_local(entry)))
    left, crc = entry.size, 0
    while left:
        piece = file.read(min(left, PIECE_BYTES))
        if not piece:
            raise BadZipError(f"it is cut off inside {plain(entry.name)}")
        left, crc = left - len(piece), zlib.crc32(piece, crc)
        yield piece
    if crc != entry.crc:
        raise BadZipError(f"{plain(entry.name)} was changed: its checksum is another")


def _folders(name: str) -> Iterator[str]:
    while name := name.rpartition("/")[0]:
        yield name


def file_pieces(path: Path) -> Iterator[bytes]:
    """Yield a file piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _entry(file: IO[bytes], head: bytes, at: int) -> Entry:
    """Read the header of a file, of which `head` is the part of fixed size."""
    if len(head) < _HEAD.size:
        raise BadZipError("it is cut off")
    _, _, flags, method, _, _, crc, packed, size, name_size, _ = _HEAD.unpack(head)
    raw = file.read(min(name_size, LONGEST_NAME + 1))
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadZipError("a name in it is no UTF-8") from None
    shown = plain(name)
    if flags & 1:
        raise BadZipError(f"{shown} is encrypted, which nothing in a bundle is")
    if method != 0 or packed != size:
        raise BadZipError(f"{shown} is packed, and nothing in a bundle is; {REPACKED}")
    if not fit_name(name):
        raise BadZipError(f"{shown!r} is no name for a file: it leads out of the bundle")
    entry = Entry(name, crc, size, at)
    file.seek(at)
    written = _local(entry)
    if file.read(len(written)) != written:
        raise BadZipError(f"what stands before {shown} is not as Sternlight writes it; {REPACKED}")
    return entry


REPACKED = "was it unpacked and packed again? Then check the unpacked folder instead"


def _local(entry: Entry) -> bytes:
    name = entry.name.encode("utf-8")
    return _HEAD.pack(
        _LOCAL, _PLAIN, _flags(name), 0, _MIDNIGHT, _FIRST_DAY,
        entry.crc, entry.size, entry.size, len(name), 0,
    ) + name  # fmt: skip


def _flags(name: bytes) -> int:
    return 0 if name.isascii() else _UTF8


def _central(entry: Entry) -> bytes:
    name = entry.name.encode("utf-8")
    # Only where it stands may be more than 32 bits can say.
    far = entry.start >= _MOST_32
    extra = struct.pack("<2HQ", 1, 8, entry.start) if far else b""
    version = _LARGE if far else _PLAIN
    start = _MOST_32 if far else entry.start
    return _ENTRY.pack(
        _CENTRAL, _UNIX | version, version, _flags(name), 0, _MIDNIGHT, _FIRST_DAY,
        entry.crc, entry.size, entry.size, len(name), len(extra), 0, 0, 0, _MODE, start,
    ) + name + extra  # fmt: skip


def _tail(found: list[Entry], at: int) -> bytes:
    """Return what stands behind the files, of which the last ends at `at`."""
    directory = b"".join(map(_central, found))
    count, size = len(found), len(directory)
    if count >= _MOST_16 or at >= _MOST_32 or size >= _MOST_32:
        directory += struct.pack(
            "<4sQ2H2I4Q", _END64, 44, _UNIX | _LARGE, _LARGE, 0, 0, count, count, size, at
        )
        directory += struct.pack("<4sIQI", _WHERE64, 0, at + size, 1)
    return directory + struct.pack(
        "<4s4H2IH", _END, 0, 0, min(count, _MOST_16), min(count, _MOST_16),
        min(size, _MOST_32), min(at, _MOST_32), 0,
    )  # fmt: skip


def _hold_tail(file: IO[bytes], found: list[Entry], at: int, size: int) -> None:
    written = _tail(found, at)
    file.seek(at)
    if file.read(len(written) + 1) == written:
        return
    if size < at + len(written):
        raise BadZipError("it is cut off: the end is missing")
    if size > at + len(written):
        raise BadZipError("more stands in it than its files")
    raise BadZipError(f"its list of files is not as Sternlight writes it; {REPACKED}")
