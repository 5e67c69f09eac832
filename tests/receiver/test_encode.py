"""The encoder, read back by pyais."""

from __future__ import annotations

import math
import re
from functools import reduce
from operator import xor
from typing import Any

import numpy as np
import pyais
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyais.constants import EpfdType, ShipType

from receiver.encode import Stamp, counts, encode, sentences
from receiver.messages import LAYOUTS, SIX_BIT, STATIC_B, Layout

KINDS = [*((kind, layout) for kind, layout in LAYOUTS.items()), (24, STATIC_B)]
IN_PYAIS = {
    "type": "msg_type",
    "nav_status": "status",
    "rot": "turn",
    "sog": "speed",
    "cog": "course",
    "name": "shipname",
    "call_sign": "callsign",
    "altitude": "alt",
    "vendor": "vendorid",
    "part": "partno",
    "virtual": "virtual_aid",
}


def read(lines: list[bytes]) -> dict[str, Any]:
    return pyais.decode(*lines).asdict()


def column(message: dict[str, Any], name: str, kind: int) -> Any:
    if name == "name" and kind == 21:
        return message["name"]
    return message[IN_PYAIS.get(name, name)]


def as_pyais_says(kind: int, name: str, count: int) -> Any:
    """Turn a count into what the message means, by the standard's scales."""
    long_range = kind == 27
    if name in ("lon", "lat"):
        return pytest.approx(count / (600 if long_range else 600_000), rel=0, abs=1e-6)
    if name == "sog":
        return count if kind in (9, 27) else pytest.approx(count / 10)
    if name in ("cog", "draught"):
        return count if long_range else pytest.approx(count / 10)
    if name == "rot":
        special = abs(count) in (127, 128)
        return count if special else math.copysign(round((count / 4.733) ** 2), count)
    if name == "ship_type" and kind != 24:
        return ShipType(count)
    if name == "epfd":
        return EpfdType(count)
    return count


