"""Every field of every message, against pyais, on recordings of many origins.

Where the two differ on purpose:

- "not available" (latitude 91, heading 511 ...) is nan or a documented code here;
  pyais returns the sentinel.
- longitude 180 is -180 here, so that a place has one name.
- the ship type is the raw number here; pyais maps numbers without a name of their
  own to their group (78 becomes 75), so the raw bits are compared.
- blanks before a text are kept here; and of message 21, pyais leaves '@' and what
  follows it in the name.
- the position-fixing device is the raw number here; pyais calls what it does not
  know 0.
- a message 5 whose parts do not add up to the standard's length, and any message
  that ends before its last field that counts, is dropped here; pyais reads on.
- pyais decodes sentences whose checksum is wrong; here they are dropped before.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyais
import pytest

from receiver.decoder import Payloads, decode, field
from receiver.encode import encode, sentences
from receiver.messages import LAYOUTS, STATIC_B, Layout
from receiver.swar import columns, keep, rows, unarmour
from tests.receiver.nmea_input import messages, read
from tests.recordings import recording
from tracks.batch import PositionBatch

RECORDINGS = [
    "aislib_ais250.txt", "aislib_small_cb_example.txt", "aistools_ee-multiline.nmea",
    "aistools_errors.nmea", "aistools_mixed_types.nmea", "aistools_multi-part.nmea",
    "aistools_type1-bad-bitcount.nmea", "amsa_exactearth_3.txt", "amsa_nmea_timestamped.txt",
    "amsa_risky_ais.txt", "dma_aisabnormal_212123000_drift_1.ais",
    "dma_aisabnormal_538004030_drift_1.ais", "dma_aisabnormal_5min_20131112.nmea.gz",
    "dma_aislib_stream_example.nmea", "gfw_ais_listener_tagblock_10k.nmea", "gpsd_ais-nmea.log",
    "gpsd_sample.aivdm", "kystverket_1000lines_20190807.nm4", "libais_test.aivdm",
    "libais_typeexamples.nmea", "noaadata_uscg_20060715_1000.ais", "pyais_nmea_data_sample.nmea",
    "signalk_gofree.log",
]  # fmt: skip


def content(name: str) -> bytes:
    """Return a recording.  aistools_bad-type5.nmea is not among them: we drop all that is in it."""
    path = recording(f"nmea/{name}")
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


# Our field names, where pyais has others.
PYAIS = {
    "type": "msg_type", "nav_status": "status", "rot": "turn", "sog": "speed", "cog": "course",
    "imo": "imo", "call_sign": "callsign", "name": "shipname", "part": "partno", "epfd": "epfd",
    "vendor": "vendorid", "virtual": "virtual_aid", "altitude": "alt",
}  # fmt: skip
RAW_PER_UNIT = {"sog": 10, "cog": 10, "draught": 10, "lon": 600_000, "lat": 600_000}
RAW_PER_UNIT_LONG_RANGE = {"lon": 600, "lat": 600}
# pyais turns these into something else than their number; the bits decide (see below).
TRANSLATED = {"rot", "epfd", "ship_type", "vendor", "year", "month", "day", "hour", "minute"}


def whole(p: Payloads) -> Iterator[tuple[int, Any]]:
    """Yield what pyais makes of each message that both know."""
    for i in np.flatnonzero(np.isin(p.type, list(LAYOUTS))):
        at = int(p.at[i])
        payload = p.bytes[at : at + int(p.length[i])].tobytes()
        try:
            yield int(i), pyais.decode(b"!AIVDM,1,1,,A,%b,%d*00" % (payload, p.fill[i]))
        except pyais.exceptions.AISBaseException:
            continue


def said(theirs: Any, name: str) -> Any:
    """Return pyais's value of the field that we call `name`, None where it has none."""
    return getattr(theirs, PYAIS.get(name, name), getattr(theirs, name, None))


