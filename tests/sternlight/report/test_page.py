"""The page: what strangers write stays text, nothing is fetched, nothing withheld is told."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, get_args

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from anomalies.event import Kind
from sternlight import guidance
from sternlight.cli import main
from sternlight.evidence.redaction import Redaction
from sternlight.report import page as module
from sternlight.report.asked import Asked
from sternlight.report.contents import contents
from sternlight.report.page import assets, island, page
from tests.sternlight.report.folders import HOSTILE, events, folder
from tests.sternlight.telling.test_facts import station

VOID = {"meta", "br", "input", "img", "link", "hr"}


class Read(HTMLParser):
    """What a browser makes of a page, as far as it matters here; what is not closed fails."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.raw: list[tuple[str, dict[str, str | None], str]] = []  # scripts and styles
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("script", "style"):
            self.raw.append((self._open[-1], self.elements[-1][1], data))
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    @property
    def data(self) -> Any:
        (found,) = [text for _, attrs, text in self.raw if attrs.get("id") == "data"]
        return json.loads(found)


@cache
def results(names: tuple[str, ...] = (), **summary: Any) -> Path:
    return folder(Path(mkdtemp()), names, **summary)


def report(asked: Asked | None = None) -> str:
    return page(contents(asked or Asked(results())))


@cache
def plain_report() -> str:
    return report()


def test_it_tells_what_was_read_the_ships_the_events_and_what_to_do() -> None:
    text = Read(plain_report()).text
    for part in (
        "sea.nmea : nmea, 1,000 lines", "SHIP 0", "9 ships heard",
        "1. Two ships stayed close together at sea for 4.0 h.", "Score 0.90 of 1.",
        "31 nmi west of Dakar (SN), 27 nmi from shore", "It was 27 nmi from shore.",
        "Ships do that.",
        "IMO 9074729", "7, 14, 21, 28", "sternlight verify event.zip", "Natural Earth",
        "1 of 4 published signs",
        *guidance.SAYS_NOT, *guidance.NEXT, *guidance.NEVER,
        *(one.who for one in guidance.contacts() if not one.country),
    ):  # fmt: skip
        assert " ".join(part.split()) in text, part
    assert "far/away" not in text


def test_the_events_stand_in_the_order_of_their_scores_and_ships_lead_to_them() -> None:
    read = Read(plain_report())
    articles = [attrs["id"] for tag, attrs in read.elements if tag == "article"]
    assert articles == ["event-1", "event-2", "event-3", "event-4"]
    links = {attrs["href"] for tag, attrs in read.elements if tag == "a"}
    ids = {f"#{attrs['id']}" for _, attrs in read.elements if attrs.get("id")}
    assert links <= ids
    assert {"#event-1", "#event-2", "#event-3"} <= links


def test_the_same_folder_gives_the_same_bytes() -> None:
    assert report() == plain_report()


def test_nothing_is_asked_for_from_elsewhere_and_no_attribute_runs() -> None:
    read = Read(plain_report())
    for tag, attrs in read.elements:
        assert tag not in {"img", "link", "iframe", "object", "embed", "base", "form", "video"}
        for name, value in attrs.items():
            assert not name.startswith("on")
            assert name not in {"src", "style", "srcdoc", "action", "formaction", "xlink:href"}
            assert name != "href" or (value or "").startswith("#")
    for kind, _, text in read.raw:
        if kind == "style":
            assert "url(" not in text.replace("url(#default#VML)", "")
            assert "@import" not in text
        assert "sourceMappingURL" not in text


