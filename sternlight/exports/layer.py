"""A layer: rows with or without a shape, drawn one after the other and never all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

Geometry = Literal["Point", "MultiLineString", "Polygon", ""]
Kind = Literal["text", "number", "count", "moment", "yes"]  # moments are Unix seconds
Columns = Mapping[str, Kind]


class Row(NamedTuple):
    """A row: its values by column, and its coordinates as GeoJSON has them, or None."""

    values: Mapping[str, Any]
    coordinates: Any = None


class Rows(Protocol):
    """Makes the rows; each call begins anew."""

    def __call__(self) -> Iterator[Row]:
        """Yield the rows."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A table and what it is."""

    name: str
    says: str
    geometry: Geometry
    columns: Columns
    rows: Rows