def tidy(text: str) -> bytes:
    return text.partition("@")[0].strip(" ").encode()


def layout_of(p: Payloads, i: int, theirs: Any) -> Layout:
    if p.type[i] == 24 and theirs.partno == 1:
        return STATIC_B
    return LAYOUTS[int(p.type[i])]


def raw(value: Any, name: str, kind: int) -> Any:
    """Return the number on the air that pyais's value stands for."""
    scale = RAW_PER_UNIT_LONG_RANGE if kind == 27 else RAW_PER_UNIT
    if kind == 9 and name == "sog":
        return value
    return round(float(value) * scale[name]) if name in scale else value


def by_layout(p: Payloads) -> dict[Layout, list[tuple[int, Any]]]:
    """Return the messages that are long enough for their layout, with what pyais makes of each."""
    found: dict[Layout, list[tuple[int, Any]]] = {}
    for i, theirs in whole(p):
        layout = layout_of(p, i, theirs)
        if p.length[i] * 6 - p.fill[i] >= min(layout.bits):
            found.setdefault(layout, []).append((i, theirs))
    return found


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_field_on_the_air_is_read_as_pyais_reads_it(name: str) -> None:
    compared: Counter[str] = Counter()
    for p in messages(content(name)):
        flat = np.r_[p.bytes, np.zeros(128, np.uint8)]
        for layout, some in by_layout(p).items():
            at = np.array([i for i, _ in some])
            words, sound = unarmour(keep(columns(rows(flat, p.at[at], 72)), p.length[at]))
            assert sound.all()
            for f in (f for f in layout.fields if f.name not in TRANSLATED):
                for ours, (i, theirs) in zip(field(words, f).tolist(), some, strict=True):
                    if layout is STATIC_B and str(theirs.mmsi).startswith("98"):
                        continue  # the mother ship's MMSI stands where the dimensions are
                    expected = said(theirs, f.name)
                    if f.kind == "t":
                        assert ours.strip() == tidy(expected), (f.name, i)
                    elif expected is None:
                        continue
                    else:
                        assert ours == raw(expected, f.name, int(p.type[i])), (f.name, i, theirs)
                    compared[f.name] += 1
    assert compared["mmsi"] > 0


def test_fields_that_pyais_translates_are_the_bits_that_stand_there() -> None:
    for p in messages(recording("nmea/amsa_risky_ais.txt").read_bytes()):
        flat = np.r_[p.bytes, np.zeros(128, np.uint8)]
        for i in np.flatnonzero(np.isin(p.type, (1, 4, 5)) & (p.length >= 28))[:3000]:
            text = p.bytes[int(p.at[i]) : int(p.at[i] + p.length[i])].tobytes()
            bits = "".join(format(c - (56 if c > 90 else 48), "06b") for c in text)
            words, _ = unarmour(keep(columns(rows(flat, p.at[[i]], 72)), p.length[[i]]))
            for f in LAYOUTS[int(p.type[i])].fields:
                if f.name in TRANSLATED and len(bits) >= f.start + f.width:
                    value = int(bits[f.start : f.start + f.width], 2)
                    if f.kind == "i" and value >= 1 << (f.width - 1):
                        value -= 1 << f.width
                    assert field(words, f)[0] == value, (f.name, i)


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_columns_hold_what_pyais_says_or_nothing_where_it_says_not_available(name: str) -> None:
    for p in messages(content(name)):
        # `line` carries the row number through the decoder.
        p = p._replace(line=np.arange(len(p.type)))
        positions, statics = decode(p, Counter())
        theirs = dict(whole(p))
        for k in range(len(positions)):
            check_position(positions, k, theirs[int(positions.line[k])])
        for k in range(len(statics)):
            them = theirs[int(statics.line[k])]
            assert statics.mmsi[k] == int(them.mmsi)
            for name in ("name", "call_sign"):
                value = getattr(statics, name)[k]
                assert not value or value.strip() == tidy(said(them, name))