def test_the_policy_allows_what_stands_in_the_page_and_nothing_else() -> None:
    read = Read(plain_report())
    (policy,) = [
        attrs["content"] or ""
        for tag, attrs in read.elements
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = {rule.split()[0]: set(rule.split()[1:]) for rule in policy.split("; ")}
    assert rules["default-src"] == {"'none'"}
    assert rules["img-src"] == {"data:"}
    for kind, rule in (("script", "script-src"), ("style", "style-src")):
        own = [t for k, attrs, t in read.raw if k == kind and attrs.get("id") != "data"]
        digests = [base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in own]
        assert {f"'sha256-{digest}'" for digest in digests} == rules[rule]
    before = plain_report().index("Content-Security-Policy")
    assert before < plain_report().index("<style>")
    assert before < plain_report().index("<script")


def test_hostile_names_stay_text() -> None:
    plain, hostile = Read(plain_report()), Read(report(Asked(results(HOSTILE))))
    assert [tag for tag, _ in plain.elements] == [tag for tag, _ in hostile.elements]
    assert len(plain.raw) == len(hostile.raw)
    assert "</script><script>" in hostile.text
    assert "{{ 7 * 7 }}{% raw %}" in hostile.text
    assert "49" not in hostile.text.split("Accounts")[0].split("Ships")[1].replace("0.49", "")
    assert "\u202e" not in report(Asked(results(HOSTILE)))
    assert "\u0007" not in report(Asked(results(HOSTILE)))
    names = {name for name, _, _ in hostile.data["ways"]}
    assert f"{HOSTILE[0]} 477900001" in names


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=40))
@example("</script><!--<script>&amp;")
def test_no_text_ends_the_island_of_data(text: str) -> None:
    made = island({"name": text, "list": [text]})
    assert json.loads(made) == {"name": text, "list": [text]}
    assert not set("<>&\u2028\u2029") & set(made)


def test_every_kind_of_event_has_its_definition_and_every_number_is_a_setting() -> None:
    text = Read(plain_report()).text
    named = {"gap": "Silence (gap)", "interference": "Disturbed navigation (interference)",
             "identity": "Odd identity", "listed": "Watch list"}  # fmt: skip
    for kind in get_args(Kind):
        assert named.get(kind, kind.replace("_", " ").capitalize()) in text
    told = json.loads((results() / "summary.json").read_text())["settings"]
    told["gap"]["min_duration_h"] = 7.5
    own = folder(Path(mkdtemp()), settings=told)
    assert "longer than 7.5 hours" in Read(report(Asked(own))).text


def test_a_report_of_an_event_tells_it_alone() -> None:
    name = events()[1]["id"]
    read = Read(report(Asked(results(), event=name)))
    assert len([tag for tag, _ in read.elements if tag == "article"]) == 1
    assert name in read.text
    assert "SHIP 2" in read.text
    assert "SHIP 0" not in read.text
    assert len(read.data["events"]) == 1


def test_a_report_of_a_ship_tells_its_events_and_ways_alone() -> None:
    read = Read(report(Asked(results(), ship="477900001")))
    assert "Report on SHIP 0 (MMSI 477900001)" in read.text
    assert [name for name, _, _ in read.data["ways"]] == ["SHIP 0 477900001"]
    assert [one["kind"] for one in read.data["events"]] == ["encounter"]


def test_a_report_of_a_time_leaves_out_what_was_over_before_or_began_after() -> None:
    start = 19_900 * 86_400.0
    late = Read(report(Asked(results(), since=start + 15 * 3600)))
    assert [one["kind"] for one in late.data["events"]] == ["loitering", "gap"]
    early = Read(report(Asked(results(), until=start + 7 * 3600)))
    assert [one["kind"] for one in early.data["events"]] == ["encounter", "loitering"]
    assert early.data["count"] == 7 * 6 + 1
    assert late.data["first"] == start + 15 * 3600
    marks = {name: pieces[0][0] for name, _, pieces in late.data["ways"]}
    assert marks["SHIP 0 477900001"] == 0  # the way begins where the time does


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--event", "gap-x"], "there is no event 'gap-x'"),
        (["--ship", "NOBODY"], "no ship that was heard is 'NOBODY'"),
        (["--ship", "SHIP"], "9 ships that were heard may be 'SHIP'"),
        (["--redact", "all"], "--redact cannot be read"),
        (["--event", "a", "--ship", "b"], "not both"),
    ],
)
def test_what_cannot_be_told_is_said_in_a_sentence(words: list[str], says: str) -> None:
    out = str(Path(mkdtemp()) / "r.html")
    done = CliRunner().invoke(main, ["report", "--data", str(results()), "--out", out, *words])
    assert done.exit_code == 2
    assert says in done.output
    assert not Path(out).exists()


