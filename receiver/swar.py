"""Many bytes in one machine word: the arithmetic under the decoder (SWAR, SIMD within a register).

Eight armoured characters are one little-endian 64-bit word, and become 48 bits
by shifts and masks that touch all eight lanes at once, for a whole column of
messages.  Nothing here knows what AIS is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracks.batch import I64, U8, U16, U64, Mask

PAD = 128  # bytes of slack that every buffer keeps behind its content
WORD_BITS = 48
BLOCK = 8192  # messages unpacked at a time, so that all steps find them in the nearest cache

_LANES = np.uint64(0x0101010101010101)
_KEEP = np.array([(1 << (8 * i)) - 1 for i in range(9)], np.uint64)  # the first i bytes


def every(buffer: U8, dtype: str) -> NDArray[Any]:
    """View the `dtype` that begins at each byte of a buffer; no copy."""
    width = np.dtype(dtype).itemsize
    return np.ndarray((len(buffer) - width + 1,), dtype, buffer.data, strides=(1,))


def rows(buffer: U8, at: I64, width: int) -> U8:
    """Copy `width` bytes from each place: shape (len(at), width)."""
    return every(buffer, f"V{width}")[at].view(np.uint8).reshape(-1, width)


def columns(matrix: U8) -> U64:
    """Turn rows of 8k bytes into k columns of words: shape (k, n)."""
    return np.ascontiguousarray(matrix.view("<u8").T)


def keep(words: U64, length: I64) -> U64:
    """Fill the bytes behind `length` in each row of words with '0', which is six zero bits."""
    if not len(length):
        return words
    zeros = np.uint64(0x3030303030303030)
    shortest, longest = int(length.min()), int(length.max())
    for k in range(shortest // 8, len(words)):
        if shortest == longest:
            mask: Any = _KEEP[min(max(shortest - 8 * k, 0), 8)]
        else:
            mask = _KEEP[np.clip(length - 8 * k, 0, 8)]
        words[k] &= mask
        words[k] |= zeros & ~mask
    return words


def unarmour(words: U64) -> tuple[U64, Mask]:
    """Unpack words of eight armoured characters to 48 bits each.

    Shapes (k, n) to (k, n) and, per row, whether all characters are in the
    alphabet of IEC 61162-1: '0' to 'W' and '`' to 'w'.
    """
    out = np.empty_like(words)
    good = np.empty(words.shape[1], np.bool_)
    for begin in range(0, words.shape[1], BLOCK):
        block = slice(begin, begin + BLOCK)
        good[block] = _unarmour_block(words[:, block], out[:, block])
    return out, good


def _unarmour_block(words: U64, out: U64) -> Mask:
    high = words >> np.uint64(6)
    high &= words >> np.uint64(5)
    high &= _LANES  # 1 in each lane with a character of the upper half, from '`' on
    high <<= np.uint64(3)
    v = words - np.uint64(0x3030303030303030)
    v -= high
    # 'X' to '_' would pass for the lowest upper half: values 40 to 47 without its bit.
    bad = v >> np.uint64(2)
    bad &= v
    high |= v >> np.uint64(1)
    bad &= ~high
    bad &= np.uint64(0x0808080808080808)
    bad |= v & np.uint64(0xC0C0C0C0C0C0C0C0)
    good: Mask = np.bitwise_or.reduce(bad, axis=0) == 0
    # Neighbours join: eight values of 6 bits, four of 12, two of 24, one of 48.
    t = v & np.uint64(0x003F003F003F003F)
    t <<= np.uint64(6)
    v >>= np.uint64(8)
    v &= np.uint64(0x003F003F003F003F)
    t |= v
    np.bitwise_and(t, np.uint64(0x00000FFF00000FFF), out=v)
    v <<= np.uint64(12)
    t >>= np.uint64(16)
    t &= np.uint64(0x00000FFF00000FFF)
    v |= t
    np.bitwise_and(v, np.uint64(0xFFFFFF), out=out)
    out <<= np.uint64(24)
    v >>= np.uint64(32)
    out |= v
    return good


def bits(words: U64, start: int, width: int) -> U64:
    """Read an unsigned field of at most 48 bits from unpacked words: shape (n,)."""
    first, last = start // WORD_BITS, (start + width - 1) // WORD_BITS
    right = (last + 1) * WORD_BITS - start - width
    mask = np.uint64((1 << width) - 1)
    if first == last:
        value: U64 = words[first] >> np.uint64(right)
    else:
        value = words[first] << np.uint64(WORD_BITS - right)
        value |= words[last] >> np.uint64(right)
    value &= mask
    return value


def signed(words: U64, start: int, width: int) -> I64:
    """Read a two's complement field."""
    value = bits(words, start, width).view(np.int64)
    half = 1 << (width - 1)
    value ^= half
    value -= half
    return value


