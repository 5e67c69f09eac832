"""From line numbers of a run back to files."""

from __future__ import annotations

import pytest

from sternlight.provenance import Provenance


def test_a_line_is_found_in_its_file_counted_from_one() -> None:
    inputs = Provenance()
    assert [inputs.add("a", 0), inputs.add("empty", 10), inputs.add("b", 10)] == [0, 1, 2]
    assert inputs.find([0, 9, 10, 3]) == [("a", 1), ("a", 10), ("b", 1), ("a", 4)]
    assert inputs.find([]) == []


def test_inputs_cannot_begin_before_the_one_before() -> None:
    inputs = Provenance()
    inputs.add("a", 5)
    with pytest.raises(ValueError, match="b cannot begin at line 4"):
        inputs.add("b", 4)
