"""Stamps held against the log: whether what was stamped is what stands there now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sternlight.evidence.chain import Checked
from sternlight.evidence.finding import Finding
from sternlight.evidence.kept import Witness
from sternlight.evidence.stamps import Stamp
from sternlight.text import iso


class Shown(NamedTuple):
    """What a stamp shows of a log."""

    stamp: Stamp
    says: str
    holds: bool  # checked, and of what stands there


def shown(found: Checked, witness: Witness, stamps: Iterable[Stamp]) -> list[Shown]:
    """Return what each stamp shows; one of another log than stands there is a finding in `found`.

    `found.heads` must have those of the segments that were stamped.
    """
    return [_shown(found, witness, stamp) for stamp in stamps]


def _shown(found: Checked, witness: Witness, stamp: Stamp) -> Shown:
    number = stamp.head.segment
    if stamp.said is None:
        return Shown(stamp, f"this stamp of segment {number} shows nothing: {stamp.wrong}", False)
    when = "" if stamp.said.t != stamp.said.t else f" at {iso(stamp.said.t)}"
    there, noted = found.heads.get(number), witness.segments.get(number)
    if there is None and noted is not None and noted.pruned:
        if noted.digests == stamp.head.digests:
            says = (
                f"segment {number} existed{when}, says {stamp.said.by} ({stamp.said.trust}); it has"
                " been deleted since, and the archive's note of it is what was stamped"
            )
            return Shown(stamp, says, not found.changed)
    elif there == stamp.head:
        says = (
            f"this log up to segment {number} existed{when}, says {stamp.said.by}"
            f" ({stamp.said.trust})"
        )
        return Shown(stamp, says, not found.changed or found.changed.segment > number)
    says = (
        f"what {stamp.said.by} has stamped{when} as segment {number} ({stamp.name}) is not what"
        " stands there now: the log up to there was written anew since"
    )
    finding = Finding("changed", says, number)
    found.findings.append(finding)
    return Shown(stamp, says, False)
