"""The head of the chain: what stands for a whole log up to its last ended segment.

Written down elsewhere, or stamped, it shows later that nothing up to there was changed since.
It is a small text whose SHA-256 is what gets stamped, so that `sha256sum` and `openssl ts` can
check a stamp without Sternlight.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple, Self

from receiver.formats.stationlog import remark, values_of
from sternlight.evidence.digests import Digests
from sternlight.evidence.segment import Examined

MAGIC = b"# Sternlight head of a raw log 1\n"
_HEX = re.compile(r"[0-9a-f]{64}")


class Head(NamedTuple):
    """A segment that ended, as the next one names it."""

    station: str
    segment: int
    last_line: int  # of the whole log, from 0
    digests: Digests

    @classmethod
    def of(cls, segment: Examined) -> Self:
        """Return the head of a log that ends with this segment."""
        last_line = segment.first_line + segment.lines - 1
        return cls(segment.station, segment.number, last_line, segment.digests)

    def text(self) -> bytes:
        """Return the text that is stamped."""
        sha256, root, file = self.digests
        return MAGIC + remark(
            station=self.station, segment=self.segment, last_line=self.last_line,
            sha256=sha256, root=root, file=file,
        )  # fmt: skip

    @classmethod
    def read(cls, text: bytes) -> Self:
        """Undo `text`.  Raises ValueError for what is none."""
        said = values_of(text.removeprefix(MAGIC))
        try:
            found = cls(
                said["station"], int(said["segment"]), int(said["last_line"]),
                Digests(said["sha256"], said["root"], said["file"]),
            )  # fmt: skip
        except (KeyError, ValueError):
            found = None
        if found is None or found.text() != text or not all(map(_HEX.fullmatch, found.digests)):
            raise ValueError("it is no head of a raw log")
        return found

    @property
    def digest(self) -> bytes:
        """SHA-256 of the text, which a time stamp is asked for."""
        return hashlib.sha256(self.text()).digest()
