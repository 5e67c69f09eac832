"""What kind of station an MMSI belongs to, read from its digits.

ITU-R M.585-9 says what the first digits mean.  An MMSI is a claim: any digits
can be typed into a transponder, and no digit here proves anything.
"""

from __future__ import annotations

import numpy as np

from tracks.batch import U8, U32

SHIP, COAST, GROUP, AID, SAR_AIRCRAFT = 0, 1, 2, 3, 4
DISTRESS, CRAFT, HANDHELD, NOBODY = 5, 6, 7, 8

NAMES = {
    SHIP: "ship",
    COAST: "coast station",
    GROUP: "group of ships",
    AID: "aid to navigation",
    SAR_AIRCRAFT: "search and rescue aircraft",
    DISTRESS: "distress beacon",
    CRAFT: "craft of a mother ship",
    HANDHELD: "handheld radio",
    NOBODY: "MMSI of nobody",
}

_REPEATED = 111_111_111  # what divides nine equal digits
_COUNTED_DOWN = 987_654_321  # by its digits a craft


def _by_first_three_digits() -> U8:
    table = np.full(1000, NOBODY, np.uint8)
    table[2:8] = COAST  # 00MIDXXXX
    table[20:80] = GROUP  # 0MIDXXXXX
    table[111] = SAR_AIRCRAFT  # 111MIDAXX
    table[200:800] = SHIP  # MIDXXXXXX
    table[800:900] = HANDHELD  # 8MIDXXXXX
    table[[970, 972, 974]] = DISTRESS  # SART, man overboard, EPIRB
    table[980:990] = CRAFT  # 98MIDXXXX
    table[990:1000] = AID  # 99MIDXXXX
    return table


_TABLE = _by_first_three_digits()


def category(mmsi: U32) -> U8:
    """Return the category code of each MMSI, shape (N,) to (N,).

    A ship's MMSI begins with a digit from 2 to 7; that its first three (the MID)
    were never given to any country, as 700, is no reason to lose a ship.  NOBODY
    are numbers that no station can have been given: more than nine digits,
    beginnings that the standard does not use (so 1, 1193046, which is 123456
    read as hexadecimal, and 123456789), nine equal digits, and 987654321.  Equal
    digits are what people type to get past a menu; 666666666 could by its MID be
    a Somali ship, and is set aside with the others.

    Source: ITU-R M.585-9, annexes 1 and 2.
    """
    first_three = mmsi // np.uint32(1_000_000)
    codes: U8 = _TABLE[np.minimum(first_three, np.uint32(999))]
    typed_in = (mmsi % np.uint32(_REPEATED) == 0) | (mmsi == _COUNTED_DOWN) | (first_three > 999)
    codes[typed_in] = NOBODY
    return codes
