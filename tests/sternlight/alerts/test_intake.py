"""What the journal tells becomes letters: to whom, once, and withdrawn from all who know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sternlight.alerts import desk, intake, told
from sternlight.alerts.book import Book
from sternlight.alerts.subscription import Wants
from tests.sternlight.alerts.world import DAY, MONDAY, World, event, whats


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with closing(World(tmp_path)) as made:
        yield made


T = MONDAY + 8 * 3600  # after the digests have gone out


def test_an_alert_is_mailed_once_to_everybody_whom_it_is_for(world: World) -> None:
    world.subscribe()
    world.subscribe(wants=Wants(kinds=("gap",)))
    world.subscribe(wants=Wants(kinds=("gap", "encounter")))
    name = world.alert(1, T)
    assert [(m.to, m.thread, m.what) for m in world.post(T)] == [
        (1, name, "alert"),
        (3, name, "alert"),
    ]
    assert world.post(T + 60) == []


def test_only_active_subscribers_are_told_and_only_what_came_after_they_subscribed(
    world: World,
) -> None:
    for state in ("pending", "paused", "dead"):
        world.subscribe(state=state, made=T - DAY)
    late = world.subscribe(made=T + 1)
    world.alert(1, T)
    assert world.post(T + 2) == []
    world.alert(2, T + 3)
    assert whats(world.post(T + 3)) == [(late.number, "alert")]


def test_an_event_of_wild_positions_is_left_out(world: World) -> None:
    world.subscribe()
    name = world.keep(event(1), "opened", 0.9, T, shown=False)
    world.decide(name, "alert", T)
    assert world.post(T) == []


def test_what_the_station_held_back_stands_in_the_digest(world: World) -> None:
    world.subscribe()
    name = world.keep(event(1), "opened", 0.9, T)
    world.decide(name, "held back", T)
    assert world.post(T) == []
    (digest,) = world.post(MONDAY + 7 * DAY + 7 * 3600)
    assert (digest.what, digest.told) == ("digest", {name: (0.9, "open")})


def test_what_was_held_back_and_then_alerts_is_told_at_once(world: World) -> None:
    world.subscribe()
    name = world.keep(event(1), "opened", 0.9, T)
    world.decide(name, "held back", T)
    assert world.post(T) == []
    world.decide(name, "alert", T + 6 * 3600)
    assert whats(world.post(T + 6 * 3600)) == [(1, "alert")]
    assert world.post(MONDAY + 8 * DAY) == []


def test_who_was_told_of_an_open_event_learns_that_it_closed(world: World) -> None:
    world.subscribe()
    world.alert(1, T)
    world.post(T)
    world.keep(event(1), "updated", 0.9, T + 60)
    assert world.post(T + 60) == []
    world.keep(event(1), "closed", 0.9, T + 120)
    (mail,) = world.post(T + 120)
    assert (mail.what, mail.told) == ("closed", {event(1).id: (0.9, "closed")})
    assert world.post(T + 180) == []


def test_who_was_told_when_it_had_closed_hears_no_more(world: World) -> None:
    world.subscribe()
    world.alert(1, T)
    world.keep(event(1), "closed", 0.9, T)
    assert whats(world.post(T)) == [(1, "alert")]
    world.keep(event(1), "closed", 0.91, T + 60)  # told in other words after a restart
    assert world.post(T + 60) == []


@pytest.mark.parametrize(("score", "told"), [(0.85, 0), (0.87, 1)])
def test_much_stronger_is_told_once(world: World, score: float, told: int) -> None:
    world.subscribe()
    world.alert(1, T, score=0.7)  # log-odds 0.85; 0.864 has 1.85
    world.post(T)
    for n, s in enumerate((score, 0.9, 0.99), 1):
        world.keep(event(1), "updated", s, T + n)
        if n == 1:
            assert whats(world.post(T + n)) == [(1, "stronger")] * told
    assert whats(world.post(T + 9)) == [(1, "stronger")] * (1 - told)
    world.keep(event(1), "updated", 0.9999, T + 10)
    assert world.post(T + 10) == []


def test_closed_and_stronger_together_are_one_letter(world: World) -> None:
    world.subscribe(quiet=(20.0, 6.0))
    world.alert(1, T, score=0.6)
    world.post(T)
    night = MONDAY + 21 * 3600
    world.keep(event(1), "updated", 0.9, night)
    assert world.post(night) == []
    world.keep(event(1), "closed", 0.9, night + 60)
    assert world.post(night + 60) == []
    (mail,) = world.post(MONDAY + 30 * 3600)
    assert mail.what == "closed"
    assert mail.told[event(1).id].score == 0.9


def test_what_is_to_be_told_as_closed_is_not_told_as_stronger_besides(world: World) -> None:
    world.subscribe(quiet=(20.0, 6.0))
    world.alert(1, T, score=0.6)
    world.post(T)
    night = MONDAY + 21 * 3600
    world.keep(event(1), "closed", 0.6, night)
    assert world.post(night) == []
    world.keep(event(1), "closed", 0.9, night + 60)  # in other words after a restart
    assert world.post(night + 60) == []
    assert whats(world.post(MONDAY + 30 * 3600)) == [(1, "closed")]


def test_what_is_withdrawn_is_told_to_all_who_know_and_to_nobody_else(world: World) -> None:
    mailed = world.subscribe()
    paused = world.subscribe()
    digest = world.subscribe(digest="daily")
    untold = world.subscribe(digest="weekly")
    removed = world.subscribe()
    name = world.alert(1, T)
    world.post(T)
    world.post(T + DAY)
    world.book.change(world.seal, paused.__class__(paused.number, "paused", 0.0, "b@example.org"))
    world.book.remove(removed.number)
    world.keep(event(1), "withdrawn", 0.9, T + DAY)
    assert whats(world.post(T + DAY)) == [
        (one.number, "withdrawn") for one in (mailed, paused, digest)
    ]
    assert world.letters()[untold.number, name, "alert"][0] == "dropped"
    assert not world.book.letters("subscription = ?", removed.number)
    assert world.post(T + 20 * DAY) == []


def test_a_mail_of_which_nobody_knows_whether_it_arrived_is_withdrawn(world: World) -> None:
    world.subscribe()
    world.alert(1, T)
    world.post(T, lambda _: "lost")
    world.keep(event(1), "withdrawn", 0.9, T + 1)
    assert whats(world.post(T + 1000)) == [(1, "withdrawn")]
    world.subscribe(digest="daily")
    other = world.alert(2, T + 2000)
    world.post(T + 2000)
    assert whats(world.post(T + DAY, lambda _: "lost")) == [(2, "digest")]
    world.keep(event(2), "withdrawn", 0.9, T + DAY)
    assert whats(world.post(T + DAY + 1000)) == [(1, "withdrawn"), (2, "withdrawn")]
    ((_, letter),) = [(one.number, one) for one in world.book.letters(
        "subscription = 2 and thread = ? and what = 'withdrawn'", other)]  # fmt: skip
    (digest,) = world.book.letters("what = 'digest'")
    assert told.refers_to(world.book, letter) == digest.token


def test_later_letters_refer_to_the_mail_that_told_first(world: World) -> None:
    world.subscribe()
    world.subscribe(digest="daily")
    name = world.alert(1, T)
    world.post(T)
    world.post(T + DAY)
    world.keep(event(1), "withdrawn", 0.9, T + DAY)
    world.prepare(T + DAY)
    (alert,) = world.book.letters("subscription = 1 and what = 'alert'")
    (digest,) = world.book.letters("what = 'digest'")
    first, second = world.book.letters("what = 'withdrawn'")
    assert [told.refers_to(world.book, one) for one in (first, second, alert, digest)] == [
        alert.token, digest.token, "", "",
    ]  # fmt: skip
    assert told.known(world.book, first) == (0.9, "open")
    assert first.thread == name


def test_news_that_is_a_week_old_is_never_mailed_by_itself(world: World) -> None:
    world.subscribe()
    world.alert(1, T - 7 * DAY - 1)
    world.alert(2, T - 7 * DAY + 1)
    assert [(mail.what, mail.thread) for mail in world.post(T)] == [("alert", event(2).id)]
    (digest,) = world.post(T + 7 * DAY)
    assert list(digest.told) == [event(1).id]


def test_an_archive_made_anew_is_read_from_its_beginning_and_nothing_is_told_twice(
    tmp_path: Path,
) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    with closing(World(folders[0])) as world:
        world.subscribe()
        world.alert(1, T)
        world.alert(2, T)
        world.post(T)
    (folders[0] / "alerts.sqlite3").rename(folders[1] / "alerts.sqlite3")
    with closing(World(folders[1])) as world:
        for n in (3, 1, 4, 5, 6, 7):  # more rows than before, so that the old place is in it
            world.alert(n, T + 60)
        world.post(T + 120)
        told = [letter.thread for letter in world.book.letters("what = 'alert'")]
        assert told == [event(n).id for n in (1, 2, 3, 4, 5, 6, 7)]


@pytest.mark.parametrize("at_once", [1, 2, 3, 7])
def test_how_the_journal_is_cut_makes_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    found = []
    for size in (250, at_once):
        monkeypatch.setattr(intake, "AT_ONCE", size)
        folder = tmp_path / str(size)
        folder.mkdir()
        with closing(World(folder)) as world:
            eventful(world)
            found.append((world.letters(), world.mails))
    assert found[0] == found[1]


def test_a_kill_between_any_two_statements_makes_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "AT_ONCE", 5)
    (tmp_path / "whole").mkdir()
    with closing(World(tmp_path / "whole")) as world:
        eventful(world)
        whole, mails = world.letters(), world.mails
    for every in (1, 2, 3, 5, 8, 13):
        folder = tmp_path / str(every)
        folder.mkdir()
        with closing(Killed(folder, every)) as world:
            eventful(world)
            assert world.kills_count > 3
            assert (world.letters(), world.mails) == (whole, mails), every


def eventful(world: World) -> None:
    """Let much happen to three subscribers."""
    for digest in ("now", "daily", "weekly"):
        world.subscribe(digest=digest, budget_per_week=2.0)
    for n in range(1, 8):
        world.alert(n, T, 0.6 + n / 30)
    for n in range(8, 12):
        world.decide(world.keep(event(n), "opened", 0.7, T), "held back", T + n)
    world.post(T + 60)
    world.keep(event(7), "closed", 0.99, T + 100)
    world.keep(event(6), "updated", 0.95, T + 100)
    world.keep(event(5), "withdrawn", 0.9, T + 100)
    world.post(T + 200)
    world.post(T + DAY)
    for n in (1, 2, 6):
        world.keep(event(n), "withdrawn", 0.9, T + DAY)
    world.keep(event(3), "closed", 0.9, T + DAY)
    world.post(T + DAY + 60)
    world.post(T + 7 * DAY)


class Stopped(BaseException):
    """As if killed."""


class Killed(World):
    """A world in which the process is killed before every so many-th statement, while it works."""

    def __init__(self, folder: Path, every: int) -> None:
        super().__init__(folder)
        self.every, self.kills_count = every, 0

    def prepare(self, t: float) -> Any:
        after = self.every
        while True:
            book = self.book
            self.book = Stopping(book.path, book._db, after)
            try:
                return super().prepare(t)
            except Stopped:
                self.kills_count += 1
                after += self.every
            finally:
                self.book = book


class Stopping(Book):
    def __init__(self, path: Path, db: Any, after: int) -> None:
        super().__init__(path, db)
        self.after = after

    def write(self, query: str, *values: object) -> int:
        self._count()
        return super().write(query, *values)

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        self._count()
        return super().read(query, *values)

    def _count(self) -> None:
        self.after -= 1
        if self.after == 0:
            raise Stopped


def test_much_stronger_is_a_factor_of_the_odds() -> None:
    assert desk.log_odds(0.5) == 0
    assert 13 < desk.log_odds(1.0) < 14
    assert -14 < desk.log_odds(0.0) < -13
