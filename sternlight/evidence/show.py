"""A check of the raw log told to people, and to programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sternlight.evidence.chain import Checked
from sternlight.evidence.finding import Finding
from sternlight.evidence.head import Head
from sternlight.evidence.stamped import Shown
from sternlight.evidence.stamps import Stamp
from sternlight.text import counted, duration, iso

MOST_SHOWN = 20  # findings of a kind; --json has all
LIMITS = (
    "What no chain can show: whoever has the station can write all of it anew from some point on."
    " A stamp, or a head that was written down elsewhere before, shows that nobody did"
    " (docs/evidence.md)."
)


def told(found: Checked, stamps: Sequence[Shown]) -> Iterator[str]:
    """Yield the lines that say how a log is."""
    numbers = f"segments {found.first} to {found.last}"
    if found.segments_count == 1:
        numbers = f"segment {found.first}"
    times = _span(found.first_t, found.last_t) or " nothing heard"
    yield f"The raw log of station {found.station or 'unknown'}: {numbers},{times},"
    yield f"{counted(found.lines_count, 'line')}, {found.packed_bytes / 1e6:,.1f} MB."
    yield ""
    yield from _changes(found)
    yield from _head(found.head)
    for title, kinds in (
        ("Nothing was recorded, which is no change:", ("gap",)),
        ("Not ended yet:", ("open",)),
        ("Deleted to make room:", ("pruned",)),
        ("Cannot be checked:", ("unknown",)),
    ):
        yield from _listed(title, [one for one in found.findings if one.kind in kinds])
    if found.more_gaps_count:
        yield f"  and {counted(found.more_gaps_count, 'gap')} more"
    if stamps:
        yield "Stamps:"
        yield from (f"  {one.stamp.name}: {one.says}" for one in stamps)
        yield ""
    yield LIMITS


def row(found: Checked, stamps: Iterable[Shown]) -> dict[str, Any]:
    """Return all of it for a program; what is not known is None."""
    first = found.changed
    return {
        "station": found.station,
        "changed": first is not None,
        "first_changed": first and first.row(),
        "segments": {"count": found.segments_count, "first": found.first, "last": found.last},
        "lines_count": found.lines_count,
        "packed_bytes": found.packed_bytes,
        "first_heard": None if found.first_t != found.first_t else iso(found.first_t),
        "last_heard": None if found.last_t != found.last_t else iso(found.last_t),
        "head": found.head and _head_row(found.head),
        "findings": [one.row() for one in found.findings],
        "more_gaps_count": found.more_gaps_count,
        "stamps": [_stamp_row(one) for one in stamps],
    }


def stamp_told(stamp: Stamp) -> str:
    """Return what an answer says that was kept."""
    said = stamp.said
    if said is None:
        return f"{stamp.name}: {stamp.wrong}"
    when = "" if said.t != said.t else f" at {iso(said.t)}"
    return (
        f"{stamp.name} is kept: the log up to segment {stamp.head.segment} existed{when}, says"
        f" {said.by} ({said.trust})."
    )


def place(finding: Finding) -> str:
    """Return where a finding is: segment, file, line and time."""
    parts = [f"segment {finding.segment}" if finding.segment >= 0 else "the log"]
    if finding.name:
        parts.append(finding.name)
    if finding.line:
        parts.append(f"from line {finding.line:,} on")
    if finding.kind == "changed" and finding.t == finding.t:
        parts.append(f"behind what was heard at {iso(finding.t)}")
    return ", ".join(parts)


def _changes(found: Checked) -> Iterator[str]:
    changes = found.of("changed")
    if not changes:
        yield "Nothing in it was changed since it was written, as far as its chain reaches."
        yield ""
        return
    yield "IT IS NOT AS IT WAS WRITTEN. The first place:"
    yield f"  {place(changes[0])}: {changes[0].says}."
    yield ""
    yield from _listed("Further places, which may follow from the first:", changes[1:])


def _head(head: Head | None) -> Iterator[str]:
    if head is None:
        return
    yield "Its head, to be written down elsewhere (it stands for all up to there):"
    yield f"  segment {head.segment}"
    yield f"  sha256  {head.digests.sha256}"
    yield f"  root    {head.digests.root}"
    yield f"  file    {head.digests.file_sha256}"
    yield ""


def _listed(title: str, findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        return
    yield title
    for one in findings[:MOST_SHOWN]:
        when = _span(one.t, one.until).strip() if one.kind == "gap" else place(one)
        yield f"  {when or place(one)}: {one.says}"
    if len(findings) > MOST_SHOWN:
        yield f"  and {len(findings) - MOST_SHOWN:,} more (--json has all)"
    yield ""


def _span(t: float, until: float) -> str:
    if t != t and until != until:
        return ""
    since = "unknown" if t != t else iso(t)
    if until != until:
        return f" since {since}"
    lasted = "" if t != t else f" ({duration(until - t)})"
    return f" {since} to {iso(until)}{lasted}"


def _head_row(head: Head) -> dict[str, Any]:
    return {"segment": head.segment, "last_line": head.last_line, **head.digests._asdict()}


def _stamp_row(one: Shown) -> dict[str, Any]:
    said = one.stamp.said
    return {
        "file": one.stamp.name,
        "kind": one.stamp.kind,
        "segment": one.stamp.head.segment,
        "t": iso(said.t) if said and said.t == said.t else None,
        "by": said.by if said else None,
        "trust": said.trust if said else None,
        "holds": one.holds,
        "says": one.says,
    }
