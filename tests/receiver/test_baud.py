"""Finding the rate of a serial line, on what a UART makes of bits sent at another rate."""

from __future__ import annotations

import random
from functools import reduce
from operator import xor

import pytest

from receiver.sources.baud import RATES, TEXT_BYTES, sound, wrong

LETTERS = b"0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVW`abcdefghijklmnopqrstuvw"


def sentence(rng: random.Random) -> bytes:
    body = b"AIVDM,1,1,,A," + bytes(rng.choices(LETTERS, k=28)) + b",0"
    return b"!%s*%02X\r\n" % (body, reduce(xor, body))


def uart(data: bytes, sent: int, at: int, rng: random.Random) -> bytes:
    """Return what a receiver at the rate `at` hears of `data`, sent without a pause (8N1).

    It begins to listen somewhere in the first ten letters.  Like a real one it
    takes a falling line for a start, and samples the middles of the bits.
    """
    bits = [bit for byte in data for bit in (0, *((byte >> i) & 1 for i in range(8)), 1)]
    bits += [1] * 200
    step, place = sent / at, rng.uniform(0, 100)
    out = bytearray()
    while place + 10 * step < len(bits):
        if bits[int(place)]:
            place = float(int(place) + 1)
            continue
        out.append(sum(bits[int(place + step * (1.5 + i))] << i for i in range(8)))
        place += step * 9.5
    return bytes(out)


def heard(data: bytes, at: int) -> str:
    """Return how a search ends at one rate, which looks 20 times a second."""
    step = at // 200
    for end in range(step, len(data) + step, step):
        if sound(data[:end]):
            return "sound"
        if wrong(data[:end], pause=False):
            return "wrong"
    return "wrong" if wrong(data, pause=True) else "nothing"


@pytest.mark.parametrize("at", RATES)
@pytest.mark.parametrize("sent", RATES)
def test_a_busy_line_is_believed_at_its_own_rate_and_at_no_other(sent: int, at: int) -> None:
    rng = random.Random(sent * 7 + at)
    ends = [
        heard(uart(b"".join(sentence(rng) for _ in range(20)), sent, at, rng), at) for _ in range(3)
    ]
    if sent == at:
        assert ends.count("sound") >= 2  # who begins within a letter may be led astray
    else:
        assert "sound" not in ends
        assert "nothing" not in ends


# At 24 times the rate a sentence is three bytes, which may be a spark.
@pytest.mark.parametrize(
    ("sent", "at"), [(sent, at) for sent in RATES for at in RATES if sent < 24 * at]
)
def test_one_sentence_in_a_while_is_enough_to_tell(sent: int, at: int) -> None:
    rng = random.Random(sent + at)
    data = uart(b"\xff" * 10 + sentence(rng), sent, at, rng)
    assert heard(data, at) == ("sound" if sent == at else "wrong")


def test_noise_alone_is_never_believed() -> None:
    assert not sound(random.Random(3).randbytes(1_000_000))


def test_a_shape_without_its_checksum_is_not_believed() -> None:
    good = sentence(random.Random(1))
    assert sound(good)
    assert not sound(good.replace(b"AIVDM", b"AIVDO"))
    assert not sound(good[:-1])


def test_a_spark_and_a_cut_sentence_do_not_speak_against_a_rate() -> None:
    assert not wrong(b"\x00\xff\x80", pause=True)
    assert not wrong(b";f4?vh08Hq,0*1A\r\n", pause=True)
    assert not wrong(b"", pause=True)


def test_much_text_without_one_sound_sentence_speaks_against_a_rate() -> None:
    assert wrong(b"booting ...\r\n" * (TEXT_BYTES // 12), pause=False)
