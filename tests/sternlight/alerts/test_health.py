"""What the operator is told of a station."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from sternlight.alerts.book import OPERATOR, Book
from sternlight.alerts.credentials import Seal
from sternlight.alerts.health import look_after, of_subscriber
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.subscription import Subscription
from sternlight.status import SourceStatus, found
from tests.sternlight.statuses import NOW, mail, source, status

H, DAY = 3600.0, 86_400.0
T0 = NOW
MAIL = Mail(server="smtp://127.0.0.1", operator="operator@ngo.example")
WELL = replace(MAIL, alive_days=0.0)


class Station:
    """A station whose operator is told, and what was told by when."""

    def __init__(self, folder: Path, settings: Mail = WELL) -> None:
        self.book, self.seal = Book.open(folder), Seal(Fernet.generate_key().decode())
        self.settings = settings
        self.started = T0 - 10 * DAY

    def look(self, t: float, *sources: SourceStatus, **changes: Any) -> list[str]:
        """Look after it at time `t`; return what is told."""
        told = status(*sources, **{"now": t, "started": self.started, **changes})
        if not look_after(self.book, self.seal, self.settings, told, t):
            return []
        return self.sentences()

    def sentences(self) -> list[str]:
        (letter,) = self.book.letters("what = 'health' and state = 'due'")
        assert letter.subscription == OPERATOR
        return list(json.loads(letter.facts)["sentences"])

    def sent(self) -> None:
        """Have what waits sent."""
        for letter in self.book.letters("state = 'due'"):
            self.book.mark(letter.number, "sent", letter.due)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    made = Station(tmp_path)
    yield made
    made.book.close()


def lost(since: float, name: str = "roof", **changes: Any) -> SourceStatus:
    return source(name, **{"state": "lost", "why": "no such device", "since": since,
                           "last_heard": since, **changes})  # fmt: skip


def test_a_station_that_is_well_tells_nothing(station: Station) -> None:
    assert not any(station.look(T0 + hour * H) for hour in range(100))


def test_a_deaf_station_is_told_after_six_hours_with_what_is_wrong(station: Station) -> None:
    for hour in range(6):
        assert not station.look(T0 + hour * H, lost(T0))
    assert station.look(T0 + 6 * H, lost(T0)) == [
        "The station has heard nothing for 6.0 h. Source roof is lost since 6.0 h: no such device."
    ]


def test_how_long_it_may_be_deaf_can_be_set(station: Station) -> None:
    station.settings = replace(WELL, deaf_h=1.0)
    station.look(T0, lost(T0))
    assert station.look(T0 + H, lost(T0))


def test_one_of_two_sources_is_told_as_that(station: Station) -> None:
    pier = source("pier", state="half deaf", why="3.0 lines a minute, where 80.0 are usual",
                  since=T0)  # fmt: skip
    station.look(T0, source("roof"), pier)
    (says,) = station.look(T0 + 7 * H, source("roof"), pier)
    assert says.startswith("Source pier is half deaf since 7.0 h")


def test_one_that_has_just_started_is_not_deaf_and_one_that_was_deaf_before_still_is(
    station: Station,
) -> None:
    opening = source(state="opening", since=T0 + 30 * H, last_heard=None)
    station.started = T0 + 30 * H
    assert not station.look(T0 + 30 * H + 60, opening)
    assert not station.look(T0 + 33 * H, opening)
    station.started = T0 + 37 * H
    again = replace_since(opening, T0 + 37 * H)
    assert not station.look(T0 + 37 * H + 60, again)
    (says,) = station.look(T0 + 37.5 * H, again)
    assert "heard nothing for 7.5 h" in says


def replace_since(one: SourceStatus, since: float) -> SourceStatus:
    return source(state=one["state"], since=since, last_heard=one["last_heard"])


def test_what_was_heard_between_two_looks_counts(station: Station) -> None:
    station.look(T0, lost(T0))
    assert not station.look(T0 + 7 * H, lost(T0 + 5 * H))


def test_that_a_source_is_lost_is_not_over_when_all_are_deaf(station: Station) -> None:
    pier = lost(T0, "pier")
    station.look(T0, source("roof"), pier)
    assert station.look(T0 + 7 * H, source("roof"), pier)
    station.sent()
    for hour in range(8, 13):
        assert not station.look(T0 + hour * H, lost(T0 + 8 * H), pier)
    (says,) = station.look(T0 + 15 * H, lost(T0 + 8 * H), pier)
    assert says.startswith("The station has heard nothing for 7.0 h.")


def test_a_full_disk_is_told_at_once_though_a_letter_went_out_today(station: Station) -> None:
    station.look(T0, lost(T0))
    assert station.look(T0 + 6 * H, lost(T0))
    station.sent()
    log = {**status()["raw_log"], "writing": False, "why_not": "the disk is full"}
    station.look(T0 + 7 * H, lost(T0), raw_log=log)
    says = station.look(T0 + 7.5 * H, lost(T0), raw_log=log)
    assert says == ["The raw log is not written: the disk is full."]


def test_a_crash_loop_is_told_and_a_power_cut_is_not(station: Station) -> None:
    station.look(T0, restarts=4)
    assert not station.look(T0 + H, restarts=5)
    assert not station.look(T0 + 40 * H, restarts=5)
    assert not station.look(T0 + 41 * H, restarts=7)
    (says,) = station.look(T0 + 42 * H, restarts=9)
    assert says.startswith("The station was started again 4 times since 2026-11-30T16:00:00Z")
    station.sent()
    over = [s for hour in range(43, 120) for s in station.look(T0 + hour * H, restarts=9)]
    assert len([s for s in over if s.startswith("Over")]) == 1
    assert not station.book.read("select * from troubles")


def test_an_archive_made_anew_is_no_crash_loop(station: Station) -> None:
    station.look(T0, restarts=40)
    assert not station.look(T0 + H, restarts=0)
    assert not station.look(T0 + 2 * H, restarts=2)
    assert station.look(T0 + 3 * H, restarts=3)


def test_what_mail_itself_suffers_is_not_told_by_mail(station: Station) -> None:
    ill = mail(why_not="the server refused the password (535)", since=T0)
    assert not any(station.look(T0 + hour * H, mail=ill) for hour in range(48))


def test_every_kind_of_trouble_that_a_status_knows_is_told_or_left_out_on_purpose() -> None:
    from sternlight.alerts.health import GRACE_S

    clock = {**status()["clock"], "how": "unsure", "base_offset_s": 900.0}
    ill = status(
        source(state="silent"), clock=clock, memory_bytes=400_000_000, temperature_c=90.0,
        disk_free_bytes=1000, mail=mail(why_not="x"),
        anchorages={"count": 0, "since": None, "why_not": "x"},
        queue={"bytes": 99, "lines": 9, "most_bytes": 100, "dropped_lines": 9},
    )  # fmt: skip
    names = {trouble.name for trouble in found(ill)}
    log = {**status()["raw_log"], "writing": False}
    names |= {trouble.name for trouble in found(status(raw_log=log))}
    assert names == set(GRACE_S) | {"source roof", "mail"}


def test_a_clock_that_is_not_known_yet_decides_nothing(station: Station) -> None:
    clock = {**status()["clock"], "how": "waiting"}
    assert not station.look(0.0, lost(0.0), clock=clock)
    assert not station.book.read("select * from troubles")


def test_a_dead_address_and_a_bad_key_are_told_by_the_subscribers_number(station: Station) -> None:
    one = Subscription(0, "active", T0, "reporter@paper.example")
    dead = station.book.add(station.seal, one)
    paused = station.book.add(station.seal, one)
    assert not station.look(T0)
    station.book.change(station.seal, replace(dead, state="dead"))
    station.book.change(station.seal, replace(paused, state="paused"))
    of_subscriber(station.book, paused.number, "Subscriber 2 is paused: its key has expired.", T0)
    assert station.look(T0 + H) == [
        "Mail to subscriber 1 is refused for good, so none is sent any more.",
        "Subscriber 2 is paused: its key has expired.",
    ]
    station.sent()
    station.book.change(station.seal, replace(paused, state="active"))
    later = [s for hour in range(2, 30) for s in station.look(T0 + hour * H)]
    assert "Over since 2026-11-29T02:00:00Z: Subscriber 2 is paused: its key has expired." in later


def test_who_pauses_of_their_own_will_is_not_told_of(station: Station) -> None:
    one = station.book.add(station.seal, Subscription(0, "paused", T0, "a@b.example"))
    assert one.number == 1
    assert not station.look(T0)


def test_silence_for_a_week_is_broken_by_a_word_that_all_is_well(station: Station) -> None:
    station.settings = MAIL
    told = [(hour, s) for hour in range(24 * 15) if (s := station.look(T0 + hour * H))]
    assert [hour for hour, _ in told] == [7 * 24, 14 * 24]
    assert told[0][1][:3] == [
        "All is well: 701 ships heard in the last day.",
        "The archive holds 2,324 events; 2 alerts in the last week.",
        "21.4 GB are free on the disk.",
    ]


def test_it_is_told_for_how_long_the_disk_lasts_once_a_day_is_half_over(station: Station) -> None:
    station.settings = MAIL
    station.look(T0)
    (_, _, disk, *_) = station.look(T0 + 7.5 * DAY)
    assert disk == "21.4 GB are free on the disk, enough for about 261 days of raw log."


def test_a_letter_about_a_trouble_counts_as_a_sign_of_life(station: Station) -> None:
    station.settings = MAIL
    station.look(T0)
    assert station.look(T0 + 6 * DAY, lost(T0 + 5 * DAY))
    station.sent()
    told = [hour for hour in range(6 * 24 + 1, 14 * 24) if station.look(T0 + hour * H)]
    assert told[0] == 7 * 24, "its end, with the letter of the next day"
    assert len(told) == 1


def test_letters_that_could_not_be_sent_become_one_with_the_times_of_each(
    station: Station,
) -> None:
    for hour in range(24 * 3):
        station.look(T0 + hour * H, lost(T0))
    sentences = station.sentences()
    assert len(sentences) == 2
    assert sentences[0].startswith("2026-11-29T06:00:00Z: The station has heard nothing for 6.0 h")
    assert sentences[1].startswith("Still so: The station has heard nothing for 30.0 h")
    for hour in range(24 * 3, 24 * 6):
        station.look(T0 + hour * H, lost(T0))
    sentences = station.sentences()
    assert [s[:20] for s in sentences[:2]] == ["2026-11-29T06:00:00Z", "2026-11-30T06:00:00Z"]
    assert sentences[0].count("Z: ") == 1


def test_the_operators_address_is_not_in_the_book(station: Station, tmp_path: Path) -> None:
    station.look(T0, lost(T0))
    station.look(T0 + 7 * H, lost(T0))
    assert b"ngo.example" not in b"".join(p.read_bytes() for p in tmp_path.iterdir())


def test_a_name_of_a_source_is_made_visible(station: Station) -> None:
    name = "roof\r\nBcc: all@x.example\x1b[2J"
    station.look(T0, source("pier"), lost(T0, name))
    (says,) = station.look(T0 + 7 * H, source("pier"), lost(T0, name))
    assert "\n" not in says
    assert "\x1b" not in says
