"""Some lines of a raw log, each with the proof that it is one of its segment's: not the others.

So an event can be shown without handing on what all other ships sent, where the antenna stands
and what the station's sources are called.  A proof is a few hashes (RFC 9162) that lead from the
line to the root of its segment, which the next segment names and a stamp or signature holds.

Only what an event says of the lines themselves can be computed from them again.  What rests on
who else was heard, such as how surprising a silence is, cannot.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from anomalies import gap_evidence, long_voyage
from receiver.formats.stationlog import MAGIC, WIDTH, LogReader, remark, values_of
from sternlight.errors import BundleError
from sternlight.evidence.manifest import LINES, Manifest, Segment, Source
from sternlight.evidence.merkle import leaf_hash, proofs, proved
from sternlight.frames import frames
from sternlight.jsontext import dumps
from sternlight.settings import Settings

HEAD_LINE = 2  # of a segment, from 1
WITHIN_LINES = 500  # the parts of a message stand so near each other
_SOURCE = re.compile(rb"\\s:(\d\d),")
# Behind our TAG block there may be the feed's own.
_PART = re.compile(rb"^(?:\\[^\\]*\\)?![\w-]{5},([2-9]),([1-9]),(\d?),([AB12]?),")

# What the lines cannot show, since it depends on what else was heard.
OF_OTHERS = frozenset(
    {*gap_evidence.OF_WHOLE_LOG, *long_voyage.OF_WHOLE_LOG}
    | {"affected_share", "together_h", "same_mmsi_count", "same_imo_count", "rivals_count"}
    | {"silent_ships_count", "silent_nearest_nmi"}
)
OF_LINES = ("id", "kind", "mmsis", "start", "end", "lat", "lon", "measured")


class Line(NamedTuple):
    """A line of a segment, from 1, without its line end, and what proves it."""

    segment: int
    line: int
    text: bytes
    proof: tuple[bytes, ...]

    @property
    def source(self) -> int:
        """The number of the source that heard it; 0 of the station's own words."""
        heard = _SOURCE.match(self.text)
        return int(heard[1]) if heard else 0

    def row(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        text: dict[str, str] = {"text": self.text.decode("ascii", "replace")}
        if not self.text.isascii():
            text = {"base64": base64.b64encode(self.text).decode("ascii")}
        where = {"segment": self.segment, "line": self.line}
        return {**where, **text, "proof": [one.hex() for one in self.proof]}

    @classmethod
    def read(cls, row: Any) -> Line:
        """Undo `row`.  Raises ValueError, KeyError and TypeError."""
        text = base64.b64decode(row["base64"], validate=True) if "base64" in row else b""
        found = cls(
            int(row["segment"]),
            int(row["line"]),
            text or row["text"].encode("ascii"),
            tuple(map(bytes.fromhex, row["proof"])),
        )
        if found.row() != row or b"\n" in found.text:
            raise ValueError("a line is not written as Sternlight writes it")
        return found


def chosen(
    path: Path, segment: Segment, mmsis: Collection[int] = (), named: Collection[int] = ()
) -> tuple[list[Line], list[Source]]:
    """Return the head and the lines of some ships, and those `named`, from 1; and all sources."""
    whole = b"".join(content for _, content in frames(path))
    lines = whole.split(b"\n")[:-1]
    wanted = {HEAD_LINE, *named, *(_of_ships(whole, mmsis) if mmsis else ())}
    for number in tuple(wanted):
        wanted |= set(_parts_before(lines, number))
    leaves = [leaf_hash(line + b"\n") for line in lines[: _leaves(segment)]]
    numbers = sorted(n for n in wanted if 1 <= n <= len(leaves))
    paths = proofs(leaves, [n - 1 for n in numbers])
    told = [
        Line(segment.number, n, lines[n - 1], tuple(path))
        for n, path in zip(numbers, paths, strict=True)
    ]
    return told, list(_sources(lines))


def _leaves(segment: Segment) -> int:
    return segment.lines - segment.ended  # the line that ends a segment is not in its tree


def _of_ships(whole: bytes, mmsis: Collection[int]) -> set[int]:
    """Return which lines are of some ships, from 1."""
    decoded = LogReader(0).step(whole)
    found: set[int] = set()
    for batch in (decoded.positions, decoded.statics):
        found |= set((batch.line[np.isin(batch.mmsi, list(mmsis))] + 1).tolist())
    return found


def _parts_before(lines: Sequence[bytes], number: int) -> Iterator[int]:
    """Yield where the other parts stand of the message whose last part is line `number`."""
    last = _PART.match(lines[number - 1][WIDTH:])
    if last is None:
        return
    source, left = lines[number - 1][:6], set(range(1, int(last[2])))
    for before in range(number - 1, max(0, number - WITHIN_LINES), -1):
        line = lines[before - 1]
        part = _PART.match(line[WIDTH:]) if line[:6] == source else None
        if part and (part[1], part[3], part[4]) == (last[1], last[3], last[4]):
            if int(part[2]) not in left:
                return
            left.discard(int(part[2]))
            yield before
        if not left:
            return


def _sources(lines: Sequence[bytes]) -> Iterator[Source]:
    for line in lines:
        if line.startswith(b"# source=") and b" name=" in line:
            said = values_of(line)
            clock, kind = said.get("clock", ""), said.get("format", "nmea")
            yield Source(int(said["source"]), said["name"], kind, clock)


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines in a bundle, by segment."""

    of: Mapping[int, Sequence[Line]]

    @classmethod
    def read(cls, folder: Path) -> Lines:
        """Read them.  Raises BundleError."""
        of: dict[int, list[Line]] = {}
        try:
            for text in (folder / LINES).read_text("ascii").splitlines():
                one = Line.read(json.loads(text))
                of.setdefault(one.segment, []).append(one)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BundleError(f"{LINES} cannot be read: {error}") from error
        return cls(of)

    def wrong(self, segments: Sequence[Segment], before: Segment | None = None) -> Iterator[str]:
        """Yield what is wrong with them, in whole sentences.

        `segments` are those that they must be of, each linked to the one before it and the first
        to `before`.
        """
        for number in sorted(self.of.keys() - {segment.number for segment in segments}):
            yield f"{LINES} has lines of segment {number}, which it should not have"
        for segment in segments:
            lines = self.of.get(segment.number, ())
            for one in lines:
                leaf = leaf_hash(one.text + b"\n")
                root = proved(leaf, one.line - 1, _leaves(segment), one.proof)
                if root is None or root.hex() != segment.root:
                    yield f"line {one.line} of {segment.name} is not proven to stand there"
            yield from _linked(segment, before, lines)
            before = segment

    def old_count(self) -> int:
        """Return of how many segments the heads name no tree of the one before."""
        heads = (one for lines in self.of.values() for one in lines if one.line == HEAD_LINE)
        return sum(map(_is_old, heads))

    def by_name(self, manifest: Manifest) -> dict[tuple[str, int], bytes]:
        """Return the lines by the file and number under which events name them."""
        return {
            (segment.name, one.line): one.text
            for segment in manifest.segments
            for one in self.of.get(segment.number, ())
        }

    def content(self, segment: Segment, manifest: Manifest) -> bytes:
        """Return a segment as a station would read it, with blanks for all other lines."""
        lines = [b"#"] * segment.lines
        lines[0] = MAGIC
        for at, one in enumerate(manifest.sources, HEAD_LINE):
            lines[at] = remark(
                source=f"{one.number:02d}", name=one.name, format=one.format, clock=one.clock
            ).rstrip(b"\n")
        for line in self.of.get(segment.number, ()):
            lines[line.line - 1] = line.text
        return b"".join(line + b"\n" for line in lines)


def _linked(segment: Segment, before: Segment | None, lines: Sequence[Line]) -> Iterator[str]:
    """Hold what the head of a segment says of the one before against that."""
    head = next((one for one in lines if one.line == HEAD_LINE), None)
    if head is None:
        yield f"{LINES} does not have the head of {segment.name}"
        return
    said = values_of(head.text)
    if said.get("segment") != str(segment.number):
        yield f"the head of {segment.name} is that of another segment"
    if before is not None and before.number == segment.number - 1:
        named = (said.get("previous"), said.get("previous_root"), said.get("previous_file"))
        known = (before.sha256, before.root, before.file_sha256)
        if named != ((before.sha256, None, None) if _is_old(head) else known):
            yield f"{segment.name} was not written behind {before.name} as it is told here"


def _is_old(head: Line) -> bool:
    """Return whether a version before 0.3 wrote a segment: it names no tree of the one before."""
    return values_of(head.text).keys().isdisjoint(("previous_root", "previous_file"))


def for_few_lines(settings: Settings) -> Settings:
    """Return settings without the rules that need all that was heard."""
    most = 10**6
    return replace(
        settings,
        gap=replace(settings.gap, outage_vessels_count=most, half_deaf_vessels_count=most),
        identity=replace(settings.identity, learning_h=0.0),
    )


def shown_by_lines(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of an event its lines show."""
    kept = {name: row[name] for name in OF_LINES}
    measured = {n: v for n, v in row["measured"].items() if n not in OF_OTHERS}
    return {**kept, "measured": measured}


def written(lines: Sequence[Line]) -> bytes:
    """Return the file of the lines."""
    return "".join(f"{dumps(one.row())}\n" for one in lines).encode("ascii")
