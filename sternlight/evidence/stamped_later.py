"""The stamps that speak of a bundle: somebody else's word on when its raw log existed.

A stamp is of a head, which stands for the whole log up to there.  Where it was asked for later
than the last segment of the bundle, the heads of the segments between go along, each with the
proof that it stands in its segment: so the stamped head names, link by link, what is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from receiver.decoded import BadInput
from sternlight.errors import BundleError
from sternlight.evidence.contents import Contents
from sternlight.evidence.digests import Digests
from sternlight.evidence.head import Head
from sternlight.evidence.lines import Line, chosen
from sternlight.evidence.manifest import Manifest, Segment
from sternlight.evidence.segment import examine
from sternlight.evidence.stamps import STAMPS, Stamp, stamps
from sternlight.evidence.verdict import Verdict
from sternlight.rawlog import segments
from sternlight.recovery import RAW, number
from sternlight.text import iso

MOST_LINKS = 24 * 366  # a year of hours


def take(contents: Contents, folder: Path) -> list[Line]:
    """Take the stamps along that are of segments in a bundle, or of the next that was stamped.

    Returns the heads between, with their proofs.
    """
    known = {one.number for one in contents.manifest.segments}
    good = [stamp for stamp in stamps(folder) if stamp.said is not None]
    last = max(known)
    later = min((s.head.segment for s in good if s.head.segment > last), default=0)
    taken = [stamp for stamp in good if stamp.head.segment in known]
    told: list[Line] = []
    if later and (links := _links(folder, last, later)):
        taken += [stamp for stamp in good if stamp.head.segment == later]
        described = [(path, describe(path)) for path in links]
        contents.manifest = replace(contents.manifest, links=tuple(one for _, one in described))
        told = [line for path, one in described for line in chosen(path, one)[0]]
    for stamp in taken:
        head = f"head-{stamp.head.segment:08d}.txt"
        for name in (head, stamp.name, Path(stamp.name).with_suffix(".pem").name):
            if (path := folder / STAMPS / name).exists():
                contents.files[f"{STAMPS}/{name}"] = path
    return told


def _links(folder: Path, last: int, stamped: int) -> list[Path]:
    """Return the segments behind `last` up to the one stamped; none if one is gone."""
    between = [path for path in segments(folder / RAW) if last < number(path) <= stamped]
    whole = len(between) == stamped - last <= MOST_LINKS
    return between if whole else []


def check(
    folder: Path, names: Sequence[str], manifest: Manifest, roots: bytes, verdict: Verdict
) -> None:
    """Check the stamps in a bundle whose lines were found to be good."""
    if not any(name.startswith(f"{STAMPS}/") for name in names):
        return
    known = {one.number: one for one in (*manifest.segments, *manifest.links)}
    try:
        found = stamps(folder, roots)
    except BadInput as error:
        raise BundleError(str(error)) from error
    for stamp in found:
        one = known.get(stamp.head.segment)
        if one is None or stamp.head != _head(manifest.station, one):
            verdict.changed(f"{stamp.name} is a stamp of another log than stands here")
        else:
            _tell(stamp, verdict)


def _tell(stamp: Stamp, verdict: Verdict) -> None:
    if stamp.said is None:
        verdict.note(f"The stamp {stamp.name} shows nothing here: {stamp.wrong}")
        return
    when = "" if stamp.said.t != stamp.said.t else f" at {iso(stamp.said.t)}"
    verdict.good(
        f"the raw log up to segment {stamp.head.segment} existed{when}, says {stamp.said.by}"
        f" ({stamp.said.trust})"
    )


def _head(station: str, one: Segment) -> Head:
    digests = Digests(one.sha256, one.root, one.file_sha256)
    return Head(station, one.number, one.first_line + one.lines - 1, digests)


def describe(path: Path) -> Segment:
    """Describe a segment.  Raises BundleError for one that was changed."""
    one = examine(path)
    if one.broken:
        raise BundleError(
            f"{path.name} is not as the station wrote it ({one.broken.says}); `sternlight verify`"
            " tells where the log was changed, and nothing that rests on it can be bundled"
        )
    sha256, root, file_sha256 = one.digests
    return Segment(
        one.number, path.name, one.first_line, one.lines, one.ended, sha256, root, file_sha256
    )
