"""Whether two hulls are one ship: the grounds on which they are joined, and what contradicts.

A hull gets a new MMSI with each flag and a new name with each owner, and keeps its IMO
number and its size.  Whatever is claimed may be typed in wrongly, copied or made up; where
a ship was is harder to invent.  So nothing joins two hulls that were at two places at once,
and no single claim joins any.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from tracks.batch import BIN_S, I64
from tracks.geodesy import NMI_M, distance_m
from tracks.meanwhile import Meanwhile, compare
from tracks.portraits import Part, Portrait
from tracks.way import DAY_S, Way

JOINED = 0.9  # from this certainty on two hulls are one ship


class Ground(NamedTuple):
    """On what two hulls are taken for one ship: how sure that is, and why no surer."""

    certainty: float
    why: str


# A certainty is the judgement of those who wrote it, as a weight of a score is.  Grounds of
# the same certainty that lead to two ships cancel each other out (`tracks.ships`).
GROUNDS: dict[str, Ground] = {
    "seen, and agrees": Ground(0.98, "one number began where the other was due, saying the same"),
    "seen": Ground(0.97, "one number began at sea where the other was due, and no other fits"),
    "IMO number and more": Ground(0.95, "a number that stays for life, and name or call sign too"),
    "IMO number, re-flagged": Ground(0.95, "all else changes with the flag; number and size stay"),
    "one number, one word": Ground(0.93, "days of a shared number on which the same was said"),
    "call sign and name": Ground(0.92, "a state gives a call sign once; a radio was replaced"),
    "began where it ended": Ground(0.9, "same name or call sign and size, same berth, two days"),
    # Told, and not joined.
    "one MMSI": Ground(0.8, "told apart by where they were; rather a wrong clock, or a copy"),
    "seen, among others": Ground(0.8, "other ships began or ended there as well"),
    "IMO number alone": Ground(0.7, "numbers are copied from a sister ship or a manual"),
    "IMO number, by turns": Ground(0.7, "both were heard again and again: rather two ships"),
    "call sign and name alone": Ground(0.6, "nothing else to hold them against, or by turns"),
}

Why = Literal["two places", "too far", "size", "IMO number", "turns"]


class Link(NamedTuple):
    """Two hulls that may be one ship; `a` was heard first."""

    a: Part
    b: Part
    why: str  # of GROUNDS
    certainty: float
    says: str


class Conflict(NamedTuple):
    """Two hulls that claim to be one ship and are not, or take turns; `a` was heard first."""

    a: Part
    b: Part
    why: Why
    says: str


class Succession(NamedTuple):
    """A number that began where another was due, as the detector of identities found it."""

    same_claims_count: int
    rivals_count: int  # other numbers that began or ended there


Ways = Callable[[Part, float, float], Way]  # where a hull was between two Unix times

BY_TURNS_S = 3600.0  # a radio that is replaced is heard for an hour beside the new one
TOGETHER_COUNT = 6  # ten-minute marks of both at one place: two ships, or two radios
BERTH_NMI, BERTH_S = 1.0, 2 * 86_400.0  # a new radio is set up in port, within days
LENGTH_M, LENGTH_SHARE = 6, 0.06  # over all or between perpendiculars, rounded by hand
BEAM_M, BEAM_SHARE = 3, 0.15


def judge(
    one: Portrait, other: Portrait, ways: Ways, seen: Succession | None = None
) -> Link | Conflict | None:
    """Say whether two hulls are one ship; None where nothing suggests that they are.

    Hulls under one MMSI are never joined: they are two since no ship makes the way from
    where the one was last heard to where the other began (`tracks.segment`).  Parts of
    tracks on which two ships take turns are, where the same was said (`tracks.turns`).
    """
    a, b = sorted((one, other), key=_heard)
    shared = _shared(a, b)
    words = a.call_signs & b.call_signs and a.names & b.names
    alike = a.imo & b.imo or words or _one_word(a, b) or _berthed(a, b)
    if seen is None and not alike:
        return None
    against = _told_apart(a, b, shared)
    if against is not None:
        return against
    met = meanwhile(a, b, ways)
    if not met.consistent:
        return _not_one(a, b, shared, met)
    ground = _ground(a, b, met, seen, ways)
    if ground is None:
        return None
    says = f"both gave {shared}" if shared else "one began where the other was due"
    if seen is not None and shared:
        says += ", and one began where the other was due"
    if a.mmsi // 1_000_000 != b.mmsi // 1_000_000:
        says += f"; the digits of the flag changed from {a.mmsi // 1_000_000}"
        says += f" to {b.mmsi // 1_000_000}"
    return Link(a.part, b.part, ground, GROUNDS[ground].certainty, says)


def taking_turns(a: Portrait, b: Portrait) -> Conflict:
    """Tell of two ships on one track; both are parts of it."""
    a, b = sorted((a, b), key=_heard)
    says = f"two ships took turns under one MMSI: one said {a.part.of}, and one {b.part.of}"
    return Conflict(a.part, b.part, "turns", says)


def _heard(hull: Portrait) -> tuple[float, Part]:
    return hull.first, hull.part


def differ(a: Portrait, b: Portrait, ways: Ways) -> bool:
    """Say whether two hulls cannot be one ship."""
    if (a.mmsi == b.mmsi and not _one_word(a, b)) or _told_apart(a, b, "") is not None:
        return True
    return not meanwhile(a, b, ways).consistent


def meanwhile(a: Portrait, b: Portrait, ways: Ways) -> Meanwhile:
    """Compare where two hulls were, as far as their times touch."""
    if b.first <= a.last and a.first <= b.last:
        return compare(ways(a.part, a.first, a.last), ways(b.part, b.first, b.last))
    a, b = (a, b) if a.first < b.first else (b, a)
    return compare(_last(a, ways), _first(b, ways))


def _last(hull: Portrait, ways: Ways) -> Way:
    """Return the last known place of a hull; few days are looked at where that is enough."""
    until = hull.last + BIN_S  # a fix counts for the nearest mark
    way = ways(hull.part, hull.last - DAY_S, until)
    if not len(way.bin):
        way = ways(hull.part, hull.first, until)
    return Way(way.bin[-1:], way.lat[-1:], way.lon[-1:])


def _first(hull: Portrait, ways: Ways) -> Way:
    way = ways(hull.part, hull.first, hull.first + DAY_S)
    if not len(way.bin):
        way = ways(hull.part, hull.first, hull.last)
    return Way(way.bin[:1], way.lat[:1], way.lon[:1])


def same_size(a: tuple[int, int] | None, b: tuple[int, int] | None) -> bool | None:
    """Say whether two sizes are one ship's, but for how they were taken; None if one is untold."""
    if a is None or b is None:
        return None
    return all(
        abs(x - y) <= max(least, share * max(x, y))
        for x, y, least, share in zip(
            a, b, (LENGTH_M, BEAM_M), (LENGTH_SHARE, BEAM_SHARE), strict=True
        )
    )


