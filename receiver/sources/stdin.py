"""Lines that another program writes into ours: `receiver | sternlight watch --source stdin:`."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from receiver.sources.base import POLL_S, SourceLost
from receiver.sources.checks import bad_format, refuse

PIECE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Stdin:
    """Read standard input until it ends."""

    patient: ClassVar[bool] = True

    format: str = "nmea"

    def __post_init__(self) -> None:
        refuse(bad_format(self.format))

    def blocks(self) -> Iterator[bytes]:
        """Yield bytes as they come; b"" when nothing came for POLL_S.  Raises SourceLost."""
        if sys.stdin is None:
            raise SourceLost(
                "there is no standard input; have a program write into it, as in"
                " `nc 192.0.2.7 10110 | sternlight watch --source stdin:`"
            )
        place = sys.stdin.fileno()
        while True:
            if not select.select([place], [], [], POLL_S)[0]:
                yield b""
            elif data := os.read(place, PIECE_BYTES):
                yield data
            else:
                return
