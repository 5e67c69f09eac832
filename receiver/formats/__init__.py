"""Recorded data: one file for each format, one row in `FORMATS`."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module

from receiver.decoded import BadInput
from receiver.formats.base import Format

# In the order in which they are tried: AIS-catcher's JSON may carry NMEA sentences, and
# the general table comes last since it takes whatever has columns.
FORMATS = {
    "stationlog": "StationLog",
    "aiscatcher": "AisCatcher",
    "aisstream": "AisStream",
    "digitraffic": "Digitraffic",
    "nmea": "Nmea",
    "dma": "Dma",
    "noaa": "Noaa",
    "gfw": "Gfw",
    "table": "Table",
}
# Those in which each line stands for itself, as live sources need it.
LIVE_FORMATS = ("nmea", "aiscatcher", "aisstream", "digitraffic")


def by_name(name: str) -> Format:
    """Return the format of that name; raises BadInput that names the known ones."""
    if name not in FORMATS:
        near = get_close_matches(name.lower(), FORMATS, 1, cutoff=0.4)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise BadInput(f"no format is called {name!r}: there are {', '.join(FORMATS)}{hint}")
    made: Format = getattr(import_module(f"receiver.formats.{name}"), FORMATS[name])()
    return made


def detect(head: bytes, name: str) -> Format:
    """Return the format of input that begins with `head`; raises BadInput if none fits."""
    for known in FORMATS:
        made = by_name(known)
        if made.recognises(head, name):
            return made
    if head.startswith(b"["):
        raise BadInput(
            f"{name} is one JSON array; give one object on each line instead,"
            f" as `jq -c '.[]' {name}` writes them"
        )
    what = "text" if _is_text(head) else "binary data"
    if what == "text" and (columns := _columns(head)):
        raise BadInput(
            f"{name} is a table in which no positions were recognised: its columns are"
            f" {', '.join(columns)}; needed are MMSI, time, latitude and longitude, under"
            " their usual names"
        )
    raise BadInput(
        f"{name} is {what} in which no AIS was recognised: neither NMEA sentences (!AIVDM)"
        " nor a table (CSV, JSON lines, Parquet) of positions; --format names a format"
    )


def _columns(head: bytes) -> list[str]:
    """Return the cells of the first line, if it and the next look like a table."""
    first, second = [*head.decode("utf-8", "replace").split("\n", 2), "", ""][:2]
    mark = max(",;\t", key=first.count)
    if not first.count(mark) or first.count(mark) != second.count(mark):
        return []
    return [cell.strip()[:40] for cell in first.split(mark)[:30]]


def _is_text(head: bytes) -> bool:
    odd = sum(byte < 32 and byte not in b"\t\r\n\f" for byte in head[:4096])
    return odd * 100 <= len(head[:4096])
