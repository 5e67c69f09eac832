"""The user's own list, and any table with columns for MMSI, IMO number, call sign or name."""

from __future__ import annotations

from sternlight.watchlists.cells import Row
from sternlight.watchlists.format import About, Format
from tracks.watchlist import Entry, Standing

MMSI = ("mmsi", "mmsinumber", "mmsino", "mmsicode", "mmsinummer", "shipmmsi", "vesselmmsi")
IMO = (
    "imo", "imonumber", "imono", "imonr", "imonummer", "imocode", "imoorlrnumber", "imolr",
    "shipimo", "vesselimo", "numeroimo", "numroimo", "numerodeimo",
)  # fmt: skip
CALL_SIGN = (
    "callsign", "ircs", "radiocallsign", "internationalradiocallsign", "callsignircs",
    "rufzeichen", "indicatif", "indicatifdappel", "indicativo", "distintivo", "sealderadio",
)  # fmt: skip
NAME = (
    "name", "vesselname", "shipname", "vessel", "ship", "nameofvessel", "nameofship",
    "nameoffishingvessel", "currentname", "shipsname", "vesselsname", "schiffsname", "nom",
    "nomdunavire", "nombre", "nombredelbuque", "buque", "navire",
)  # fmt: skip
FORMER = (
    "formername", "formernames", "previousname", "previousnames", "previousnamesifknown",
    "exname", "exnames", "alias", "aliases", "aka", "othernames", "oldname", "oldnames",
)  # fmt: skip
FLAG = ("flag", "flagstate", "flagstatecode", "flagofvessel", "flagoffishingvessel", "flagge",
        "pavillon", "bandera", "country")  # fmt: skip
NOTE = ("note", "notes", "remark", "remarks", "comment", "comments", "reason", "why",
        "description", "bemerkung", "nota", "remarque")  # fmt: skip
DATE = ("date", "dated", "asof", "updated", "lastupdated", "listed", "listedon", "datum")
SOURCE = ("source", "credit", "quelle")
MARKS = frozenset({*MMSI, *IMO, *CALL_SIGN, *NAME})

STANDINGS: dict[str, Standing] = {
    "listed": "listed", "watched": "listed", "authorised": "authorised",
    "authorized": "authorised", "delisted": "delisted",
}  # fmt: skip


def fits(keys: frozenset[str]) -> bool:
    """Return whether a header names anything by which a ship can be recognised."""
    return bool(keys & MARKS)


def entry(row: Row, about: About) -> Entry:
    """Return what a row says."""
    return Entry(
        list_name=row.text("list", "listname") or about.name,
        id=row.text("id", "ref", "reference"),
        name=row.text(*NAME),
        former=row.texts(";,/|", *FORMER),
        imos=row.imos(*IMO),
        call_signs=row.call_signs(*CALL_SIGN),
        mmsis=row.mmsis(*MMSI),
        flag=row.flag(*FLAG),
        note=row.text(*NOTE),
        dated=row.text(*DATE) or about.dated,
        source=row.text(*SOURCE),
        standing=_standing(row, about),
    )


def _standing(row: Row, about: About) -> Standing:
    """Return what the row says of it; a table that speaks of authorisations holds authorised ships.

    Read the other way round, thousands of ships would be watched for being in order.
    """
    said = row.text("standing").lower()
    if said and said not in STANDINGS:
        why = "not one of listed, authorised and delisted; the row is taken as listed"
        row.problems.add(row.line, "standing", said, why)
    if said:
        return STANDINGS.get(said, "listed")
    authorises = any("authori" in key or "licen" in key for key in about.keys)
    return "authorised" if authorises else "listed"


FORMAT = Format("table of your own", frozenset(), entry)
