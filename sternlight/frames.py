"""The Zstandard frames (RFC 8878) that a raw log is a row of, each with its own checksum."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from receiver.sources.unpack import FEED_ZSTD_BYTES

LEVEL = 6  # of compression; frames are small, and more gains nothing
HEADER_BYTES = 18  # of a frame at most, RFC 8878, 3.1.1.1
LARGEST_BYTES = 1 << 30  # what a frame may hold; a station writes one for each megabyte or two


class Frame(NamedTuple):
    """A whole frame: where it stands in its file, its bytes there, and what they hold."""

    start: int
    packed: bytes
    content: bytes

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.start + len(self.packed)


class BadFrame(ValueError):
    """What stands in a file from `start` on is no whole frame; the message says why."""

    def __init__(self, start: int, why: str) -> None:
        super().__init__(why)
        self.start = start


def packed(content: bytes) -> bytes:
    """Return a frame that holds `content`."""
    import zstandard

    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(content)


def whole_frames(path: Path, largest_bytes: int = LARGEST_BYTES, at: int = 0) -> Iterator[Frame]:
    """Yield the frames of a file from byte `at` on.  Raises BadFrame at the first that is none."""
    with path.open("rb", buffering=0) as file:
        file.seek(at)
        data = b""
        while data := data or file.read(FEED_ZSTD_BYTES):
            while len(data) < HEADER_BYTES and (more := file.read(FEED_ZSTD_BYTES)):
                data += more
            frame, data = _frame(file, data, at, largest_bytes)
            yield frame
            at = frame.end


def frames(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield where each whole frame of a file ends, and its content, up to one that is damaged."""
    with suppress(BadFrame):
        for frame in whole_frames(path):
            yield frame.end, frame.content


def _frame(file: Any, data: bytes, at: int, largest_bytes: int) -> tuple[Frame, bytes]:
    """Return the frame that begins with `data`, and what was read behind it."""
    import zstandard

    try:
        size = zstandard.get_frame_parameters(data).content_size
        if not 0 < size <= largest_bytes:
            raise BadFrame(at, f"a frame says that it holds {size:,} bytes")
        unpacking = zstandard.ZstdDecompressor().decompressobj()
        taken, content = [], []
        while True:
            content.append(unpacking.decompress(data))
            taken.append(data)
            if unpacking.eof:
                break
            if not (data := file.read(FEED_ZSTD_BYTES)):
                raise BadFrame(at, "the file ends within a frame")
    except zstandard.ZstdError as error:
        raise BadFrame(at, f"a frame is damaged ({error})") from error
    rest = unpacking.unused_data
    whole = b"".join(taken)
    return Frame(at, whole[: len(whole) - len(rest)], b"".join(content)), rest
