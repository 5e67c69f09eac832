"""The raw log on disk: what was heard, line by line, in hourly segments that are only appended to.

A segment is a row of Zstandard frames, one for each time it was made safe on
disk, so a power cut can damage only the last frame; `mend` takes that away.
Each segment names the hashes of the one before, and ends with its own
(receiver/formats/stationlog.py has the lines; sternlight/evidence/ checks them).
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from receiver.formats.stationlog import MAGIC, remark, values_of
from sternlight.errors import is_full
from sternlight.evidence.digests import Digests, Hashes, head_values
from sternlight.frames import BadFrame, packed, whole_frames
from sternlight.text import iso

SUFFIX = ".log.zst"
NOT_WRITTEN = "(not written: the disk was full)"
STOPPED = "the station stopped without a goodbye; the last seconds it heard may be missing"


@dataclass(frozen=True, slots=True)
class Segment:
    """What is known of one segment; `first_line` counts lines over the whole log, from 0."""

    number: int
    name: str
    first_line: int
    lines: int
    digests: Digests
    last_t: float = float("nan")  # Unix seconds: when its last line was heard; nan if none was
    marks: Mapping[int, str] = field(default_factory=dict)  # where sources that can go on would


class RawLog:
    """Writes segments.  Nothing is on disk for sure before `sync` has returned.

    `line` is the number that the next line gets.  When the disk is full, lines
    are counted and not kept (`full`), until `begin` finds room again.
    """

    def __init__(self, folder: Path, station: str) -> None:
        self.folder = folder
        self.station = station
        self.line = 0
        self.number = 0
        self.written_bytes = 0  # by this process
        self.pending_bytes = 0  # taken, and not yet safe on disk
        self.lost_lines = 0  # for which there was no room
        self.full = False
        self.full_from = 0  # with `full`: the first line that was not kept
        self._file: Any = None
        self._pending: list[bytes] = []
        self._pending_lines = 0
        self._synced_bytes = 0
        self._hashes = Hashes()
        self._first_line = 0
        self._name = ""
        self._previous: Digests | None = None  # of the segment before

    @property
    def name(self) -> str:
        """The file name of the segment that is being written."""
        return NOT_WRITTEN if self.full else self._name

    def resume(self, last: Segment | None) -> None:
        """Go on behind the last segment that is there."""
        if last is not None:
            self.number, self._previous = last.number, last.digests
            self.line = last.first_line + last.lines

    def begin(self, t: float, lateness_s: float, remarks: bytes) -> bytes:
        """Begin the next segment; return its first lines, which count like all others.

        `t` is the station's time; `remarks` are lines to stand behind the first two.
        """
        self.number += 1
        self._first_line = self.line
        self._name = f"{self.number:08d}_{iso(t)[:13].replace('-', '')}{SUFFIX}"
        self._hashes = Hashes()
        self._synced_bytes, self._file, self.full = 0, None, False
        try:
            self._file = (self.folder / self._name).open("xb", buffering=0)
            _sync_folder(self.folder)
        except OSError as error:
            self._fill(error)
        head = MAGIC + b"\n"
        head += remark(
            station=self.station,
            segment=self.number,
            first_line=self._first_line,
            **head_values(self._previous),
            lateness_s=f"{lateness_s:g}",
        )
        head += remarks
        self.add(head)
        return head

    def add(self, lines: bytes) -> None:
        """Take whole lines."""
        count = lines.count(b"\n")
        self.line += count
        if self.full:
            self.lost_lines += count
        elif lines:
            self._pending.append(lines)
            self.pending_bytes += len(lines)
            self._pending_lines += count

    def sync(self) -> None:
        """Make everything taken so far safe on disk, as far as there is room."""
        if not self._pending:
            return
        content = b"".join(self._pending)
        if (frame := self._written(content)) is not None:
            self._hashes.take(content, frame)
            self._pending, self._pending_lines, self.pending_bytes = [], 0, 0

    def _written(self, content: bytes) -> bytes | None:
        """Write lines; return the frame that holds them, or None if the disk was full."""
        frame = packed(content)
        try:
            _append(self._file, frame)
        except OSError as error:
            self._fill(error)
            return None
        self._synced_bytes += len(frame)
        self.written_bytes += len(frame)
        return frame

    def end(self) -> Segment | None:
        """End the segment; None if the disk was full."""
        self.sync()
        if self.full:
            return None
        frame = self._written(self._hashes.end_line())
        if frame is None:
            return None
        self.line += 1
        self._previous = self._hashes.ended(frame)
        self._file.close()
        lines = self.line - self._first_line
        return Segment(self.number, self._name, self._first_line, lines, self._previous)

    def abandon(self) -> None:
        """Close the file and leave it as it is."""
        if self._file is not None:
            self._file.close()

    def pause(self) -> None:
        """Stop writing while there is still room for more important things."""
        self.sync()
        if not self.full:
            self._fill(OSError(errno.ENOSPC, "as good as full"))

    def _fill(self, error: OSError) -> None:
        """Stop writing: the disk is full.  What was synced before stays whole."""
        if not is_full(error):
            raise error
        self.full, self.full_from = True, self.line - self._pending_lines
        self.lost_lines += self._pending_lines
        self._pending, self._pending_lines, self.pending_bytes = [], 0, 0
        if self._file is None:
            return
        os.ftruncate(self._file.fileno(), self._synced_bytes)
        self._file.close()
        if self._synced_bytes:
            self._previous = self._hashes.digests()
        else:
            (self.folder / self._name).unlink()


def segments(folder: Path) -> list[Path]:
    """Return the files of the log, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def mend(path: Path) -> Segment:
    """Return what a segment holds; what a crash left behind its last whole frame is cut off.

    A segment that was not ended is ended, and the log then says that it was not, if
    there is room for that.  Raises ValueError if nothing of it can be read.
    """
    found = measured(path)
    if found.whole_bytes < path.stat().st_size:
        os.truncate(path, found.whole_bytes)
    return found.segment if found.ended else _ended(path, found)


