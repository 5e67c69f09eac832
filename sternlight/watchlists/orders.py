"""Withhold release orders of the US customs (CBP): the dataset that its page offers as CSV.

Most orders are about companies and goods.  Ships have no number there, only a name among
other words, so a match is on the name alone and weak.  Write the ships you care about, with
their IMO numbers, into a list of your own.
"""

from __future__ import annotations

import re

from sternlight.watchlists.cells import Row
from sternlight.watchlists.format import About, Format
from tracks.watchlist import Entry

_OF_SHIPS = re.compile(r"\b(vessels?|fishing|seafood|tuna|fish)\b", re.I)
_COMPANY = re.compile(r"\b(co|company|corp|corporation|inc|ltd|limited|llc|group|sdn|bhd)\b", re.I)
_KIND = re.compile(r"\([^)]*\)|\b(fishing )?vessel\b:?|\bF/?V\b", re.I)


def entry(row: Row, about: About) -> Entry | str:
    """Return what a row says, or why it is of no ship."""
    entity, order = row.text("entity"), row.text("wrofinding")
    words = " ".join([entity, order, row.text("industry"), row.text("remarks")])
    if not _OF_SHIPS.search(words):
        return "not about fishing or a ship"
    if _COMPANY.search(entity):
        return "a company, whose ships the list does not name"
    in_force = "active" in row.text("status").lower().split()
    return Entry(
        list_name="US withhold release orders (CBP)",
        name=" ".join(_KIND.sub(" ", entity).split()).strip(" ,.;\"'"),
        flag=row.flag("country"),
        note=f"{order} since {row.text('effectivedate') or '?'}: {row.text('remarks')}".strip(": "),
        dated=about.dated,
        source="US Customs and Border Protection, cbp.gov",
        standing="listed" if in_force else "delisted",
    )


FORMAT = Format("US withhold release orders (CBP)", frozenset({"entity", "wrofinding"}), entry)
