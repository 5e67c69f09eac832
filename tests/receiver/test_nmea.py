"""Every line shape that recordings hold; the one-case shapes are of our own making."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver import nmea as scanner
from receiver.formats import nmea
from receiver.stamps import stamp
from tests.receiver.nmea_input import buffer, read, sentence, sentences
from tests.recordings import recording

PLAIN = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23"
MMSI = 227006760
LAT, LON = 49.475577, 0.131380  # as pyais 3.3 decodes it


def only(data: bytes) -> tuple[float, int, float, float]:
    """Read `data`, which must hold exactly one report."""
    p = read(data).positions
    assert len(p) == 1, read(data).counts
    return float(p.t[0]), int(p.mmsi[0]), float(p.lat[0]), float(p.lon[0])


SHAPES = {
    "plain": (PLAIN + b"\n", None),
    "no newline at the end": (PLAIN, None),
    "carriage return": (PLAIN + b"\r\n", None),
    "lower case checksum": (sentence(PLAIN[1:-3].replace(b"AIVDM", b"BSVDM"))[:-2] + b"3a", None),
    "other talker": (sentence(PLAIN[1:-3].replace(b"AIVDM", b"B2VDM")), None),
    "odd talker": (sentence(PLAIN[1:-3].replace(b"AIVDM", b"=IVDM")), None),
    "channel 1": (sentence(PLAIN[1:-3].replace(b",A,", b",1,")), None),
    "no channel": (sentence(PLAIN[1:-3].replace(b",A,", b",,")), None),
    "sequence number on one part": (sentence(PLAIN[1:-3].replace(b",,A,", b",7,A,")), None),
    "superfluous field": (sentence(PLAIN[1:-3] + b",0"), None),
    "no checksum": (PLAIN[:-3] + b"\n", None),
    "NUL and noise before": (b"\0\x8d\x7f" + PLAIN, None),
    "prose before": (b"# an example: " + PLAIN, None),
    "other sentences around": (b"$GPGGA,1,2*00\n" + PLAIN + b"\n$GPRMC,*00\n", None),
    "TAG seconds": (b"\\s:2573405,c:1700000000*08\\" + PLAIN, 1.7e9),
    "TAG milliseconds": (b"\\s:r1,c:1700000000123*49\\" + PLAIN, 1700000000.123),
    "TAG fraction": (b"\\s:s0,c:1750955733.123456*5B\\" + PLAIN, 1750955733.123456),
    "TAG time only": (b"\\c:1700000000*5A\\" + PLAIN, 1.7e9),
    "TAG time first": (b"\\c:1700000000,s:x*00\\" + PLAIN, 1.7e9),
    "TAG wrong checksum": (b"\\s:x,c:1700000000*00\\" + PLAIN, 1.7e9),
    "TAG station with a colon": (b"\\s:b:003669799,c:1700000000*00\\" + PLAIN, 1.7e9),
    "TAG old grouping": (b"\\1G2:0125,c:1700000000*00\\" + PLAIN, 1.7e9),
    "TAG other field": (b"\\s:rMT6,t:somebody,c:1700000000*00\\" + PLAIN, 1.7e9),
    "TAG on noise": (b"\\c:17000x0000*5A\\" + PLAIN, None),
    "seconds behind": (PLAIN + b" 1700000000\n", 1.7e9),
    "seconds behind a comma": (PLAIN + b",1700000000\r\n", 1.7e9),
    "milliseconds behind": (PLAIN + b",1328182324635\n", 1328182324.635),
    "fraction behind": (PLAIN + b",1700000000.25\n", 1700000000.25),
    "US Coast Guard": (PLAIN + b",d-103,S0223,x80147,rSDULUTH1,1241827199\n", 1241827199),
    "US Coast Guard, station first": (PLAIN + b",r003669987,1152921693\n", 1152921693),
    "US Coast Guard, two times": (
        PLAIN + b",d-109,S2105,t050056.00,T56.13,r003669946,1325394060,1325394001\n",
        1325394060,
    ),
    "seconds before": (b"1635731889 " + PLAIN, 1635731889),
    "fraction before": (b"1452468552.938 " + PLAIN, 1452468552.938),
    "ISO time and a tab before": (
        b"2023-09-02T12:41:35.168370+00:00\t" + PLAIN,
        1693658495.16837,
    ),
    "ISO time in another zone": (b"2023-09-02 14:41:35+02:00 " + PLAIN, 1693658495.0),
    "ISO time in brackets": (b"[2023-09-02T12:41:35Z] " + PLAIN, 1693658495.0),
    "impossible ISO time": (b"2023-13-42T12:41:35 " + PLAIN, None),
    "logger's words before": (b"nmea0183 n0183-AIVDM AIVDM " + PLAIN, None),
    "$PGHP above": (
        b"$PGHP,1,2010,6,11,11,46,11,390,231,45,992190934,1,23*5B\n" + PLAIN,
        1276256771.39,
    ),
    "$PGHP of an impossible day": (
        b"$PGHP,1,2010,2,31,11,46,11,390,231,45,992190934,1,23*5B\n" + PLAIN,
        None,
    ),
    "TAG before $PGHP": (
        b"$PGHP,1,2010,6,11,11,46,11,390,231,45,992190934,1,23*5B\n\\c:1700000000*5A\\" + PLAIN,
        1.7e9,
    ),
    "a time of another century": (b"\\c:9999999999*5A\\" + PLAIN, None),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_line_shape_gives_its_report_and_its_time(shape: str) -> None:
    data, expected = SHAPES[shape]
    t, mmsi, lat, lon = only(data)
    assert mmsi == MMSI
    assert (lat, lon) == pytest.approx((LAT, LON), rel=0, abs=5e-7)
    if expected is None:
        assert np.isnan(t)
    else:
        assert t == pytest.approx(expected, rel=0, abs=1e-5)


@pytest.mark.parametrize("between", [b"", b" ", b"\\r\\n", b"\t", b"garbage"])
def test_two_sentences_on_a_line_are_two_reports(between: bytes) -> None:
    p = read(PLAIN + between + PLAIN + b"\n").positions
    assert len(p) == 2
    assert p.line.tolist() == [0, 0]


def test_two_tagged_sentences_on_a_line_have_each_its_time() -> None:
    p = read(b"\\s:a,c:1700000000*08\\" + PLAIN + b"\\s:b,c:1700000007*08\\" + PLAIN).positions
    assert p.t.tolist() == [1700000000, 1700000007]
    assert p.station[0] != p.station[1]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (PLAIN.replace(b"*23", b"*24"), "dropped: bad checksum"),
        (sentence(PLAIN[1:-3] + b",0")[:-2] + b"00", "dropped: bad checksum"),
        (PLAIN[:-6], "dropped: malformed sentence"),
        (PLAIN[:-3] + b"x", "dropped: malformed sentence"),
        (b"!AIVDM,1,1,,A,,0*26", "dropped: malformed sentence"),
        (sentence(b"AIVDM,1,2,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0"), "dropped: malformed sentence"),
        (sentence(b"AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05I,0"), "dropped: message too short"),
        (
            sentence(b"AIVDM,1,1,,A,13HOI:0P0000VOHLCnXQKwvL05Ip,0"),
            "dropped: characters outside the alphabet",
        ),
        (sentence(b"AIVDM,1,1,,A,t3HOI:0P0000VOHLCnHQKwvL05Ip,0"), "dropped: unknown type"),
    ],
)
def test_a_sentence_that_cannot_be_trusted_is_counted_and_left_out(
    line: bytes, reason: str
) -> None:
    found = read(PLAIN + b"\n" + line + b"\n" + PLAIN + b"\n")
    assert found.counts[reason] == 1
    assert found.positions.line.tolist() == [0, 2]
    assert found.counts["lines"] == 3


def test_the_own_ship_is_kept_apart_from_others() -> None:
    found = read(sentence(PLAIN[1:-3].replace(b"VDM", b"VDO")) + b"\n" + PLAIN)
    assert (len(found.positions), len(found.own)) == (1, 1)
    assert found.counts["own ship"] == 1


def test_stations_are_told_apart_by_name() -> None:
    data = b"".join(
        b"\\s:%b,c:1700000000*08\\%b\n" % (name, PLAIN)
        for name in (b"a", b"b", b"a", b"station-with-a-long-name-1")
    )
    a, b, again, long = read(data + PLAIN).positions.station.tolist()[:4]
    assert a == again
    assert len({0, a, b, long}) == 4


def test_a_group_is_read_wherever_it_stands_in_its_tag_block() -> None:
    groups = []
    for block in (b"g:1-2-71,s:x,c:1700000000", b"s:x,g:1-2-71,c:1700000000", b"s:x,c:1700000000"):
        content = buffer(b"\\%b*00\\%b\n" % (block, PLAIN))
        lines = scanner.Lines.of(content[: -scanner.PAD])
        groups.append(int(stamp(content, lines, scanner.scan(content, lines)[0]).group[0]))
    assert groups[0] == groups[1] != 0
    assert groups[2] == 0


def test_rare_messages_are_read_only_when_asked_for() -> None:
    message = b"!AIVDM,1,1,,B,>>M4fWA<59B1@E=@,0*17\n"
    assert not read(message).rare
    (rare,) = read(PLAIN + b"\n" + message, rare=True).rare
    assert (rare.type, rare.line) == (14, 1)
    assert rare.fields["mmsi"] == rare.mmsi


def test_lines_are_counted_over_chunks_and_mean_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    path = recording("nmea/gfw_ais_listener_tagblock_10k.nmea")
    whole = read(path)
    monkeypatch.setattr(nmea, "CHUNK", 5000)
    pieces = read(path)
    assert pieces.counts == whole.counts
    for name in whole.positions.described():
        np.testing.assert_array_equal(
            getattr(pieces.positions, name), getattr(whole.positions, name), err_msg=name
        )
    for name in whole.statics.described():
        np.testing.assert_array_equal(
            getattr(pieces.statics, name), getattr(whole.statics, name), err_msg=name
        )


def test_a_line_longer_than_memory_is_dropped_and_the_next_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nmea, "CHUNK", 1000)
    for length in (990, 1000, 1001, 12_345):
        found = read(PLAIN + b"\n" + b"x" * length + b"\n" + PLAIN + b"\n")
        assert found.positions.line.tolist() == [0, 2], length
        assert found.counts["lines"] == 3


def test_old_mac_line_ends_are_lines() -> None:
    assert read((PLAIN + b"\r") * 3).positions.line.tolist() == [0, 1, 2]


def test_provenance_points_at_the_line_that_holds_the_sentence() -> None:
    path = recording("nmea/amsa_risky_ais.txt")
    lines = path.read_bytes().split(b"\n")
    found = read(path).positions
    for k in range(0, len(found), 97):
        (again,) = read(lines[found.line[k]] + b"\n").positions.mmsi.tolist()
        assert again == found.mmsi[k]


@given(st.binary(max_size=300), st.binary(max_size=30))
def test_noise_around_a_sentence_neither_hides_it_nor_stops_the_reader(
    before: bytes, after: bytes
) -> None:
    found = read(before + b"\n" + PLAIN + b"\n" + after)
    assert MMSI in found.positions.mmsi.tolist()


@given(st.lists(st.integers(0, len(PLAIN) - 1), min_size=1, max_size=3), st.data())
def test_a_damaged_sentence_is_the_same_report_or_none(
    places: list[int], data: st.DataObject
) -> None:
    line = bytearray(PLAIN)
    for place in places:
        line[place] = data.draw(st.integers(0, 255))
    assert len(sentences(bytes(line))) <= 1
    found = read(bytes(line)).positions
    assert len(found) <= 1


def test_a_sentence_is_never_longer_than_its_line() -> None:
    start = PLAIN[:30]
    assert len(sentences(start + b"\n" + PLAIN)) == 1


def test_the_longest_odd_sentence_is_bounded() -> None:
    assert len(sentences(b"!AIVDM,1,1,,A," + b"0" * 5000)) == 0
    assert scanner.LONGEST < 5000


def test_a_block_of_nothing_but_exclamation_marks_costs_little_and_hides_nothing() -> None:
    noise = b"!" * 200_000
    before = tracemalloc_peak(b"x" * 200_000 + b"\n" + PLAIN)
    assert tracemalloc_peak(noise + b"\n" + PLAIN) < before + 40 * len(noise)
    assert MMSI in read(noise + b"\n" + PLAIN).positions.mmsi.tolist()


def tracemalloc_peak(data: bytes) -> int:
    content = buffer(data)
    tracemalloc.start()
    scanner.scan(content, scanner.Lines.of(content[: -scanner.PAD]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
