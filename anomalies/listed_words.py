"""What a watch list says of a ship, as its own claim: with its name, its date and the match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracks.watchlist import IMO, Entry, Match

MOST_NAMED = 5  # entries; more are counted
MOST_NOTE = 160  # letters

NOT_WHICH = (
    "{count} other hull{s} spoke under this MMSI meanwhile: which of them the claims are of is"
    " not known"
)
NO_MORE = "no list that is read now names it; it was named when it was heard"
NO_IMO = "matched without an IMO number: other ships may bear the same {marks}"
CLAIM = "what a list says is the list's claim; whether it is true, and still so, is not known here"


def caveats(mmsi: int, matches: Sequence[Match], others_count: int) -> tuple[str, ...]:
    """Return what to know of a ship that lists name, the most certain match first."""
    return tuple(_caveats(mmsi, matches, others_count))


def _caveats(mmsi: int, matches: Sequence[Match], others_count: int) -> Iterator[str]:
    for match in matches[:MOST_NAMED]:
        yield said(mmsi, match)
    if (more := len(matches) - MOST_NAMED) > 0:
        yield f"and {more} more {'entry' if more == 1 else 'entries'} of lists"
    if not matches:
        yield NO_MORE
    elif IMO not in matches[0].agrees:
        yield NO_IMO.format(marks=" and ".join(matches[0].agrees))
    if others_count:
        yield NOT_WHICH.format(count=others_count, s="" if others_count == 1 else "s")
    yield CLAIM


def said(mmsi: int, match: Match) -> str:
    """Say what a list has, and by what it was matched with an MMSI."""
    entry = match.entry
    dated = f" ({entry.dated})" if entry.dated else " (undated)"
    note = f": {entry.note[:MOST_NOTE]}" if entry.note else ""
    return (
        f"{entry.list_name}{dated} lists {_named(entry)}{note}; {mmsi} was matched by {match.says},"
        f" certainty {match.certainty:.2f}"
    )


def _named(entry: Entry) -> str:
    number = f"IMO {entry.imos[0]}" if entry.imos else ""
    call_sign = f"call sign {entry.call_signs[0]}" if entry.call_signs else ""
    mmsi = f"MMSI {entry.mmsis[0]}" if entry.mmsis else ""
    flag = f"flag {entry.flag}" if entry.flag else ""
    marks = [entry.name or "a ship without a name", number, call_sign, mmsi, flag]
    return ", ".join(mark for mark in marks if mark)


def tells_of(caveat: str, list_name: str) -> bool:
    """Return whether a caveat is what `said` says of an entry of a list."""
    return caveat.startswith(f"{list_name} (")
