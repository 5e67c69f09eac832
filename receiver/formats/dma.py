"""The Danish Maritime Authority's daily tables (web.ais.dk/aisdata).

Times are dd/mm/yyyy; navigational status and ship type are words, so the raw
ship type is known to its group only.  Rows of base stations and aids to
navigation are left out.  Where results are shown: "Contains data from the Danish
Maritime Authority that is used in accordance with the conditions for the use of
Danish public data".
"""

from __future__ import annotations

from receiver.formats.table import Table


class Dma(Table):
    """Example: `31/12/2023 23:59:59,Class A,219000001,55.5,10.1,Moored,0.0,0.0,...`."""

    name = "dma"
    header = frozenset({"timestamp", "typeofmobile", "navigationalstatus", "latitude", "longitude"})
