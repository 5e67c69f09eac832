"""What a shared copy does not tell: names, exact places, exact times.

`--redact names,positions=5,times=6`.  The user chooses; everything that leaves Sternlight as a
file for others asks the same functions here.  Pseudonyms hold within one file (`shared_copy`).

AIS is public.  Who has another record of the same sea finds a ship again by an exact place and
time, whatever its name is made; so names alone hide little.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike

from sternlight.errors import SettingsError
from sternlight.evidence.grid import Grid
from sternlight.text import iso
from tracks.batch import F64

HOW = "write names, positions=N (nmi) and times=N (hours), as in names,positions=5,times=6"
LEAST, MOST_NMI, MOST_H = 1.0, 600.0, 24.0 * 366
_NMI = re.compile(r"\d[\d,]*(?:\.\d+)? nmi\b")


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is withheld; nothing, if nothing is said."""

    names: bool = False  # and MMSIs, IMO numbers, call signs: "ship A" instead
    positions_nmi: float = 0.0  # positions become the middles of cells so large; 0: as heard
    times_h: float = 0.0  # times are rounded down to full periods so long; 0: as heard

    def __post_init__(self) -> None:
        for what, value, most in (
            ("positions", self.positions_nmi, MOST_NMI),
            ("times", self.times_h, MOST_H),
        ):
            if value and not LEAST <= value <= most:
                raise SettingsError(
                    f"--redact {what}={value:g} must be from {LEAST:g} to {most:g}; {HOW}"
                )

    @classmethod
    def parse(cls, text: str) -> Redaction:
        """Read what stands behind `--redact`.  Raises SettingsError."""
        found: dict[str, float | bool] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            what, _, value = part.partition("=")
            field = _FIELDS.get(what)
            if field is None or field in found or (field == "names") != (not value):
                raise SettingsError(f"--redact cannot be read at {part!r}; {HOW}")
            try:
                found[field] = True if field == "names" else float(value)
            except ValueError:
                raise SettingsError(f"--redact {part!r}: {value!r} is no number; {HOW}") from None
        return cls(**found)  # type: ignore[arg-type] # each field has its own type by now

    def __bool__(self) -> bool:
        return self.names or self.positions_nmi > 0 or self.times_h > 0

    @property
    def says(self) -> list[str]:
        """What was withheld, in whole sentences; none if nothing was."""
        told = []
        if self.names:
            told.append(
                "Names, MMSIs, IMO numbers and call signs are withheld; 'ship A' is the same ship"
                " throughout this file, and may be another in the next."
            )
        if self.positions_nmi:
            told.append(
                f"Positions are the middles of cells of {self.positions_nmi:g} nmi, and distances"
                " are rounded to that."
            )
        if self.times_h:
            told.append(f"Times are rounded down to full periods of {self.times_h:g} h.")
        if told:
            told.append(
                "Lines of the raw log are not named. A copy without anything withheld can be"
                " checked line by line."
            )
        return told

    def place(self, lat: float, lon: float) -> tuple[float, float]:
        """Return where something is said to be, degrees."""
        (y,), (x,) = self.places(lat, lon)
        return float(y), float(x)

    def places(self, lat: ArrayLike, lon: ArrayLike) -> tuple[F64, F64]:
        """Return where positions are said to be, degrees; nan where one is nan."""
        if not self.positions_nmi:
            y, x = np.atleast_1d(np.asarray(lat, np.float64), np.asarray(lon, np.float64))
            return y, x
        return Grid.of_nmi(self.positions_nmi).centres(lat, lon)

    def time(self, t: float) -> float:
        """Return when something is said to have been, Unix seconds."""
        period_s = self.times_h * 3600
        return t // period_s * period_s if period_s else t

    def moment(self, text: str | None) -> str | None:
        """Return what is told for a time that is written as ISO 8601."""
        if text is None or not self.times_h:
            return text
        return iso(self.time(datetime.fromisoformat(text).timestamp()))

    def distance_nmi(self, nmi: float) -> float:
        """Return what is told for a distance from a known place."""
        size = self.positions_nmi
        return round(nmi / size) * size if size and np.isfinite(nmi) else nmi

    def distances(self, text: str) -> str:
        """Return a sentence with its distances told as coarsely as positions are."""

        def told(match: re.Match[str]) -> str:
            nmi = float(match[0].removesuffix(" nmi").replace(",", ""))
            coarse = self.distance_nmi(nmi)
            says = f"about {coarse:g} nmi" if coarse else f"under {self.positions_nmi:g} nmi"
            return says if match.start() else says.capitalize()

        return _NMI.sub(told, text) if self.positions_nmi else text


_FIELDS = {"names": "names", "positions": "positions_nmi", "times": "times_h"}
NOTHING = Redaction()
