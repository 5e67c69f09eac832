"""Eight characters at once, against one at a time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from receiver import swar
from receiver.messages import SIX_BIT

ARMOUR = bytes([*range(48, 88), *range(96, 120)])

payload = st.lists(st.sampled_from(ARMOUR), min_size=64, max_size=64).map(bytes)


def matrix(lines: list[bytes]) -> np.ndarray:
    return np.array([list(line) for line in lines], np.uint8)


def bit_string(characters: bytes) -> str:
    return "".join(format(ARMOUR.index(c), "06b") for c in characters)


@given(st.lists(payload, min_size=1, max_size=5), st.integers(0, 330), st.integers(1, 48))
def test_a_field_is_what_its_bits_say(lines: list[bytes], start: int, width: int) -> None:
    words, sound = swar.unarmour(swar.columns(matrix(lines)))
    assert sound.all()
    expected = [bit_string(line)[start : start + width] for line in lines]
    assert swar.bits(words, start, width).tolist() == [int(b, 2) for b in expected]
    signs = [int(b, 2) - (int(b[0]) << width) for b in expected]
    assert swar.signed(words, start, width).tolist() == signs


@given(st.lists(payload, min_size=1, max_size=5), st.sampled_from([40, 43, 112, 143, 302 - 48]))
def test_text_ends_at_the_first_at_sign_and_loses_trailing_blanks(
    lines: list[bytes], start: int
) -> None:
    words, _ = swar.unarmour(swar.columns(matrix(lines)))
    expected = []
    for line in lines:
        bits = bit_string(line)[start : start + 120]
        letters = "".join(chr(SIX_BIT[int(bits[k : k + 6], 2)]) for k in range(0, 120, 6))
        expected.append(letters.partition("@")[0].rstrip(" ").encode())
    assert swar.text(words, start, 120).tolist() == expected


@given(st.text("AZ @_09", min_size=20, max_size=20))
def test_text_full_of_blanks_and_at_signs_is_cut_where_it_should_be(letters: str) -> None:
    bits = "".join(format(SIX_BIT.index(ord(c)), "06b") for c in letters).ljust(144, "0")
    words = np.array([[int(bits[k : k + 48], 2)] for k in (0, 48, 96)], np.uint64)
    assert swar.text(words, 0, 120).tolist() == [letters.partition("@")[0].rstrip(" ").encode()]


def test_every_character_outside_the_alphabet_is_refused_wherever_it_stands() -> None:
    for byte in range(256):
        for place in range(8):
            line = bytearray(b"0w`W0000")
            line[place] = byte
            _, sound = swar.unarmour(swar.columns(matrix([bytes(line)])))
            assert sound[0] == (byte in ARMOUR), (byte, place)


@given(st.binary(min_size=40, max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_exclusive_or_of_a_span_is_that_of_its_bytes(data: bytes, a: int, b: int) -> None:
    begin, end = sorted((a, b))
    content = np.frombuffer(data + bytes(swar.PAD), np.uint8)
    expected = 0
    for byte in data[begin:end]:
        expected ^= byte
    assert swar.xor_between(content, np.array([begin]), np.array([end])).tolist() == [expected]


def test_hexadecimal_digits_of_either_case_are_read() -> None:
    for value in range(256):
        for digits in (b"%02X" % value, b"%02x" % value):
            assert swar.hexadecimal(np.frombuffer(digits, "<u2")).tolist() == [value]


@given(st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=2, unique=True))
def test_different_words_have_different_hashes_and_none_is_zero(words: list[int]) -> None:
    a, b = swar.mix(np.array(words, np.uint64))
    assert a != 0
    assert a != b
