"""Times as recordings write them, to Unix seconds UTC: ISO 8601, day/month/year, epochs.

A time without a zone is UTC, as AIS is.  Which of 01/02/2024 is the month cannot
be seen in one row: `month_first` looks through a sample, and day first is meant
where the sample does not tell.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from receiver.decoded import BadInput
from receiver.formats import words
from tracks.batch import F64, I64, U8, U64, Mask

CLOCK = 19  # characters of 2024-01-31 23:59:59
WIDTH = 48  # bytes looked at; the longest form, aisstream's, has 39
YEARS = 1970, 2100
EARLIEST, LATEST = 631152000.0, 4102444800.0  # 1990 and 2100: before AIS, and after us

_MONTHS = np.arange(f"{YEARS[0]}-01", f"{YEARS[1] + 1}-01", dtype="M8[M]")
_MONTH_START = _MONTHS.astype("M8[D]").astype(np.int64)
_MONTH_DAYS = np.diff(np.r_[_MONTH_START, _MONTH_START[-1] + 31])

_GO = re.compile(r"(?:\s*([+-]\d{4}))? UTC$")
_ZONE = re.compile(r"\s*(?:Z|UTC|GMT|([+-])(\d\d):?(\d\d)?(?:\s*UTC|\[UTC\])?)?\s*", re.I)
_SLASHED = re.compile(rb"^\s*(\d\d?)[/.-](\d\d?)[/.-]\d{4}\b")
_COMPACT = re.compile(rb"^\s*(?:19|20)\d{12}\s*$")  # 20240131235959 is no epoch
_FORMS = (
    "%Y%m%d%H%M%S",
    "%d-%b-%Y %H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%d %B %Y %H:%M:%S",
    "%b %d, %Y %H:%M:%S",
    "%a %b %d %H:%M:%S %Y",
    "%a, %d %b %Y %H:%M:%S",
)
_DAY_FIRST = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%y %H:%M:%S", "%d/%m/%Y %I:%M:%S %p")


def from_numbers(epoch: NDArray[np.floating]) -> F64:
    """Return seconds from an epoch in s, ms, us or ns: which of them, its size tells.

    Seconds reach 1e11 in the year 5138, milliseconds had passed it in 1973.
    """
    t = np.array(epoch, np.float64)
    size = np.abs(t)
    for least, unit in ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3)):
        here = size >= least
        t[here] /= unit
        size[here] = 0.0
    return t


def month_first(sample: list[bytes]) -> bool:
    """Return whether times such as 12/31/2024 in `sample` begin with the month."""
    found = [m for text in sample if (m := _SLASHED.match(text))]
    return any(int(m[2]) > 12 for m in found) and not any(int(m[1]) > 12 for m in found)


def are_epochs(sample: list[bytes]) -> bool:
    """Return whether all times in `sample` are plain numbers of seconds or parts of them."""
    told = [text for text in sample if text.strip()]
    return bool(told) and not any(_COMPACT.match(t) or math.isnan(words.number(t)) for t in told)


def check(sample: list[bytes], column: str, where: str) -> None:
    """Raise BadInput if no time in `sample`, rows of `column`, can be read."""
    told = [text for text in sample if text.strip()]
    if not told or any(EARLIEST <= one(text) < LATEST for text in told):
        return
    raise BadInput(
        f"{where}: the times in its column {column!r} cannot be read, the first is"
        f" {words.readable(told[0])[:40]!r}; write date and time together, as 2024-01-31T23:59:59Z"
        " (UTC), 31/01/2024 23:59:59, or seconds since 1970"
    )


def from_text(data: U8, begin: I64, length: I64, month_first: bool = False) -> F64:
    """Return the times that stand at `begin`, `length` bytes each, in `data`; nan if unreadable.

    `data` must go on for `WIDTH` bytes behind the last `begin`.
    """
    if not len(begin):
        return np.empty(0)
    c = _characters(data, begin, WIDTH if length.max() > CLOCK else CLOCK + 5)
    t, known = _fixed(c, length, month_first)
    if len(c) == WIDTH:
        t, known = _tail(c, length, t, known)
    t[~known] = np.nan
    for i in np.flatnonzero(~known & (length > 0)):
        t[i] = one(bytes(data[begin[i] : begin[i] + min(length[i], WIDTH)]), month_first)
    return t


def _characters(data: U8, begin: I64, width: int) -> U8:
    """Return the characters from each `begin` on, one row for each place in the text."""
    texts = np.ndarray((len(data) - width + 1,), f"V{width}", data.data, 0, (1,))
    return np.ascontiguousarray(texts[begin].view(np.uint8).reshape(-1, width).T)


def _fixed(c: U8, length: I64, month_first: bool) -> tuple[F64, Mask]:
    """Read the forms with two digits in every place."""
    value = c[:CLOCK] - np.uint8(48)  # what is below "0" wraps to more than 9
    digit = value <= 9

    def two(i: int) -> U8:
        pair: U8 = value[i] * np.uint8(10) + value[i + 1]
        return pair

    minutes_only = length == 16
    seconds = (length >= CLOCK) & digit[17] & digit[18] & (c[16] == ord(":"))
    clock = digit[11] & digit[12] & digit[14] & digit[15] & (c[13] == ord(":"))
    clock &= ((c[10] == ord(" ")) | (c[10] == ord("T"))) & (seconds | minutes_only)
    outer = digit[0] & digit[1] & digit[8] & digit[9] & clock
    iso = outer & digit[2] & digit[3] & digit[5] & digit[6] & _separator(c[4], c[7])
    slashed = outer & digit[3] & digit[4] & digit[6] & digit[7] & _separator(c[2], c[5])
    first, second = (3, 0) if month_first else (0, 3)
    year = np.where(iso, two(0), two(6)).astype(np.int32) * 100 + np.where(iso, two(2), two(8))
    month = np.where(iso, two(5), two(second))
    day = np.where(iso, two(8), two(first))
    hour, minute = two(11), two(14)
    second_s = np.where(minutes_only, np.uint8(0), two(17))
    known = iso | slashed
    known &= (year >= YEARS[0]) & (year <= YEARS[1]) & (month >= 1) & (month <= 12)
    place = np.where(known, (year - YEARS[0]) * 12 + month - 1, 0)
    known &= (day >= 1) & (day <= _MONTH_DAYS[place]) & (hour < 24) & (minute < 60)
    known &= second_s <= 60
    of_day_s = hour * np.int32(3600) + minute * np.int32(60) + second_s
    t = (_MONTH_START[place] + day - 1) * 86400 + of_day_s
    return t.astype(np.float64), known


def _separator(a: U8, b: U8) -> Mask:
    alike: Mask = (a == b) & ((a == ord("-")) | (a == ord("/")) | (a == ord(".")))
    return alike


def _tail(c: U8, length: I64, t: F64, known: Mask) -> tuple[F64, Mask]:
    """Add the fraction and take off the zone, which stand from place 19 on."""
    c = np.where(np.arange(WIDTH)[:, None] < length, c, np.uint8(0))
    dot = (c[CLOCK] == ord(".")) | (c[CLOCK] == ord(","))
    value = c[20:30] - np.uint8(48)
    run = np.logical_and.accumulate(value <= 9, axis=0) & dot
    fraction = np.zeros(len(t))
    for i in range(int(run.any(axis=1).sum())):
        fraction = np.where(run[i], fraction * 10 + value[i], fraction)
    fraction /= 10.0 ** run.sum(axis=0)
    behind = np.where(dot, 20 + run.sum(axis=0), CLOCK)
    zone = c[behind + np.arange(16)[:, None], np.arange(len(t))]
    texts = np.ascontiguousarray(zone.T).view(np.uint64)
    kinds: U64 = texts[:, 0] * np.uint64(0x9E3779B97F4A7C15) + texts[:, 1]
    if (kinds == kinds[0]).all():
        first, which = np.zeros(1, np.int64), np.zeros(len(t), np.int64)
    else:
        _, first, which = np.unique(kinds, return_index=True, return_inverse=True)
    offset = np.array([_offset_s(bytes(zone[:, i]).rstrip(b"\0")) for i in first])[which]
    return t - offset + fraction, known & ~np.isnan(offset)  # in this order rounded once


def _offset_s(zone: bytes) -> float:
    found = _ZONE.fullmatch(zone.decode("latin-1"))
    if not found:
        return float("nan")
    sign = -1 if found[1] == "-" else 1
    return sign * (int(found[2] or 0) * 3600.0 + int(found[3] or 0) * 60.0)


@lru_cache(maxsize=4096)
def one(text: bytes, month_first: bool = False) -> float:
    """Return one time in any form; nan if it cannot be read."""
    plain = text.decode("latin-1").strip(" \t\r\"'")
    try:
        number = float(plain)
    except ValueError:
        pass
    else:
        if not _COMPACT.match(text):
            return float(from_numbers(np.array([number]))[0])
    try:
        # Go writes `2026-03-01 00:00:07.12 +0000 UTC`: as many digits as it needs, and both zones.
        return _seconds(datetime.fromisoformat(_GO.sub(r"\1", plain)))
    except ValueError:
        pass
    forms = [f.replace("%d/%m", "%m/%d") for f in _DAY_FIRST] if month_first else _DAY_FIRST
    for form in (*_FORMS, *forms):
        try:
            return _seconds(datetime.strptime(plain, form))
        except ValueError:
            continue
    return float("nan")


def _seconds(when: datetime) -> float:
    try:
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except OverflowError:
        return float("nan")
