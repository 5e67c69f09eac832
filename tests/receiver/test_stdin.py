"""Standard input as a source, from a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import IO

import pytest

from receiver.sources import stdin
from receiver.sources.base import SourceLost
from receiver.sources.stdin import Stdin


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[IO[bytes]]:
    """Return the end that another program would write into."""
    monkeypatch.setattr(stdin, "POLL_S", 0.05)
    out, into = os.pipe()
    with os.fdopen(out, "rb") as read, os.fdopen(into, "wb", buffering=0) as write:
        monkeypatch.setattr(sys, "stdin", read)
        yield write


def test_what_is_written_comes_and_silence_is_said_until_the_end(pipe: IO[bytes]) -> None:
    blocks = Stdin().blocks()
    assert next(blocks) == b""
    pipe.write(b"one\ntwo")
    assert next(blocks) == b"one\ntwo"
    assert next(blocks) == b""
    pipe.close()
    assert list(blocks) == []


def test_a_program_without_standard_input_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SourceLost, match="have a program write into it"):
        next(Stdin().blocks())


def test_a_format_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"format is 'NMEA'.*did you mean nmea"):
        Stdin("NMEA")
