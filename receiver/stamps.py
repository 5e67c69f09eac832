"""When a sentence was heard and by whom, as the lines around and behind it say.

In order of trust: TAG block `c:` (seconds, milliseconds, or seconds with a
fraction), a time behind the checksum, a time before the sentence, and a
proprietary `$PGHP` line above it (Danish recordings).  TAG checksums are not
asked: whole archives carry wrong ones with right times, and an absurd time is
found later.  The station is named by `s:` in a TAG block or, by the US Coast
Guard, in the field before the time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from receiver.dating import utc
from receiver.nmea import LONGEST, Lines, Sentences
from receiver.swar import PAD, cut_at, decimal8, every, mix, rows, width
from tracks.batch import F64, I64, U8, U64, Mask

_EPOCH = re.compile(rb"(?<![\d.])(\d{10}(?:\.\d+)?|\d{13})(?![\d.])")
_ISO = re.compile(rb"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)\s?(Z|[+-]\d\d:?\d\d)?")
_EARLIEST, _LATEST = 631_152_000.0, 7_258_118_400.0  # 1990 to 2200: AIS is younger than that


class Stamps(NamedTuple):
    """What stands around each sentence: nan and 0 where nothing does."""

    t: F64  # Unix seconds
    station: U64  # hash of its name
    group: U64  # hash of the TAG block's group number


def stamp(buffer: U8, lines: Lines, s: Sentences) -> Stamps:
    """Read time, station and group for each sentence of a buffer."""
    n = len(s)
    read = Stamps(np.full(n, np.nan), np.zeros(n, np.uint64), np.zeros(n, np.uint64))
    if not n:
        return read
    _read_marks(buffer, lines, s, read.t)
    # Of a second sentence on a line, what stands before it begins behind the first.
    line_start = np.maximum(lines.start(s.line), np.r_[0, s.end[:-1]])
    before = buffer[s.start - 1]
    preceded = s.start != line_start
    if preceded.any():
        tagged = preceded & (before == ord("\\"))
        prefixed = np.flatnonzero(preceded & ~tagged)
        if len(prefixed):
            _read_prefixes(buffer, s, line_start, prefixed, read.t)
    behind = buffer[s.end]
    trailed = (behind == ord(",")) | (behind == ord(" ")) | (behind == ord("\t"))
    if trailed.any():
        i = np.flatnonzero(trailed)
        last_on_line = np.r_[s.line[1:] != s.line[:-1], True][i]
        following = np.append(s.start[1:], len(buffer))[i]
        stop = np.where(last_on_line, lines.ends[s.line[i]], following)
        _read_suffixes(buffer, s.end[i], stop, i, read.t, read.station)
    if preceded.any() and tagged.any():
        _read_tags(buffer, s, line_start, np.flatnonzero(tagged), read)
    read.t[~((read.t > _EARLIEST) & (read.t < _LATEST))] = np.nan
    return read


def _digits(words: U64) -> Mask:
    """Tell which words are eight ASCII digits."""
    high = words & np.uint64(0xF0F0F0F0F0F0F0F0)
    ones = words & np.uint64(0x0F0F0F0F0F0F0F0F)
    over = (ones + np.uint64(0x0606060606060606)) & np.uint64(0x1010101010101010)
    digits: Mask = (high == np.uint64(0x3030303030303030)) & (over == 0)
    return digits


def _is_digit(byte: U8) -> Mask:
    digit: Mask = (byte >= ord("0")) & (byte <= ord("9"))
    return digit


def _epoch(buffer: U8, at: I64) -> F64:
    """Read Unix time at each place: 10 digits, 13 (milliseconds), or 10 with a fraction."""
    words = every(buffer, "<u8")
    first, second = words[at], words[at + 8]
    ninth, tenth, behind = (_byte(second, k) for k in range(3))
    ok = _digits(first) & _is_digit(ninth) & _is_digit(tenth)
    t = decimal8(first).astype(np.float64) * 100 + (_digit(ninth) * 10 + _digit(tenth))
    longer = _is_digit(behind)
    if longer.any():
        more = [_byte(second, k) for k in (3, 4)]
        milli = longer & _is_digit(more[0]) & _is_digit(more[1]) & ~_is_digit(_byte(second, 5))
        value = _digit(behind) * 100 + _digit(more[0]) * 10 + _digit(more[1])
        t += np.where(milli, value / 1000, 0.0)
        longer &= ~milli
    pointed = behind == ord(".")
    if pointed.any():
        t[pointed] += _fraction(buffer, at[pointed] + 11)
    t[~ok | longer] = np.nan
    return t


def _byte(words: U64, k: int) -> U8:
    byte: U8 = (words >> np.uint64(8 * k)).astype(np.uint8)
    return byte


def _digit(byte: U8) -> F64:
    return (byte - np.uint8(ord("0"))).astype(np.float64)


def _fraction(buffer: U8, at: I64) -> F64:
    """Read the digits behind a decimal point, at most six."""
    value, scale = np.zeros(len(at)), 1.0
    going = np.ones(len(at), np.bool_)
    for k in range(6):
        going &= _is_digit(buffer[at + k])
        scale /= 10
        value += np.where(going, (buffer[at + k] - np.uint8(ord("0"))) * scale, 0.0)
    return value


def _name(buffer: U8, at: I64) -> tuple[U64, I64]:
    """Hash the text from each place to before the next comma, star or backslash, at most 16.

    Returns the hash, 0 of nothing, and the length.
    """
    words = every(buffer, "<u8")
    first, ended = cut_at(words[at], b",", b"*", b"\\")
    second = np.zeros_like(first)
    if not ended.all():
        more = np.flatnonzero(~ended)
        second[more], _ = cut_at(words[at[more] + 8], b",", b"*", b"\\")
    length = width(first) + width(second)
    return np.where(first > 0, mix(first, second), np.uint64(0)), length


def _read_tags(buffer: U8, s: Sentences, line_start: I64, i: I64, read: Stamps) -> None:
    """Read the TAG blocks before the sentences `i`."""
    begin, start = line_start[i], s.start[i]
    # `\s:station,c:seconds*hh\` or `\c:seconds*hh\`, as most feeds have it, is read in place.
    timed = (buffer[start - 16] == ord("c")) & (buffer[start - 15] == ord(":"))
    timed &= (buffer[start - 4] == ord("*")) & (start - begin >= 17)
    read.t[i[timed]] = _epoch(buffer, start[timed] - 14)
    named = (buffer[begin + 1] == ord("s")) & (buffer[begin + 2] == ord(":"))
    named &= buffer[begin] == ord("\\")
    read.station[i[named]], length = _name(buffer, begin[named] + 3)
    usual = start - begin == 17
    usual[named] |= begin[named] + 3 + length == start[named] - 17
    usual &= timed
    if not usual.all():
        _search_tags(buffer, s, line_start, i[~usual], read)


def _search_tags(buffer: U8, s: Sentences, line_start: I64, i: I64, read: Stamps) -> None:
    """Read TAG blocks whose fields stand anywhere."""
    begin = line_start[i]
    reach = int(min((s.start[i] - begin).max(), LONGEST))
    inside = rows(buffer, np.maximum(s.start[i] - reach, 0), reach)
    owner, at = np.nonzero(inside == ord(":"))
    colon = np.maximum(s.start[i] - reach, 0)[owner] + at
    separator = buffer[colon - 2]
    field = (colon >= begin[owner] + 2) & ((separator == ord("\\")) | (separator == ord(",")))
    owner, colon = i[owner[field]], colon[field]
    kind = buffer[colon - 1]
    is_time = kind == ord("c")
    read.t[owner[is_time]] = _epoch(buffer, colon[is_time] + 1)
    is_station = kind == ord("s")
    read.station[owner[is_station]], _ = _name(buffer, colon[is_station] + 1)
    # "1-2-3460": part, parts, and the number that the parts have in common.
    at = colon + 1
    is_group = (kind == ord("g")) & (buffer[at + 1] == ord("-")) & (buffer[at + 3] == ord("-"))
    read.group[owner[is_group]], _ = _name(buffer, at[is_group] + 4)


def _read_suffixes(buffer: U8, begin: I64, stop: I64, i: I64, t: F64, station: U64) -> None:
    end = stop - (buffer[np.maximum(stop - 1, 0)] == ord("\r"))
    seconds = end - 10
    # Two times may follow each other; the first is the receiver's.
    seconds -= np.where((buffer[end - 11] == ord(",")) & (buffer[end - 22] == ord(",")), 11, 0)
    milli = buffer[end - 14]
    at = np.where((milli == ord(",")) | (milli == ord(" ")), end - 13, seconds)
    at = np.maximum(at, begin + 1)
    found = _epoch(buffer, at)
    found[~np.isin(buffer[at - 1], np.frombuffer(b", \t", np.uint8))] = np.nan
    for k in np.flatnonzero(np.isnan(found)):
        text = buffer[begin[k] : min(stop[k], begin[k] + LONGEST)].tobytes()
        m = _EPOCH.search(text)
        if m:
            found[k] = _number(m[1])
    t[i] = np.where(np.isnan(found), t[i], found)
    # ",r003669946,1325394060": the field before the time names the station.
    back = rows(buffer, np.maximum(at - 17, 0), 16)
    comma = back == ord(",")
    distance = comma[:, ::-1].argmax(axis=1)  # bytes of the field before the time
    field = at - 1 - distance
    named = comma.any(axis=1) & (field > begin) & np.isin(buffer[field], (ord("r"), ord("b")))
    station[i[named]], _ = _name(buffer, field[named])


def _read_prefixes(buffer: U8, s: Sentences, line_start: I64, i: I64, t: F64) -> None:
    at = line_start[i]
    found = _epoch(buffer, at)
    found[s.start[i] - at < 10] = np.nan
    for k in np.flatnonzero(np.isnan(found)):
        text = buffer[max(at[k], s.start[i[k]] - LONGEST) : s.start[i[k]]].tobytes()
        iso, epoch = _ISO.search(text), _EPOCH.search(text)
        if iso:
            found[k] = _iso(iso)
        elif epoch:
            found[k] = _number(epoch[1])
    t[i] = np.where(np.isnan(found), t[i], found)


def _number(digits: bytes) -> float:
    return int(digits) / 1000 if len(digits) == 13 and b"." not in digits else float(digits)


def _iso(m: re.Match[bytes]) -> float:
    """Read an ISO 8601 time; one without a zone is taken as UTC."""
    try:
        moment = datetime.fromisoformat(m[0].decode("ascii").replace(",", ".").replace(" +", "+"))
    except ValueError:
        return float("nan")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _read_marks(buffer: U8, lines: Lines, s: Sentences, t: F64) -> None:
    """Give each sentence the time of the last `$PGHP,1,year,month,...` line above it."""
    core = buffer[:-PAD]
    dollar = np.flatnonzero(core == ord("$"))
    wanted = np.frombuffer(b"PGHP", "<u4")[0]
    dollar = dollar[every(buffer, "<u4")[dollar + 1] == wanted]
    if not len(dollar):
        return
    comma = np.flatnonzero(core == ord(","))
    first = np.searchsorted(comma, dollar)
    whole = first + 8 < len(comma)
    dollar, first = dollar[whole], first[whole]
    whole = comma[first + 8] < lines.ends[lines.at(dollar)]
    dollar, first = dollar[whole], first[whole]
    if not len(dollar):
        return
    year, month, day, hour, minute, second, milli = (
        _integer(buffer, comma[first + k] + 1, comma[first + k + 1]) for k in range(1, 8)
    )
    moment = utc(year, month, day, hour, minute, second) + milli / 1000
    above = np.searchsorted(dollar, s.start) - 1
    t[above >= 0] = moment[above[above >= 0]]


def _integer(buffer: U8, begin: I64, end: I64) -> I64:
    """Read unsigned numbers of one to four digits; -1 where there is none."""
    value = np.zeros(len(begin), np.int64)
    good = (end > begin) & (end - begin <= 4)
    for k in range(4):
        at = begin + k
        inside = at < end
        digit = buffer[at]
        good &= ~inside | _is_digit(digit)
        value = np.where(inside, value * 10 + (digit.astype(np.int64) - ord("0")), value)
    return np.where(good, value, -1)