def test_the_command_writes_the_report(tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    done = CliRunner().invoke(main, ["report", "--data", str(results()), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert out.read_text("utf-8") == plain_report()


def test_names_that_are_withheld_stand_nowhere() -> None:
    names = ("ALBATROSS", "BARRACUDA", "CORMORANT", "DOLPHIN", "EIDER")
    text = report(Asked(results(names), redaction=Redaction(names=True)))
    for untold in (
        *names,
        "477900001",
        "416900002",
        "224900003",
        "9074729",
        "CALLME",
        "sea.nmea, ",
    ):
        assert untold not in text, untold
    assert "ship A" in Read(text).text
    assert "are withheld" in Read(text).text
    assert all(re.fullmatch("ship [A-Z]+", name) for name, _, _ in Read(text).data["ways"])


def test_places_that_are_withheld_stand_nowhere() -> None:
    asked = Asked(results(), redaction=Redaction(positions_nmi=10.0))
    read = Read(report(asked))
    assert "14.90000" not in read.text
    assert "Dakar" not in read.text
    assert not any("chart" in (attrs.get("class") or "") for _, attrs in read.elements)
    units = read.data["units"]
    at = {tuple(one["at"]) for one in read.data["events"]}
    assert (14.9, -17.9) not in at
    rows = set()
    for _, _, pieces in read.data["ways"]:
        lat = 0
        for piece in pieces:
            for step in piece[1::3]:
                lat += step
                rows.add(round(lat / units, 3))
    cell = 10 / 60
    assert all(abs((lat + 90) / cell % 1 - 0.5) < 0.01 for lat in rows)


def test_times_that_are_withheld_stand_nowhere() -> None:
    read = Read(report(Asked(results(), redaction=Redaction(times_h=24.0))))
    accounts = read.text.split("Accounts", 2)[2].split("What to do")[0]
    assert not re.search(r"\b(06|10|08|16|22):\d0\b", accounts)
    assert "2024-06-26 00:00" in accounts
    assert read.data["count"] == 1


def test_where_the_antenna_stands_is_told_by_coarse_cells_only() -> None:
    heard = Read(plain_report()).data["heard"]
    assert heard
    for south, north, _, _, word in heard:
        assert north - south == pytest.approx(0.25)
        assert word in ("seldom", "sometimes", "often")


def test_simulated_and_unshared_recordings_are_named_as_such() -> None:
    simulated = Read(report(Asked(results(simulated=True)))).text
    assert "none of these ships exists" in simulated
    asked = Asked(results())
    given = {"*sea.nmea": "no redistribution: data of Example Ltd"}
    own = replace(asked, settings=replace(asked.settings, credits=given))
    text = Read(report(own)).text
    assert "Not to be handed on: it rests on sea.nmea" in text
    assert "data of Example Ltd" in text


def test_a_folder_without_events_gives_a_report_that_says_so(tmp_path: Path) -> None:
    from tests.sternlight.records import record

    text = Read(report(Asked(record(tmp_path / "empty")))).text
    assert "No events were found." in text
    assert "No ship stands out." in text
    assert "nothing was heard" in text


def test_a_stations_folder_gives_a_report_too() -> None:
    read = Read(report(Asked(station())))
    assert "Report of a station" in read.text
    assert "the station's raw log" in read.text
    assert len(read.data["events"]) > 3
    assert len(read.data["ways"]) > 10
    assert "shore" in read.text


@pytest.mark.parametrize("lon", [179.95, -179.95, 0.0])
def test_the_map_goes_on_over_longitude_180(tmp_path: Path, lon: float) -> None:
    data = Read(report(Asked(folder(tmp_path, at=(-17.0, lon))))).data
    south, north, west, east = data["view"]
    assert east - west < 3
    assert north - south < 3
    assert all(west - 0.01 <= one["at"][1] <= east + 0.01 for one in data["events"])


def test_a_map_of_too_many_days_shows_ways_around_events_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sternlight.report.scene.MOST_DAYS", 0)
    read = Read(report())
    assert "too many to draw every way" in read.text
    assert len(read.data["ways"]) == 4


def contrast(a: str, b: str) -> float:
    """Return the contrast of two colours; source: WCAG 2.2, relative luminance."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_all_that_is_written_can_be_read_light_dark_and_on_paper() -> None:
    style = (module.STATIC / "page.css").read_text()
    looks = [dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in style.split(":root")[1:]]
    assert len(looks) == 3
    for look in looks:
        look = looks[0] | look
        for ink in ("ink", "soft", "a"):
            for ground in ("paper", "faint", "sea"):
                assert contrast(look[ink], look[ground]) >= 4.5, (ink, ground)
        for line in ("mark", "b", "a"):
            assert contrast(look[line], look["paper"]) >= 3, line


def test_the_licence_of_leaflet_is_in_the_page() -> None:
    assert "Redistribution and use in source and binary forms" in Read(plain_report()).text
    assert "Leaflet 1.9.4" in assets().scripts[0]
