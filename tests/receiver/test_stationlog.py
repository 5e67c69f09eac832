"""A station's log: what is written down is what is read, however it is cut and whoever sent it."""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from functools import cache, reduce
from operator import xor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyais.stream import BinaryIOStream

from receiver.decoded import BadInput, Decoded
from receiver.formats import detect, stationlog
from receiver.formats.nmea import Nmea
from receiver.formats.stationlog import MAGIC, WIDTH, LogReader, StationLog
from receiver.sources.logfile import Input
from receiver.sources.simulator import Simulation
from tests.receiver.live_input import json_lines
from tracks.batch import PositionBatch, StaticBatch
from tracks.listening import Turns

T = 1_795_300_000.0
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


@cache
def sea() -> list[bytes]:
    """Return simulated lines, each with the feed's time in a TAG block before it."""
    simulation = Simulation(seed=5, hours=1.0, vessels=15, thin_s=30.0)
    return b"".join(simulation.lines()).splitlines(keepends=True)[:900]


def head(*introductions: bytes, lateness_s: float = 0.0) -> bytes:
    says = stationlog.remark(
        station="2f6c", segment=1, first_line=0, previous="none", lateness_s=lateness_s
    )
    return MAGIC + b"\n" + says + b"".join(introductions)


def source(number: int, format_name: str = "nmea", clock: str = "ours") -> bytes:
    return stationlog.introduction(number, f"source {number}", format_name, clock, "tcp://x:1")


def tagged(number: int, lines: list[bytes], step_s: float = 0.25) -> list[bytes]:
    return [stationlog.tag(number, T + i * step_s) + line for i, line in enumerate(lines)]


def read(text: bytes, cuts: list[int] | None = None) -> Decoded:
    """Return all that a segment holds, read in pieces that end behind the lines of `cuts`."""
    lines = text.splitlines(keepends=True) if b"\r" not in text else text.split(b"\n")
    if b"\r" in text:
        lines = [line + b"\n" for line in lines[:-1]]
    reader = LogReader(0)
    ends = [*sorted({c % (len(lines) + 1) for c in cuts or []}), len(lines)]
    parts, at = [], 0
    for end in ends:
        parts.append(reader.step(b"".join(lines[at:end])))
        at = end
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part.counts)
    joined = Decoded(
        PositionBatch.concat([p.positions for p in parts]),
        StaticBatch.concat([p.statics for p in parts]),
        +counts,
        PositionBatch.concat([p.own for p in parts]),
        [],
        np.concatenate([p.clock_offsets_s for p in parts]),
    )
    turns = [p.told.turns for p in parts if p.told is not None]
    assert parts[-1].told is not None
    joined.told = parts[-1].told._replace(turns=Turns.concat(turns))
    return joined


def same(a: Decoded, b: Decoded) -> None:
    for name in ("positions", "statics", "own"):
        one, other = getattr(a, name), getattr(b, name)
        assert len(one) == len(other), name
        for column, values in one.to_state().items():
            np.testing.assert_array_equal(values, other.to_state()[column], f"{name}: {column}")
    assert a.counts == b.counts
    np.testing.assert_array_equal(np.sort(a.clock_offsets_s), np.sort(b.clock_offsets_s))
    assert a.told is not None
    assert b.told is not None
    np.testing.assert_array_equal(a.told.turns.to_records(), b.told.turns.to_records())
    assert a.told[:2] == b.told[:2]


@given(st.integers(0, 99), st.floats(1e9, 9_999_999_999, allow_nan=False))
def test_a_tag_block_is_always_as_wide_and_its_checksum_and_time_are_right(
    number: int, t: float
) -> None:
    made = stationlog.tag(number, t)
    content = made[1:-4]
    assert len(made) == WIDTH
    assert made[-3:-1] == b"%02X" % reduce(xor, content)
    assert content == b"s:%02d,c:%.3f" % (number, t)


@given(TEXTS, TEXTS)
def test_names_come_back_from_an_introduction_whatever_is_in_them(name: str, address: str) -> None:
    line = stationlog.introduction(7, name, "nmea", "ours", address)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    said = stationlog.values_of(line)
    assert (said["source"], said["name"], said["address"]) == ("07", name, address)
    assert "" not in said


