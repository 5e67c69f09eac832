"""What every live source is: it opens something and yields the bytes that come.

A source knows nothing of queues, clocks, logs or other sources, and never tries
twice: when it cannot go on it raises SourceLost, and whoever supervises it
waits and opens it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, Self

POLL_S = 0.5  # a source that hears nothing says so this often, so that it can be stopped


class SourceLost(Exception):
    """A source cannot be opened or has ended; it may come back.

    The message says what happened and what to do about it, in one sentence
    without the name of the source.
    """


class Marked(bytes):
    """A block of whole lines, and the place behind them from which to go on after a restart."""

    mark: str = ""

    @classmethod
    def at(cls, data: bytes, mark: str) -> Self:
        """Return `data` with its mark."""
        block = cls(data)
        block.mark = mark
        return block


class Source(Protocol):
    """A frozen dataclass: its fields are its settings, `blocks` is its one verb.

    One whose lines lose nothing by waiting, as those of a file, says so with a
    class variable `patient = True`; it is read on when there is room in the queue.
    """

    @property
    def format(self) -> str:
        """The format of the lines, a name of `receiver.formats.FORMATS`."""
        ...

    def blocks(self) -> Iterator[bytes]:
        """Open it and yield bytes as they come, cut anywhere; b"" when nothing came for POLL_S.

        A source of messages rather than bytes ends each with a newline.  Ends
        without an error only where nothing will ever follow (a file that is
        not followed).  Raises SourceLost.  Closing the iterator closes the source.
        """
        ...
