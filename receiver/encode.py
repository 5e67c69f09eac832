"""Values to sentences: the decoder's inverse, on the same tables (`receiver/messages.py`).

For the simulator and for tests.  Whole columns are packed at once, so that a
million sentences take about as long to write as to decode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from receiver import messages
from receiver.messages import LAYOUTS, SIX_BIT, STATIC_B, Field, Layout
from tracks.batch import I64, U8, U32

Stamp = Literal["none", "tag", "suffix", "prefix"]

CHARS_PER_LINE = 60  # of payload; keeps a sentence within the 82 characters of IEC 61162-1

# What a transmitter sends for what it does not know; 0 for fields not named here.
UNKNOWN = {
    "nav_status": messages.STATUS_NONE,
    "rot": messages.ROT_NONE,
    "sog": messages.SOG_NONE,
    "lon": 181 * 600_000,
    "lat": 91 * 600_000,
    "cog": messages.COG_NONE,
    "heading": 511,
    "second": messages.SECOND_NONE,
    "hour": 24,
    "minute": 60,
    "altitude": 4095,
}
UNKNOWN_LONG_RANGE = {
    "nav_status": messages.STATUS_NONE,
    "lon": 181 * 600,
    "lat": 91 * 600,
    "sog": messages.SOG_NONE_LONG_RANGE,
    "cog": 511,
}

_SIX = np.full(256, 255, np.uint8)  # ASCII to six-bit text; 255: AIS cannot say it
_SIX[0] = 0  # numpy pads text with NUL, AIS with '@'
_SIX[np.frombuffer(SIX_BIT, np.uint8)] = np.arange(64)
_ARMOUR = np.r_[48:88, 96:120].astype(np.uint8)  # ITU-R M.1371 leaves this to IEC 61162-1, table 7
_HEX = np.frombuffer(b"0123456789ABCDEF", np.uint8)


@dataclass(frozen=True, slots=True)
class Payloads:
    """Armoured messages of one length, one in each row of `chars`, shape (N, C)."""

    chars: U8
    fill_bits: int  # zeros behind the message in its last character

    def take(self, rows: NDArray[Any] | slice) -> Payloads:
        """Return the messages that an index array, a mask or a slice picks."""
        return Payloads(self.chars[rows], self.fill_bits)

    def __len__(self) -> int:
        return len(self.chars)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines with their line ends: row i is the first `length[i]` bytes of `chars[i]`."""

    chars: U8  # (N, W), NUL behind the text
    length: I64  # (N,)

    @classmethod
    def concat(cls, several: Sequence[Self]) -> Self:
        """Join lines, first to last."""
        width = max((lines.chars.shape[1] for lines in several), default=0)
        chars = np.zeros((sum(map(len, several)), width), np.uint8)
        row = 0
        for lines in several:
            chars[row : row + len(lines), : lines.chars.shape[1]] = lines.chars
            row += len(lines)
        return cls(chars, np.concatenate([np.empty(0, np.int64), *(x.length for x in several)]))

    def take(self, rows: NDArray[Any] | slice) -> Lines:
        """Return the lines that an index array, a mask or a slice picks."""
        return Lines(self.chars[rows], self.length[rows])

    def to_bytes(self) -> bytes:
        """Return the text as it stands in a file."""
        return self.chars[np.arange(self.chars.shape[1]) < self.length[:, None]].tobytes()

    def to_list(self) -> list[bytes]:
        """Return each line without its line end."""
        return self.to_bytes().splitlines()

    def __len__(self) -> int:
        return len(self.chars)


def counts(
    kind: int,
    lat: ArrayLike = np.nan,
    lon: ArrayLike = np.nan,
    sog_kn: ArrayLike = np.nan,
    cog_deg: ArrayLike = np.nan,
    heading_deg: ArrayLike = np.nan,
) -> dict[str, I64]:
    """Round measured values to what a message of type `kind` counts in, for `encode`.

    nan becomes "not available".  Speed ends at what the message can say (102.2 kn; 62 kn in
    type 27), and longitude 180 is sent as -180.  Messages without speed or course simply
    lack these fields in what is returned.  Raises ValueError for a type without a position.
    """
    layout, unknown = _layout(kind, {}), _unknown(kind)
    long_range = kind == 27
    per_degree = 600 if long_range else 600_000
    whole_knots = kind in (9, 27)
    # name: (value, counts in a unit, the highest count that is a value, the count that wraps)
    scales = {
        "lat": (lat, per_degree, 90 * per_degree, 0),
        "lon": (lon, per_degree, 180 * per_degree, 0),
        "sog": (sog_kn, 1 if whole_knots else 10, unknown["sog"] - 1, 0),
        "cog": (cog_deg, 1 if long_range else 10, 10**6, 360 if long_range else 3600),
        "heading": (heading_deg, 1, 10**6, 360),
    }
    names = {field.name for field in layout.fields}
    if "lat" not in names:
        raise ValueError(f"type {kind} carries no position")
    made = {
        name: _count(value, per_unit, highest, wraps, unknown[name])
        for name, (value, per_unit, highest, wraps) in scales.items()
        if name in names
    }
    east = 180 * per_degree  # the same meridian has one name
    return made | {"lon": np.where(made["lon"] == east, -east, made["lon"])}