@given(TEXTS)
def test_a_mark_comes_back_whatever_is_in_it(at: str) -> None:
    line = stationlog.mark(3, at)
    assert line.startswith(b"# source=03 mark=")
    assert line.count(b"\n") == 1
    assert stationlog.values_of(line) == {"source": "03", "mark": at}


@given(TEXTS)
def test_turns_come_back_and_no_reason_can_forge_another_remark(why: str) -> None:
    text = head(source(4)) + stationlog.deaf(4, T, why) + stationlog.listening(4, T + 60)
    assert text.count(b"\n") == 5
    turns = read(text).told.turns  # type: ignore[union-attr]
    assert turns.t.tolist() == [T, T + 60]
    assert turns.source.tolist() == [4, 4]
    assert turns.deaf.tolist() == [True, False]


@given(st.lists(st.integers(0, 2000), max_size=12))
@settings(max_examples=40)
def test_however_a_log_is_cut_into_whole_lines_it_says_the_same(cuts: list[int]) -> None:
    same(read(mixed(), cuts), read(mixed()))


@cache
def mixed() -> bytes:
    """Return a log of three sources, by our clock and by a feed's, turns among them."""
    chance = random.Random(1)
    plain = [line[line.find(b"!") :] for line in sea() if b"!" in line]
    lines = [*tagged(1, plain[:300]), *tagged(2, sea()[:300]), *tagged(3, plain[250:500], 0.3)]
    chance.shuffle(lines)
    lines[100:100] = [stationlog.deaf(1, T, "lost"), b"nobody wrote this\n"]
    lines[200:200] = [stationlog.listening(1, T + 9), stationlog.mark(2, "17-x")]
    return head(source(1), source(2, clock="feed"), source(3), lateness_s=30) + b"".join(lines)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_of_several_sources_each_gives_what_it_gives_alone(number: int) -> None:
    own = stationlog.tag(number, T)[:5]
    alone = [
        line if line.startswith((b"#", own)) else b"\n"
        for line in mixed().splitlines(keepends=True)
    ]
    all_of_them, one = read(mixed()), read(b"".join(alone))
    assert len(one.positions) > 50
    for name in ("positions", "statics"):
        batch = getattr(all_of_them, name)
        ours = batch.take(batch.source == number)
        for column, values in ours.to_state().items():
            np.testing.assert_array_equal(values, getattr(one, name).to_state()[column], column)


def test_by_our_clock_a_report_has_our_time_and_by_the_feeds_the_feeds() -> None:
    lines = [line for line in sea() if b"!AIVDM,1,1" in line][:200]
    for clock in ("ours", "feed"):
        got = read(head(source(1, clock=clock)) + b"".join(tagged(1, lines))).positions
        want = next(iter(Nmea().read(Input.of_bytes("x", b"".join(lines)), 1, 0))).positions
        t = T + 0.25 * (got.line - 3) if clock == "ours" else want.t
        assert len(got) == len(want) > 100
        np.testing.assert_allclose(got.t, t, atol=1e-6)


def test_a_feed_with_few_times_of_its_own_gives_the_same_however_it_is_cut() -> None:
    chance = random.Random(3)
    lines = [
        line if chance.random() < 0.1 else line[line.find(b"!") :] for line in sea() if b"!" in line
    ]
    danish = b"$PGHP,1,2026,11,21,23,59,%d,%d,316,,2,,1,00*1A\n"
    for at in range(20, 300, 40):
        lines[at:at] = [danish % (at % 60, at)]
    text = head(source(1, clock="feed"), lateness_s=30) + b"".join(tagged(1, lines[:400]))
    for seed in range(20):
        same(read(text, random.Random(seed).sample(range(400), 30)), read(text))


