"""Records of vessels that fisheries organisations have authorised: ICCAT, IOTC and WCPFC.

To be in one is no suspicion but the contrary, and to be in none is next to nothing: a
record is for one sea, and ships are written into it late and in other words.
"""

from __future__ import annotations

import re

from sternlight.watchlists.cells import Row, mmsi
from sternlight.watchlists.format import About, Format
from tracks.watchlist import Entry


def _iccat(row: Row, about: About) -> Entry:
    other = row.text("irnotype") not in ("", "IMO")  # then the number is of another register
    return Entry(
        list_name="ICCAT Record of Vessels",
        id=row.text("iccatserialno"),
        name=row.text("vesselname", "vesselnamecur"),
        former=row.texts(";,", "vesselnameprv"),
        imos=() if other else row.imos("intregno"),
        call_signs=row.call_signs("ircs"),
        flag=row.flag("flagvescode", "flagcurcd"),
        dated=about.dated,
        source="ICCAT, iccat.int",
        standing="authorised",
    )


def _iotc(row: Row, about: About) -> Entry:
    return Entry(
        list_name="IOTC Record of Authorised Vessels",
        id=row.text("iotcnumber"),
        name=row.text("name"),
        imos=row.imos("imo"),
        call_signs=row.call_signs("ircs"),
        flag=row.flag("flagstatecode"),
        note=_from_to(row.text("from"), row.text("to")),
        dated=about.dated or row.text("lastupdated"),
        source="IOTC, iotc.org",
        standing="authorised",
    )


def _wcpfc(row: Row, about: About) -> Entry:
    radio = row.text("vesselcommunicationtypesandnumbers")
    numbers = [mmsi(found) for found in re.findall(r"MMSI\W*(\d{9})", radio.upper())]
    return Entry(
        list_name="WCPFC Record of Fishing Vessels",
        id=row.text("vid"),
        name=row.text("nameoffishingvessel"),
        former=row.texts(";,", "previousnamesifknown"),
        imos=row.imos("imoorlrnumber"),
        call_signs=row.call_signs("internationalradiocallsign"),
        mmsis=tuple(number for number in numbers if number),
        flag=row.flag("flagoffishingvessel"),
        note=_from_to(
            row.text("startofperiodofvalidityofauthorization"),
            row.text("endofperiodofvalidityofauthorization"),
        ),
        dated=about.dated,
        source="WCPFC, wcpfc.int",
        standing="authorised",
    )


def _from_to(first: str, last: str) -> str:
    return f"authorised from {first or '?'} to {last or '?'}" if first or last else ""


FORMATS = (
    Format("ICCAT Record of Vessels", frozenset({"iccatserialno"}), _iccat),
    Format("IOTC Record of Authorised Vessels", frozenset({"iotcnumber", "name"}), _iotc),
    Format("WCPFC Record of Fishing Vessels", frozenset({"nameoffishingvessel", "vid"}), _wcpfc),
)
