"""What a hull is known by: the claims that are its own, without slips and worn-out numbers.

A claim counts if it was heard on two days, or for half an hour.  An IMO number counts if
its last digit fits the others, and a call sign if it looks like one.  A number that many
MMSIs claim, or that people type to get past a menu, tells nobody apart.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from tracks.batch import HULLS_PER_MMSI
from tracks.identity import imo_valid
from tracks.names import bare
from tracks.plausible import Rule

NOBODYS = 0  # the hull of claims of which it is not known whose they are
FINDING = ("imo", "call_sign", "name")  # the claims by which ships are told apart
MOST = 3  # so many times as many days as another hull
SLIP_S = 1800.0  # static reports come every six minutes; a word misheard is not repeated
WORN_COUNT = 4  # a ship that is sold and re-flagged has had three numbers or four, not more
_SIGN = re.compile(r"(?=.*[A-Z])[A-Z0-9]{4,7}")
_FEW, _LETTERS = 3, 3  # different characters in a number; letters and digits in a name
_NO_NAMES = frozenset({"NONAME", "NONE", "TEST", "UNKNOWN", "UNNAMED", "VESSEL"})
_RULE = Rule()


class Hull(NamedTuple):
    """A hull that was heard; times in Unix seconds."""

    track: int
    mmsi: int
    first: float
    last: float
    fixes_count: int
    ship_class: int


class Claim(NamedTuple):
    """What was claimed under an MMSI; `hull` 0 says that it is not known which hull said so."""

    mmsi: int
    hull: int
    field: str  # one of tracks.daybook.FIELDS
    value: str
    first: float
    last: float
    days_count: int


class Part(NamedTuple):
    """A track, or those days of it that are one ship's, told apart by something that it said."""

    track: int
    of: str = ""  # "" where the whole track is one ship's


class Portrait(NamedTuple):
    """What a hull is known by; empty and None where it has not said."""

    part: Part
    first: float  # Unix seconds
    last: float
    imo: frozenset[str] = frozenset()
    call_signs: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()  # as `tracks.names.bare` writes them
    size: tuple[int, int] | None = None  # length and beam in metres, as claimed on most days

    @property
    def mmsi(self) -> int:
        """The MMSI under which the hull spoke."""
        return self.part.track // HULLS_PER_MMSI


class Shared(NamedTuple):
    """The claims of an MMSI: by track those of its hulls, and those of which nobody knows."""

    of: Mapping[int, Sequence[Claim]]
    nobodys: Sequence[Claim]


def sure(claim: Claim) -> bool:
    """Say whether a claim was heard for long enough to be no slip."""
    return claim.days_count > 1 or claim.last - claim.first >= SLIP_S


def usable(field: str, value: str) -> bool:
    """Say whether a value can tell ships apart at all."""
    if field == "imo":
        numbered = value.isdecimal() and imo_valid(int(value))
        return numbered and len(set(value)) >= _FEW and value != "1234567"
    if field == "call_sign":
        return _SIGN.fullmatch(value) is not None and len(set(value)) >= _FEW
    name = bare(value)
    return len(name) >= _LETTERS and name not in _NO_NAMES and not name.isdigit()


def lasting(hulls: Sequence[Hull]) -> list[Hull]:
    """Return those of an MMSI's hulls that are more than a wild position or two.

    By the rule of `tracks.segment`, at its documented settings.
    """
    return [
        hull
        for hull in hulls
        if len(hulls) == 1
        or (
            hull.fixes_count >= _RULE.established_count
            and hull.last - hull.first >= _RULE.established_s
        )
    ]


def whose(hulls: Sequence[Hull], claims: Sequence[Claim]) -> Shared:
    """Say which of an MMSI's hulls made which claims; `hulls` are those of `lasting`.

    What was said while two of them were on the air is nobody's at first.  It is the only
    hull's where there is one.  Of two hulls it is the one's of which nothing else is known,
    if all the time the other was heard to say something else.
    """
    of: dict[int, list[Claim]] = {hull.track: [] for hull in hulls}
    nobodys: list[Claim] = []
    for claim in claims:
        track = claim.mmsi * HULLS_PER_MMSI + claim.hull
        if claim.hull == NOBODYS and len(hulls) == 1:
            track = hulls[0].track
        of.get(track, nobodys).append(claim)
    if len(hulls) == 2:
        for field in sorted({claim.field for claim in nobodys}):
            left = _left_over([c for c in nobodys if c.field == field], hulls, of)
            if left is not None:
                claim, track = left
                nobodys.remove(claim)
                of[track].append(claim)
    return Shared(of, nobodys)


def cleared(hulls: Sequence[Hull], shared: Shared) -> Shared:
    """Return claims so that of two hulls of the same time one at most said a thing.

    It is his who said it on most days by far; or nobody's.
    """
    life = {hull.track: hull for hull in hulls}
    every = [(track, claim) for track, said in shared.of.items() for claim in said]

    def doubtful(track: int, claim: Claim) -> bool:
        return any(
            other != track
            and (rival.field, rival.value) == (claim.field, claim.value)
            and life[other].first < life[track].last
            and life[track].first < life[other].last
            and claim.days_count < MOST * rival.days_count
            for other, rival in every
        )

    lost = {(track, claim) for track, claim in every if doubtful(track, claim)}
    of = {track: [c for c in said if (track, c) not in lost] for track, said in shared.of.items()}
    return Shared(of, [*shared.nobodys, *(claim for _, claim in sorted(lost))])


def _left_over(
    nobodys: Sequence[Claim], hulls: Sequence[Hull], of: Mapping[int, Sequence[Claim]]
) -> tuple[Claim, int] | None:
    """Return the claim that only the hull can have made that is not known by another one."""
    field = nobodys[0].field
    own = {track: {c.value for c in said if c.field == field} for track, said in of.items()}
    silent = [hull for hull in hulls if not own[hull.track]]
    spoken = {value for values in own.values() for value in values}
    new = [c for c in nobodys if c.value not in spoken and sure(c)]
    if len(silent) != 1 or len(new) != 1:
        return None
    (claim,), (hull,) = new, silent
    during = any(
        c.value in spoken and c.first < claim.last and c.last > claim.first for c in nobodys
    )
    here = hull.first < claim.last and hull.last > claim.first
    return (claim, hull.track) if during and here else None


def portrait(
    part: Part,
    first: float,
    last: float,
    claims: Iterable[Claim],
    worn: Collection[tuple[str, str]],
) -> Portrait:
    """Return what a hull, or a part of it, is known by.

    It was heard from `first` to `last` and made `claims`; `worn` are the (field, value)
    that many MMSIs claim.
    """
    good: dict[str, list[Claim]] = {}
    for claim in claims:
        if sure(claim) and (claim.field, claim.value) not in worn:
            good.setdefault(claim.field, []).append(claim)
    used = {field: [c for c in good.get(field, ()) if usable(field, c.value)] for field in FINDING}
    told = {field: frozenset(c.value for c in claims) for field, claims in used.items()}
    return Portrait(
        part,
        first,
        last,
        told["imo"],
        told["call_sign"],
        frozenset(map(bare, told["name"])),
        _size(good.get("size", ())),
    )


def _size(claims: Sequence[Claim]) -> tuple[int, int] | None:
    """Return the size claimed on most days; of equals, the one heard last."""
    if not claims:
        return None
    most = max(claims, key=lambda c: (c.days_count, c.last, c.value))
    length, _, beam = most.value.partition("x")
    return int(length), int(beam)
