"""What every format is: it knows its input by its beginning, and reads it in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from receiver.decoded import Decoded
from receiver.sources.logfile import Input


class Format(Protocol):
    """One kind of recorded data."""

    @property
    def name(self) -> str:
        """The name that people give it, as in `--format dma`."""
        ...

    def recognises(self, head: bytes, name: str, /) -> bool:
        """Return whether input that begins with `head` is of this format.

        `head` is the first 64 KiB, or all there is; `name` is for the rare case
        in which the content leaves a choice.
        """
        ...

    def read(self, recording: Input, source: int, first_line: int, /) -> Iterator[Decoded]:
        """Yield the reports in the order of the input, in batches of 20 to 200 thousand.

        `source` goes into the column of that name.  `line` is `first_line` plus the
        number of the line counted from 0 within this input (the header counts), or
        of the row in Parquet.  `counts["lines"]` sums to the number of lines or
        rows, so that the caller knows where the next input begins.  Raises BadInput
        when the input as a whole cannot be used.
        """
        ...
