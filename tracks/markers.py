"""Buoys and net markers that speak on AIS as if they were ships.

Aids to navigation, coast stations, distress beacons and aircraft are told by their
MMSI (`tracks.mmsi`) and never become tracks.  But the radio beacons that fishermen
tie to nets and lines are mostly sold with a ship's MMSI and send class B reports, and
only their names tell: what they are, a number, or how full the battery is ("87%",
"-12V8").  A name is a claim, so it is believed only of what says nothing that a buoy
would not say: a vessel with an IMO number or the length of a ship is never a marker.

Source: ITU-R M.585-9, annex 1, which gives such beacons no ship's MMSI; IALA guideline
1082; names as they are heard in the East China Sea and the Bay of Biscay.
"""

from __future__ import annotations

import re

from tracks.identity import Claims

LONGEST_M = 25  # some claim a few metres, most none; a ship's boat is no longer

_BATTERY = re.compile(r"\d ?%|(?<!\d)\d{1,2}([.,]\d)? ?V(\d|\b)")
_WORD = re.compile(
    r"\b(NET ?MARK(ER)?S?|(FISH(ING)?|DRIFT|GILL|TRAMMEL) ?NETS?|FISH(ING)? ?GEAR"
    r"|NETS? ?[-_#]? ?\d+|(RADIO|AIS|NET|LINE|LONGLINE|FISH(ING)?|DRIFT(ING|ER)?)? ?(BUOY|BEACON)S?"
    r"|BOUEES?|BOYAS?|BALIZAS?|BOIAS?|BOJEN?|BOEI|FUBIAO|YUBIAO|WANGBIAO)(?![A-Z])"
    r"(?! ?(TENDER|LAYER|MASTER|BOAT|SHIP))"
)
_NUMBER = re.compile(r"[\d .,_#-]*\d[\d .,_#-]*")


def is_marker(claims: Claims | None) -> bool:
    """Say whether what a vessel claims to be is a buoy or the marker of a net."""
    if claims is None or claims.imo or claims.length_m >= LONGEST_M:
        return False
    name = claims.name.upper()
    if _BATTERY.search(name) or _WORD.search(name):
        return True
    return not claims.ship_type and _NUMBER.fullmatch(name) is not None