def _count(value: ArrayLike, per_unit: int, highest: int, wraps: int, unknown: int) -> I64:
    x = np.atleast_1d(np.asarray(value, np.float64))
    known = np.isfinite(x)
    count = np.rint(np.where(known, x, 0) * per_unit).astype(np.int64)
    count = count % wraps if wraps else np.clip(count, -highest, highest)
    return np.where(known, count, unknown)


def encode(kind: int, fields: Mapping[str, ArrayLike], bits: int | None = None) -> Payloads:
    """Pack messages of type `kind`, one for each row of the fields, into armoured payloads.

    `fields` holds counts as they are on the air, under the names of `messages.LAYOUTS`
    (`counts` makes them from degrees and knots), and text as str or bytes; scalars and
    columns of shape (N,) may be mixed.  What is not given is sent as "not available".
    Type 24 is packed as part B where `part` is 1.  `bits` cuts or lengthens the messages,
    for those that real transmitters get wrong; the default is the standard's length.

    Raises ValueError for a type without a layout, a name that the type does not have,
    and a value that its field cannot hold.
    """
    layout = _layout(kind, fields)
    unknown = fields.keys() - {field.name for field in layout.fields}
    if unknown or "mmsi" not in fields:
        raise ValueError(
            f"type {kind} has no field {sorted(unknown)}"
            if unknown
            else "a message needs its sender: give `mmsi`"
        )
    columns = _columns(kind, layout, fields)
    n = np.broadcast_shapes(*(c.shape[-1:] for c in columns.values()))[0]
    bits = layout.bits[0] if bits is None else bits
    end = max(bits, *(f.start + f.width for f in layout.fields))
    six = np.zeros((-(-end // 6), n), np.uint8)
    for field in layout.fields:
        _place(six, field, columns[field.name])
    length = -(-bits // 6)
    fill_bits = 6 * length - bits
    six = six[:length]
    six[-1] &= (0x3F << fill_bits) & 0x3F
    return Payloads(np.ascontiguousarray(_ARMOUR[six].T), fill_bits)


def _layout(kind: int, fields: Mapping[str, ArrayLike]) -> Layout:
    if kind not in LAYOUTS:
        raise ValueError(f"no layout for message type {kind}; there is {sorted(LAYOUTS)}")
    if kind != 24:
        return LAYOUTS[kind]
    parts = np.unique(np.asarray(fields.get("part", 0)))
    if len(parts) != 1 or parts[0] not in (0, 1):
        raise ValueError(f"type 24 is packed one part at a time, 0 or 1, not {parts.tolist()}")
    return STATIC_B if parts[0] else LAYOUTS[24]


def _unknown(kind: int) -> dict[str, int]:
    return UNKNOWN_LONG_RANGE if kind == 27 else UNKNOWN


def _columns(kind: int, layout: Layout, fields: Mapping[str, ArrayLike]) -> dict[str, U8 | U32]:
    """Return each field as bits: shape (N,) for a number, (characters, N) for text."""
    given = {"type": kind, **fields}
    columns: dict[str, U8 | U32] = {}
    for field in layout.fields:
        if field.kind == "t":
            columns[field.name] = _text(field, given.get(field.name, b""))
        else:
            default = _unknown(kind).get(field.name, 0)
            columns[field.name] = _number(field, given.get(field.name, default))
    return columns


def _number(field: Field, value: ArrayLike) -> U32:
    number = np.atleast_1d(np.asarray(value))
    if number.dtype.kind == "b":
        number = number.astype(np.uint8)
    if number.dtype.kind not in "iu":
        raise ValueError(
            f"{field.name} is counted in whole numbers, not {number.dtype}; see counts"
        )
    low = -(1 << field.width - 1) if field.kind == "i" else 0
    high = low + (1 << field.width) - 1
    if number.size and not low <= int(number.min()) <= int(number.max()) <= high:
        raise ValueError(
            f"{field.name} holds {low} to {high}, not {int(number.min())} to {int(number.max())}"
        )
    return (number.astype(np.int64) & ((1 << field.width) - 1)).astype(np.uint32)


def _text(field: Field, value: ArrayLike) -> U8:
    text = np.atleast_1d(np.asarray(value))
    if text.dtype.kind == "U":
        text = np.strings.encode(text, "utf-8")
    length = field.width // 6
    if text.dtype.itemsize > length:
        raise ValueError(
            f"{field.name} holds {length} characters; the longest given: "
            f"{max(text.tolist(), key=len)!r}"
        )
    rows = text.astype(f"S{length}").view(np.uint8).reshape(-1, length)
    six = _SIX[rows]
    if (six == 255).any():
        bad = text[(six == 255).any(axis=1)].tolist()[0]
        raise ValueError(
            f"{field.name} {bad!r} has a character that AIS lacks; there is {SIX_BIT.decode()}"
        )
    return np.ascontiguousarray(six.T)


def _place(six: U8, field: Field, column: U8 | U32) -> None:
    """Or the bits of a field into the six-bit characters, shape (characters, N)."""
    if field.kind == "t":
        for i, character in enumerate(column):
            _place(six, Field(field.name, field.start + 6 * i, 6), character)
        return
    end = field.start + field.width
    for c in range(field.start // 6, -(-end // 6)):
        shift = 6 * (c + 1) - end
        moved = column << shift if shift > 0 else column >> -shift
        six[c] |= (moved & 0x3F).astype(np.uint8)


def sentences(
    payloads: Payloads,
    channel: ArrayLike = b"A",
    t: ArrayLike | None = None,
    *,
    stamp: Stamp = "none",
    station: bytes = b"",
    talker: bytes = b"AI",
    chars_per_line: int = CHARS_PER_LINE,
    first_sequence: int = 0,
) -> Lines:
    r"""Wrap payloads in `!AIVDM` sentences, in as many parts as `chars_per_line` asks for.

    The parts of a message follow each other in the result, so row i belongs to message
    i // parts.  `channel` is one letter for all or one for each message, or b"" for none.
    Sequence ids of messages in parts count 0 to 9 from `first_sequence`.  `stamp` writes
    Unix time `t`, cut to seconds, with every part: "tag" as `\s:STATION,c:T*hh\`, "suffix"
    as `,T` and "prefix" as `T ` in front.  Raises ValueError for a stamp without `t`, and
    for one that is none of these.
    """
    if stamp not in get_args(Stamp):
        raise ValueError(f"no stamp {stamp!r}; choose from {', '.join(get_args(Stamp))}")
    if stamp != "none" and t is None:
        raise ValueError(f"stamp {stamp!r} needs times; give `t` in Unix seconds")
    n, parts = len(payloads), -(-payloads.chars.shape[1] // chars_per_line)
    digits = None if t is None else _decimal(np.broadcast_to(np.asarray(t), (n,)), 10)
    letter = np.atleast_1d(np.asarray(channel, "S1")).view(np.uint8)
    sent = np.broadcast_to(letter, (n,))[None] if letter.any() else b""
    sequence = _decimal((first_sequence + np.arange(n)) % 10, 1) if parts > 1 else b""
    matrices = []
    for part in range(parts):
        chars = payloads.chars[:, part * chars_per_line : (part + 1) * chars_per_line].T
        fill = payloads.fill_bits if part == parts - 1 else 0
        body = _stack(
            n,
            talker,
            b"VDM,%d,%d," % (parts, part + 1),
            sequence,
            b",",
            sent,
            b",",
            chars,
            b",%d" % fill,
        )
        before, behind = _stamped(n, stamp, station, digits)
        matrices.append(_stack(n, before, b"!", body, b"*", _checksum(body), behind, b"\n"))
    width = max(len(m) for m in matrices)
    chars = np.zeros((n, parts, width), np.uint8)
    for part, matrix in enumerate(matrices):
        chars[:, part, : len(matrix)] = matrix.T
    return Lines(chars.reshape(n * parts, width), np.tile([len(m) for m in matrices], n))


def _stamped(n: int, stamp: Stamp, station: bytes, digits: U8 | None) -> tuple[U8, U8]:
    """Return what stands in front of and behind a sentence; each (characters, N)."""
    nothing = np.empty((0, n), np.uint8)
    if stamp == "none" or digits is None:
        return nothing, nothing
    if stamp == "suffix":
        return nothing, _stack(n, b",", digits)
    if stamp == "prefix":
        return _stack(n, digits, b" "), nothing
    inside = _stack(n, b"s:%b," % station if station else b"", b"c:", digits)
    return _stack(n, b"\\", inside, b"*", _checksum(inside), b"\\"), nothing


def _stack(n: int, *pieces: bytes | U8) -> U8:
    """Join texts that all rows share and columns of shape (characters, N)."""
    columns = [
        np.repeat(np.frombuffer(p, np.uint8)[:, None], n, axis=1) if isinstance(p, bytes) else p
        for p in pieces
    ]
    return np.concatenate(columns)


def _checksum(body: U8) -> U8:
    total = np.bitwise_xor.reduce(body, axis=0)
    return np.stack([_HEX[total >> 4], _HEX[total & 15]])


def _decimal(values: NDArray[Any], width: int) -> U8:
    """Write whole numbers with `width` digits; shape (width, N)."""
    left = np.floor(values).astype(np.int64)
    out = np.empty((width, len(left)), np.uint8)
    for place in reversed(range(width)):
        left, out[place] = np.divmod(left, 10)
    return out + np.uint8(48)