def digitraffic(i: int) -> bytes:
    mmsi = 230_000_001 + i % 3
    said: dict[str, object]
    if i % 6:
        kind, said = "location", {"time": 1_795_300_000 + i, "lon": 20.0, "lat": 60 + i / 1e4}
    else:
        kind, said = "metadata", {"timestamp": 1_795_300_000_000 + i, "name": "A", "type": 70}
    value = {"topic": f"vessels-v2/{mmsi}/{kind}", "payload": said}
    return json.dumps(value).encode() + b"\n"


def aisstream(i: int) -> bytes:
    static = i % 7 == 0
    body: dict[str, object] = {"UserID": 230_000_001 + i % 3, "Valid": True}
    body |= (
        {"MessageID": 5, "Name": f"SHIP {i % 3}", "CallSign": "OH", "ImoNumber": 0, "Type": 30}
        if static
        else {"MessageID": 1, "Latitude": 60 + i / 1e4, "Longitude": 20.0, "Sog": 5.0, "Cog": 9.0}
    )
    kind = "ShipStaticData" if static else "PositionReport"
    minute, second = divmod(i, 60)
    meta = {
        "MMSI": str(body["UserID"]),
        "time_utc": f"2026-11-21 {minute % 24:02d}:{second:02d}:00.5 +0000 UTC",
    }
    value = {"MessageType": kind, "MetaData": meta, "Message": {kind: body}}
    return json.dumps(value).encode() + b"\n"


def decoded_fields(i: int) -> bytes:
    """Return a line of AIS-catcher's without sentences."""
    value = {
        "class": "AIS", "type": 1 if i % 5 else 5, "mmsi": 230_000_001 + i % 4,
        "rxuxtime": 1_795_300_000 + 900 * i, "lat": 60.0 + i / 1e4, "lon": 20.0,
        "shipname": f"SHIP {i % 4}",
    }  # fmt: skip
    return json.dumps(value).encode() + b"\n"


JSON = {
    "aiscatcher": [line + b"\n" for line in json_lines()[:60]]
    + [decoded_fields(i) for i in range(60)],
    "digitraffic": [digitraffic(i) for i in range(120)],
    "aisstream": [aisstream(i) for i in range(120)],
}


@pytest.mark.parametrize("clock", ["ours", "feed"])
@pytest.mark.parametrize("name", list(JSON))
def test_json_gives_the_same_however_it_is_cut(name: str, clock: str) -> None:
    lines = random.Random(5).sample(JSON[name], len(JSON[name]))
    lines[10:10] = [
        b"\n",
        b"{not json\n",
        b"[1]\n",
        b"\x1f\x8b\x08 packed?\n",
        b'{"class":"AIS"}\n',
    ]
    lines[30:30] = [
        b"\xff\xfe{\0}\0\n",
        b"\xef\xbb\xbf" + lines[0],
        b"{\0" * 200 + b"\n",
        b"\0{" * 200 + b"\n",
    ]
    text = head(source(1, name, clock), lateness_s=30) + b"".join(tagged(1, lines))
    whole = read(text)
    assert len(whole.positions) > 30
    ours = T + 0.25 * (whole.positions.line - 3)
    assert np.allclose(whole.positions.t, ours, rtol=0) == (clock == "ours")
    for seed in range(8):
        same(read(text, random.Random(seed).sample(range(len(lines)), 20)), whole)
    same(read(text, list(range(len(lines)))), whole)


def test_a_source_may_change_its_format_between_two_lines() -> None:
    json_ones = tagged(1, JSON["aiscatcher"][:40])
    plain = tagged(1, [line for line in sea() if b"!AIVDM" in line][:80], 0.1)
    text = head(source(1)) + b"".join(plain[:40]) + source(1, "aiscatcher")
    text += b"".join(json_ones) + source(1) + b"".join(plain[40:])
    whole = read(text)
    assert len(whole.positions) > 80
    for cuts in ([20], [43], [44], [60, 84], list(range(200))):
        same(read(text, cuts), whole)