def _shared(a: Portrait, b: Portrait) -> str:
    """Return in words what both claimed; "" if nothing."""
    words = [
        f"{what} {' or '.join(sorted(both))}"
        for what, both in (
            ("the IMO number", a.imo & b.imo),
            ("the call sign", a.call_signs & b.call_signs),
            ("the name", a.names & b.names),
        )
        if both
    ]
    return " and ".join(words)


def _told_apart(a: Portrait, b: Portrait, shared: str) -> Conflict | None:
    """Return what claims alone contradict."""
    both = f"both gave {shared}, but" if shared else "one began where the other was due, but"
    if a.imo and b.imo and not a.imo & b.imo:
        numbers = " and ".join(" or ".join(sorted(imo)) for imo in (a.imo, b.imo))
        return Conflict(a.part, b.part, "IMO number", f"{both} the IMO numbers {numbers}")
    if same_size(a.size, b.size) is False and a.size and b.size:
        sizes = " and one ".join(f"{length} m by {beam} m" for length, beam in (a.size, b.size))
        return Conflict(a.part, b.part, "size", f"{both} one said to be {sizes}")
    return None


def _not_one(a: Portrait, b: Portrait, shared: str, met: Meanwhile) -> Conflict:
    """Say where both were that one ship cannot have been."""
    both = f"both gave {shared}, but" if shared else "one began where the other was due, but"
    if len(met.apart):
        says = (
            f"{both} were heard at two places at once {_on(met.apart)},"
            f" {met.apart_nmi.max():.0f} nmi apart"
        )
        return Conflict(a.part, b.part, "two places", says)
    worst = int((met.impossible_nmi / met.impossible_h).argmax())
    says = (
        f"{both} no ship makes the {met.impossible_nmi[worst]:.0f} nmi between where they were"
        f" heard in {met.impossible_h[worst]:.1f} h"
    )
    return Conflict(a.part, b.part, "too far", says)


