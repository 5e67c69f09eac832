"""What a check of a bundle came to, for people and for programs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from sternlight.evidence.compare import Difference, differences
from sternlight.evidence.lines import shown_by_lines
from sternlight.evidence.manifest import Manifest
from sternlight.evidence.recompute import OF_BUDGET
from sternlight.guidance import SAYS_NOT
from sternlight.text import counted, plain

SOUND, CHANGED, UNKNOWN = 0, 1, 2  # exit codes

Says = Literal["good", "changed", "unknown", "note"]
_MARKS = {
    "good": "  ok       ",
    "changed": "  CHANGED  ",
    "unknown": "  NOT SEEN ",
    "note": "  note     ",
}


class Event(NamedTuple):
    """An event that was computed again; `equal` is None where that could not be done."""

    id: str
    equal: bool | None
    differences: tuple[Difference, ...] = ()
    why: str = ""


@dataclass(slots=True)
class Verdict:
    """What was found, in the order in which it was looked at."""

    name: str
    told: list[tuple[Says, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    manifest: Manifest | None = None
    key: str = ""  # fingerprint of the key whose signature is right; "" if there is none
    sha256_of_sums: str = ""

    def good(self, says: str) -> None:
        """Tell what is as it should be."""
        self.told.append(("good", says))

    def good_if_unchanged(self, says: str) -> None:
        """Tell what is as it should be, unless something was changed."""
        if not self.was_changed:
            self.good(says)

    def changed(self, says: str) -> None:
        """Tell what was changed."""
        self.told.append(("changed", says))

    def unknown(self, says: str) -> None:
        """Tell what could not be checked."""
        self.told.append(("unknown", says))

    def note(self, says: str) -> None:
        """Tell what the reader should know besides."""
        self.told.append(("note", says))

    @property
    def was_changed(self) -> bool:
        """Whether anything was."""
        return any(kind == "changed" for kind, _ in self.told)

    @property
    def code(self) -> int:
        """How `sternlight verify` ends."""
        if self.was_changed or any(one.equal is False for one in self.events):
            return CHANGED
        seen = all(one.equal for one in self.events) and not any(
            kind == "unknown" for kind, _ in self.told
        )
        return SOUND if seen else UNKNOWN

    def lines(self) -> list[str]:
        """Return it for people."""
        said = [self.name]
        said += [f"{_MARKS[kind]}{plain(says)}" for kind, says in self.told]
        for one in self.events:
            said += _of_event(one)
        return [*said, "", self._sum(), *SAYS_NOT[:1]]

    def _sum(self) -> str:
        if self.was_changed:
            return "CHANGED: do not rely on this file; ask for it again from where it came from."
        equal = sum(one.equal is True for one in self.events)
        if self.code == CHANGED:
            return (
                f"DIFFERS: nothing was changed, but of {counted(len(self.events), 'event')} only"
                f" {equal} came out again as told. What differs stands above."
            )
        if self.code == UNKNOWN:
            return "NOT FINISHED: nothing was changed, and not everything could be computed here."
        if not self.events:
            return "SOUND: nothing was changed. No event is told in it."
        how = "exactly as told"
        if self.manifest is not None and self.manifest.lines_only:
            how = "as told, as far as the lines in it show"
        return f"SOUND: nothing was changed, and {counted(equal, 'event')} came out again {how}."

    def row(self) -> dict[str, Any]:
        """Return it for programs."""
        results = {SOUND: "sound", CHANGED: "changed" if self.was_changed else "differs",
                   UNKNOWN: "not finished"}  # fmt: skip
        return {
            "file": self.name,
            "result": results[self.code],
            "key": self.key or None,
            "sha256_of_sums": self.sha256_of_sums or None,
            "told": [{"kind": kind, "says": says} for kind, says in self.told],
            "events": [
                {
                    "id": one.id,
                    "equal": one.equal,
                    "why": one.why or None,
                    "differences": [change._asdict() for change in one.differences],
                }
                for one in self.events
            ],
            "says_not": SAYS_NOT,
        }


def compared(
    told: Mapping[str, Any], found: Mapping[str, Any] | None, lists_missing: Collection[str]
) -> Event:
    """Compare an event as it was told with how it came out again, None if it did not.

    `lists_missing` are watch lists that would have been needed to compute all of it.
    """
    name = told["id"]
    why = f"the watch lists {', '.join(lists_missing)} are not here; name them with --watchlist"
    if lists_missing and told.get("kind") == "listed":
        return Event(name, None, why=why)
    if found is None:
        return Event(name, False, why="it does not come out again")
    if lists_missing:
        told, found = (
            {k: v for k, v in row.items() if k not in OF_BUDGET} for row in (told, found)
        )
    differs = tuple(differences(told, found))
    return Event(
        name, not differs, differs, f"but for alerts, since {why}" if lists_missing else ""
    )


def compared_by_lines(
    told: Mapping[str, Any], found: Mapping[str, Any] | None, _: Collection[str]
) -> Event:
    """Compare what of an event its lines show.

    That it was over may be shown by what came later, which is not among them.
    """
    name = told["id"]
    if found is None:
        return Event(name, None, why="it rests on more of the log than on its lines")
    found = {**found, "end": found["end"] or told["end"]}
    differs = tuple(differences(shown_by_lines(told), shown_by_lines(found)))
    return Event(name, not differs, differs, OF_LINES_ONLY)


OF_LINES_ONLY = "as far as its lines show it: times, place and measured figures"


def _of_event(one: Event) -> list[str]:
    name = plain(one.id)
    if one.equal:
        said = [f"  equal    {name}"]
        return [*said, f"             {one.why}"] if one.why else said
    mark = "  NOT SEEN" if one.equal is None else "  DIFFERS "
    said = [f"{mark} {name}" + (f": {one.why}" if one.why else "")]
    for field_, told, found in one.differences:
        said.append(f"             {plain(field_)}: told {plain(told)}, computed {plain(found)}")
    return said