class Measured(NamedTuple):
    """A segment as it is on disk."""

    segment: Segment
    whole_bytes: int  # of the file: behind its last whole frame
    ended: bool
    hashes: Hashes


def measured(path: Path) -> Measured:
    """Return what a segment holds, and change nothing.  Raises ValueError as `mend` does."""
    lines, last_t, whole, head = 0, float("nan"), 0, b""
    marks: dict[int, str] = {}
    hashes, digests = Hashes(), None
    with suppress(BadFrame):
        for frame in whole_frames(path):
            content, whole = frame.content, frame.end
            head = head or content
            lines += content.count(b"\n")
            marks |= _marks(content)
            last_t = last_heard(content, last_t)
            tail = content[content.rfind(b"\n", 0, -1) + 1 :]
            if ends(tail):
                hashes.take(content[: -len(tail)], b"")
                digests = hashes.ended(frame.packed)
            else:
                hashes.take(content, frame.packed)
                digests = None
    if not head.startswith(MAGIC):
        raise ValueError(f"{path} is no segment of a raw log, or nothing of it is left")
    said = values_of(head.split(b"\n", 2)[1])
    segment = Segment(
        int(said["segment"]), path.name, int(said["first_line"]), lines,
        digests or hashes.digests(), last_t, marks,
    )  # fmt: skip
    return Measured(segment, whole, digests is not None, hashes)


def ends(line: bytes) -> bool:
    """Return whether a line is the one that ends a segment."""
    return line.startswith(b"# ") and values_of(line).get("") == "end"


def _ended(path: Path, found: Measured) -> Segment:
    """Write the end of a segment that has none; return what it then holds."""
    says, hashes = remark(STOPPED), found.hashes.copy()
    hashes.take(says, b"")
    frame = packed(says + hashes.end_line())
    with path.open("ab", buffering=0) as file:
        try:
            _append(file, frame)
        except OSError as error:
            if not is_full(error):
                raise
            os.ftruncate(file.fileno(), found.whole_bytes)
            return found.segment
    return replace(found.segment, lines=found.segment.lines + 2, digests=hashes.ended(frame))


def _marks(content: bytes) -> dict[int, str]:
    found = {}
    for line in re.findall(rb"^# source=\d\d mark=.*$", content, re.M):
        said = values_of(line)
        found[int(said["source"])] = said["mark"]
    return found


def last_heard(content: bytes, before: float) -> float:
    """Return when the last line of `content` was heard, Unix seconds; `before` if none was."""
    at = content.rfind(b"\\s:")
    while at > 0 and content[at - 1 : at] != b"\n":
        at = content.rfind(b"\\s:", 0, at)
    try:
        return float(content[at + 8 : at + 22]) if at >= 0 else before
    except ValueError:
        return before


def _append(file: Any, frame: bytes) -> None:
    """Write a frame and make it safe on disk."""
    view = memoryview(frame)
    while view:
        view = view[file.write(view) :]
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the names of new files safe, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
