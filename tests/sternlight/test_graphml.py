"""GraphML that a strict reader takes, whatever is in it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from sternlight.graphml import Graph, write
from sternlight.text import plain
from tests.sternlight.graphs import drawn

ANY_TEXT = st.text(st.characters(codec=None), max_size=30)


@settings(max_examples=30)
@given(ANY_TEXT)
def test_any_text_at_all_comes_back_as_plain_text(text: str) -> None:
    graph = Graph(
        True,
        {"label": "string", "mmsi": "int", "sure": "boolean"},
        {"says": "string", "score": "double"},
        {"1.1": {"label": text, "mmsi": 5, "sure": False}, "2.1": {"label": None}},
        [("1.1", "2.1", {"says": text, "score": 0.25})],
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.graphml"
        write(path, graph)
        found = drawn(path)
    assert found.nodes == {"1.1": {"label": plain(text), "mmsi": 5, "sure": False}, "2.1": {}}
    assert found.edges == [("1.1", "2.1", {"says": plain(text), "score": 0.25})]


def test_a_graph_of_nothing_is_one_too(tmp_path: Path) -> None:
    write(tmp_path / "a.graphml", Graph(False, {"label": "string"}, {}, {}, []))
    assert drawn(tmp_path / "a.graphml") == (False, {}, [])
