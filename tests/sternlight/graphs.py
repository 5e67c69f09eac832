"""Reads GraphML as strictly as its schema (graphml.graphdrawing.org/xmlns/1.0) says."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, NamedTuple

NS = "{http://graphml.graphdrawing.org/xmlns}"
NMTOKEN = re.compile(r"[\w.:-]+", re.ASCII)
TYPES = {"string": str, "int": int, "double": float, "boolean": "true".__eq__}


class Drawn(NamedTuple):
    directed: bool
    nodes: dict[str, dict[str, Any]]
    edges: list[tuple[str, str, dict[str, Any]]]


def drawn(path: Path) -> Drawn:
    """Return what is in a file; fails on anything the schema forbids."""
    root = ET.fromstring(path.read_bytes())
    assert root.tag == f"{NS}graphml"
    *keys, graph = root
    assert {key.tag for key in keys} == {f"{NS}key"}
    declared = {key.attrib["id"]: key.attrib for key in keys}
    assert len(declared) == len(keys)
    assert all(a["for"] in ("node", "edge") and a["attr.type"] in TYPES for a in declared.values())
    assert graph.tag == f"{NS}graph"
    assert graph.attrib["edgedefault"] in ("directed", "undirected")
    nodes: dict[str, dict[str, Any]] = {}
    edges = []
    for element in graph:
        values = {}
        for data in element:
            assert data.tag == f"{NS}data"
            key = declared[data.attrib["key"]]
            assert element.tag == NS + key["for"]
            assert key["attr.name"] not in values
            values[key["attr.name"]] = TYPES[key["attr.type"]](data.text or "")  # type: ignore[operator]
        if element.tag == f"{NS}node":
            assert NMTOKEN.fullmatch(element.attrib["id"])
            assert element.attrib["id"] not in nodes
            nodes[element.attrib["id"]] = values
        else:
            assert element.tag == f"{NS}edge"
            edges.append((element.attrib["source"], element.attrib["target"], values))
    ids = [element.attrib.get("id") for element in graph]
    assert len(set(ids)) == len(ids)
    assert all(one in nodes and other in nodes for one, other, _ in edges)
    return Drawn(graph.attrib["edgedefault"] == "directed", nodes, edges)