def _on(marks: I64) -> str:
    """Write on which days some ten-minute marks are."""
    days = sorted({mark * BIN_S // DAY_S for mark in marks.tolist()})
    first, last = (
        f"{datetime.fromtimestamp(day * DAY_S, UTC):%Y-%m-%d}" for day in (days[0], days[-1])
    )
    return f"on {first}" if len(days) == 1 else f"on {len(days)} days from {first} to {last}"


def _ground(
    a: Portrait, b: Portrait, met: Meanwhile, seen: Succession | None, ways: Ways
) -> str | None:
    """Return on which ground two hulls that nothing contradicts may be one."""
    in_turn = b.first >= a.last - BY_TURNS_S
    if a.mmsi == b.mmsi:
        return "one number, one word" if _one_word(a, b) else "one MMSI"
    beside = met.together_count > TOGETHER_COUNT
    named = bool(a.call_signs & b.call_signs or a.names & b.names)
    sized = same_size(a.size, b.size) is not None
    if seen is not None and not beside:
        agrees = seen.same_claims_count > 0 or bool(a.imo & b.imo) or named
        if agrees:
            return "seen, and agrees"
        if in_turn and not seen.rivals_count:
            return "seen"
        return "seen, among others"
    if a.imo & b.imo:
        return _by_imo(a, b, in_turn, beside, named, sized)
    if a.call_signs & b.call_signs and a.names & b.names:
        sure = in_turn and not beside and sized
        return "call sign and name" if sure else "call sign and name alone"
    if _berthed(a, b) and not beside and _near(a, b, ways):
        return "began where it ended"
    return None


def _one_word(a: Portrait, b: Portrait) -> bool:
    """Say whether two are parts of one MMSI's tracks on which the same was said."""
    return a.mmsi == b.mmsi and bool(a.part.of) and a.part.of == b.part.of


def _by_imo(a: Portrait, b: Portrait, in_turn: bool, beside: bool, named: bool, sized: bool) -> str:
    if beside or not (in_turn or (named and sized)):
        return "IMO number, by turns"
    if named:
        return "IMO number and more"
    other_flag = a.mmsi // 1_000_000 != b.mmsi // 1_000_000
    if sized and (other_flag or not _renamed(a, b)):
        return "IMO number, re-flagged"
    return "IMO number alone"


def _renamed(a: Portrait, b: Portrait) -> bool:
    """Say whether names or call signs are known of both; that they differ is known before."""
    return bool((a.names and b.names) or (a.call_signs and b.call_signs))


def _berthed(a: Portrait, b: Portrait) -> bool:
    """Say whether `b` may be `a` with another radio: the same word and size, two days at most."""
    return (
        a.size is not None
        and a.size == b.size
        and bool(a.names & b.names or a.call_signs & b.call_signs)
        and -BY_TURNS_S <= b.first - a.last <= BERTH_S
    )


def _near(a: Portrait, b: Portrait, ways: Ways) -> bool:
    end, begin = _last(a, ways), _first(b, ways)
    if not len(end.bin) or not len(begin.bin):
        return False
    return bool(distance_m(end.lat, end.lon, begin.lat, begin.lon)[0] <= BERTH_NMI * NMI_M)
