"""Which ships of a record the lists name, by all that was claimed in the years it holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sternlight.record.read import Claim, claims, hulls
from sternlight.sqlite import Database
from tracks.identity import Claims
from tracks.watchlist import Match, Watchlist, name_key

MOST_CLAIMS = 200  # of an MMSI, the newest: some are shared by fleets, or made up
FISHING, CARGO = 30, range(70, 80)  # ITU-R M.1371-5, table 53


class Found(NamedTuple):
    """A ship that a list names."""

    mmsi: int
    claims: Claims  # by which it was matched
    match: Match
    hulls_count: int  # under this MMSI
    last: float  # when it was heard last, Unix seconds


class Compared(NamedTuple):
    """What a comparison of a record with lists came to."""

    ships_count: int  # MMSIs in the record
    listed: Sequence[Found]  # the most certain first; without those that are authorised only
    fishing_count: int  # fishing vessels and cargo ships, by their own word
    authorised_count: int  # of those the ones that an authorised list names


def compare(record: Database, watch: Watchlist, min_certainty: float) -> Compared:
    """Match every MMSI of a record with the lists."""
    heard, counts = dict[int, float](), Counter[int]()
    for hull in hulls(record):
        heard[hull.mmsi] = max(hull.last, heard.get(hull.mmsi, hull.last))
        counts[hull.mmsi] += 1
    told: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims(record):
        told[claim.mmsi].append(claim)
    bearers = Counter(
        key
        for said in told.values()
        for key in {name_key(claim.value) for claim in said if claim.field == "name"}
    )
    listed, fishing, authorised = [], 0, 0
    for mmsi in sorted(heard.keys() | told.keys()):
        found = list(of_ship(mmsi, told.get(mmsi, []), watch, bearers))
        good = [(said, match) for said, match in found if match.certainty >= min_certainty]
        listed += [
            Found(mmsi, said, match, counts[mmsi], heard.get(mmsi, _last(told.get(mmsi, []))))
            for said, match in good
            if match.entry.standing != "authorised"
        ]
        if any(_may_fish(claim) for claim in told.get(mmsi, [])):
            fishing += 1
            authorised += any(match.entry.standing == "authorised" for _, match in good)
    listed.sort(key=lambda one: (-one.match.certainty, one.mmsi))
    return Compared(len(heard.keys() | told.keys()), listed, fishing, authorised)


def of_ship(
    mmsi: int, said: Sequence[Claim], watch: Watchlist, bearers: Counter[str]
) -> Iterator[tuple[Claims, Match]]:
    """Yield the entries a ship may be, each once, with the claims that agree best.

    `said` is what was claimed under its MMSI; `bearers` by how many ships each name is borne.
    """
    best: dict[int, tuple[Claims, Match]] = {}
    for then in {*_together(said), Claims()}:
        for match in watch.match(mmsi, then, bearers[name_key(then.name)]):
            key = id(match.entry)
            if key not in best or best[key][1].certainty < match.certainty:
                best[key] = then, match
    yield from best.values()


def _together(said: Sequence[Claim]) -> Iterator[Claims]:
    """Yield for each claim what was claimed in the same days; of several the newest."""
    marks = [claim for claim in said if claim.field in ("name", "call_sign", "imo")]
    marks = sorted(marks, key=lambda claim: claim.last)[-MOST_CLAIMS:]
    for one in marks:
        newest: dict[str, Claim] = {one.field: one}
        for other in marks:
            beside = other.first <= one.last and other.last >= one.first
            if other.field != one.field and beside:
                known = newest.get(other.field)
                newest[other.field] = other if not known or other.last > known.last else known
        text = {field: claim.value for field, claim in newest.items()}
        imo = text.get("imo", "")
        yield Claims(
            text.get("name", ""), text.get("call_sign", ""), int(imo) if imo.isdigit() else 0
        )


def _may_fish(claim: Claim) -> bool:
    kind = int(claim.value) if claim.field == "ship_type" and claim.value.isdigit() else -1
    return kind == FISHING or kind in CARGO


def _last(said: Sequence[Claim]) -> float:
    return max((claim.last for claim in said), default=float("nan"))