FORGED = {
    "a remark": b"# t=1795300001.000 source=01 deaf: x\n",
    "our TAG form": stationlog.tag(2, T + 5) + b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\n",
    "a NUL": b"\x00# t=1795300001.000 source=01 deaf: x\x00\n",
    "an old Mac's line end": b"x\r# t=1795300001.000 source=01 deaf: x\r\\s:02,c:1.0*00\\y\r\n",
    "other line ends": "x\x0b\x0c\x1c\x85\u2028# t=1795300001.000 source=02 deaf: y\n".encode(),
    "UTF-16": "# no line of ours\n".encode("utf-16").replace(b"\n", b"") + b"\n",
    "the end of a log": b"# lines=1 sha256=00 end\n",
    "a source": b"# source=02 name=me format=table clock=feed address=x\n",
    "the beginning of a log": MAGIC + b"\n",
}  # fmt: skip


@pytest.mark.parametrize("what", list(FORGED))
@pytest.mark.parametrize("name", ["nmea", "aiscatcher"])
def test_a_feed_cannot_speak_for_the_station_or_another_source_with(what: str, name: str) -> None:
    lines = [
        b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\n",
        FORGED[what],
        b"!AIVDM,1,1,,B,15MqdBP000G@qoLEi69PVGaN0D0=,0*3A\n",
    ]
    good = read(head(source(1), source(2, name)) + b"".join(tagged(1, lines)))
    assert good.told is not None
    assert len(good.told.turns) == 0
    assert set(good.positions.source.tolist()) == {1}
    at = good.positions.line - 4
    assert at.tolist()[0] == 0
    assert at.tolist()[-1] == 2
    np.testing.assert_allclose(good.positions.t, T + 0.25 * at, rtol=0)
    assert good.counts["lines"] == 7
    read(head(source(1, name)) + b"".join(tagged(1, [FORGED[what]])))  # nor make it stumble


@given(st.lists(st.binary(max_size=60).filter(lambda b: b"\n" not in b), max_size=30))
@settings(max_examples=60)
def test_no_bytes_at_all_make_it_stumble_or_lose_count(raw: list[bytes]) -> None:
    lines = [line + b"\n" for line in raw]
    for name in ("nmea", "aiscatcher", "digitraffic", "aisstream"):
        text = head(source(1, name)) + b"".join(tagged(1, lines))
        assert read(text).counts["lines"] == 3 + len(lines)


def test_lines_of_a_source_that_nobody_introduced_are_counted_and_left_out() -> None:
    lines = b"".join(tagged(9, sea()[1:4]))
    found = read(head(source(1)) + lines)
    assert found.counts["dropped: line of an unknown source"] == 3
    assert len(found.positions) == 0


def test_a_last_line_that_was_cut_off_counts_as_a_line_and_is_not_read() -> None:
    text = head(source(1)) + b"".join(tagged(1, sea()[1:5]))
    parts = list(StationLog().read(Input.of_bytes("x", text[:-9]), 0, 0))
    counts = sum((part.counts for part in parts), Counter())
    assert counts["lines"] == 7
    assert counts["dropped: line cut off"] == 1


def test_a_header_that_makes_no_sense_is_refused_with_its_words() -> None:
    with pytest.raises(BadInput, match=r"lateness_s=soon.*no sense"):
        read(MAGIC + b"\n# station=2f6c segment=1 lateness_s=soon\n")


def test_a_log_is_recognised_by_its_first_line() -> None:
    text = head(source(1)) + b"".join(tagged(1, sea()[1:50]))
    assert detect(text, "x").name == "stationlog"
    assert detect(text.partition(b"\n")[2], "x").name == "nmea"


def test_other_programs_read_the_sentences_of_a_log_with_our_time_and_source() -> None:
    lines = [line[line.find(b"!") :] for line in sea() if b"!AIVDM,1,1" in line][:40]
    text = head(source(7)) + b"".join(tagged(7, lines))
    heard = list(BinaryIOStream(io.BytesIO(text)))
    ours = read(text).positions
    assert len(heard) == 40
    mmsis = [m.decode().mmsi for m in heard if m.decode().msg_type in (1, 2, 3, 4, 18, 21)]
    assert mmsis == ours.mmsi.tolist()
    blocks = [m.tag_block for m in heard]
    for block in blocks:
        assert block is not None
        block.init()
        assert block.source_station == "07"
