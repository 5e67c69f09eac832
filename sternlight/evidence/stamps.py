"""Stamps: somebody else's word that the head of the chain existed at some time.

RFC 3161: an authority signs a hash with the time.  OpenTimestamps: a hash is put among those from
which a block of Bitcoin is made.  Both are asked for by the user (docs/evidence.md); here the
question is written down, and the answers are checked, by libraries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from receiver.decoded import BadInput
from sternlight.errors import ArchiveError
from sternlight.evidence import calendar_proof, timestamp
from sternlight.evidence.head import Head
from sternlight.evidence.said import OTHER, Said
from sternlight.evidence.segment import examine
from sternlight.files import whole
from sternlight.rawlog import segments
from sternlight.recovery import RAW

STAMPS = "stamps"  # the folder beside the raw log
MOST_BYTES = 1 << 20  # of an answer; real ones have some thousand
Kind = Literal["rfc3161", "opentimestamps"]
ENDINGS: dict[str, Kind] = {".tsr": "rfc3161", ".ots": "opentimestamps"}


class Stamp(NamedTuple):
    """An answer beside the raw log; `wrong` says why it shows nothing, or ""."""

    name: str  # of its file
    kind: Kind
    head: Head
    said: Said | None
    wrong: str


class Request(NamedTuple):
    """The files that ask for a stamp."""

    head: Path
    query: Path


def head_of(folder: Path) -> Head:
    """Return the head of a station's raw log.  Raises ArchiveError if it has none."""
    for path in reversed(segments(folder / RAW)):
        one = examine(path)
        if one.ended and one.broken:
            raise ArchiveError(f"{path} is not as it was written: see `sternlight verify`")
        if one.ended:
            return Head.of(one)
    raise ArchiveError(f"no segment in {folder / RAW} has ended yet; the first does in an hour")


def request(folder: Path, head: Head) -> Request:
    """Write down the head, and what asks for a stamp of it (RFC 3161, TimeStampReq)."""
    made = _files(folder, head)
    made.head.parent.mkdir(exist_ok=True)
    for path, content in zip(made, (head.text(), timestamp.query(head)), strict=True):
        with whole(path) as partial:
            partial.write_bytes(content)
    return made


def attach(folder: Path, name: str, answer: bytes, roots: bytes) -> Stamp:
    """Keep an answer if it is good, and the certificates (PEM) that it was checked with.

    Raises BadInput for one that is not good, or is of no head that was written down here.
    """
    kind = ENDINGS.get(Path(name).suffix)
    if kind is None:
        raise BadInput(f"{name}: an answer is a file .tsr (RFC 3161) or .ots (OpenTimestamps)")
    heads = list(_heads(folder))
    if not heads:
        raise BadInput(f"nothing was asked for yet: `sternlight stamp` writes into {STAMPS}/")
    for head in heads:
        stamp = _checked(name, kind, head, answer, roots)
        if stamp.wrong != OTHER:
            break
    if stamp.wrong:
        raise BadInput(f"{name}: {stamp.wrong}")
    place = _place(folder, head, answer, kind)
    with whole(place) as partial:
        partial.write_bytes(answer)
    if roots and kind == "rfc3161":
        with whole(place.with_suffix(".pem")) as partial:
            partial.write_bytes(roots)
    return stamp._replace(name=place.name)


def stamps(folder: Path, roots: bytes = b"") -> list[Stamp]:
    """Check all answers beside a raw log, with `roots` (PEM) or with those that stand beside each.

    Oldest first.
    """
    found = []
    for head in _heads(folder):
        stem = _files(folder, head).head.stem
        for path in sorted((folder / STAMPS).glob(f"{stem}-*")):
            if path.suffix in ENDINGS:
                beside = path.with_suffix(".pem")
                known = roots or (beside.read_bytes() if beside.exists() else b"")
                kind = ENDINGS[path.suffix]
                found.append(_checked(path.name, kind, head, path.read_bytes(), known))
    return found


def _files(folder: Path, head: Head) -> Request:
    stem = folder / STAMPS / f"head-{head.segment:08d}"
    return Request(stem.with_suffix(".txt"), stem.with_suffix(".tsq"))


def _place(folder: Path, head: Head, answer: bytes, kind: Kind) -> Path:
    """Return where an answer is kept; several may stamp the same head."""
    stem = _files(folder, head).head
    ending = next(ending for ending, of in ENDINGS.items() if of == kind)
    return stem.with_name(f"{stem.stem}-{hashlib.sha256(answer).hexdigest()[:8]}{ending}")


def _heads(folder: Path) -> Iterable[Head]:
    for path in sorted((folder / STAMPS).glob("head-*.txt")):
        try:
            yield Head.read(path.read_bytes())
        except ValueError as error:
            raise BadInput(
                f"{path}: {error}; it was changed, or something else put there"
            ) from error


def _checked(name: str, kind: Kind, head: Head, answer: bytes, roots: bytes) -> Stamp:
    check = {"rfc3161": timestamp.check, "opentimestamps": calendar_proof.check}[kind]
    try:
        if len(answer) > MOST_BYTES:
            raise ValueError(f"it is larger than {MOST_BYTES:,} bytes, which no answer is")
        return Stamp(name, kind, head, check(head, answer, roots), "")
    except ValueError as error:
        return Stamp(name, kind, head, None, str(error))
