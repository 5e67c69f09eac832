"""Lines of a file that another program writes, also while it is renamed, cut or made anew.

Each block carries a mark: how far it was read, and fingerprints of what stands
at the beginning of the file and before that place.  Files are told apart by what
stands in them, since a system gives the number of a deleted file to the next.  So
the place is found again after a restart, also in `ais.nmea.1` or
`ais.nmea-20261122`, where the programs that rotate logs have moved or copied it.

Lost is what was in files that were deleted or packed before they were read, or
emptied before their first line was.  A file of which the last 256 bytes before the
mark and its first 256 equal another's is taken for it.
"""

from __future__ import annotations

import os
import re
import stat
import time
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple, Self

from receiver.sources.base import POLL_S, Marked, SourceLost
from receiver.sources.checks import bad_format, refuse
from receiver.sources.unpack import foreign, packing

PIECE_BYTES = 1 << 20  # also the longest line: what is longer is ended there
PRINT_BYTES = 256
ROTATED = re.compile(r"[.-]\d[\d.T_-]*")  # what is put behind the name of a rotated file


class Mark(NamedTuple):
    """A place in a file, and how to know it again."""

    inode: int = 0
    offset: int = 0
    head: int = 0
    tail: int = 0

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `str` wrote; "" is the beginning.  Raises ValueError."""
        if not text:
            return cls()
        found = re.fullmatch(r"(\d+)-(\d+)-([0-9a-f]{8})-([0-9a-f]{8})", text)
        if not found:
            raise ValueError(f"resume is {text!r}, which is no mark of a followed file")
        return cls(int(found[1]), int(found[2]), int(found[3], 16), int(found[4], 16))

    @classmethod
    def at(cls, file: int, offset: int) -> Self:
        """Return the mark of a place in an open file."""
        size = min(offset, PRINT_BYTES)
        prints = (zlib.crc32(os.pread(file, size, at)) for at in (0, offset - size))
        return cls(os.fstat(file).st_ino, offset, *prints)

    def __str__(self) -> str:
        return f"{self.inode}-{self.offset}-{self.head:08x}-{self.tail:08x}"

    def fits(self, file: int) -> bool:
        """Return whether this place is in an open file, whatever its name and number."""
        return os.fstat(file).st_size >= self.offset and Mark.at(file, self.offset)[1:] == self[1:]


@dataclass(frozen=True, slots=True)
class Follow:
    """Read the file `path` from its beginning, or from the mark `resume`, and what is added to it.

    With `follow=no` it ends where the file ends, and a last line that has not
    been ended counts.
    """

    patient: ClassVar[bool] = True

    path: str
    follow: bool = True
    format: str = "nmea"
    resume: str = ""  # the mark of the last block, which whoever keeps marks sets

    def __post_init__(self) -> None:
        try:
            Mark.read(self.resume)
            complaint = ""
        except ValueError as error:
            complaint = str(error)
        refuse(bad_format(self.format), complaint)

    def blocks(self) -> Iterator[bytes]:
        """Yield `Marked` blocks of whole lines; b"" when there were none for POLL_S.

        Raises SourceLost.
        """
        try:
            yield from self._blocks()
        except OSError as error:
            raise SourceLost(f"{self.path} {_why(error)}") from error

    def _blocks(self) -> Iterator[bytes]:
        mark = Mark.read(self.resume)
        while True:
            file, *later = _files(Path(self.path), mark)
            if later:
                came = yield from self._read(file, mark, follow=False)
                if came != mark:  # by now the names may be those of others
                    mark = came
                    continue
                file, mark = later.pop(0), Mark()
            mark = yield from self._read(file, mark, self.follow and not later)
            if not self.follow and not later:
                return

    def _read(self, path: Path, mark: Mark, follow: bool) -> Generator[bytes, None, Mark]:
        """Yield what stands behind `mark`, until the name is another file's or all is written anew.

        Returns how far it came.
        """
        with _opened(path) as file:
            if not mark.fits(file):
                mark = Mark()
            seen_moved = False
            while True:
                data = os.pread(file, PIECE_BYTES, mark.offset)
                if not mark.fits(file):
                    return mark
                whole = data if len(data) == PIECE_BYTES else b""
                lines = data[: data.rfind(b"\n") + 1] or whole
                moved = not lines and follow and _moved(file, path)
                # Who writes may still write a while into a file that has been renamed.
                over = not lines and (not follow or (moved and seen_moved))
                lines = data if over else lines
                if lines:
                    mark = Mark.at(file, mark.offset + len(lines))
                    yield Marked.at(lines if lines.endswith(b"\n") else lines + b"\n", str(mark))
                elif not over:
                    time.sleep(POLL_S)
                    yield b""
                if over:
                    return mark
                seen_moved = moved


def _files(path: Path, mark: Mark) -> list[Path]:
    """Return the files to read from the mark on, oldest first; `path` is the last."""
    here = path.stat()
    if not mark.offset:
        return [path]
    found = {}
    for entry in os.scandir(path.parent):
        other = Path(entry.path)
        if entry.is_file() and _may_hold(path, other, entry.stat(), mark):
            found[other] = entry.stat()
    found.pop(path, None)
    others = sorted(found, key=lambda other: found[other].st_mtime_ns)
    fitting = [other for other in (*others, path) if _fits(other, mark)]
    if not fitting:
        return [path]
    same = [other for other in fitting if (found.get(other) or here).st_ino == mark.inode]
    start = (same or fitting)[-1]
    return [path] if start == path else [*others[others.index(start) :], path]


def _may_hold(path: Path, other: Path, status: os.stat_result, mark: Mark) -> bool:
    behind = other.name.removeprefix(path.name)
    named = other.name.startswith(path.name) and ROTATED.fullmatch(behind)
    return status.st_size > 0 and (status.st_ino == mark.inode or bool(named))


def _fits(path: Path, mark: Mark) -> bool:
    with _opened(path) as file:
        return mark.fits(file)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # else a pipe without a writer blocks
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise SourceLost(
                f"{path} is no plain file; what a program writes into a pipe, stdin: can take"
            )
        head = os.pread(file, 16, 0)
        if kind := packing(head) or foreign(head):
            raise SourceLost(
                f"{path} is packed ({kind}), and a packed file cannot be followed; unpack it,"
                " or let `sternlight replay` read it"
            )
        yield file
    finally:
        os.close(file)


def _moved(file: int, path: Path) -> bool:
    """Return whether another file bears the name by now."""
    try:
        return not os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False  # moved, but nothing has come in its place yet


def _why(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return "is not there; does the program that writes it run, and is this its path?"
        case PermissionError():
            return "must not be read by this user; whoever owns it can allow it with chmod o+r"
    return f"cannot be read ({error.strerror}); see whether its disk is well"
