"""KML 2.2 for Google Earth, whose slider moves through the times (OGC 07-147r2).

Written with the standard library: GDAL's driver puts names into CDATA sections as they are, and
a ship may call itself `]]>`.  A description is HTML to Google Earth, so all in it is escaped for
that first; a name is text, but shown in HTML by some versions, so signs that mean something
there become others that look like them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any
from xml.sax.saxutils import XMLGenerator

from sternlight.exports.about import Said
from sternlight.exports.geojson_file import cells
from sternlight.exports.layer import Columns, Layer
from sternlight.jsontext import replacing

_LOOKALIKE = str.maketrans({"<": "‹", ">": "›", "&": "＆"})
_TIMES = (("start", "end"), ("first_heard", "last_heard"))
_COLOURS = {  # aabbggrr
    "events": "ff2d4fe0", "tracks": "ffb07030", "often": "5060b060", "sometimes": "4060c0c0",
    "seldom": "30a0a0a0",
}  # fmt: skip


def write(path: Path, layers: Sequence[Layer], told: Sequence[Said]) -> dict[str, int]:
    """Write the layers that have shapes; return how many rows each has."""
    counts = {}
    with replacing(path) as out:
        xml = _Xml(out)
        with xml.inside("kml", xmlns="http://www.opengis.net/kml/2.2"), xml.inside("Document"):
            xml.leaf("name", "Sternlight")
            xml.leaf("description", _paragraphs([one.says for one in told]))
            for name, colour in _COLOURS.items():
                _style(xml, name, colour)
            for layer in layers:
                if layer.geometry:
                    counts[layer.name] = _folder(xml, layer)
        xml.end()
    return counts


class _Xml:
    """Writes elements one after the other; whatever text they hold stays text."""

    def __init__(self, out: Any) -> None:
        self._xml = XMLGenerator(out, encoding="utf-8", short_empty_elements=True)
        self._xml.startDocument()

    @contextmanager
    def inside(self, tag: str, **attributes: str) -> Iterator[None]:
        """Open an element and close it behind what is written meanwhile."""
        self._xml.startElement(tag, attributes)  # type: ignore[arg-type] # takes any mapping
        yield
        self._xml.endElement(tag)
        self._xml.ignorableWhitespace("\n")

    def leaf(self, tag: str, text: str, **attributes: str) -> None:
        """Write an element that holds text only."""
        with self.inside(tag, **attributes):
            self._xml.characters(text)

    def end(self) -> None:
        """Write what is left."""
        self._xml.endDocument()


def _style(xml: _Xml, name: str, colour: str) -> None:
    with xml.inside("Style", id=name):
        for tag in ("IconStyle", "LineStyle", "PolyStyle"):
            with xml.inside(tag):
                xml.leaf("color", colour)


def _folder(xml: _Xml, layer: Layer) -> int:
    count = 0
    with xml.inside("Folder"):
        xml.leaf("name", layer.name)
        xml.leaf("description", escape(layer.says))
        for row in layer.rows():
            _placemark(xml, layer, cells(layer.columns, row.values), row.coordinates)
            count += 1
    return count


def _placemark(xml: _Xml, layer: Layer, values: Mapping[str, Any], coordinates: Any) -> None:
    with xml.inside("Placemark"):
        xml.leaf("name", _named(layer.name, values).translate(_LOOKALIKE))
        xml.leaf("description", _described(layer.columns, values))
        _time(xml, values)
        xml.leaf("styleUrl", "#" + str(values.get("heard") or layer.name))
        _shape(xml, layer.geometry, coordinates)


def _named(layer: str, values: Mapping[str, Any]) -> str:
    if layer == "events":
        return f"{values['kind']} {values['score']:.2f}, {values['names'] or values['mmsis']}"
    return str(values.get("name") or values.get("ship") or values.get("heard") or "")


def _described(columns: Columns, values: Mapping[str, Any]) -> str:
    """Return a table of all that is known, as HTML."""
    known = ((name, values[name]) for name in columns if values[name] not in (None, ""))
    rows = (f"<tr><th>{escape(name)}</th><td>{escape(str(v))}</td></tr>" for name, v in known)
    return f"<table>{''.join(rows)}</table>"


def _paragraphs(sentences: Sequence[str]) -> str:
    return "".join(f"<p>{escape(says)}</p>" for says in sentences)


def _time(xml: _Xml, values: Mapping[str, Any]) -> None:
    """Write from when to when something was; a span without an end still lasts."""
    for first, last in _TIMES:
        if values.get(first):
            with xml.inside("TimeSpan"):
                xml.leaf("begin", values[first])
                if values[last]:
                    xml.leaf("end", values[last])


def _shape(xml: _Xml, geometry: str, coordinates: Any) -> None:
    if geometry == "Point":
        with xml.inside("Point"):
            xml.leaf("coordinates", _corners([coordinates]))
    elif geometry == "Polygon":
        with xml.inside("Polygon"), xml.inside("outerBoundaryIs"), xml.inside("LinearRing"):
            xml.leaf("coordinates", _corners(coordinates[0]))
    else:
        with xml.inside("MultiGeometry"):
            for line in coordinates:
                with xml.inside("LineString"):
                    xml.leaf("tessellate", "1")
                    xml.leaf("coordinates", _corners(line))


def _corners(corners: Sequence[Sequence[float]]) -> str:
    return " ".join(f"{lon},{lat}" for lon, lat in corners)
