"""`sternlight simulate`: write a simulated recording, and the truth about it."""

from __future__ import annotations

from pathlib import Path

from receiver.sources.simulator import Simulation
from sternlight.errors import DiskFull, is_full
from sternlight.files import whole
from sternlight.jsontext import write_lines


def write(simulation: Simulation, out: Path, truth: Path | None) -> None:
    """Write the recording to `out`, and what truly happens to `truth`, one object a line.

    Raises DiskFull; then neither is left half written.
    """
    try:
        with whole(out) as partial:
            with partial.open("wb") as file:
                for piece in simulation.lines():
                    file.write(piece)
            if truth:
                write_lines(truth, simulation.truth())
    except OSError as error:
        if not is_full(error):
            raise
        raise DiskFull(
            f"the disk with {out} is full, and nothing was written; make room, or simulate"
            " fewer --hours or --vessels"
        ) from error
