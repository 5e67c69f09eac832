"""Payloads to reports: positions and claims of identity, a column of messages at a time.

Messages with more bits than the standard defines are read as far as it goes and
counted; those with fewer are dropped.  Values that mean "not available" become
nan or the documented code (receiver/messages.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from receiver import messages as m
from receiver.assembler import Joined
from receiver.nmea import Sentences
from receiver.swar import bits, columns, keep, mix, rows, signed, text, unarmour
from tracks.batch import (
    CLASS_A,
    CLASS_B,
    CLASS_UNKNOWN,
    F64,
    I64,
    U8,
    U64,
    Mask,
    PositionBatch,
    StaticBatch,
)

LAST_TYPE = 27
_LONGEST = {19: 52, 21: 60, 27: 16, 5: 71}  # characters that are read; the others have 28
_SHORTEST = {19: 52, 21: 46, 27: 16, 5: 70, 24: 27}
_NEEDED = np.full(64, 28)  # characters without which a message is cut
_ROOM = np.full(64, 32, np.uint8)  # bytes fetched of a payload
for _type, _need in _SHORTEST.items():
    _NEEDED[_type] = _need
for _type, _long in _LONGEST.items():
    _ROOM[_type] = (_long + 7) // 8 * 8
_READ = {32: 28, 16: 16, 56: 52, 64: 60, 72: 71}  # of the bytes fetched, those that count
_DECODED = np.zeros(64, np.bool_)
_DECODED[list(m.LAYOUTS)] = True
_GROUP = np.zeros(64, np.uint8)  # types that share a layout have the first one's number
_ALLOWED = np.zeros((64, 1024), np.bool_)  # lengths in bits, by type
for _type, _layout in m.LAYOUTS.items():
    _GROUP[_type] = next(t for t, other in m.LAYOUTS.items() if other is _layout)
    _ALLOWED[_type, list(_layout.bits)] = True
_SHIP_CLASS = {1: CLASS_A, 2: CLASS_A, 3: CLASS_A, 18: CLASS_B, 19: CLASS_B}


class Payloads(NamedTuple):
    """Whole messages, wherever their characters lie: `at` is an offset into `bytes`."""

    bytes: U8
    at: I64
    length: I64  # characters
    fill: U8
    t: F64
    line: I64
    station: U64
    type: U8


def payloads(
    buffer: U8, s: Sentences, joined: Joined, joined_bytes: U8, *, own: bool = False
) -> Iterator[Payloads]:
    """Yield the messages of one sentence each, then those of several parts.

    Those that the receiving ship sent itself stand apart: only they, if `own`.
    """
    single = np.flatnonzero((s.total == 1) & (s.own == own))
    yield _payloads(
        buffer, s.payload[single], s.length[single], s.fill[single], s.t[single], s.line[single],
        s.station[single],
    )  # fmt: skip
    other = np.flatnonzero(joined.own == own)
    if len(other):
        width = joined_bytes.shape[1]
        flat = np.r_[joined_bytes.reshape(-1), np.zeros(width, np.uint8)]
        j = joined.take(other)
        yield _payloads(flat, other * width, j.length, j.fill, j.t, j.line, j.station)


def _payloads(
    buffer: U8, at: I64, length: I64, fill: U8, t: F64, line: I64, station: U64
) -> Payloads:
    first = buffer[at]
    kind = first - np.uint8(ord("0"))
    kind[first >= ord("`")] -= 8
    kind[kind > 63] = 0  # not a payload's character; no message has this type
    return Payloads(buffer, at, length, fill, t, line, station, kind)


def decode(p: Payloads, counts: Counter[str]) -> tuple[PositionBatch, StaticBatch]:
    """Decode the messages that carry positions or identity; count all by type.

    Rows stand in the order of the messages; `line` is the payload's.
    """
    kinds = np.bincount(p.type, minlength=64)
    for kind in np.flatnonzero(kinds):
        counts[f"type {kind}" if 0 < kind <= LAST_TYPE else "dropped: unknown type"] += int(
            kinds[kind]
        )
    wanted = _DECODED[p.type]
    cut = wanted & (p.length < _NEEDED[p.type])
    if cut.any():
        counts["dropped: message too short"] += int(np.count_nonzero(cut))
        wanted &= ~cut
    if kinds[5]:
        mixed = wanted & (p.type == 5) & ~np.isin(p.length * 6 - p.fill, m.STATIC_VOYAGE.bits)
        counts["dropped: type 5 of wrong length"] += int(np.count_nonzero(mixed))
        wanted &= ~mixed
    _count_odd_lengths(p, wanted, counts)
    positions, statics = _positions(p, wanted & (p.type != 5), counts)
    if kinds[5]:
        statics.append(_static_voyage(p, np.flatnonzero(wanted & (p.type == 5)), counts))
    return positions, _in_order(statics)


def _count_odd_lengths(p: Payloads, wanted: Mask, counts: Counter[str]) -> None:
    length = np.clip(p.length * 6 - p.fill, 0, _ALLOWED.shape[1] - 1)
    odd = np.bincount(p.type[wanted & ~_ALLOWED[p.type, length]])
    for kind in np.flatnonzero(odd):
        counts[f"odd length: type {kind}"] += int(odd[kind])


def _positions(
    p: Payloads, wanted: Mask, counts: Counter[str]
) -> tuple[PositionBatch, list[StaticBatch]]:
    """Decode everything but message 5: one row for each message with a position."""
    located = np.flatnonzero(wanted & (p.type != 24))
    row = np.empty(len(p.type), np.int64)
    row[located] = np.arange(len(located))
    n = len(located)
    out = PositionBatch.make(
        n,
        t=p.t[located],
        type=p.type[located],
        line=p.line[located],
        station=_fold(p.station[located]),
    )
    values = {name: getattr(out, name) for name in out.described()}
    good = np.ones(n, np.bool_)
    statics: list[StaticBatch] = []
    room_of = np.where(wanted, _ROOM[p.type], 0)
    for room in np.flatnonzero(np.bincount(room_of)[1:]) + 1:
        i = np.flatnonzero(room_of == room)
        words, sound = _unpack(p, i, int(room))
        if not sound.all():
            counts["dropped: characters outside the alphabet"] += int(np.count_nonzero(~sound))
            bad = i[~sound]
            good[row[bad[p.type[bad] != 24]]] = False
            i, words = i[sound], words[:, sound]
        statics += _decode_rows(p, i, words, row, values, counts)
    return (out if good.all() else out.take(good)), statics


def _unpack(p: Payloads, i: I64, room: int) -> tuple[U64, Mask]:
    words = columns(rows(p.bytes, p.at[i], room))
    return unarmour(keep(words, np.minimum(p.length[i], _READ[room])))


def _decode_rows(
    p: Payloads, i: I64, words: U64, row: I64, values: dict[str, NDArray[Any]], counts: Counter[str]
) -> list[StaticBatch]:
    statics = []
    group = _GROUP[p.type[i]]
    present = np.flatnonzero(np.bincount(group))
    for kind in present.tolist():
        if len(present) == 1:
            which, w = i, words
        else:
            pick = np.flatnonzero(group == kind)
            which, w = i[pick], words[:, pick]
        if kind != 24:
            _write_positions(kind, w, row[which], values)
        if kind in (19, 21, 24):
            statics += _static(p, which, kind, w, counts)
    return statics


def field(words: U64, f: m.Field) -> NDArray[Any]:
    """Read one field of a layout: unsigned, signed or text."""
    read = {"u": bits, "i": signed, "t": text}[f.kind]
    return read(words, f.start, f.width)


def _write_positions(kind: int, w: U64, at: I64, values: dict[str, NDArray[Any]]) -> None:
    layout = m.LAYOUTS[kind]
    long_range = kind == 27
    per_degree = m.PER_DEGREE_LONG_RANGE if long_range else m.PER_DEGREE
    lat, lon = field(w, layout["lat"]), field(w, layout["lon"])
    nowhere = (np.abs(lat) > 90 * per_degree) | (np.abs(lon) > 180 * per_degree)
    lon[lon == 180 * per_degree] = -180 * per_degree
    lat_deg, lon_deg = lat / per_degree, lon / per_degree
    lat_deg[nowhere] = np.nan
    lon_deg[nowhere] = np.nan
    values["mmsi"][at] = field(w, layout["mmsi"])
    values["lat"][at] = lat_deg
    values["lon"][at] = lon_deg
    repeat_bits = np.uint64(3 << 40)  # a relayed copy is the same transmission
    values["key"][at] = mix(w[0] & ~repeat_bits, *w[1:])
    names = {f.name for f in layout.fields}
    if "sog" in names:
        sog = field(w, layout["sog"])
        per_knot = 1 if kind in (9, 27) else m.PER_KNOT
        none = m.SOG_NONE_LONG_RANGE if long_range else m.SOG_NONE
        values["sog_kn"][at] = np.where(sog == none, np.nan, sog / per_knot)
        cog = field(w, layout["cog"])
        none = m.COG_NONE_LONG_RANGE if long_range else m.COG_NONE
        values["cog_deg"][at] = np.where(cog >= none, np.nan, cog / (1 if long_range else 10))
    if "heading" in names:
        heading = field(w, layout["heading"])
        values["heading_deg"][at] = np.where(heading >= m.HEADING_NONE, np.nan, heading)
    if "nav_status" in names:
        values["nav_status"][at] = field(w, layout["nav_status"])
    values["ship_class"][at] = _SHIP_CLASS.get(kind, CLASS_UNKNOWN)


def _static_voyage(p: Payloads, i: I64, counts: Counter[str]) -> StaticBatch:
    words, sound = _unpack(p, i, int(_ROOM[5]))
    if not sound.all():
        counts["dropped: characters outside the alphabet"] += int(np.count_nonzero(~sound))
        i, words = i[sound], words[:, sound]
    draught = field(words, m.STATIC_VOYAGE["draught"])
    return _claims(
        p, i, words, m.STATIC_VOYAGE, draught_m=np.where(draught == 0, np.nan, draught / 10)
    )


_COLUMNS = {
    "name": "name",
    "call_sign": "call_sign",
    "imo": "imo",
    "ship_type": "ship_type",
    "to_bow": "to_bow_m",
    "to_stern": "to_stern_m",
    "to_port": "to_port_m",
    "to_starboard": "to_starboard_m",
    "destination": "destination",
}


def _claims(p: Payloads, i: I64, words: U64, layout: m.Layout, **more: NDArray[Any]) -> StaticBatch:
    read = {_COLUMNS[f.name]: field(words, f) for f in layout.fields if f.name in _COLUMNS}
    return StaticBatch.make(
        len(i),
        t=p.t[i],
        mmsi=field(words, layout["mmsi"]),
        type=p.type[i],
        line=p.line[i],
        **read,
        **more,
    )


def _static(p: Payloads, i: I64, kind: int, w: U64, counts: Counter[str]) -> list[StaticBatch]:
    if kind != 24:
        return [_claims(p, i, w, m.LAYOUTS[kind])]
    part = field(w, m.STATIC_A["part"])
    a, b = np.flatnonzero(part == 0), np.flatnonzero((part == 1) & (p.length[i] >= 28))
    rest = len(i) - len(a) - len(b)
    if rest:
        counts["dropped: type 24 of no known part"] += rest
    found = [_claims(p, i[a], w[:, a], m.STATIC_A)]
    claims = _claims(p, i[b], w[:, b], m.STATIC_B)
    # An auxiliary craft (98...) names its mother ship where others give their size.
    craft = claims.mmsi // 10_000_000 == 98
    if craft.any():
        sizes = {
            n: np.where(craft, 0, getattr(claims, n))
            for n in ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m")
        }
        given = {n: getattr(claims, n) for n in claims.described()}
        claims = StaticBatch.make(len(b), **(given | sizes))
    return [*found, claims]


def _in_order(batches: list[StaticBatch]) -> StaticBatch:
    found = [b for b in batches if len(b)]
    joined = StaticBatch.concat(found)
    if len(found) < 2:
        return joined
    return joined.take(np.argsort(joined.line, kind="stable"))


def _fold(station: U64) -> NDArray[np.uint16]:
    """Squeeze a station's hash into a column of 16 bits; 0 stays "not named"."""
    folded = (station ^ (station >> np.uint64(16)) ^ (station >> np.uint64(32))).astype(np.uint16)
    return np.where(station == 0, np.uint16(0), folded | np.uint16(1))
