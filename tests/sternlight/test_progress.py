"""Progress: silent for short runs, lines in a log, a bar on a terminal."""

from __future__ import annotations

import io

from sternlight.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    t = 0.0

    def __call__(self) -> float:
        return self.t


def run(out: io.StringIO, seconds: int) -> str:
    clock = Clock()
    progress = Progress(out, clock)
    progress.begin("Reading", "MB", 1e6)
    for second in range(seconds + 1):
        clock.t = float(second)
        progress.update(second * 2e6, 100e6)
    progress.end()
    return out.getvalue()


def test_a_short_run_says_nothing() -> None:
    assert run(io.StringIO(), 9) == ""
    assert run(Terminal(), 1) == ""


def test_a_log_gets_a_line_every_ten_seconds() -> None:
    assert run(io.StringIO(), 25).splitlines() == [
        "Reading: 20 of 100 MB, 2.0 MB/s, 40 s left",
        "Reading: 40 of 100 MB, 2.0 MB/s, 30 s left",
    ]


def test_a_terminal_gets_a_bar_with_rate_and_remaining_time() -> None:
    shown = run(Terminal(), 4)
    assert "8 of 100 MB, 2.0 MB/s, 46 s left" in shown
