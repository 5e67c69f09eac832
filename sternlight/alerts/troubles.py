"""What is remembered of a station's troubles, so that its operator is told of each in measure.

Each is told once when it has lasted for its time of grace, again after 1, 3 and 7 days while
it lasts, and once when it is over.  One that is back before its end was told is the same trouble.
Everything of a day is told together.  Pure: all times are given, Unix seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sternlight.text import iso

DAY_S = 86_400.0
CALM_S = 3600.0  # away for so long, it is over
AGAIN_S = (DAY_S, 3 * DAY_S, 7 * DAY_S)  # between the tellings, the last for good
A_DAY_COUNT = 3  # letters, whatever happens


class Seen(NamedTuple):
    """A trouble as it shows now."""

    name: str
    says: str
    since: float
    grace_s: float = 0.0  # it is told when it has lasted so long
    serious: bool = False  # the first of it does not wait for the letter of the day
    known: bool = True  # False: nobody can tell now; it is as it was, and not told of


class Kept(NamedTuple):
    """A trouble as it is remembered."""

    name: str
    says: str
    since: float
    gone: float | None = None  # since when it has not shown
    told: float | None = None  # when it was last told of
    told_count: int = 0  # of this time; 0 when its end was told


class Letter(NamedTuple):
    """What is to be told, and what is remembered when that is written down."""

    sentences: list[str]
    kept: dict[str, Kept]


def follow(kept: Mapping[str, Kept], seen: Sequence[Seen], t: float) -> dict[str, Kept]:
    """Return what is remembered after a look at time `t`."""
    now = {one.name: one for one in seen}
    found = {name: _shown(kept.get(name), one, t) for name, one in now.items()}
    for name, one in kept.items():
        if name not in now:
            gone = min(t, t if one.gone is None else one.gone)
            if one.told_count or t - max(gone, min(t, one.told or 0.0)) < DAY_S:
                found[name] = one._replace(gone=gone)
    return found


def _shown(before: Kept | None, one: Seen, t: float) -> Kept:
    since = min(one.since, t)
    if before is None:
        return Kept(one.name, one.says, since)
    # A clock that was set back must not put anything off for years.
    told = None if before.told is None else min(before.told, t)
    if before.gone is None or before.told_count:  # its end was not told yet
        return Kept(one.name, one.says, since, None, told, before.told_count)
    return Kept(one.name, one.says, since, None, told)


def letter(
    kept: Mapping[str, Kept], seen: Sequence[Seen], letters: Sequence[float], t: float
) -> Letter | None:
    """Return what is to be told now, if anything; `letters` is when letters were made before."""
    now = {one.name: one for one in seen}
    told, after, urgent = [], dict(kept), False
    for name, one in kept.items():
        if name in now:
            if sentence := _goes_on(one, now[name], t):
                told.append(sentence)
                after[name] = one._replace(told=t, told_count=one.told_count + 1)
                urgent |= _is_urgent(one, now[name], t)
        elif one.told_count and one.gone is not None and t - one.gone >= CALM_S:
            told.append(f"Over since {iso(one.gone)}: {one.says}")
            after[name] = one._replace(told=t, told_count=0)
    lately = [made for made in letters if t - DAY_S < made <= t]
    if not told or (lately and not urgent) or len(lately) >= A_DAY_COUNT:
        return None
    return Letter(told, after)


def _goes_on(one: Kept, seen: Seen, t: float) -> str:
    """Return what is to be said of a trouble that lasts; empty: nothing today."""
    if not seen.known:
        return ""
    if not one.told_count:
        return one.says if t - one.since >= seen.grace_s else ""
    due_s = AGAIN_S[min(one.told_count, len(AGAIN_S)) - 1]
    return f"Still so: {one.says}" if one.told is None or t - one.told >= due_s else ""


def _is_urgent(one: Kept, seen: Seen, t: float) -> bool:
    """Tell whether it is the first of a serious trouble, for a day at least."""
    return seen.serious and not one.told_count and (one.told is None or t - one.told >= DAY_S)