def text(words: U64, start: int, width: int) -> NDArray[np.bytes_]:
    """Read six-bit text as ASCII: it ends at the first '@', trailing blanks are dropped."""
    size = width // 6
    out = np.zeros((words.shape[1], (size + 7) // 8), np.uint64)
    ended = np.zeros(len(out), np.bool_)
    for k in range(out.shape[1]):
        at = start + k * WORD_BITS
        held = min(WORD_BITS, start + width - at)
        letters = _letters(bits(words, at, held) << np.uint64(WORD_BITS - held))
        letters[ended] = 0
        out[:, k], here = cut_at(letters, b"@")
        ended |= here
    _strip(out)
    # Behind the text stand zeros, at which numpy's byte strings end.
    return np.ascontiguousarray(out.view(np.uint8)[:, :size]).view(f"S{size}").reshape(-1)


def _strip(lines: U64) -> None:
    """Turn blanks and zeros at the end of each row of eight-byte words into zeros."""
    solid = np.zeros(len(lines), np.bool_)  # something stands in a later word
    for k in reversed(range(lines.shape[1])):
        word = lines[:, k]
        length = width(word & np.uint64(0xDFDFDFDFDFDFDFDF))  # a blank has no other bit
        lines[:, k] = np.where(solid, word, word & _KEEP[length])
        solid |= length > 0


def _letters(value: U64) -> U64:
    """Spread 48 bits over eight bytes and turn six-bit codes into ASCII."""
    x = (value >> np.uint64(24)) | ((value & np.uint64(0xFFFFFF)) << np.uint64(32))
    low = np.uint64(0x00000FFF00000FFF)
    x = ((x >> np.uint64(12)) & low) | ((x & low) << np.uint64(16))
    low = np.uint64(0x003F003F003F003F)
    x = ((x >> np.uint64(6)) & low) | ((x & low) << np.uint64(8))
    # 0 to 31 are '@' to '_', that is, 64 and more; 32 to 63 are themselves.
    upper: U64 = x | ((~x & np.uint64(0x2020202020202020)) << np.uint64(1))
    return upper


def decimal8(words: U64) -> U64:
    """Read eight ASCII digits, first digit in the lowest byte, as a number."""
    x = words & np.uint64(0x0F0F0F0F0F0F0F0F)
    x = (x * np.uint64(2561)) >> np.uint64(8)
    x &= np.uint64(0x00FF00FF00FF00FF)
    x = (x * np.uint64(6553601)) >> np.uint64(16)
    x &= np.uint64(0x0000FFFF0000FFFF)
    value: U64 = (x * np.uint64(42949672960001)) >> np.uint64(32)
    return value


def hexadecimal(pair: U16) -> U8:
    """Read two hexadecimal digits, first digit in the lower byte; others give anything."""
    v = pair & np.uint16(0x0F0F)
    v += ((pair >> np.uint16(6)) & np.uint16(0x0101)) * np.uint16(9)
    return ((v << np.uint16(4)) | (v >> np.uint16(8))).astype(np.uint8)


def cut_at(words: U64, *ends: bytes) -> tuple[U64, Mask]:
    """Blank each word from its first byte that is one of `ends` on; tell whether there was one."""
    high = np.uint64(0x8080808080808080)
    found = np.zeros_like(words)
    for end in ends:
        y = words ^ (_LANES * np.uint64(end[0]))
        found |= (y - _LANES) & ~y & high
    # Only the lowest mark is exact, and only it is used.
    lowest = found & (~found + np.uint64(1))
    return words & ((lowest >> np.uint64(7)) - np.uint64(1)), found != 0


def width(words: U64) -> I64:
    """Return how many bytes of each word stand before its trailing zeros."""
    seen = words | (words >> np.uint64(32))
    seen |= seen >> np.uint64(16)
    seen |= seen >> np.uint64(8)
    for shift in (4, 2, 1):
        seen |= (seen >> np.uint64(shift)) & np.uint64(0x0F0F0F0F0F0F0F0F)
    count: I64 = np.bitwise_count(seen & _LANES).astype(np.int64)
    return count


def xor_between(buffer: U8, begin: I64, end: I64) -> U8:
    """Return the exclusive or of the bytes from `begin` up to before `end`, for each pair.

    Two prefixes of 8-byte words give it for spans of any length.
    """
    whole = buffer[: len(buffer) // 8 * 8].view("<u8")
    prefix = np.empty(len(whole) + 1, np.uint64)
    prefix[0] = 0
    np.bitwise_xor.accumulate(whole, out=prefix[1:])
    i, j = begin >> 3, end >> 3
    x = prefix[i]
    x ^= whole[i] & _KEEP[begin & 7]
    x ^= prefix[j]
    x ^= whole[j] & _KEEP[end & 7]
    x ^= x >> np.uint64(32)
    x ^= x >> np.uint64(16)
    x ^= x >> np.uint64(8)
    folded: U8 = x.astype(np.uint8)
    return folded


def mix(*words: U64) -> U64:
    """Hash columns of words to one; 0 never comes out, it means "no hash"."""
    h = np.full(len(words[0]), 0x9E3779B97F4A7C15, np.uint64)
    for w in words:
        h ^= w
        h *= np.uint64(0xFF51AFD7ED558CCD)
        h ^= h >> np.uint64(32)
    h |= np.uint64(1)
    return h
