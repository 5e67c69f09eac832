"""JSON lines of feeds and programs.

The first lines of aisstream.io and Digitraffic are in the shape of the examples in their
documentation; AIS-catcher's are made from real sentences, or in the shape of its.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from receiver.sources.logfile import Input
from tests.receiver.format_input import read, read_text
from tests.recordings import recording
from tracks.batch import CLASS_A, CLASS_B, PositionBatch, StaticBatch


def lines(*values: Any) -> str:
    return "".join(v + "\n" if isinstance(v, str) else json.dumps(v) + "\n" for v in values)


def stream(kind: str, body: dict[str, Any], time: str = "2022-12-29 18:22:32.318353") -> Any:
    return {
        "MessageType": kind,
        "MetaData": {"MMSI": 259000420, "ShipName": "AUGUSTSON", "time_utc": f"{time} +0000 UTC"},
        "Message": {kind: {"UserID": 259000420, "Valid": True} | body},
    }


POSITION = {"MessageID": 1, "Latitude": 66.02695, "Longitude": 12.253821, "Sog": 0.1, "Cog": 308.2,
            "TrueHeading": 511, "NavigationalStatus": 15}  # fmt: skip
STATIC = {"MessageID": 5, "Name": "AUGUSTSON@@@@", "CallSign": "LAFT ", "ImoNumber": 8516263,
          "Type": 79, "MaximumStaticDraught": 5.5, "Destination": "ROERVIK",
          "Dimension": {"A": 30, "B": 10, "C": 4, "D": 5}}  # fmt: skip


def test_aisstream_positions_and_claims_are_read() -> None:
    second = {"Latitude": 1, "Longitude": 2, "Sog": 102.3, "MessageID": 18}
    got = read_text(
        lines(
            stream("PositionReport", POSITION),
            stream("ShipStaticData", STATIC),
            stream("StandardClassBPositionReport", second),
        )
    )
    p, s = got.positions, got.statics
    assert got.format == "aisstream"
    assert p.line.tolist() == [0, 2]
    assert p.t.tolist() == [1672338152.318353] * 2
    assert (p.lat.tolist(), p.lon.tolist()) == ([66.02695, 1], [12.253821, 2])
    assert p.type.tolist() == [1, 18]
    assert p.ship_class.tolist() == [CLASS_A, CLASS_B]
    np.testing.assert_array_equal(p.sog_kn, np.float32([0.1, np.nan]))
    np.testing.assert_array_equal(p.heading_deg, np.float32([np.nan, np.nan]))
    assert (s.name.tolist(), s.call_sign.tolist()) == ([b"AUGUSTSON"], [b"LAFT"])
    assert (s.imo.tolist(), s.ship_type.tolist(), s.type.tolist()) == ([8516263], [79], [5])
    assert (s.to_bow_m[0], s.to_stern_m[0], s.to_port_m[0], s.to_starboard_m[0]) == (30, 10, 4, 5)
    assert s.draught_m.tolist() == [5.5]
    assert got.counts == {
        "lines": 3, "type 1": 1, "type 5": 1, "type 18": 1, "rows with identity only": 1
    }  # fmt: skip


def test_both_parts_of_a_class_b_report_are_claims() -> None:
    name = {"MessageID": 24, "ReportA": {"Name": "LITTLE", "Valid": True},
            "ReportB": {"CallSign": "XX", "ShipType": 99, "Valid": False}}  # fmt: skip
    rest = {"MessageID": 24, "ReportA": {"Name": "OLD", "Valid": False},
            "ReportB": {"CallSign": "LX1", "ShipType": 36, "Valid": True,
                        "Dimension": {"A": 5, "B": 6, "C": 1, "D": 2}}}  # fmt: skip
    s = read_text(lines(stream("StaticDataReport", name), stream("StaticDataReport", rest))).statics
    assert s.name.tolist() == [b"LITTLE", b""]
    assert s.call_sign.tolist() == [b"", b"LX1"]
    assert s.ship_type.tolist() == [0, 36]


def test_what_aisstream_marks_as_not_valid_or_we_do_not_read_is_counted() -> None:
    got = read_text(
        lines(
            stream("PositionReport", POSITION),
            stream("PositionReport", POSITION | {"Valid": False}),
            stream("BaseStationReport", {}),
            {"error": "Api Key Is Not Valid"},
            "not json",
        )
    )
    assert len(got.positions) == 1
    assert got.dropped == {"marked as not valid": 1, "not a message of aisstream.io": 2}
    assert got.counts["not read: BaseStationReport"] == 1


LOCATION = {"time": 1668075025, "sog": 10.7, "cog": 326.6, "navStat": 0, "rot": 0, "posAcc": True,
            "raim": False, "heading": 325, "lon": 20.345818, "lat": 60.03802}  # fmt: skip
METADATA = {"timestamp": 1668075026035, "destination": "UST LUGA", "name": "ARUNA CIHAN",
            "draught": 68, "eta": 733376, "posType": 15, "refA": 160, "refB": 33, "refC": 20,
            "refD": 12, "callSign": "V7WW7", "imo": 9543756, "type": 70}  # fmt: skip
TOPICS = "vessels-v2/230939100/location", "vessels-v2/230939100/metadata"


@pytest.mark.parametrize("shape", ["object", "text payload", "printed"])
def test_digitraffic_topics_are_read_in_each_shape_of_recording(shape: str) -> None:
    payloads = [LOCATION, METADATA]
    if shape == "printed":
        text = lines(*(f"{t} {json.dumps(p)}" for t, p in zip(TOPICS, payloads, strict=True)))
    else:
        kept = [json.dumps(p) if "text" in shape else p for p in payloads]
        text = lines(*({"topic": t, "payload": p} for t, p in zip(TOPICS, kept, strict=True)))
    got = read_text(text + "vessels-v2/status {}\n\nnoise\n")
    p, s = got.positions, got.statics
    assert got.format == "digitraffic"
    assert (p.mmsi.tolist(), p.t.tolist(), p.line.tolist()) == ([230939100], [1668075025.0], [0])
    assert (p.lat.tolist(), p.lon.tolist()) == ([60.03802], [20.345818])
    np.testing.assert_array_equal(p.sog_kn, np.float32([10.7]))
    np.testing.assert_array_equal(p.cog_deg, np.float32([326.6]))
    assert (p.heading_deg.tolist(), p.nav_status.tolist()) == ([325], [0])
    assert (s.mmsi.tolist(), s.t.tolist(), s.line.tolist()) == ([230939100], [1668075026.035], [1])
    assert (s.name.tolist(), s.call_sign.tolist()) == ([b"ARUNA CIHAN"], [b"V7WW7"])
    assert (s.imo.tolist(), s.ship_type.tolist()) == ([9543756], [70])
    assert (s.to_bow_m[0], s.to_stern_m[0], s.to_port_m[0], s.to_starboard_m[0]) == (
        160,
        33,
        20,
        12,
    )
    np.testing.assert_array_equal(s.draught_m, np.float32([6.8]))
    assert got.dropped == {"not a location or metadata of a vessel": 2}
    assert got.counts["blank lines"] == 1


def test_digitraffics_rest_answers_are_read() -> None:
    feature = {
        "mmsi": 219598000,
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [20.85169, 55.770832]},
        "properties": {"mmsi": 219598000, "sog": 0.1, "cog": 346.5, "navStat": 1, "heading": 79,
                       "timestampExternal": 1659212938646},
    }  # fmt: skip
    answer = json.dumps({"type": "FeatureCollection", "features": [feature, feature]})
    got = read_text(answer.replace(": ", ":") + "\n")
    assert got.format == "digitraffic"
    assert got.positions.t.tolist() == [1659212938.646] * 2
    assert got.positions.lat.tolist() == [55.770832] * 2
    ships = [{"mmsi": 1, "timestamp": 1659212938646, "name": "A", "callSign": "B", "shipType": 70,
              "referencePointA": 9, "draught": 10}]  # fmt: skip
    s = read_text(lines(ships)).statics
    assert (s.name.tolist(), s.to_bow_m.tolist(), s.draught_m.tolist()) == ([b"A"], [9], [1.0])


FULL = {"class": "AIS", "device": "AIS-catcher", "rxtime": "20221110101025",
        "rxuxtime": 1668075025.25, "scaled": True, "channel": "B", "signalpower": -22.5,
        "ppm": 1.25, "type": 1, "repeat": 0, "mmsi": 230939100, "status": 5, "turn": 0,
        "speed": 10.7, "lon": 20.345818, "lat": 60.03802, "course": 326.6,
        "heading": 325}  # fmt: skip


def test_decoded_lines_of_ais_catcher_are_read() -> None:
    ship = {k: FULL[k] for k in ("class", "mmsi", "rxtime", "signalpower")} | {
        "type": 5, "shipname": "ARUNA CIHAN", "callsign": "V7WW7", "imo": 9543756, "shiptype": 70,
        "to_bow": 160, "to_stern": 33, "to_port": 20, "to_starboard": 12, "draught": 6.8,
    }  # fmt: skip
    got = read_text(lines(FULL, ship, {"class": "AIS", "type": 8, "rxuxtime": 1}, "noise"))
    p, s = got.positions, got.statics
    assert got.format == "aiscatcher"
    assert (p.mmsi.tolist(), p.t.tolist(), p.type.tolist()) == ([230939100], [1668075025.25], [1])
    assert (p.nav_status.tolist(), p.ship_class.tolist()) == ([5], [CLASS_A])
    assert (p.signal_db.tolist(), p.ppm.tolist()) == ([-22.5], [1.25])
    assert (s.name.tolist(), s.t.tolist(), s.line.tolist()) == (
        [b"ARUNA CIHAN"],
        [1668075025.0],
        [1],
    )
    assert got.dropped == {"not a line of AIS-catcher": 1}
    assert got.counts["type 8"] == 1


def sentences() -> list[list[str]]:
    """Return the messages of a real recording, each with its sentences."""
    text = recording("nmea/gpsd_sample.aivdm").read_text("latin-1")
    found: list[list[str]] = []
    for sentence in (line for line in text.splitlines() if line.startswith("!AIVDM")):
        number = sentence.split(",")[2]
        if number == "1":
            found.append([])
        found[-1].append(sentence)
    return [m for m in found if len(m) == int(m[0].split(",")[1])]


def test_raw_sentences_in_json_give_what_the_same_sentences_give_as_nmea() -> None:
    messages = sentences()
    t = [1668075025.25 + i for i in range(len(messages))]
    tagged = [f"\\c:{x:.2f}*{checksum(f'c:{x:.2f}')}\\" for x in t]
    nmea = "".join(
        " ".join(tag + s for s in m) + "\n" for tag, m in zip(tagged, messages, strict=True)
    )
    as_json = [
        FULL | {"nmea": m, "rxuxtime": x, "signalpower": -i, "mmsi": 999, "lat": 0, "lon": 0}
        for i, (m, x) in enumerate(zip(messages, t, strict=True))
    ]
    got, expected = read_text(lines(*as_json)), read_text(nmea)
    assert got.format == "aiscatcher"
    assert expected.format == "nmea"
    assert len(got.positions) > 10
    assert got.positions.signal_db.tolist() == [-line for line in got.positions.line.tolist()]
    assert set(got.positions.ppm.tolist()) == {1.25}
    same(got.positions, expected.positions, but={"signal_db", "ppm"})
    same(got.statics, expected.statics)
    assert got.counts == expected.counts


def checksum(content: str) -> str:
    total = 0
    for byte in content.encode():
        total ^= byte
    return f"{total:02X}"


def same(a: PositionBatch | StaticBatch, b: PositionBatch | StaticBatch, but: Any = ()) -> None:
    for name in type(a).described():
        if name not in but:
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def test_lines_between_do_not_move_the_numbers_of_sentences() -> None:
    message = ["!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C"]
    line = FULL | {"nmea": message}
    recorded = Input.of_bytes("a", lines(line, "noise", "", FULL, line).encode())
    got = read(recorded, first_line=100)
    assert got.positions.line.tolist() == [100, 104]
    assert got.counts["lines"] == 5
    assert got.dropped["not a line of AIS-catcher"] == 1


def test_a_cut_recording_of_sentences_is_read_to_the_cut() -> None:
    message = ["!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C"]
    recorded = Input.of_bytes("a", lines(FULL | {"nmea": message}, '{"class": "AI').encode()[:-1])
    recorded.cut = "ends in the middle"
    got = read(recorded)
    assert got.positions.line.tolist() == [0]
    assert got.dropped["line cut off"] == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
SAMPLES: list[dict[str, Any]] = [
    FULL,
    FULL | {"nmea": ["!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C"]},
    stream("PositionReport", POSITION),
    stream("ShipStaticData", STATIC),
    {"topic": TOPICS[0], "payload": LOCATION},
    {"topic": TOPICS[1], "payload": METADATA},
    {"ssvid": 1, "timestamp": 1668075025, "lat": 1.5, "lon": 2.5, "speed": 3.5},
]


def mutated(value: Any, path: list[int], new: Any) -> Any:
    """Return `value` with `new` in one of its places, which `path` leads to."""
    if not isinstance(value, dict) or not path or not value:
        return new
    name = sorted(value)[path[0] % len(value)]
    return value | {name: mutated(value[name], path[1:], new)}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SAMPLES), st.lists(st.integers(0, 99), max_size=4), JSON)
@example(SAMPLES[0] | {"ppm": 1e39}, [0], "AIS")
@example(SAMPLES[1] | {"ppm": 1e39}, [0], "AIS")
def test_no_value_in_any_place_crashes_a_reader(sample: Any, path: list[int], new: Any) -> None:
    got = read_text(lines(sample, json.dumps(mutated(sample, path, new)), sample))
    assert got.counts["lines"] == 3
    assert 0 in {*got.positions.line.tolist(), *got.statics.line.tolist()}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(0, 10**4), st.binary(max_size=6))
def test_no_bytes_in_any_place_crash_a_reader(sample: Any, at: int, noise: bytes) -> None:
    line = bytearray(lines(sample).encode())
    at %= len(line)
    line[at : at + len(noise)] = noise
    read_text(lines(sample).encode() + bytes(line) + lines(sample).encode())
