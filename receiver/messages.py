"""Where each field of an AIS message stands, as tables (ITU-R M.1371-5, annex 8).

Only messages that carry a position, an identity or the time are here; the
others are counted, and decoded by pyais where somebody asks for them.  A field
is (name, first bit, width in bits, kind): kind "u" is an unsigned and "i" a
two's complement integer, "t" six-bit text.  Scales and the values that mean
"not available" stand below, once for all messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Field(NamedTuple):
    """One field of a message; `start` and `width` in bits."""

    name: str
    start: int
    width: int
    kind: str = "u"


@dataclass(frozen=True, slots=True)
class Layout:
    """A message: its length or lengths on the air, and its fields."""

    bits: tuple[int, ...]  # lengths that the standard allows
    fields: tuple[Field, ...]

    def __getitem__(self, name: str) -> Field:
        """Return the field of that name."""
        return next(f for f in self.fields if f.name == name)


def _layout(
    bits: tuple[int, ...], *fields: tuple[str, int, int] | tuple[str, int, int, str]
) -> Layout:
    head = (Field("type", 0, 6), Field("repeat", 6, 2), Field("mmsi", 8, 30))
    return Layout(bits, head + tuple(Field(*f) for f in fields))


# 3.1: position report, class A (table 48)
CLASS_A = _layout(
    (168,),
    ("nav_status", 38, 4),
    ("rot", 42, 8, "i"),
    ("sog", 50, 10),
    ("accuracy", 60, 1),
    ("lon", 61, 28, "i"),
    ("lat", 89, 27, "i"),
    ("cog", 116, 12),
    ("heading", 128, 9),
    ("second", 137, 6),
    ("maneuver", 143, 2),
    ("raim", 148, 1),
    ("radio", 149, 19),
)

# 3.2: base station report, and 11, UTC and date response (table 51)
BASE_STATION = _layout(
    (168,),
    ("year", 38, 14),
    ("month", 52, 4),
    ("day", 56, 5),
    ("hour", 61, 5),
    ("minute", 66, 6),
    ("second", 72, 6),
    ("accuracy", 78, 1),
    ("lon", 79, 28, "i"),
    ("lat", 107, 27, "i"),
    ("epfd", 134, 4),
    ("raim", 148, 1),
    ("radio", 149, 19),
)

# 3.3: ship static and voyage related data (table 52); 422 and 420 bits are common
STATIC_VOYAGE = _layout(
    (424, 422, 420),
    ("ais_version", 38, 2),
    ("imo", 40, 30),
    ("call_sign", 70, 42, "t"),
    ("name", 112, 120, "t"),
    ("ship_type", 232, 8),
    ("to_bow", 240, 9),
    ("to_stern", 249, 9),
    ("to_port", 258, 6),
    ("to_starboard", 264, 6),
    ("epfd", 270, 4),
    ("month", 274, 4),
    ("day", 278, 5),
    ("hour", 283, 5),
    ("minute", 288, 6),
    ("draught", 294, 8),
    ("destination", 302, 120, "t"),
)

# 3.7: standard search and rescue aircraft position report (table 59)
SAR_AIRCRAFT = _layout(
    (168,),
    ("altitude", 38, 12),
    ("sog", 50, 10),
    ("accuracy", 60, 1),
    ("lon", 61, 28, "i"),
    ("lat", 89, 27, "i"),
    ("cog", 116, 12),
    ("second", 128, 6),
    ("raim", 147, 1),
    ("radio", 148, 20),
)

# 3.16: standard position report, class B (table 70)
CLASS_B = _layout(
    (168,),
    ("sog", 46, 10),
    ("accuracy", 56, 1),
    ("lon", 57, 28, "i"),
    ("lat", 85, 27, "i"),
    ("cog", 112, 12),
    ("heading", 124, 9),
    ("second", 133, 6),
    ("raim", 147, 1),
    ("radio", 148, 20),
)

# 3.17: extended position report, class B (table 71)
CLASS_B_EXTENDED = _layout(
    (312,),
    ("sog", 46, 10),
    ("accuracy", 56, 1),
    ("lon", 57, 28, "i"),
    ("lat", 85, 27, "i"),
    ("cog", 112, 12),
    ("heading", 124, 9),
    ("second", 133, 6),
    ("name", 143, 120, "t"),
    ("ship_type", 263, 8),
    ("to_bow", 271, 9),
    ("to_stern", 280, 9),
    ("to_port", 289, 6),
    ("to_starboard", 295, 6),
    ("epfd", 301, 4),
    ("raim", 305, 1),
)

# 3.19: aid to navigation report (table 73); the name may go on behind bit 272
AID_TO_NAVIGATION = _layout(
    (272, 280, 288, 296, 304, 312, 320, 328, 336, 344, 352, 360),
    ("aid_type", 38, 5),
    ("name", 43, 120, "t"),
    ("accuracy", 163, 1),
    ("lon", 164, 28, "i"),
    ("lat", 192, 27, "i"),
    ("to_bow", 219, 9),
    ("to_stern", 228, 9),
    ("to_port", 237, 6),
    ("to_starboard", 243, 6),
    ("epfd", 249, 4),
    ("second", 253, 6),
    ("off_position", 259, 1),
    ("raim", 268, 1),
    ("virtual", 269, 1),
)

# 3.22: class B static data (tables 76 and 77); part A is sent with 160 or 168 bits
STATIC_A = _layout((160, 168, 162), ("part", 38, 2), ("name", 40, 120, "t"))
STATIC_B = _layout(
    (168, 162),
    ("part", 38, 2),
    ("ship_type", 40, 8),
    ("vendor", 48, 18, "t"),
    ("call_sign", 90, 42, "t"),
    ("to_bow", 132, 9),
    ("to_stern", 141, 9),
    ("to_port", 150, 6),
    ("to_starboard", 156, 6),
)

# 3.25: long-range position report (table 82)
LONG_RANGE = _layout(
    (96,),
    ("accuracy", 38, 1),
    ("raim", 39, 1),
    ("nav_status", 40, 4),
    ("lon", 44, 18, "i"),
    ("lat", 62, 17, "i"),
    ("sog", 79, 6),
    ("cog", 85, 9),
    ("gnss", 94, 1),
)

# By message type; 24 has two parts, told apart by their field "part".
LAYOUTS: dict[int, Layout] = {
    1: CLASS_A,
    2: CLASS_A,
    3: CLASS_A,
    4: BASE_STATION,
    5: STATIC_VOYAGE,
    9: SAR_AIRCRAFT,
    11: BASE_STATION,
    18: CLASS_B,
    19: CLASS_B_EXTENDED,
    21: AID_TO_NAVIGATION,
    24: STATIC_A,
    27: LONG_RANGE,
}

# Counts to a unit, and the raw values from which on "not available" is meant.
PER_DEGREE = 600_000  # lon, lat: 1/10,000 minute; beyond 90 and 180 degrees: not available
PER_DEGREE_LONG_RANGE = 600  # message 27: 1/10 minute
PER_KNOT = 10  # sog; whole knots in messages 9 and 27
SOG_NONE, SOG_NONE_LONG_RANGE = 1023, 63  # 102.3 kn; 102.2 means "102.2 or more" and is kept
COG_NONE, COG_NONE_LONG_RANGE = 3600, 360  # at or above
HEADING_NONE = 360  # 511 by the standard; 360 to 510 are not used
SECOND_NONE = 60  # 60 to 63 say why there is none
STATUS_NONE = 15
ROT_NONE = -128

# Six-bit text (table 47): '@' ends it.
SIX_BIT = b"@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"
