"""Where the sentences of an event stand, shortly: files, and the numbers of lines in them."""

from __future__ import annotations

from typing import NamedTuple

from sternlight.telling.story import Story

MOST_COUNT = 400  # numbers of lines that are shown of an event


class File(NamedTuple):
    """Lines of a recording, or of a segment of the raw log."""

    name: str
    lines_count: int
    first: int
    last: int
    lines: tuple[int, ...]  # rising; the first of them, if there are very many


def references(story: Story) -> list[File]:
    """Return the files that an event rests on, as many lines of them as can be shown."""
    by_file: dict[str, list[int]] = {}
    for one in story.evidence:
        by_file.setdefault(one.file, []).append(one.line)
    room, made = MOST_COUNT, []
    for name, lines in by_file.items():
        own = sorted(lines)
        made.append(File(name, len(own), own[0], own[-1], tuple(own[:room])))
        room -= min(room, len(own))
    return made
