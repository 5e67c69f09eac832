"""Lists and what they name, as people and programs read it.

Every word of a list, and every name, comes from strangers: it is shown as plain characters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sternlight.text import counted, iso, plain
from sternlight.watchlists.read import ListFile, Lists
from sternlight.watchlists.record import Compared, Found

CLAIM = (
    "What a list says is the list's claim. A match says that names and numbers agree, which are"
    " typed in by hand: compare with a register before you say of a ship that it is listed."
)
NOT_AUTHORISED = (
    "Of {fishing} heard that say they fish or carry goods, {authorised} stand in a list of"
    " authorised ships. That others do not is no suspicion: such a list is for one sea and one"
    " kind of fishing, and names are written in many ways."
)
MOST_SHOWN = 50


def put_lists(lists: Lists) -> None:
    """Print what the files hold."""
    from rich.text import Text

    from sternlight.screen import put

    for one in lists.files:
        for sentence in _of_file(one):
            put(Text(plain(sentence)))


def _of_file(one: ListFile) -> Iterator[str]:
    entries = one.entries
    yield f"{one.path.name}: {one.format}, {counted(len(entries), 'ship')}"
    standings = Counter(entry.standing for entry in entries)
    if standings:
        yield "  " + ", ".join(f"{n:,} {standing}" for standing, n in sorted(standings.items()))
    marks = {
        "an IMO number": sum(bool(e.imos) for e in entries),
        "a call sign": sum(bool(e.call_signs) for e in entries),
        "an MMSI": sum(bool(e.mmsis) for e in entries),
        "only a name": sum(not (e.imos or e.call_signs or e.mmsis) for e in entries),
    }
    yield "  with " + ", ".join(f"{what} {n:,}" for what, n in marks.items())
    for why, n in sorted(one.left_out.items()):
        yield f"  left out: {counted(n, 'row')}, {why}"
    for sentence in one.problems.sentences():
        yield f"  {sentence}"


def put_found(found: Compared) -> None:
    """Print which ships of a record the lists name."""
    from rich.table import Table
    from rich.text import Text

    from sternlight.screen import put

    put(Text())
    table = Table(box=None, pad_edge=False)
    for name in ("certainty", "MMSI", "ship", "what the list says, and how it was matched"):
        table.add_column(name, justify="right" if name == "certainty" else "left")
    for one in found.listed[:MOST_SHOWN]:
        table.add_row(*map(Text, _cells(one)))
    ships = counted(len({one.mmsi for one in found.listed}), "ship")
    put(Text(f"{ships} of {found.ships_count:,} heard may be on a list."))
    if found.listed:
        put(table)
    if len(found.listed) > MOST_SHOWN:
        put(
            Text(f"{counted(len(found.listed) - MOST_SHOWN, 'more match', 'more matches')}; --json")
        )
    if found.authorised_count:
        put(Text(NOT_AUTHORISED.format(fishing=counted(found.fishing_count, "ship"),
                                       authorised=f"{found.authorised_count:,}")))  # fmt: skip
    if found.listed:
        put(Text(CLAIM))


def _cells(one: Found) -> tuple[str, ...]:
    entry = one.match.entry
    several = f"; {one.hulls_count} hulls under this MMSI, not known which" * (one.hulls_count > 1)
    dated = f" ({entry.dated})" if entry.dated else ""
    standing = "" if entry.standing == "listed" else f", {entry.standing}"
    return (
        f"{one.match.certainty:.2f}",
        str(one.mmsi),
        f"{plain(one.claims.name) or 'without a name'}\nlast heard {_when(one.last)}",
        plain(f"{entry.list_name}{dated}{standing}: {entry.name} {entry.note}".strip())
        + f"\nby {one.match.says}{several}",
    )


def _when(t: float) -> str:
    return iso(t)[:10] if t == t else "?"


def as_json(lists: Lists, found: Compared | None) -> dict[str, Any]:
    """Return all of it as what JSON knows."""
    files = [
        row | {"left_out": dict(one.left_out), "problems": list(one.problems.sentences())}
        for row, one in zip(lists.rows(), lists.files, strict=True)
    ]
    if found is None:
        return {"files": files}
    return {
        "files": files,
        "ships": found.ships_count,
        "fishing_or_cargo": found.fishing_count,
        "authorised": found.authorised_count,
        "matches": [_row(one) for one in found.listed],
    }


def _row(one: Found) -> dict[str, Any]:
    entry = one.match.entry
    return {
        "certainty": one.match.certainty,
        "matched_by": one.match.says,
        "mmsi": one.mmsi,
        "name": one.claims.name,
        "call_sign": one.claims.call_sign,
        "imo": one.claims.imo or None,
        "hulls": one.hulls_count,
        "last_heard": iso(one.last) if one.last == one.last else None,
        "list": entry.list_name,
        "dated": entry.dated,
        "standing": entry.standing,
        "id": entry.id,
        "listed_name": entry.name,
        "listed_imos": list(entry.imos),
        "note": entry.note,
        "source": entry.source,
    }
