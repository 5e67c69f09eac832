"""The Combined IUU Vessel List of TMT (iuu-vessels.org): its sheet of ships, saved as CSV.

A row has the names a ship has had, with commas between, and a column for each fisheries
organisation that has listed it, with the date, each followed by one with the reason.
"""

from __future__ import annotations

from sternlight.watchlists.cells import NO, Row, told
from sternlight.watchlists.format import About, Format
from tracks.watchlist import Entry

ORGANISATIONS = frozenset(
    ["ccamlr", "ccsbt", "gfcm", "iattc", "iccat", "interpol", "iotc", "nafo", "neafc", "npfc",
     "seafo", "siofa", "sprfmo", "wcpfc"]
)  # fmt: skip


def entry(row: Row, about: About) -> Entry:
    """Return what a row says; one that is not listed any more is delisted."""
    name, *former = row.texts(",", "name") or ("",)
    listed = dict(zip(row.keys, row.cells, strict=False)).get("currentlylisted", "")
    return Entry(
        list_name="Combined IUU Vessel List (TMT)",
        name=name,
        former=(*former, *row.texts(",", "rfmoname")),
        imos=row.imos("imo"),
        call_signs=row.call_signs("ircs"),
        mmsis=row.mmsis("mmsi"),
        flag=row.flag("flag"),
        note="; ".join(_listings(row)),
        dated=about.dated,
        source="TMT, iuu-vessels.org",
        standing="delisted" if listed.strip().upper() in NO else "listed",
    )


def _listings(row: Row) -> list[str]:
    """Return which organisations listed it, when and why."""
    found = []
    cells = [told(cell) for cell in row.cells]
    for i, (name, its, cell) in enumerate(zip(row.names, row.keys, cells, strict=False)):
        if its in ORGANISATIONS and cell:
            behind = row.keys[i + 1 : i + 2]
            reason = cells[i + 1] if behind and behind[0].startswith("reason") else ""
            found.append(f"{name} {cell}" + (f": {reason}" if reason else ""))
    return found


FORMAT = Format("Combined IUU Vessel List (TMT)", frozenset({"currentlylisted", "name"}), entry)
