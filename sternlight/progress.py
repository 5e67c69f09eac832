"""How far a long run is, on standard error: nothing for a short one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from sternlight.text import duration

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

QUIET_S = 2.0  # a run that ends sooner says nothing
LIVE_S, LINE_S = 0.25, 10.0  # between two updates on a terminal, and in a log


@dataclass(slots=True)
class Progress:
    """Shows a phase's done part, rate and remaining time.

    On a terminal a bar is rewritten in place; elsewhere a line is printed about
    every ten seconds.  `clock` gives seconds.
    """

    out: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Callable[[], float] = time.monotonic
    _what: str = ""
    _unit: str = ""
    _per_unit: float = 1.0
    _began: float = 0.0
    _due: float = 0.0
    _bar: Bar | None = None

    def begin(self, what: str, unit: str, per_unit: float = 1.0) -> None:
        """Begin a phase; `per_unit` of what `update` counts are one `unit`."""
        self.end()
        self._what, self._unit, self._per_unit = what, unit, per_unit
        self._began = self.clock()
        self._due = self._began + (QUIET_S if self.out.isatty() else LINE_S)

    def update(self, done: float, total: float | None) -> None:
        """Tell how much is done; `total` is None where nobody knows."""
        now = self.clock()
        if now < self._due:
            return
        live = self.out.isatty()
        self._due = now + (LIVE_S if live else LINE_S)
        text = self._text(done, total, now - self._began)
        if live:
            self._draw(text, done, total)
        else:
            self.out.write(f"{self._what}: {text}\n")
            self.out.flush()

    def end(self) -> None:
        """Take the bar away again."""
        if self._bar:
            self._bar.stop()
            self._bar = None

    def _text(self, done: float, total: float | None, elapsed_s: float) -> str:
        rate = done / max(elapsed_s, 1e-9)
        of = f" of {total / self._per_unit:,.0f}" if total else ""
        text = f"{done / self._per_unit:,.0f}{of} {self._unit}"
        text += f", {rate / self._per_unit:,.1f} {self._unit}/s"
        if total and rate:
            text += f", {duration(max(0.0, total - done) / rate)} left"
        return text

    def _draw(self, text: str, done: float, total: float | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        if not self._bar:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(20),
                TextColumn("{task.fields[at]}"),
            )
            console = Console(file=self.out)
            self._bar = Bar(*columns, console=console, auto_refresh=False, transient=True)
            self._bar.add_task(self._what, total=total, at=text)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=done, total=total, at=text)
        self._bar.refresh()
