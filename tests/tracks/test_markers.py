"""Which vessels are buoys and net markers: by their names, unless they are plainly ships."""

import pytest

from tracks.identity import Claims
from tracks.markers import is_marker


@pytest.mark.parametrize(
    "name",
    [
        "NET MARK 3 87%",
        "NETMARK",
        "12345-87%",
        "LU YU 5 -12V8",
        "YY 12.8V",
        "FISHING NET",
        "fishnet 12",
        "NET-07",
        "DRIFT NET 2",
        "BUOY",
        "RADIO BUOY 4",
        "LONGLINE BUOY",
        "BOYA 3",
        "BALIZA2",
        "FUBIAO 16",
        "00123",
        "88-4",
    ],
)
def test_beacons_of_nets_and_lines_are_told_by_their_names(name: str) -> None:
    assert is_marker(Claims(name=name))
    assert is_marker(Claims(name=name, length_m=6))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "BUOY TENDER 2",
        "BUOYANT",
        "NETTIE",
        "PLANET 9",
        "MAGNET 5",
        "CABINET",
        "V8 POWER",
        "VII",
        "HAVBRIS V",
        "BOYARIN",
        "SIM BRISK ACORN",
        "<SCRIPT>ALERT(1)//",
        '=HYPERLINK("X")',
    ],
)
def test_other_names_are_of_ships(name: str) -> None:
    assert not is_marker(Claims(name=name))


def test_a_ship_does_not_become_a_buoy_by_calling_itself_one() -> None:
    assert not is_marker(Claims(name="NET MARK 3 87%", imo=9074729))
    assert not is_marker(Claims(name="NET MARK 3 87%", length_m=60))


def test_a_number_alone_is_a_name_for_those_that_say_what_they_are() -> None:
    assert not is_marker(Claims(name="00123", ship_type=30))


def test_who_has_said_nothing_is_not_taken_for_a_buoy() -> None:
    assert not is_marker(None)
    assert not is_marker(Claims())
