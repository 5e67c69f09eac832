"""GraphML, which Gephi, Cytoscape, yEd and networkx read (graphml.graphdrawing.org, version 1.0).

Text from strangers is made plain first: XML forbids control characters however they are
written.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET  # writes only
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sternlight.jsontext import replacing
from sternlight.text import plain

NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
Type = Literal["string", "int", "double", "boolean"]
Value = str | int | float | bool | None  # None: not known, and left out


@dataclass(frozen=True, slots=True)
class Graph:
    """What is to be written: nodes by their ids, edges between them, and the types of values.

    An id is made of letters, digits, points and hyphens.
    """

    directed: bool
    node_types: Mapping[str, Type]
    edge_types: Mapping[str, Type]
    nodes: Mapping[str, Mapping[str, Value]]
    edges: Iterable[tuple[str, str, Mapping[str, Value]]]


def write(path: Path, graph: Graph) -> None:
    """Write a graph as a file that is there only when it is whole."""
    with replacing(path) as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n' + as_xml(graph) + "\n")


def as_xml(graph: Graph) -> str:
    """Return a graph as the text of a GraphML document."""
    root = ET.Element("graphml", xmlns=NAMESPACE)
    for what, types in (("node", graph.node_types), ("edge", graph.edge_types)):
        for name, kind in types.items():
            key = {"id": f"{what}-{name}", "for": what, "attr.name": name, "attr.type": kind}
            ET.SubElement(root, "key", key)
    direction = "directed" if graph.directed else "undirected"
    drawn = ET.SubElement(root, "graph", id="sternlight", edgedefault=direction)
    for name, values in graph.nodes.items():
        _fill(ET.SubElement(drawn, "node", id=name), "node", values)
    for number, (source, target, values) in enumerate(graph.edges):
        edge = ET.SubElement(drawn, "edge", id=f"e{number}", source=source, target=target)
        _fill(edge, "edge", values)
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode")


def _fill(element: ET.Element, what: str, values: Mapping[str, Value]) -> None:
    for name, value in values.items():
        if value is not None:
            ET.SubElement(element, "data", key=f"{what}-{name}").text = _text(value)


def _text(value: str | int | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(value) if isinstance(value, str) else str(value)
