"""Text in blocks of whole lines, whatever its encoding and however long a line is."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterator

from receiver.sources.logfile import Input

BLOCK_BYTES = 4 << 20  # 20 to 50 thousand rows
LINE_MAX = 16 << 20  # bytes; a whole answer of a REST service is one line

_LONE_CR = re.compile(rb"\r(?!\n)")


def line_blocks(recording: Input, counts: Counter[str]) -> Iterator[bytes]:
    """Yield the text as UTF-8 or Latin-1 bytes; each block ends with a line's end.

    A line longer than a block becomes an empty one, so that the numbers of the
    lines behind it stay right; so does the last line of a file that is cut.
    NUL bytes, which some loggers leave after a power cut, are taken out.
    """
    kept = b""
    too_long = False
    read = _reader(recording)
    while piece := read(BLOCK_BYTES):
        end = piece.rfind(b"\n")
        if end < 0:
            too_long = too_long or len(kept) + len(piece) > LINE_MAX
            kept = b"" if too_long else kept + piece
            continue
        if too_long:
            too_long = False
            counts["dropped: line too long"] += 1
            piece = piece[piece.index(b"\n") :]
            end = piece.rfind(b"\n")
        yield _cleaned(b"".join((kept, memoryview(piece)[: end + 1])), counts)
        kept = piece[end + 1 :]
    if too_long or kept:
        if too_long:
            counts["dropped: line too long"] += 1
        elif recording.cut:
            counts["dropped: line cut off"] += 1
        yield b"\n" if too_long or recording.cut else _cleaned(kept + b"\n", counts)


def text_head(head: bytes) -> bytes:
    """Return the beginning of a text as UTF-8 or Latin-1 without a byte-order mark."""
    if encoding := _wide(head):
        head = head[: len(head) // 2 * 2].decode(encoding, "replace").encode("utf-8", "replace")
    return head.removeprefix(codecs.BOM_UTF8).replace(b"\0", b"")


def _wide(head: bytes) -> str | None:
    """Return the name of the UTF-16 that `head` is written in, or None."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = head[:200]
    for encoding, odd in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(sample) >= 20 and not any(sample[odd::2]) and all(sample[1 - odd :: 2]):
            return encoding
    return None


def _reader(recording: Input) -> Callable[[int], bytes]:
    read: Callable[[int], bytes] = recording.read
    if encoding := _wide(recording.head):
        read = _narrowed(read, encoding)
    head = text_head(recording.head)
    if b"\r" in head and b"\n" not in head:  # as Macs wrote until 2001
        return lambda n: read(n).replace(b"\r", b"\n")
    return read


def _narrowed(read: Callable[[int], bytes], encoding: str) -> Callable[[int], bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")

    def narrow(n: int) -> bytes:
        piece = read(n)
        return decoder.decode(piece, not piece).encode("utf-8", "replace")

    return narrow


def _cleaned(block: bytes, counts: Counter[str]) -> bytes:
    block = block.removeprefix(codecs.BOM_UTF8)
    if b"\0" in block:
        counts["NUL bytes taken out"] += block.count(b"\0")
        block = block.replace(b"\0", b"")
    if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
        block = _LONE_CR.sub(b" ", block)
    return block
