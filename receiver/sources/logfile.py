"""Recorded input: files, folders and standard input, plain or packed, as streams of bytes."""

from __future__ import annotations

import lzma
import os
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from io import RawIOBase
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self

from receiver.decoded import BadInput
from receiver.sources.unpack import (
    FEED_BYTES,
    PIECE_BYTES,
    RATIO_FROM_BYTES,
    RATIO_MAX,
    Cut,
    foreign,
    guarded,
    packing,
    unpack,
)

HEAD_BYTES = 1 << 16
STDIN = "-"
# All that zipfile and what it unpacks with let through for archives that are damaged.
ZIP_TROUBLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, RuntimeError, ValueError),
)
NESTED_MAX = 2  # x.zip/y.csv.gz is packed twice


class Input(RawIOBase):
    """One recording: a forward-only stream of unpacked bytes, with its beginning in `head`.

    `read(n)` and `readinto` fill what was asked for, except at the end.  A
    packed file that is cut gives what can be unpacked and then ends; `cut` then
    tells what happened, as the rest of a sentence that begins with the name.
    """

    def __init__(
        self,
        name: str,
        pieces: Iterator[bytes],
        *,
        path: Path | None = None,
        size_bytes: int | None = None,
        position: Callable[[], int] | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.path = path  # only of a plain file, which may then be opened again and sought in
        self.size_bytes = size_bytes  # of the file on disk; None where nobody can know
        self.cut = ""
        self._pieces = pieces
        self._piece = memoryview(b"")
        self._given = 0
        self._position = position
        self.head = self.read(HEAD_BYTES)
        self._piece = memoryview(self.head + bytes(self._piece))
        self._given = 0

    @classmethod
    def of_bytes(cls, name: str, data: bytes) -> Self:
        """Return an input that holds `data`."""
        return cls(name, iter((data,)), size_bytes=len(data))

    def readable(self) -> bool:
        """Return True, as every stream that can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, or all there are; fewer only at the end."""
        parts = []
        left = sys.maxsize if size < 0 else size
        while left and (self._piece or self._next_piece()):
            parts.append(self._piece[:left])
            self._piece = self._piece[left:]
            left -= len(parts[-1])
        data = b"".join(parts)
        self._given += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`; return how many bytes there were, fewer only at the end."""
        wanted = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(wanted) and (self._piece or self._next_piece()):
            piece = self._piece[: len(wanted) - filled]
            wanted[filled : filled + len(piece)] = piece
            self._piece = self._piece[len(piece) :]
            filled += len(piece)
        self._given += filled
        return filled

    def consumed_bytes(self) -> int:
        """Return how far the file on disk has been read, for the progress of a run."""
        return self._position() if self._position else self._given

    def seekable_file(self) -> IO[bytes]:
        """Return the whole input as a file that can be sought in; for formats that must.

        A packed one is unpacked into a temporary file first.  Call it before
        reading.  Raises BadInput if there is no room for that.
        """
        if self.path is not None:
            return self.path.open("rb")
        return _spooled(self)

    def _next_piece(self) -> bool:
        try:
            self._piece = memoryview(next(self._pieces, b""))
            while not self._piece:
                self._piece = memoryview(next(self._pieces))
        except StopIteration:
            return False
        except Cut as cut:
            self.cut = str(cut)
        except OSError as error:
            self.cut = f"cannot be read any further ({_why(error)}); what stands before was read"
        return bool(self._piece)


class Inputs(Iterator[Input]):
    """All the recordings behind some paths, one after the other.

    Each is closed when the next is asked for, and when this is no longer held.

    `skipped` tells of each file that gave nothing why, as the rest of a sentence
    that begins with its name; it grows while one iterates.  Where nothing at all
    was given, iteration ends with BadInput.
    """

    def __init__(self, paths: Sequence[str | Path]) -> None:
        files = list(files_behind(paths))
        sizes = [_size(path) for path in files]
        self.size_bytes = None if None in sizes else sum(s or 0 for s in sizes)
        self._walk = _Walk()
        self.skipped = self._walk.skipped
        self._inputs = self._walk.open_all(files)

    def __next__(self) -> Input:
        """Open and return the next recording."""
        return next(self._inputs)

    def consumed_bytes(self) -> int:
        """Return how much of `size_bytes` has been read."""
        return self._walk.done_bytes + self._walk.position()


def open_inputs(paths: Sequence[str | Path]) -> Inputs:
    """Return the recordings behind `paths`: files, folders (all that is in them) and "-".

    Raises BadInput at once for a path that does not exist, and on iteration when
    nothing could be read; a file among others that cannot be is in `skipped`.
    """
    return Inputs(paths)


class _Walk:
    """The way through the files; it does not know its generator, so dropping that closes it."""

    def __init__(self) -> None:
        self.skipped: dict[str, str] = {}
        self.done_bytes = 0
        self.position: Callable[[], int] = int

    def open_all(self, files: Sequence[Path | None]) -> Iterator[Input]:
        given = 0
        for path in files:
            for recording in self._open(path):
                given += 1
                yield recording
            self.position = int
            self.done_bytes += _size(path) or 0
        if not given:
            raise BadInput(_nothing(self.skipped))

    def _open(self, path: Path | None) -> Iterator[Input]:
        name = "standard input" if path is None else str(path)
        with ExitStack() as stack:
            try:
                file = (
                    sys.stdin.buffer
                    if path is None
                    else stack.enter_context(path.open("rb", buffering=0))
                )
            except OSError as error:
                self.skipped[name] = f"cannot be opened: {_why(error)}"
                return
            size_bytes = _size(path)
            counted = _Counted(file)
            self.position = position = counted.position
            packed = Input(
                name, counted.pieces(), path=path, size_bytes=size_bytes, position=position
            )
            if size_bytes is None:
                packed.path = None
            for recording in self._unpacked(packed, NESTED_MAX):
                recording.size_bytes = size_bytes
                yield recording

    def _unpacked(self, packed: Input, nested_max: int) -> Iterator[Input]:
        kind = packing(packed.head)
        if not packed.head:
            self.skipped[packed.name] = packed.cut or "is empty"
        elif strange := foreign(packed.head):
            self.skipped[packed.name] = f"is {strange}: unpack it first"
        elif kind and not nested_max:
            self.skipped[packed.name] = f"is packed more than {NESTED_MAX} times: unpack it first"
        elif kind == "zip":
            with packed.seekable_file() as file:
                yield from self._members(packed, file, nested_max - 1)
        elif kind:
            pieces = guarded(_with_cut(unpack(kind, packed.read), packed), lambda: packed._given)
            position = packed.consumed_bytes
            yield from self._unpacked(Input(packed.name, pieces, position=position), nested_max - 1)
        else:
            yield packed

    def _members(self, packed: Input, file: IO[bytes], nested_max: int) -> Iterator[Input]:
        try:
            archive = zipfile.ZipFile(file)
        except ZIP_TROUBLE as error:
            self.skipped[packed.name] = (
                f"is a damaged or cut zip archive ({error}): copy or download it again"
            )
            return
        if packed.path is not None:
            self.position = _teller(file)
        with archive:
            for info in archive.infolist():
                name = f"{packed.name}/{info.filename}"
                if info.is_dir() or _hidden(info.filename):
                    continue
                if why := _refused(info):
                    self.skipped[name] = why
                    continue
                member = Input(name, _member(archive, info), position=self.position)
                yield from self._unpacked(member, nested_max)


class _Counted:
    """A file read in pieces, and how far."""

    def __init__(self, file: IO[bytes] | RawIOBase) -> None:
        self._file = file
        self._read = 0

    def pieces(self) -> Iterator[bytes]:
        while piece := self._file.read(PIECE_BYTES):
            self._read += len(piece)
            yield piece

    def position(self) -> int:
        return self._read


def files_behind(paths: Sequence[str | Path]) -> Iterator[Path | None]:
    """Yield the files behind `paths` as they are read, each once; None is standard input.

    Raises BadInput for a path that does not exist.
    """
    seen: set[str] = set()
    for given in paths:
        if str(given) == STDIN:
            yield None
            continue
        path = Path(given)
        if not os.path.lexists(path):
            raise BadInput(f"{path} does not exist; check the spelling and the folder")
        found = sorted(_inside(path)) if path.is_dir() else [path]
        if path.is_dir() and not found:
            raise BadInput(f"{path} is a folder without any file in it")
        for file in found:
            real = os.path.realpath(file)
            if real not in seen:
                seen.add(real)
                yield file


def _inside(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(parent, name)
            if not name.startswith(".") and (path.is_file() or path.is_symlink()):
                yield path


def _size(path: Path | None) -> int | None:
    """Return the size of a regular file; None for a pipe or standard input."""
    if path is None:
        return None
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return 0


def _teller(file: IO[bytes]) -> Callable[[], int]:
    """Return a function that says how far `file` is read, also after it was closed."""
    last = 0

    def position() -> int:
        nonlocal last
        if not file.closed:
            last = file.tell()
        return last

    return position


def _hidden(member: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(member).parts if part != "..") or (
        member.startswith("__MACOSX/")
    )


def _refused(info: zipfile.ZipInfo) -> str:
    """Return why a member of a zip archive is not read, or an empty text."""
    parts = PurePosixPath(info.filename.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts:
        return "has a name that leads out of its archive; it was left alone"
    if info.flag_bits & 1:
        return "is encrypted: unpack it with its password first"
    if info.file_size > max(RATIO_FROM_BYTES, RATIO_MAX * info.compress_size):
        return f"would unpack to over {RATIO_MAX} times its size, which recorded AIS never does"
    known = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
    if info.compress_type not in known:
        return f"is packed by zip method {info.compress_type}: unpack it with 7-Zip first"
    return ""


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(info) as file:
            while piece := file.read(FEED_BYTES):
                yield piece
    except ZIP_TROUBLE as error:
        raise Cut(f"is damaged ({error}); what stands before that was read") from error


def _with_cut(pieces: Iterator[bytes], packed: Input) -> Iterator[bytes]:
    """Pass `pieces` on; where they end because `packed` was cut, say what `packed` says."""
    try:
        yield from pieces
    except Cut as cut:
        raise Cut(packed.cut or str(cut)) from cut


def _spooled(recording: Input) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        while piece := recording.read(PIECE_BYTES):
            file.write(piece)
        file.seek(0)
    except OSError as error:
        file.close()
        raise BadInput(
            f"{recording.name} must be unpacked to be read, and that failed: {_why(error)};"
            f" make room in {tempfile.gettempdir()} or set TMPDIR to a larger disk"
        ) from error
    return file


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _nothing(skipped: dict[str, str]) -> str:
    if not skipped:
        return "no recording was named: give files, folders or - for standard input"
    first = next(iter(skipped))
    more = f" (and {len(skipped) - 1} more that cannot be read)" if len(skipped) > 1 else ""
    return f"{first} {skipped[first]}{more}"
