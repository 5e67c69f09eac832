"""One segment of the raw log, read strictly: every byte must stand as a station writes it.

A segment is a row of Zstandard frames with checksums, so damage is narrowed down to a frame, and
so to some lines.  Where the frames are whole and the hash at the end is not theirs, somebody has
packed other lines; then the first line is looked for that a station would not have written.
"""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from receiver.formats.stationlog import MAGIC, WIDTH, remark, tag, values_of
from sternlight.evidence.digests import UNSAID, Digests, Hashes
from sternlight.frames import BadFrame, Frame, frames, whole_frames
from sternlight.rawlog import STOPPED, ends, last_heard
from sternlight.scribe import STEP_BACK_S
from sternlight.text import plain

LARGEST_BYTES = 1 << 28  # of a frame; stations before 0.3 packed all they caught up on into one
MOST_TURNS = 10_000  # of a segment: a station writes some, a forger could fill the memory
MOST_TRIES = 1_000  # to find a whole frame behind a damaged one
# Bits of a frame's descriptor (RFC 8878, 3.1.1.1.1): with a checksum, without a dictionary, and
# nothing in the bit that means nothing.
DESCRIPTOR_AT, DESCRIPTOR_MASK, DESCRIPTOR = 4, 0x1F, 0x04
FRAME_MAGIC = b"\x28\xb5\x2f\xfd"
_TURN = re.compile(rb"^# t=\S+ source=\d\d (?:deaf|listening)[^\n]*", re.M)
_NAMED = re.compile(rb"^# source=\d\d name=[^\n]*", re.M)
_HEARD = re.compile(rb"^\\s:\d\d,c:(\d+\.\d+)", re.M)


class Broken(NamedTuple):
    """The first place of a segment that is not as it was written."""

    line: int  # of the segment, from 1: it, or one behind it, was changed
    t: float  # Unix seconds: when the line before was heard; nan if none was
    says: str
    torn: bool = False  # nothing whole stands behind it, as a power cut leaves a file


class Turn(NamedTuple):
    """A source fell silent, or was heard again."""

    t: float  # Unix seconds
    source: int
    deaf: bool
    why: str


@dataclass(slots=True)
class Examined:
    """What stands in a segment; only `broken` says whether it can be believed."""

    name: str
    number: int = -1  # of its head; -1 if that could not be read
    station: str = ""
    first_line: int = 0
    lines: int = 0
    packed_bytes: int = 0
    previous: Digests = UNSAID  # as its head says, "none" before the first
    digests: Digests = UNSAID  # of what stands there
    ended: bool = False
    rooted: bool = False  # its end names the root of its lines, as since Sternlight 0.3
    stopped: bool = False  # a later start had to end it
    first_t: float = float("nan")  # Unix seconds: when its first line was heard, and its last
    last_t: float = float("nan")
    broken: Broken | None = None
    turns: list[Turn] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)  # of sources, by number


def examine(path: Path) -> Examined:
    """Read a segment; memory is bounded by its largest frame.  Raises OSError."""
    reader = _Reader(Examined(path.name))
    try:
        for frame in whole_frames(path, LARGEST_BYTES):
            reader.take(frame)
            if reader.found.broken:
                break
    except BadFrame as bad:
        reader.damaged(path, bad)
    return reader.finished(path)


