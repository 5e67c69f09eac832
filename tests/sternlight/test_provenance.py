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


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["/home/somebody/day.nmea"], ["day.nmea"]),
        (["/home/somebody/a/day.nmea", "/home/somebody/b/day.nmea"], ["a/day.nmea", "b/day.nmea"]),
        (["/data/day.zip/one.csv", "/data/two.csv"], ["day.zip/one.csv", "two.csv"]),
        (["day.nmea", "standard input"], ["day.nmea", "standard input"]),
        (["days/one.nmea", "/data/two.nmea"], ["days/one.nmea", "/data/two.nmea"]),
    ],
)
def test_results_do_not_tell_where_on_a_computer_the_recording_lay(
    names: list[str], short: list[str]
) -> None:
    inputs = Provenance()
    for line, name in enumerate(names):
        inputs.add(name, line)
    assert [name for name, _ in inputs.find(range(len(names)))] == short
