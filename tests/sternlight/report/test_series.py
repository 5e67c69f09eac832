"""What figures show as numbers: against what is known of ships that were made up."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest

from sternlight.data import data_folder
from sternlight.record.read import open_record
from sternlight.report.around import Around
from sternlight.report.figures import figures
from sternlight.report.heard import Sea
from sternlight.report.series import distance, silence, speed
from sternlight.settings import Settings
from sternlight.telling.facts import Teller
from sternlight.telling.story import Line, Story
from tests.sternlight.report.folders import OTHERS, SILENT, folder
from tests.tracks.pages import DAY, T0
from tracks.batch import BIN_S
from tracks.flags import Flags
from tracks.geodesy import NMI_M

HOUR = 3600.0
SETTINGS = Settings().of_results()


@cache
def stories() -> dict[str, Story]:
    with open_record(folder(Path(mkdtemp()))) as kept:
        teller = Teller(kept, Flags.load(data_folder() / "flags.csv"))
        told = [teller.tell(name) for (name,) in kept.read("select id from events")]
    return {story.kind: story for story in told if story}


@cache
def around() -> Around:
    with open_record(folder(Path(mkdtemp()))) as kept:
        return Around(Sea.of(kept, [DAY]))


def test_the_distance_of_two_ships_is_that_of_their_ways() -> None:
    curve = distance(stories()["encounter"])
    assert curve is not None
    during = (curve.t >= T0 + 6 * HOUR) & (curve.t <= T0 + 10 * HOUR)
    assert during.sum() == 25
    assert np.allclose(curve.value[during], 0.001 * 60 * NMI_M, rtol=0.01)
    assert curve.value[0] > 100 * NMI_M / 2
    assert (np.diff(curve.t) == BIN_S).all()


def test_one_ship_has_no_distance() -> None:
    assert distance(stories()["loitering"]) is None


def test_a_distance_breaks_where_one_of_them_was_silent() -> None:
    story = stories()["encounter"]
    a, b = story.lines
    lat = a.lat.copy()
    lat[30:40] = np.nan
    curve = distance(replace(story, lines=(a._replace(lat=lat), b)))
    assert curve is not None
    assert np.isnan(curve.value).sum() == 1
    assert len(curve.t) == len(a.t) - 10 + 1


def test_a_speed_is_the_way_of_an_hour() -> None:
    t = np.arange(13) * float(BIN_S)
    north = np.r_[np.zeros(6), np.arange(1, 8)] * 0.05  # 3 nmi in ten minutes: 18 knots
    curve = speed(Line(1, t, north, np.zeros(13)))
    assert curve is not None
    assert curve.t.tolist() == t[3:10].tolist()
    assert np.allclose(curve.value, [3, 6, 9, 12, 15, 18, 18], rtol=0.01)


def test_no_speed_is_told_across_a_silence() -> None:
    t = np.delete(np.arange(20) * float(BIN_S), 10)
    curve = speed(Line(1, t, np.arange(19) * 0.01, np.zeros(19)))
    assert curve is not None
    assert curve.t[np.isfinite(curve.value)].tolist() == [
        *(np.arange(3, 7) * 600.0), *(np.arange(14, 17) * 600.0)
    ]  # fmt: skip
    assert speed(Line(1, t[:6], np.zeros(6), np.zeros(6))) is None


def test_who_else_was_heard_in_a_silence_is_counted_mark_by_mark() -> None:
    told = silence(stories()["gap"], around(), 10.0)
    assert told is not None
    at = (told.itself.t - T0) / BIN_S
    assert at[0] == 12  # six hours before
    assert at[-1] == 132
    silent = (at >= 49) & (at <= 95)
    assert (told.itself.value == ~silent).all()
    assert (told.near.value == len(OTHERS)).all()  # the others lie there, and nobody else
    assert (told.all.value == len(OTHERS) + 3).all()


def test_a_silence_that_lasts_is_shown_as_far_as_anything_is_known() -> None:
    told = silence(replace(stories()["gap"], end=None), around(), 10.0)
    assert told is not None
    assert told.itself.t[-1] == T0 + 143 * BIN_S


@pytest.mark.parametrize("kind", ["encounter", "loitering", "gap"])
def test_figures_say_in_words_what_they_show(kind: str) -> None:
    (figure,) = figures(stories()[kind], around(), SETTINGS)
    for text in {
        "encounter": ("2024-06-26T00:00:00Z", "111 m"),
        "loitering": ("0.3 to 0.3 knots",),
        "gap": ("within 10 nmi of its last position in 100%", "nobody at all in 0%"),
    }[kind]:
        assert text in figure.says
    assert figure.ticks
    assert all(panel.curves[0][1].startswith("M") for panel in figure.panels)
    assert all(np.isfinite(rule.at) for panel in figure.panels for rule in panel.rules)
    assert kind != "gap" or "about one in 300 is as surprising" in figure.note


def test_a_meeting_without_an_end_is_shown_as_long_as_it_was_measured() -> None:
    """When a recording ends, its ships may be far apart again and the event still open."""
    meeting = stories()["encounter"]
    (closed,), (still,) = (
        figures(one, around(), SETTINGS) for one in (meeting, replace(meeting, end=None))
    )
    assert closed.span == still.span
    assert closed.panels[0].ticks == still.panels[0].ticks


def test_the_rule_is_that_of_the_settings_in_use() -> None:
    changed = SETTINGS | {"encounter": SETTINGS["encounter"] | {"max_distance_m": 750.0}}
    (figure,) = figures(stories()["encounter"], around(), changed)
    assert figure.panels[0].rules[0].says == "rule: at most 750 m"


@pytest.mark.parametrize("kind", ["encounter", "loitering", "gap"])
def test_times_that_are_withheld_stand_in_no_figure(kind: str) -> None:
    (figure,) = figures(stories()[kind], around(), SETTINGS, relative=True)
    assert "2024" not in str(figure)
    assert ":00" not in str(figure)
    assert any(tick.says == "0" for tick in figure.ticks)


def test_an_event_of_an_area_and_a_ship_that_was_never_seen_have_no_figure() -> None:
    assert figures(stories()["interference"], around(), SETTINGS) == []
    empty = np.empty(0)
    never = replace(stories()["loitering"], lines=(Line(SILENT, empty, empty, empty),))
    assert figures(never, around(), SETTINGS) == []
