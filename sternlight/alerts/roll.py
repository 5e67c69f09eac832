"""The lists of who is told, and of what was sent, as the operator sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sternlight.alerts.book import OPERATOR, Book
from sternlight.alerts.credentials import Seal
from sternlight.alerts.subscription import Subscription
from sternlight.text import iso, plain


def rows(book: Book, seal: Seal, show: bool) -> list[dict[str, Any]]:
    """Return a row for each subscriber; `show` writes addresses out."""
    counts = {
        (number, state): count
        for number, state, count in book.read(
            "select subscription, state, count(*) from letters group by subscription, state"
        )
    }
    return [_row(one, counts, show) for one in book.subscriptions(seal)]


def _row(one: Subscription, counts: dict[tuple[int, str], int], show: bool) -> dict[str, Any]:
    return {
        "number": one.number,
        "to": plain(one.to) if show else masked(one.to),
        "state": one.state,
        "until": None if one.paused_until is None else iso(one.paused_until),
        "since": iso(one.made),
        "wants": wanted(one),
        "budget_per_week": round(one.budget_per_week, 3),
        "digest": one.digest,
        "language": one.language,
        "encrypted": bool(one.pgp),
        "minimal": one.minimal,
        "sent": counts.get((one.number, "sent"), 0),
        "waiting": sum(counts.get((one.number, s), 0) for s in ("waiting", "due", "digest")),
        "failed": counts.get((one.number, "failed"), 0),
        "bounces": one.bounces_count,
    }


def masked(to: str) -> str:
    """Return as much of an address as its owner would recognise, and nobody else."""
    name, at, domain = plain(to).rpartition("@")
    return f"{name[:1]}…{at}{domain[:1]}…{domain[-3:]}" if at else f"{to.partition(':')[0]}:…"


def wanted(one: Subscription) -> str:
    """Say in words which events somebody wants."""
    wants = one.wants
    parts = list(wants.kinds)
    if wants.near is not None:
        lat, lon, radius_nmi = wants.near
        parts.append(f"within {radius_nmi:g} nmi of {lat:g},{lon:g}")
    if wants.area is not None:
        parts.append("in an area")
    parts += [f"ships on {plain(name)}" for name in wants.watchlists]
    return ", ".join(parts) or "everything"


def put(found: Sequence[dict[str, Any]]) -> None:
    """Print the subscribers as a table."""
    table = [("no.", "who", "state", "wants", "how", "sent, waiting, failed")]
    for row in found:
        how = [f"{row['budget_per_week']:g} a week"]
        how += [] if row["digest"] == "now" else [row["digest"]]
        how += [word for word in ("encrypted", "minimal") if row[word]]
        state = row["state"] + (f" until {row['until'][:10]}" if row["until"] else "")
        counts = f"{row['sent']}, {row['waiting']}, {row['failed']}"
        table.append((str(row["number"]), row["to"], state, row["wants"], ", ".join(how), counts))
    _put(table, "Nobody has subscribed yet; `sternlight alerts add ADDRESS` asks somebody.")


def put_letters(book: Book, most: int) -> None:
    """Print what was sent last, and what waits."""
    found = book.read(
        "select subscription, what, thread, state, coalesce(done, due), tries_count, why"
        " from letters order by coalesce(done, due) desc limit ?", most,
    )  # fmt: skip
    table = [("to", "what", "about", "state", "when (UTC)", "why")]
    for number, what, thread, state, t, tries_count, why in reversed(found):
        to = "operator" if number == OPERATOR else f"subscriber {number}"
        tries = f", try {tries_count + 1}" if tries_count and state == "due" else ""
        table.append((to, what, plain(thread), state + tries, iso(t)[:16], plain(why)))
    _put(table, "No letter has been written yet.")


def _put(table: Iterable[Sequence[str]], if_none: str) -> None:
    from rich.table import Table
    from rich.text import Text

    from sternlight.screen import put as put_on_screen

    head, *found = table
    drawn = Table(box=None, pad_edge=False)
    for name in head:
        drawn.add_column(name, no_wrap=name == "who", overflow="fold")
    for row in found:
        drawn.add_row(*map(Text, row))
    put_on_screen(drawn if found else Text(if_none))
