"""Tables as Global Fishing Watch writes them: `ssvid` in place of an MMSI, speed in knots."""

from __future__ import annotations

from receiver.formats.table import Table


class Gfw(Table):
    """Example: `ssvid,lat,lon,timestamp`, then `416000301,-16.30,-131.19,2018-12-24 00:28:08`."""

    name = "gfw"
    header = frozenset({"ssvid", "lat", "lon"})