def check_position(p: PositionBatch, k: int, them: Any) -> None:
    assert (p.mmsi[k], p.type[k]) == (int(them.mmsi), them.msg_type)
    nowhere = abs(them.lat) > 90 or abs(them.lon) > 180
    lon = -180.0 if them.lon == 180 else them.lon
    same(p.lat[k], None if nowhere else them.lat, 5e-7)
    same(p.lon[k], None if nowhere else lon, 5e-7)
    if hasattr(them, "speed"):
        none = {27: 63, 9: 1023}.get(them.msg_type, 102.3)
        same(p.sog_kn[k], None if them.speed == none else them.speed, 1e-5)
        same(p.cog_deg[k], None if them.course >= 360 else them.course, 1e-4)
    if hasattr(them, "heading"):
        same(p.heading_deg[k], None if them.heading >= 360 else them.heading, 0)
    if hasattr(them, "status"):
        assert p.nav_status[k] == int(them.status)


def same(ours: float, theirs: float | None, tolerance: float) -> None:
    if theirs is None:
        assert np.isnan(ours)
    else:
        assert abs(ours - theirs) <= tolerance  # false if it is nan


def test_a_copy_relayed_by_a_repeater_has_the_same_key() -> None:
    first = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\n"
    relayed = b"!AIVDM,1,1,,B,1CHOI:0P0000VOHLCnHQKwvL05Ip,0*50\n"  # repeat indicator 1
    other = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Iq,0*22\n"
    key = read(first + relayed + other).positions.key
    assert key[0] == key[1] != key[2]


def test_keys_of_different_transmissions_differ() -> None:
    path = recording("nmea/gfw_ais_listener_tagblock_10k.nmea")
    p = read(path).positions
    lines = path.read_bytes().split(b"\n")
    payload = [lines[n].split(b",")[-2] for n in p.line]
    assert len(set(payload)) == len(np.unique(p.key))


def test_a_repeater_count_of_102_knots_is_kept_and_103_is_not() -> None:
    made = encode(1, {"mmsi": np.full(3, 219000001), "sog": np.array([1021, 1022, 1023])})
    p = read(sentences(made).to_bytes()).positions
    np.testing.assert_allclose(p.sog_kn, [102.1, 102.2, np.nan], rtol=1e-6)


def test_longitude_180_has_one_name_whichever_side_it_is_seen_from() -> None:
    lon = np.array([180, -180, 180.000002, 181]) * 600_000
    made = encode(
        1,
        {"mmsi": np.full(4, 219000001), "lat": np.zeros(4, int), "lon": np.round(lon).astype(int)},
    )
    p = read(sentences(made).to_bytes()).positions
    np.testing.assert_array_equal(p.lon, [-180, -180, np.nan, np.nan])
    np.testing.assert_array_equal(p.lat, [0, 0, np.nan, np.nan])


def test_a_daughter_craft_has_no_size_where_it_names_its_mother_ship() -> None:
    sizes = {"to_bow": 9, "to_stern": 8, "to_port": 7, "to_starboard": 6}
    craft = {"mmsi": np.array([982190001, 219000001]), "part": 1, "ship_type": 37}
    s = read(sentences(encode(24, craft | sizes)).to_bytes()).statics
    assert s.ship_type.tolist() == [37, 37]
    assert s.to_bow_m.tolist() == [0, 9]
    assert s.to_starboard_m.tolist() == [0, 6]


def test_a_length_is_called_odd_only_where_the_standard_has_another() -> None:
    usual = [
        sentences(encode(24, {"mmsi": np.array([219000001]), "part": part})).to_bytes()
        for part in (0, 1)
    ]
    long = sentences(encode(1, {"mmsi": np.array([219000001])}, bits=186)).to_bytes()
    counts = read(b"".join(usual) + long).counts
    assert {name: n for name, n in counts.items() if "odd" in name} == {"odd length: type 1": 1}