class _Reader:
    def __init__(self, found: Examined) -> None:
        self.found = found
        self._hashes = Hashes()
        self._frames = 0
        self._end = b""

    def take(self, frame: Frame) -> None:
        """Take the next frame."""
        found, content = self.found, frame.content
        self._frames += 1
        if frame.packed[DESCRIPTOR_AT] & DESCRIPTOR_MASK != DESCRIPTOR:
            self._break(f"frame {self._frames} is not packed as a station packs it")
        elif self._end:
            self._break("something stands behind the line that ends it")
        elif not content.endswith(b"\n"):
            self._break(f"frame {self._frames} ends within a line")
        elif self._frames == 1 and (why := self._head(content)):
            self._break(why)
        if found.broken:
            return
        tail = content[content.rfind(b"\n", 0, -1) + 1 :]
        if ends(tail):
            self._ends(content, tail, frame.packed)
        else:
            self._hashes.take(content, frame.packed)
        self._note(content)
        found.lines += content.count(b"\n")
        found.packed_bytes = frame.end

    def damaged(self, path: Path, bad: BadFrame) -> None:
        """Take note that what follows is no whole frame."""
        behind = _next_whole(path, bad.start)
        until = "its end" if behind is None else f"byte {behind:,}"
        self._break(
            f"frame {self._frames + 1}, from byte {bad.start:,} to {until}, cannot be read: {bad}",
            torn=behind is None,
        )

    def finished(self, path: Path) -> Examined:
        """Return what was found."""
        found = self.found
        if not self._frames and not found.broken:
            self._break("nothing stands in it", torn=True)
        if found.broken and found.broken.says == OTHER_CONTENT:
            found.broken = _conspicuous(path) or found.broken
        if not found.ended:
            found.digests = self._hashes.digests()
        return found

    def _break(self, says: str, line: int = 0, torn: bool = False) -> None:
        found = self.found
        found.broken = found.broken or Broken(line or found.lines + 1, found.last_t, says, torn)

    def _head(self, content: bytes) -> str:
        """Read the first two lines; return what is wrong with them."""
        first, _, rest = content.partition(b"\n")
        if first != MAGIC:
            return "it does not begin as a segment of a raw log"
        said = values_of(rest.partition(b"\n")[0])
        found = self.found
        try:
            found.number, found.first_line = int(said["segment"]), int(said["first_line"])
            found.station = plain(said["station"])
            root, file = said.get("previous_root", ""), said.get("previous_file", "")
            found.previous = Digests(said["previous"], root, file)
        except (KeyError, ValueError):
            return "its head does not say which segment it is"
        return ""

    def _ends(self, content: bytes, tail: bytes, packed: bytes) -> None:
        """Compare the line that ends the segment with what stands before it."""
        found, said = self.found, values_of(tail)
        before = content[: -len(tail)]
        self._end = tail
        self._hashes.take(before, b"")
        found.ended, found.rooted = True, "root" in said
        found.stopped = before.endswith(remark(STOPPED))
        found.digests = self._hashes.ended(packed)
        lines = found.lines + content.count(b"\n")
        short = remark("end", lines=lines, sha256=found.digests.sha256)  # before 0.3
        if tail in (self._hashes.end_line(), short):
            return
        if said.get("sha256") != found.digests.sha256:
            self._break(OTHER_CONTENT, 1)
        elif said.get("lines") != str(lines):
            self._break("the line that ends it does not say how many lines stand there", lines)
        elif found.rooted and said["root"] != found.digests.root:
            self._break("the line that ends it names another tree of lines", lines)
        elif "file" in said:
            self._break("its lines are as they were, and its file is not: it was packed anew", 1)
        else:
            self._break("the line that ends it is not written as a station writes it", lines)

    def _note(self, content: bytes) -> None:
        """Take note of times, of sources, and of who was deaf when."""
        found = self.found
        if found.first_t != found.first_t and (first := _HEARD.search(content)):
            found.first_t = float(first[1])
        found.last_t = last_heard(content, found.last_t)
        if not content.startswith(b"# ") and b"\n# " not in content:
            return
        for line in _NAMED.findall(content):
            said = values_of(line)
            found.names[int(said["source"])] = plain(said["name"])
        for line in _TURN.findall(content)[: MOST_TURNS - len(found.turns)]:
            said = values_of(line)
            word, _, why = said[""].partition(": ")
            try:
                turn = Turn(float(said["t"]), int(said["source"]), word == "deaf", plain(why))
            except (KeyError, ValueError):
                continue
            found.turns.append(turn)


OTHER_CONTENT = "what stands in it is not what the line that ends it was written for"


def _next_whole(path: Path, start: int) -> int | None:
    """Return where the first whole frame behind byte `start` begins."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = start
        for _ in range(MOST_TRIES):
            at = data.find(FRAME_MAGIC, at + 1)
            if at < 0:
                return None
            try:
                next(whole_frames(path, LARGEST_BYTES, at))
            except BadFrame:
                continue
            return at
    return None


def _conspicuous(path: Path) -> Broken | None:
    """Return the first line that a station would not have written behind those before it.

    None if all could be a station's: whoever changed them knew how.
    """
    number, t, stepped = 0, float("nan"), False
    for _, content in frames(path):
        for line in BytesIO(content):
            number += 1
            before = t
            if line.startswith(b"#"):
                stepped |= b" clock: " in line
                continue
            try:
                t = float(line[8 : WIDTH - 4])
                right = tag(int(line[3:5]), t) == line[:WIDTH]
            except ValueError:
                right = False
            if not right:
                return Broken(number, before, f"{OTHER_CONTENT}; this line is no station's")
            if t < before - STEP_BACK_S and not stepped:
                says = f"{OTHER_CONTENT}; this line was heard before the one above it"
                return Broken(number, before, says)
            stepped = False
    return None
