"""What a station's archive has noted of the segments of its raw log: a second witness."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

from sternlight.evidence.digests import Digests
from sternlight.evidence.segment import Examined
from sternlight.recovery import DAMAGED
from sternlight.sqlite import ARCHIVE, Database


class Kept(NamedTuple):
    """A segment as the archive knows it."""

    number: int
    name: str
    first_line: int
    lines: int | None  # None: it was not ended when that was noted
    digests: Digests  # "" where a version before 0.3 noted it
    pruned: bool

    def differs(self, found: Examined) -> str:
        """Return what of a segment is not as the archive knows it, or ""."""
        if found.name != self.name:
            return f"the archive knows it as {self.name}"
        if self.lines is None:
            return ""
        noted = (self.first_line, self.lines, *self.digests)
        there = (found.first_line, found.lines, *found.digests)
        words = ("number of its first line", "number of lines", "content", "tree of lines", "file")
        for which, before, now in zip(words, noted, there, strict=True):
            if before not in ("", now):
                return f"its {which} is not what the archive noted when it was written"
        return ""


@dataclass(frozen=True, slots=True)
class Witness:
    """All segments that an archive knows, by number; none without an archive."""

    folder: Path
    station: str = ""
    segments: dict[int, Kept] = field(default_factory=dict)
    unwritten: frozenset[int] = frozenset()  # first lines for which the disk was full

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Read the archive in a station's folder, if there is one.  Raises ArchiveError."""
        if not (folder / ARCHIVE).exists():
            return cls(folder)
        with Database.look(folder) as archive:
            names = {name for (name,) in archive.read("select name from pragma_table_info(?)",
                                                      "segments")}  # fmt: skip
            digests = "root, file_sha256" if "root" in names else "null, null"
            rows = archive.read(
                f"select number, name, first_line, lines, sha256, pruned, {digests} from segments"
                " where number > 0 order by number"
            )
            unwritten = archive.read("select first_line from segments where number < 0")
            about = archive.read("select value from about where key = 'station'")
        segments = {
            number: Kept(
                number, name, first_line, lines,
                Digests(sha256 or "", root or "", file or ""), bool(pruned),
            )
            for number, name, first_line, lines, sha256, pruned, root, file in rows
        }  # fmt: skip
        station = about[0][0] if about else ""
        return cls(folder, station, segments, frozenset(line for (line,) in unwritten))

    def again(self) -> Witness:
        """Return what it knows now."""
        return Witness.of(self.folder)

    def between(self, before: int, number: int) -> list[Kept]:
        """Return the segments that were ended between two, in their order."""
        between = (self.segments[n] for n in range(before + 1, min(number, self._last + 1))
                   if n in self.segments)  # fmt: skip
        return [one for one in between if one.lines is not None]

    def begun_last(self) -> Kept | None:
        """Return the segment that was being written, if its file must be there."""
        one = self.segments.get(self._last)
        if one is None or one.lines is not None or one.first_line in self.unwritten:
            return None
        return None if (self.folder / DAMAGED / one.name).exists() else one

    @property
    def _last(self) -> int:
        return next(reversed(self.segments), 0)  # they were read in their order
