"""The assembler, fed the ways a real antenna and a real network feed it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.assembler import MAX_PENDING, Assembler, Part, assemble
from receiver.nmea import Lines, scan
from receiver.stamps import stamp
from receiver.swar import PAD
from tests.receiver.nmea_input import buffer, read, sentence
from tests.recordings import recording

# Two messages 5 of invented ships, encoded with pyais 3.0; 60 and 11 characters.
ALPHA = (
    b"51aucih0000000000004i0P4000000000000000000000000000@@@@00000",
    b"00000000000",
)
BRAVO = (
    b"53CsGSP000000000000985Ht000000000000000000000000000PPPPPPPPP",
    b"PPPPPPPPPPP",
)


def part(
    ship: tuple[bytes, bytes],
    number: int,
    t: float | None = 0.0,
    sequence: bytes = b"4",
    channel: bytes = b"A",
    station: bytes = b"",
    group: bytes = b"",
    kind: bytes = b"VDM",
) -> bytes:
    body = b"AI%b,2,%d,%b,%b,%b,%d" % (
        kind, number, sequence, channel, ship[number - 1], 2 * (number - 1),
    )  # fmt: skip
    tags = [
        b"g:%d-2-%b" % (number, group) if group else b"",
        b"s:" + station if station else b"",
        b"c:%d" % (1_700_000_000_000 + round(t * 1000)) if t is not None else b"",
    ]
    block = b",".join(tag for tag in tags if tag)
    return (b"\\%b*00\\" % block if block else b"") + sentence(body) + b"\n"


def mmsis(*lines: bytes) -> list[int]:
    return read(b"".join(lines)).statics.mmsi.tolist()


def test_joins_two_parts() -> None:
    found = read(part(ALPHA, 1) + part(ALPHA, 2, t=0.1))
    assert len(found.statics) == 1
    assert found.statics.line.tolist() == [1]
    assert found.counts["type 5"] == 1
    assert ship(ALPHA) != ship(BRAVO)


def ship(of: tuple[bytes, bytes]) -> int:
    (mmsi,) = mmsis(part(of, 1), part(of, 2))
    return mmsi


def test_a_lost_part_is_not_replaced_by_a_strangers_from_another_time() -> None:
    assert mmsis(part(ALPHA, 1), part(BRAVO, 2, t=3.1)) == []
    assert mmsis(part(ALPHA, 1), part(ALPHA, 2, t=2.9)) == [ship(ALPHA)]


def test_a_lost_part_is_not_replaced_by_a_strangers_from_another_station() -> None:
    a, b = {"station": b"x"}, {"station": b"y"}
    assert mmsis(part(ALPHA, 1, **a), part(BRAVO, 2, **b)) == []
    both = [part(ALPHA, 1, **a), part(BRAVO, 1, **b), part(ALPHA, 2, **a), part(BRAVO, 2, **b)]
    assert mmsis(*both) == [ship(ALPHA), ship(BRAVO)]


def test_a_lost_part_is_not_replaced_by_a_strangers_from_another_channel() -> None:
    assert mmsis(part(ALPHA, 1, channel=b"A"), part(BRAVO, 2, channel=b"B")) == []
    assert mmsis(part(ALPHA, 1, channel=b"A"), part(ALPHA, 2, channel=b"1")) == [ship(ALPHA)]


def test_a_channel_that_one_part_does_not_name_is_no_hindrance() -> None:
    assert mmsis(part(ALPHA, 1, channel=b""), part(ALPHA, 2, channel=b"B")) == [ship(ALPHA)]


def test_parts_from_both_channels_may_alternate() -> None:
    lines = [part(s, n, channel=c) for n in (1, 2) for s, c in ((ALPHA, b"A"), (BRAVO, b"B"))]
    assert mmsis(*lines) == [ship(ALPHA), ship(BRAVO)]


def test_alternating_parts_that_nothing_tells_apart_are_dropped() -> None:
    lines = part(ALPHA, 1) + part(BRAVO, 1) + part(ALPHA, 2) + part(BRAVO, 2)
    found = read(lines)
    assert len(found.statics) == 0
    assert found.counts["dropped: part of doubtful origin"] == 2


def test_doubt_ends_after_three_seconds() -> None:
    doubtful = [part(ALPHA, 1), part(BRAVO, 1)]
    later = [part(ALPHA, 1, t=4.0), part(ALPHA, 2, t=4.1)]
    assert mmsis(*doubtful, *later) == [ship(ALPHA)]


def test_a_copy_of_a_first_part_from_another_antenna_is_no_cause_for_doubt() -> None:
    copies = [part(ALPHA, 1), part(ALPHA, 1, t=0.2), part(ALPHA, 2, t=0.3), part(ALPHA, 2, t=0.4)]
    assert mmsis(*copies) == [ship(ALPHA)]


def test_groups_of_tag_blocks_tell_parts_apart_even_without_a_station() -> None:
    lines = [
        part(ALPHA, 1, station=b"x", group=b"71"),
        part(BRAVO, 1, station=b"x", group=b"72"),
        part(BRAVO, 2, t=None, group=b"72"),
        part(ALPHA, 2, t=None, group=b"71"),
    ]
    assert mmsis(*lines) == [ship(BRAVO), ship(ALPHA)]
    assert mmsis(part(ALPHA, 1, group=b"71"), part(BRAVO, 2, group=b"72")) == []
    strangers = {"group": b"71", "station": b"x"}, {"group": b"71", "station": b"y"}
    assert mmsis(part(ALPHA, 1, **strangers[0]), part(BRAVO, 2, **strangers[1])) == []


def test_the_own_ships_parts_do_not_mix_with_others() -> None:
    assert mmsis(part(ALPHA, 1), part(BRAVO, 2, kind=b"VDO")) == []


def test_the_second_part_first_is_nothing() -> None:
    found = read(part(ALPHA, 2) + part(ALPHA, 1))
    assert len(found.statics) == 0
    assert found.counts["dropped: part without its beginning"] == 1


def test_a_message_of_the_wrong_length_is_dropped() -> None:
    long = (ALPHA[0], ALPHA[1] + b"0000")
    found = read(part(long, 1) + part(long, 2))
    assert len(found.statics) == 0
    assert found.counts["dropped: type 5 of wrong length"] == 1


def test_parts_with_other_lines_between_them_are_joined() -> None:
    between = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\n" * 5
    assert mmsis(part(ALPHA, 1), between, part(ALPHA, 2)) == [ship(ALPHA)]


def test_parts_of_a_recording_without_times_may_not_be_far_apart() -> None:
    between = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\n"
    first, second = part(ALPHA, 1, t=None), part(ALPHA, 2, t=None)
    assert mmsis(first, between * 20, second) == [ship(ALPHA)]
    assert mmsis(first, between * 80, second) == []


def a_part(
    number: int, total: int = 3, t: float = 0.0, sequence: int = 4, payload: bytes = b""
) -> Part:
    return Part(total, number, sequence, 65, 0, 0, False, t, int(t * 10), payload, 0)


def test_three_parts_are_joined_in_order_only() -> None:
    a = Assembler()
    assert a.feed(a_part(1, payload=b"x")) is None
    assert a.feed(a_part(3, payload=b"z")) is None
    assert a.feed(a_part(2, payload=b"y")) is None
    message = a.feed(a_part(3, payload=b"z"))
    assert message is not None
    assert message.payload == b"xyz"


def test_no_more_than_64_messages_wait() -> None:
    a = Assembler()
    for sequence in range(100):
        a.feed(a_part(1, sequence=sequence))
    assert len(a.waiting()) == MAX_PENDING
    assert a.counts["dropped: too many messages waiting"] == 100 - MAX_PENDING
    assert a.feed(a_part(2, total=3, sequence=10)) is None
    assert a.counts["dropped: part without its beginning"] == 1


def one_by_one(data: bytes) -> Counter[tuple[int, bytes]]:
    """Join parts with `Assembler.feed` alone, the slow and obvious way."""
    content = buffer(data)
    s, _ = scan(content, lines := Lines.of(content[:-PAD]))
    read_stamps = stamp(content, lines, s)
    a, found = Assembler(), Counter[tuple[int, bytes]]()
    for i in range(len(s)):
        at = int(s.payload[i])
        message = a.feed(
            Part(
                int(s.total[i]), int(s.number[i]), int(s.sequence[i]), int(s.channel[i]),
                int(read_stamps.station[i]), int(read_stamps.group[i]), bool(s.own[i]),
                float(read_stamps.t[i]), i, content[at : at + int(s.length[i])].tobytes(), 0,
            )
        )  # fmt: skip
        if message is not None:
            found[int(s.line[i]), message.payload] += 1
    return found


def at_once(data: bytes, cuts: list[int]) -> Counter[tuple[int, bytes]]:
    """Join parts as the reader does, in blocks that end behind the given lines."""
    lines = data.splitlines(keepends=True)
    a, found, place, line = Assembler(), Counter[tuple[int, bytes]](), 0, 0
    for begin, end in zip([0, *cuts], [*cuts, len(lines)], strict=True):
        content = buffer(b"".join(lines[begin:end]))
        s, _ = scan(content, where := Lines.of(content[:-PAD]))
        t, station, group = stamp(content, where, s)
        joined, payloads = assemble(
            content, replace(s, t=t, station=station, group=group), place, a
        )
        for k in range(len(joined)):
            payload = payloads[k, : int(joined.length[k])].tobytes()
            found[line + int(joined.line[k]), payload] += 1
        place, line = place + len(s), line + end - begin
    return found


parts = st.lists(
    st.builds(
        part,
        st.sampled_from([ALPHA, BRAVO]),
        st.sampled_from([1, 2]),
        st.sampled_from([0.0, 0.5, 2.0, 2.9, 3.5, 7.0]),
        st.sampled_from([b"4", b"5"]),
        st.sampled_from([b"A", b"B", b""]),
        st.sampled_from([b"", b"x", b"y"]),
        st.sampled_from([b"", b"", b"71"]),
    ),
    max_size=25,
)
tidy = st.lists(
    st.tuples(st.sampled_from([ALPHA, BRAVO]), st.sampled_from([b"4", b"5"]), st.integers(0, 9)),
    max_size=10,
).map(lambda rows: [part(s, n, t=float(t), sequence=q) for s, q, t in rows for n in (1, 2)])


@given(parts | tidy, st.lists(st.integers(0, 25), max_size=3))
def test_joining_whole_blocks_equals_joining_part_by_part(
    lines: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(lines)
    ends = sorted({min(c, len(lines)) for c in cuts})
    assert at_once(data, ends) == one_by_one(data)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=20), st.randoms())
def test_no_ship_is_ever_made_of_two_where_stations_have_names(
    lost: list[tuple[bool, bool, bool]], random: object
) -> None:
    lines = []
    for k, (of_a, first, second) in enumerate(lost):
        who, where = (ALPHA, b"x") if of_a else (BRAVO, b"y")
        for number, missing in ((1, first), (2, second)):
            if not missing:
                lines.append((k + 0.1 * number, part(who, number, t=k / 10, station=where)))
    # Two stations' lines, each in order, mixed in any way.
    random.shuffle(lines)  # type: ignore[attr-defined]
    names = {ALPHA[0] + ALPHA[1], BRAVO[0] + BRAVO[1]}
    found = one_by_one(b"".join(line for _, line in sorted(lines, key=lambda x: x[0])))
    assert {payload for _, payload in found} <= names
    assert {payload for _, payload in one_by_one(b"".join(line for _, line in lines))} <= names


@pytest.mark.parametrize(
    "name",
    [
        "nmea/gfw_ais_listener_tagblock_10k.nmea",
        "nmea/dma_aislib_stream_example.nmea",
        "nmea/kystverket_1000lines_20190807.nm4",
        "nmea/dma_aisabnormal_212123000_drift_1.ais",
    ],
)
def test_real_parts_are_joined_alike_at_once_and_one_by_one(name: str) -> None:
    data = recording(name).read_bytes()
    slow = one_by_one(data)
    # The reader keeps as much of a payload as it decodes.
    cut = Counter({(line, payload[:96]): n for (line, payload), n in slow.items()})
    assert at_once(data, [1000, 1001, 3333] if len(data) > 400_000 else [77]) == cut
    assert np.sum(list(slow.values())) > 50
