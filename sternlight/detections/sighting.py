"""One detection as a file tells it, and what every cell of it may hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from receiver.formats import times, words
from receiver.formats.columns import recognise
from receiver.formats.words import squeezed
from sternlight.text import plain
from tracks.geodesy import wrap_lon

MOST_LETTERS = 100  # of a text
MOST_UNCERTAIN_M = 100_000.0
METRES = {"m": 1.0, "km": 1000.0, "nmi": 1852.0, "nm": 1852.0}


class Sighting(NamedTuple):
    """A detection; 0, "" and None where the file does not say."""

    t: float  # Unix seconds
    lat: float
    lon: float
    uncertainty_m: float | None
    mmsi: int
    imo: int
    call_sign: str
    name: str
    length_m: float | None
    sensor: str
    source: str
    scene: str
    credit: str
    file: str
    row: int  # of the file, counted as a spreadsheet or a list of features does

    @property
    def key(self) -> bytes:
        """The same for the same detection, however often and out of whichever file it is read."""
        what = (
            round(self.t, 3), round(self.lat, 6), round(self.lon, 6), self.mmsi, self.imo,
            self.call_sign, self.name, self.length_m, self.sensor, self.source, self.scene,
        )  # fmt: skip
        return blake2b(repr(what).encode("utf-8"), digest_size=16).digest()


class Given(NamedTuple):
    """What the user says of a whole file, where its rows say nothing."""

    source: str = ""
    uncertainty_m: float | None = None


class BadCell(ValueError):
    """A cell cannot be used; the message names its column, what is wrong, what would be right."""


# What only detections have, as `squeezed` leaves it, the surest first; and what pictures
# from space call times and places.
_NAMES = {
    "t": "detecttimestamp detectiontimestamp detectiontime acquisitiontime acquired observedat"
    " scenetime datemscan",
    "lat": "detectlat detectionlat shiplat latdnb",
    "lon": "detectlon detectionlon shiplon londnb",
    "length_m": "estimatedlength estimatedlengthm lengthestimate",
    "sensor": "sensor sensortype detector receivertype instrument satellite platform",
    "source": "source provider dataset supplier",
    "scene": "sceneid scene imageid image",
    "credit": "credit licence license attribution copyright",
}
_UNCERTAIN = "uncertainty positionuncertainty horizontaluncertainty accuracy errorradius radius"
_WANTED = ("mmsi", "t", "lat", "lon", "name", "call_sign", "imo", "length_m")


class Columns(NamedTuple):
    """Which column holds what: its number, and its name in the file."""

    at: Mapping[str, int]
    names: tuple[str, ...]
    metres: float  # in the unit of the column of uncertainties

    @classmethod
    def of(cls, names: tuple[str, ...]) -> Columns:
        """Recognise columns by their names."""
        by_name: dict[str, int] = {}
        for i, name in enumerate(names):
            by_name.setdefault(squeezed(name), i)
        at = {q: i for q, i in recognise(names).items() if q in _WANTED}
        for quantity, spellings in _NAMES.items():
            first = next((by_name[s] for s in spellings.split() if s in by_name), None)
            if first is not None:
                at.setdefault(quantity, first)
        metres = 1.0
        for name in _UNCERTAIN.split():
            for unit, value in {"": 1.0, **METRES}.items():
                if name + unit in by_name and "uncertainty_m" not in at:
                    at["uncertainty_m"], metres = by_name[name + unit], value
        return cls(at, names, metres)


def sighting(
    cells: list[str], columns: Columns, given: Given, where: tuple[str, int], month_first: bool
) -> Sighting:
    """Return what a row says.  Raises BadCell."""
    row = _Row(cells, columns)
    t = row.needed("t", lambda text: times.one(text.encode(), month_first), _is_time, _TIME)
    lat = row.needed("lat", _number, lambda v: abs(v) <= 90, "a latitude from -90 to 90")
    lon = row.needed("lon", _number, lambda v: -180 <= v <= 360, "a longitude from -180 to 180")
    uncertain = row.maybe("uncertainty_m", lambda v: v > 0, "a distance above 0")
    uncertain = given.uncertainty_m if uncertain is None else uncertain * columns.metres
    mmsi = row.maybe("mmsi", lambda v: 0 <= v < 1e9 and v == int(v), "an MMSI of nine digits")
    length = row.maybe("length_m", lambda v: 0 <= v < 1000, "a length in metres")
    uncertain = None if uncertain is None else min(uncertain, MOST_UNCERTAIN_M)
    return Sighting(
        t, lat, float(wrap_lon(lon)), uncertain,
        int(mmsi or 0), words.imo(row.text("imo").encode()), row.text("call_sign").upper(),
        row.text("name"), length or None, row.text("sensor"), row.text("source") or given.source,
        row.text("scene"), row.text("credit"), *where,
    )  # fmt: skip


_TIME = "a time as 2024-05-01T12:00:00Z, or seconds since 1970"


def _is_time(t: float) -> bool:
    return times.EARLIEST <= t < times.LATEST


def _number(text: str) -> float:
    return words.number(text.encode())


class _Row(NamedTuple):
    cells: list[str]
    columns: Columns

    def cell(self, quantity: str) -> str:
        i = self.columns.at.get(quantity)
        return "" if i is None or i >= len(self.cells) else self.cells[i].strip()[:MOST_LETTERS]

    def text(self, quantity: str) -> str:
        told = self.cell(quantity)
        return plain(told) if told else told

    def needed(
        self, quantity: str, read: Callable[[str], float], good: Callable[[float], bool], what: str
    ) -> float:
        text = self.cell(quantity)
        value = read(text)
        if math.isnan(value) or not good(value):
            self._fail(quantity, text, what)
        return value

    def maybe(self, quantity: str, good: Callable[[float], bool], what: str) -> float | None:
        text = self.cell(quantity)
        if text.lower() in ("", "nan", "null", "none", "n/a", "na", "-"):
            return None
        return self.needed(quantity, _number, good, what)

    def _fail(self, quantity: str, text: str, what: str) -> Any:
        at = self.columns.at.get(quantity)
        name = quantity if at is None else plain(self.columns.names[at])[:40]
        raise BadCell(f"column {name!r}: {plain(text[:40])!r} is not {what}")
