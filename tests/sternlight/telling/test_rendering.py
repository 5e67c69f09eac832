"""Words for places, positions and times, and what is done to strangers' words."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from sternlight.telling.moments import moment, moments
from sternlight.telling.rendering import degrees, heard, near
from tests.sternlight.alerts.stories import START
from tracks.place import Place
from tracks.places import Places


@pytest.mark.parametrize(
    ("place", "short"),
    [
        ("31 nmi west-southwest of Dakar (SN), 28 nmi from shore", "31 nmi off Dakar"),
        ("1,204 nmi north of M'Bao Oil Terminal (SN), over 300 nmi from shore",
         "1,204 nmi off M'Bao Oil Terminal"),
        ("at Funchal, Madeira (PT), under 1 nmi from shore", "at Funchal, Madeira"),
        ("6.9 nmi east of Levuka, in Our zone", "6.9 nmi off Levuka"),
        ("14.66° N, 17.97° W, 26 nmi from shore", "14.66° N, 17.97° W"),
        ("14.66° N, 17.97° W, over 300 nmi from shore, in a, b", "14.66° N, 17.97° W"),
        ("at an unknown position", "at an unknown position"),
        ("at sea", "at sea"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_place_is_told_shortly(place: str, short: str) -> None:
    assert near(place) == short


def test_what_places_say_is_understood() -> None:
    """The words are those of `Places.describe`: a change there must not make subjects long."""
    dakar = Place(name="Dakar", country="SN", kind="port", lat=14.68, lon=-17.43)
    places = Places.of([dakar])
    assert near(places.describe(14.68, -17.43)) == "at Dakar"
    assert near(places.describe(14.2, -17.8)) == "36 nmi off Dakar"


@pytest.mark.parametrize(
    ("lat", "lon", "says"),
    [
        (14.6566, -17.974, "14° 39.4′ N, 17° 58.4′ W"),
        (-0.5, 0.0, "0° 30.0′ S, 0° 00.0′ E"),
        (9.99999, 179.99999, "10° 00.0′ N, 180° 00.0′ E"),
    ],
)
def test_positions_are_told_as_charts_do(lat: float, lon: float, says: str) -> None:
    assert degrees(lat, lon) == says


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ANNA MARIA", "ANNA MARIA"),
        ("M.V. ANNA 2.5", "M.V. ANNA 2.5"),
        ("HTTP://EVIL.COM/A", "HTTP[:]//EVIL[.]COM/A"),
        ("a@b.co", "a[at]b[.]co"),
        ("x" * 61, "x" * 59 + "…"),
        ("A\r\nB", "A\ufffd\ufffdB"),
    ],
)
def test_strangers_words_are_one_short_line_without_links(text: str, shown: str) -> None:
    assert heard(text) == shown


def test_a_span_is_told_in_utc_and_where_the_reader_is() -> None:
    own = moments(START, START + 3600, 0.0, ZoneInfo("Africa/Dakar"))
    assert own == ("2026-03-01 22:50", "23:50", "2026-03-01 22:50", "23:50", "Africa/Dakar")
    at_sea = moments(START, None, 172.4)
    assert at_sea == ("2026-03-01 22:50", "", "2026-03-02 09:50", "", "UTC+11:00")
    assert moments(START, START + 7200, 3.0)[:2] == (
        "2026-03-01 22:50", "2026-03-02 00:50",
    )  # fmt: skip
    assert moment(START + 59) == "2026-03-01 22:50"
