"""Packed files to bytes: gzip, bzip2 and Zstandard as streams that may be cut, bounded in memory.

What a file is, its first bytes say, never its name.  Output comes in pieces of
about 1 MiB however small the packed data are, so that a file made to explode
costs time and no memory; `guarded` ends that too.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable, Iterator

PIECE_BYTES = 1 << 20
FEED_BYTES = 1 << 16
# zstandard's streaming object cannot limit its output: 4 bytes may stand for 128 KiB
# (RFC 8878, RLE_Block), so 4 KiB at a time keeps the worst case at 128 MiB.
FEED_ZSTD_BYTES = 1 << 12
# AIS packs 5 to 15 times, 50 where one ship lies still. zlib's limit is 1,032.
RATIO_MAX = 400
RATIO_FROM_BYTES = 64 << 20

Read = Callable[[int], bytes]

MAGIC = {
    "gzip": b"\x1f\x8b\x08",
    "bzip2": b"BZh",
    "zstd": b"\x28\xb5\x2f\xfd",
    "zip": b"PK\x03\x04",
}
BZIP2_BLOCKS = {b"1AY&SY", b"\x17rE8P\x90"}  # pi and its root: a block begins, or the end
FOREIGN = {
    "an empty zip archive": b"PK\x05\x06",
    "an xz file": b"\xfd7zXZ\x00",
    "a 7-Zip archive": b"7z\xbc\xaf\x27\x1c",
    "a RAR archive": b"Rar!\x1a\x07",
    "an old Unix .Z file": b"\x1f\x9d",
}


class Cut(Exception):
    """The input ends before its end; the message says how, and stands behind its name."""


def packing(head: bytes) -> str | None:
    """Return how a file that begins with `head` is packed, or None."""
    for kind, magic in MAGIC.items():
        if head.startswith(magic):
            return kind if kind != "bzip2" or head[4:10] in BZIP2_BLOCKS else None
    return None


def foreign(head: bytes) -> str | None:
    """Return the name of a packing that is known but not read, or None."""
    return next((kind for kind, magic in FOREIGN.items() if head.startswith(magic)), None)


def unpack(kind: str, read: Read) -> Iterator[bytes]:
    """Yield what the packed stream behind `read` holds.

    Several streams behind each other count as one, as the tools that make them
    say.  Raises Cut after everything that could be unpacked was yielded.
    """
    pieces = {"gzip": _gunzip, "bzip2": _bunzip2, "zstd": _unzstd}[kind]
    try:
        yield from pieces(read)
    except (zlib.error, OSError, ValueError) as error:
        raise Cut(f"is damaged ({error}); what stands before that was read") from error


def _ended(read: Read, feed_bytes: int, rest: bytes, kind: str) -> bytes:
    """Return the beginning of the next stream, or b"" if there is none."""
    rest = rest.lstrip(b"\0")  # tapes and some tools pad with zeros
    while len(rest) < 10 and (more := read(feed_bytes)):
        rest = (rest + more).lstrip(b"\0")
    if rest and packing(rest) != kind:
        raise Cut(f"goes on behind its end with something that is not {kind}; that was not read")
    return rest


def _more(read: Read, n: int) -> bytes:
    data = read(n)
    if not data:
        raise Cut(
            "ends in the middle: the copy or the download was cut off; what there is was read"
        )
    return data


def _gunzip(read: Read) -> Iterator[bytes]:
    data = read(FEED_BYTES)
    while data:
        stream = zlib.decompressobj(31)  # 31: gzip's header and checksum, largest window
        while not stream.eof:
            yield stream.decompress(data or _more(read, FEED_BYTES), PIECE_BYTES)
            data = stream.unconsumed_tail
        data = _ended(read, FEED_BYTES, stream.unused_data, "gzip")


def _bunzip2(read: Read) -> Iterator[bytes]:
    data = read(FEED_BYTES)
    while data:
        stream = bz2.BZ2Decompressor()
        while not stream.eof:
            if stream.needs_input and not data:
                data = _more(read, FEED_BYTES)
            yield stream.decompress(data, PIECE_BYTES)
            data = b""
        data = _ended(read, FEED_BYTES, stream.unused_data, "bzip2")


def _unzstd(read: Read) -> Iterator[bytes]:
    import zstandard

    data = read(FEED_ZSTD_BYTES)
    while data:
        stream = zstandard.ZstdDecompressor().decompressobj()
        while not stream.eof:
            try:
                yield stream.decompress(data or _more(read, FEED_ZSTD_BYTES))
            except zstandard.ZstdError as error:
                raise ValueError(str(error)) from error
            data = b""
        data = _ended(read, FEED_ZSTD_BYTES, stream.unused_data, "zstd")


def guarded(pieces: Iterator[bytes], packed_bytes: Callable[[], int]) -> Iterator[bytes]:
    """Pass `pieces` on until they are implausibly many for what was read of the packed file."""
    out = 0
    for piece in pieces:
        out += len(piece)
        if out > RATIO_FROM_BYTES and out > RATIO_MAX * max(packed_bytes(), 1):
            raise Cut(
                f"unpacks to more than {RATIO_MAX} times its size, which recorded AIS never does;"
                f" reading stopped after {out >> 20} MiB"
            )
        yield piece
