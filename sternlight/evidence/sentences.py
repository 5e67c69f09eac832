"""The sentences that events name, in one text to read: the working copy beside the raw files.

It is made from the raw files by a rule so simple that a check makes it again and compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from receiver.sources.logfile import Input, open_inputs
from sternlight.evidence.lines import Lines
from sternlight.evidence.manifest import Manifest, raw_paths
from sternlight.frames import frames
from sternlight.provenance import Provenance
from sternlight.text import plain

Named = dict[tuple[str, int], bytes]  # lines by file and number, from 1

HEAD = """\
The lines that each event names, as they stand in the files under raw/: file, number, line.
A sentence that begins with !AIVDM is a radio message of a ship; docs/evidence.md says how to
read one by hand. What cannot be shown as text is replaced by a mark.
"""


def sentences(folder: Path, manifest: Manifest, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the text; `folder` holds the other files of the bundle."""
    if manifest.lines_only:
        return _told(rows, Lines.read(folder).by_name(manifest))
    wanted = {(line["file"], line["line"]) for row in rows for line in row["lines"]}
    found: Named = {}
    paths = raw_paths(folder, manifest)
    every = _of_segments(paths) if manifest.origin == "station" else _of_recordings(paths)
    for name, lines in every:
        numbers = {number for file, number in wanted if file == name}
        if numbers:
            found |= {(name, n): text for n, text in _numbered(lines, numbers)}
    return _told(rows, found)


def _told(rows: Sequence[Mapping[str, Any]], found: Named) -> bytes:
    said = [HEAD]
    for row in rows:
        said.append(f"\n# {row['id']}\n")
        for line in row["lines"]:
            where = line["file"], line["line"]
            text = plain(found.get(where, b"(not in this bundle)"))
            said.append(f"{plain(where[0])}\t{where[1]}\t{text}\n")
    return "".join(said).encode("utf-8")


def _numbered(lines: Iterator[bytes], numbers: set[int]) -> Iterator[tuple[int, bytes]]:
    last = max(numbers)
    for number, line in enumerate(lines, 1):
        if number in numbers:
            yield number, line
        if number >= last:
            return


def _of_segments(paths: Sequence[Path]) -> Iterator[tuple[str, Iterator[bytes]]]:
    for path in paths:
        content = (content for _, content in frames(path))
        yield path.name, (line for some in content for line in some.split(b"\n")[:-1])


def _of_recordings(paths: Sequence[Path]) -> Iterator[tuple[str, Iterator[bytes]]]:
    provenance = Provenance()
    for recording in open_inputs(paths):
        provenance.add(recording.name, 0)
    for name, recording in zip(provenance.short_names(), open_inputs(paths), strict=True):
        yield name, _lines(recording)


def _lines(recording: Input) -> Iterator[bytes]:
    """Yield the lines of a text; nothing of what is none."""
    if b"\0" in recording.head:
        return
    kept = b""
    while piece := recording.read(1 << 20):
        *lines, kept = (kept + piece).split(b"\n")
        yield from lines
    if kept:
        yield kept