def draw(kind: int, layout: Layout, n: int) -> dict[str, Any]:
    """Draw values over the whole range of each field; its two ends stand in the first rows."""
    rng = np.random.Generator(np.random.PCG64(kind))
    fields: dict[str, Any] = {}
    for f in layout.fields[2:]:
        if f.kind == "t":
            codes = rng.integers(1, 64, (n, f.width // 6))
            fields[f.name] = ["".join(SIX_BIT.decode()[c] for c in row) for row in codes]
        else:
            low = -(1 << f.width - 1) if f.kind == "i" else 0
            fields[f.name] = rng.integers(low, low + (1 << f.width), n)
            fields[f.name][:2] = low, low + (1 << f.width) - 1
    fields["mmsi"] = rng.integers(200_000_000, 800_000_000, n)
    if kind == 24:
        fields["part"] = np.full(n, int(layout is STATIC_B))
    return fields


@pytest.mark.parametrize(("kind", "layout"), KINDS)
def test_pyais_reads_back_every_field_of_every_type(kind: int, layout: Layout) -> None:
    n = 60
    fields = draw(kind, layout, n)
    lines = sentences(encode(kind, fields)).to_list()
    parts = len(lines) // n
    for i in range(n):
        message = read(lines[i * parts : (i + 1) * parts])
        assert message["msg_type"] == kind
        for name, values in fields.items():
            said, value = column(message, name, kind), values[i]
            if isinstance(value, str):
                assert said.strip() == value.strip()  # pyais strips
            else:
                assert said == as_pyais_says(kind, name, int(value)), name


@pytest.mark.parametrize("kind", sorted(LAYOUTS))
def test_what_is_not_given_is_not_available(kind: int) -> None:
    message = read(sentences(encode(kind, {"mmsi": 257_000_001})).to_list())
    expected = {
        "lat": 91,
        "lon": 181,
        "speed": 63 if kind == 27 else 1023 if kind == 9 else 102.3,
        "course": 511 if kind == 27 else 360,
        "heading": 511,
        "status": 15,
        "turn": -128,
        "alt": 4095,
        "shipname": "",
        "imo": 0,
    }
    for name in expected.keys() & message.keys():
        assert message[name] == expected[name], name


def test_all_six_bit_characters_travel() -> None:
    alphabet = SIX_BIT.decode()[1:]
    names = [alphabet[i : i + 20] for i in range(0, 63, 20)]
    lines = sentences(encode(24, {"mmsi": 257_000_001, "name": names})).to_list()
    assert [read([line])["shipname"] for line in lines] == names


@given(
    st.sampled_from([1, 9, 18, 27]),
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.floats(0, 150),
    st.floats(0, 360),
)
def test_measured_values_come_back_within_half_a_count(
    kind: int, lat: float, lon: float, sog_kn: float, cog_deg: float
) -> None:
    fields = counts(kind, lat, lon, sog_kn, cog_deg, cog_deg)
    message = read(sentences(encode(kind, {"mmsi": 257_000_001, **fields})).to_list())
    half = 0.5 / (600 if kind == 27 else 600_000) + 1e-6
    assert abs(message["lat"] - lat) <= half
    assert abs((message["lon"] - lon + 180) % 360 - 180) <= half
    assert -180 <= message["lon"] < 180
    step = 1 if kind in (9, 27) else 0.1
    top = {27: 62, 9: 1022}.get(kind, 102.2)
    assert abs(message["speed"] - min(sog_kn, top)) <= step / 2 + 1e-9
    step = 1 if kind == 27 else 0.1
    assert abs((message["course"] - cog_deg + 180) % 360 - 180) <= step / 2 + 1e-9
    assert 0 <= message["course"] < 360


@pytest.mark.parametrize("kind", [1, 9, 18, 27])
def test_nan_is_sent_as_not_available(kind: int) -> None:
    given_nothing = encode(kind, {"mmsi": 257_000_001})
    nan = encode(kind, {"mmsi": 257_000_001, **counts(kind)})
    assert sentences(nan).to_list() == sentences(given_nothing).to_list()


def test_static_data_always_takes_two_sentences_and_counts_its_sequence_ids() -> None:
    payloads = encode(5, {"mmsi": np.arange(12) + 257_000_001, "name": "QUIET HERON"})
    lines = sentences(payloads, np.array([b"A", b"B"] * 6), first_sequence=7).to_list()
    heads = [line.split(b",")[1:5] for line in lines]
    sequence = [b"%d" % (i % 10) for i in range(7, 19)]
    assert heads == [
        [b"2", b"%d" % part, sequence[i], [b"A", b"B"][i % 2]] for i in range(12) for part in (1, 2)
    ]
    for i in range(12):
        assert read(lines[2 * i : 2 * i + 2])["mmsi"] == 257_000_001 + i


def test_extended_class_b_fits_in_one_sentence_or_two() -> None:
    payloads = encode(19, {"mmsi": 257_000_001, "name": "QUIET HERON"})
    assert len(sentences(payloads)) == 1
    two = sentences(payloads, chars_per_line=28).to_list()
    assert len(two) == 2
    assert read(two)["shipname"] == "QUIET HERON"


@pytest.mark.parametrize("kind", sorted(LAYOUTS))
def test_a_sentence_is_no_longer_than_82_characters_and_its_checksum_is_right(kind: int) -> None:
    for line in sentences(encode(kind, {"mmsi": 257_000_001}), talker=b"BS").to_list():
        assert len(line) + 2 <= 82
        found = re.fullmatch(rb"!(BSVDM,.*)\*([0-9A-F]{2})", line)
        assert found is not None
        assert reduce(xor, found[1]) == int(found[2], 16)


@pytest.mark.parametrize("bits", [96, 162, 168, 186, 204])
def test_a_message_can_be_cut_or_lengthened(bits: int) -> None:
    (line,) = sentences(encode(18, {"mmsi": 257_000_001}, bits=bits)).to_list()
    payload, fill = line.split(b"*")[0].split(b",")[5:]
    assert 6 * len(payload) - int(fill) == bits


def test_nothing_stands_behind_the_end_of_a_cut_message() -> None:
    payloads = encode(24, {"mmsi": 257_000_001, "name": "_" * 20}, bits=100)
    assert payloads.fill_bits == 2
    assert payloads.chars[0, -1] == ord("t")  # 111100


def test_only_the_last_part_has_fill_bits() -> None:
    first, second = sentences(encode(5, {"mmsi": 257_000_001})).to_list()
    assert (first[-4:-2], second[-4:-2]) == (b"0*", b"2*")


def test_longitude_180_is_sent_as_minus_180() -> None:
    assert counts(1, 0.0, [179.9999999, 180.0, -180.0])["lon"].tolist() == [-108_000_000] * 3


def stamped(kind: int, stamp: Stamp) -> list[bytes]:
    payloads = encode(kind, {"mmsi": 257_000_001})
    return sentences(payloads, b"B", 1_635_731_889.9, stamp=stamp, station=b"DAKAR").to_list()


@pytest.mark.parametrize(
    ("stamp", "pattern"),
    [
        ("none", rb"!AIVDM.*\*.."),
        ("suffix", rb"!AIVDM.*\*..,1635731889"),
        ("prefix", rb"1635731889 !AIVDM.*\*.."),
        ("tag", rb"\\s:DAKAR,c:1635731889\*[0-9A-F]{2}\\!AIVDM.*\*.."),
    ],
)
def test_times_are_written_in_the_usual_places(stamp: Stamp, pattern: bytes) -> None:
    for line in stamped(1, stamp) + stamped(5, stamp):
        assert re.fullmatch(pattern, line)


def test_pyais_accepts_the_tag_block() -> None:
    (message,) = pyais.IterMessages(stamped(1, "tag"))
    assert message.tag_block is not None
    message.tag_block.init()
    assert message.tag_block.is_valid
    assert message.tag_block.source_station == "DAKAR"
    assert message.tag_block.receiver_timestamp == "1635731889"


def test_the_channel_may_be_missing() -> None:
    (line,) = sentences(encode(1, {"mmsi": 257_000_001}), b"").to_list()
    assert line.startswith(b"!AIVDM,1,1,,,")
    assert read([line])["mmsi"] == 257_000_001


@pytest.mark.parametrize(
    ("kind", "fields", "says"),
    [
        (6, {"mmsi": 1}, "no layout for message type 6"),
        (1, {}, "give `mmsi`"),
        (1, {"mmsi": 1, "name": "X"}, r"type 1 has no field \['name'\]"),
        (1, {"mmsi": 1 << 30}, "mmsi holds 0 to 1073741823, not 1073741824"),
        (1, {"mmsi": 1, "rot": [-129, 0]}, "rot holds -128 to 127, not -129 to 0"),
        (1, {"mmsi": 1, "lat": 14.7}, "lat is counted in whole numbers"),
        (5, {"mmsi": 1, "call_sign": "EIGHT888"}, "call_sign holds 7 characters"),
        (5, {"mmsi": 1, "name": "lower"}, "name b'lower' has a character that AIS lacks"),
        (5, {"mmsi": 1, "name": "Ø"}, "character"),
        (24, {"mmsi": 1, "part": [0, 1]}, "one part at a time"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_a_reason(
    kind: int, fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        encode(kind, fields)


def test_a_stamp_needs_times_and_must_be_one_there_is() -> None:
    with pytest.raises(ValueError, match="needs times"):
        sentences(encode(1, {"mmsi": 1}), stamp="tag")
    with pytest.raises(ValueError, match="no stamp 'tags'; choose from none, tag"):
        sentences(encode(1, {"mmsi": 1}), t=0, stamp="tags")  # type: ignore[arg-type]


def test_no_messages_make_no_lines() -> None:
    nothing = np.empty(0, np.int64)
    assert sentences(encode(5, {"mmsi": nothing}), t=nothing, stamp="tag").to_bytes() == b""
