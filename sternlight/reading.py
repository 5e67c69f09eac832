"""All inputs of a run, one after the other, as decoded batches; and an account of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from receiver.decoded import BadInput, Decoded
from receiver.formats import by_name, detect
from receiver.formats.base import Format
from receiver.formats.nmea import Nmea
from receiver.sources.logfile import Input, Inputs
from sternlight.progress import Progress
from sternlight.provenance import Provenance

MEGABYTE = 1e6
SIMULATED = b"# Simulated by Sternlight"  # receiver/sources/simulator.py
SOURCES = 1 << 16  # the column `source` is 16 bits wide


@dataclass(slots=True)
class Account:
    """What was found in one input."""

    name: str
    format: str
    size_bytes: int | None
    first_line: int
    simulated: bool = False  # by `sternlight simulate`, which says so in the first line
    lines: int = 0


@dataclass(slots=True)
class Reading:
    """Reads inputs and keeps account: of lines, of what was found, of what failed.

    `trouble` tells for each input that could not be read, or not to its end, why:
    the rest of a sentence that begins with its name.
    """

    format_name: str | None = None
    start: float | None = None  # Unix seconds; for recordings without any time
    rare: bool = False  # ask for the messages without position or identity, too
    accounts: list[Account] = field(default_factory=list)
    trouble: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    provenance: Provenance = field(default_factory=Provenance)
    progress: Progress = field(default_factory=Progress)

    @property
    def lines(self) -> int:
        """How many lines have been read."""
        return sum(a.lines for a in self.accounts)

    def read(self, inputs: Inputs | Iterable[Input]) -> Iterator[tuple[Account, Decoded]]:
        """Yield what is in each input.  Raises BadInput if none can be used."""
        self.progress.begin("Reading", "MB", MEGABYTE)
        for recording in inputs:
            for found in self._read(recording):
                yield found
                if isinstance(inputs, Inputs):
                    self.progress.update(inputs.consumed_bytes(), inputs.size_bytes)
            if recording.cut:
                self.trouble[recording.name] = recording.cut
        self.progress.end()
        if isinstance(inputs, Inputs):
            self.trouble |= inputs.skipped
        if not self.lines:
            raise BadInput("\n".join(f"{name} {why}" for name, why in self.trouble.items()))

    def _read(self, recording: Input) -> Iterator[tuple[Account, Decoded]]:
        first_line = self.lines
        try:
            kind = self._format(recording)
            source = self.provenance.add(recording.name, first_line) % SOURCES
            account = Account(
                recording.name,
                kind.name,
                recording.size_bytes,
                first_line,
                simulated=recording.head.startswith(SIMULATED),
            )
            self.accounts.append(account)
            for decoded in kind.read(recording, source, first_line):
                account.lines += decoded.counts["lines"]
                self.counts += decoded.counts
                yield account, decoded
        except BadInput as error:
            self.trouble[recording.name] = _why(str(error), recording.name)

    def _format(self, recording: Input) -> Format:
        found = (
            by_name(self.format_name)
            if self.format_name
            else detect(recording.head, recording.name)
        )
        if isinstance(found, Nmea):
            return replace(found, start=self.start, rare=self.rare)
        return found


def _why(sentence: str, name: str) -> str:
    """Return an error about the input `name` as the rest of a sentence that begins with it."""
    rest = sentence.removeprefix(name)
    return rest[1:] if rest.startswith(" ") else f"cannot be read: {rest.removeprefix(': ')}"
