"""When letters go out: budgets in every week, the strongest first, digests, quiet hours, pauses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sternlight.alerts import told
from sternlight.alerts.schedule import most_at_once, plan, window_s
from tests.sternlight.alerts.world import DAY, MONDAY, World, event, whats


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with closing(World(tmp_path)) as made:
        yield made


SEVEN = MONDAY + 7 * 3600
T = MONDAY + 8 * 3600  # after the digests have gone out


def threads(world: World, t: float) -> list[str]:
    return [mail.thread for mail in world.post(t)]


def test_the_strongest_are_mailed_and_the_rest_stands_in_the_digest(world: World) -> None:
    world.subscribe(budget_per_week=2.0)
    for n, score in enumerate((0.7, 0.9, 0.8, 0.9, 0.6)):
        world.alert(n, T, score)
    assert threads(world, T) == [event(1).id, event(3).id]
    assert world.post(SEVEN + 7 * DAY - 1) == []
    (digest,) = world.post(SEVEN + 7 * DAY)
    assert (digest.thread, list(digest.told)) == (
        "digest-2026-01-12", [event(n).id for n in (2, 0, 4)],
    )  # fmt: skip
    assert world.post(SEVEN + 8 * DAY) == []


def test_the_budget_is_that_of_the_last_seven_days(world: World) -> None:
    world.subscribe(budget_per_week=2.0)
    for n, day in enumerate((0, 3, 6, 6.9, 7.1, 9.9, 10.1)):
        world.alert(n, T + day * DAY)
        alerts = [m for m in world.post(T + day * DAY) if m.what == "alert"]
        assert len(alerts) == (day in (0, 3, 7.1, 10.1)), day


def test_mails_that_wait_for_a_server_count_against_the_budget(world: World) -> None:
    world.subscribe(budget_per_week=1.0)
    world.alert(1, T)
    assert world.post(T, lambda _: "later") == []
    world.alert(2, T + 8 * DAY)
    assert whats(world.post(T + 8 * DAY)) == [(1, "alert")]
    assert world.mails[0].thread == event(1).id


@pytest.mark.parametrize(
    ("budget", "most", "weeks"), [(0, 0, 1), (0.25, 1, 4), (0.5, 1, 2), (1, 1, 1), (2.5, 2, 1)]
)
def test_half_an_alert_a_week_is_one_in_two_weeks(budget: float, most: int, weeks: float) -> None:
    assert (most_at_once(budget), window_s(budget)) == (most, weeks * 7 * DAY)


def test_a_budget_of_nothing_leaves_digests(world: World) -> None:
    world.subscribe(budget_per_week=0.0)
    world.alert(1, T)
    assert world.post(T) == []
    assert whats(world.post(SEVEN + 7 * DAY)) == [(1, "digest")]


def test_updates_cost_nothing(world: World) -> None:
    world.subscribe(budget_per_week=1.0)
    world.alert(1, T, 0.6)
    world.post(T)
    world.keep(event(1), "updated", 0.9, T + 1)
    assert whats(world.post(T + 1)) == [(1, "stronger")]
    world.keep(event(1), "closed", 0.9, T + 2)
    assert whats(world.post(T + 2)) == [(1, "closed")]


def test_a_daily_digest_holds_all_but_withdrawals(world: World) -> None:
    world.subscribe(digest="daily", zone="Africa/Dakar")
    world.alert(1, T, 0.6)
    world.alert(2, T, 0.7)
    assert world.post(T) == []
    (first,) = world.post(SEVEN + DAY)
    assert list(first.told) == [event(2).id, event(1).id]
    world.keep(event(1), "updated", 0.9, T + DAY)
    world.keep(event(2), "closed", 0.7, T + DAY)
    assert world.post(T + DAY) == []
    (second,) = world.post(SEVEN + 2 * DAY)
    assert second.told == {event(1).id: (0.9, "open"), event(2).id: (0.7, "closed")}
    world.keep(event(1), "withdrawn", 0.9, T + 2 * DAY)
    assert whats(world.post(T + 2 * DAY)) == [(1, "withdrawn")]


def test_what_was_told_in_a_digest_closes_in_a_digest(world: World) -> None:
    world.subscribe(budget_per_week=0.0)
    world.alert(1, T)
    world.post(T)
    world.post(SEVEN + 7 * DAY)
    world.keep(event(1), "closed", 0.9, T + 8 * DAY)
    assert world.post(T + 8 * DAY) == []
    (digest,) = world.post(SEVEN + 14 * DAY)
    assert digest.told == {event(1).id: (0.9, "closed")}


def test_a_digest_names_twenty_and_counts_the_others(world: World) -> None:
    world.subscribe(budget_per_week=0.0)
    for n in range(25):
        world.alert(n, T, 0.5 + n / 100)
    world.post(T)
    (digest,) = world.post(SEVEN + 7 * DAY)
    assert list(digest.told) == [event(n).id for n in range(24, 4, -1)]
    world.keep(event(0), "withdrawn", 0.5, T + 8 * DAY)  # nobody was told
    world.keep(event(9), "withdrawn", 0.59, T + 8 * DAY)
    assert [(m.what, m.thread) for m in world.post(T + 8 * DAY)] == [("withdrawn", event(9).id)]


def test_what_is_withdrawn_before_the_digest_is_not_in_it(world: World) -> None:
    world.subscribe(digest="daily")
    world.alert(1, T)
    world.alert(2, T)
    world.post(T)
    world.keep(event(1), "withdrawn", 0.9, T + 1)
    (digest,) = world.post(SEVEN + DAY)
    assert list(digest.told) == [event(2).id]
    world.alert(3, T + DAY)
    world.post(T + DAY)
    world.keep(event(3), "withdrawn", 0.9, T + DAY + 1)
    assert world.post(SEVEN + 2 * DAY) == []
    assert world.book.next_due() is None


def test_a_digest_that_was_refused_and_is_emptied_is_not_tried_again(world: World) -> None:
    world.subscribe(digest="daily")
    world.alert(1, T)
    world.post(T)
    assert world.post(SEVEN + DAY, lambda _: "later") == []
    world.keep(event(1), "withdrawn", 0.9, T + DAY)
    assert whats(world.post(T + DAY)) == [(1, "withdrawn")]  # it may have arrived


def test_a_digest_that_may_have_arrived_names_nothing_new(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "NAMED_COUNT", 1)
    world.subscribe(digest="daily")
    for n in (1, 2):
        world.alert(n, T, 0.8)
    world.post(T)
    (first,) = world.post(SEVEN + DAY, lambda _: "lost")
    world.alert(3, SEVEN + DAY + 60)
    world.keep(event(2), "updated", 0.9, SEVEN + DAY + 60)
    (again,) = world.post(T + DAY)
    assert (again.thread, list(again.told)) == (first.thread, [event(1).id])
    (new,) = world.post(SEVEN + 2 * DAY)
    assert list(new.told) == [event(3).id]


def test_quiet_hours_delay_all_and_lose_nothing(world: World) -> None:
    world.subscribe(zone="Europe/Berlin", quiet=(22.0, 8.0), digest="now", budget_per_week=1.0)
    night = MONDAY + 22 * 3600  # 23 h in Berlin
    morning = MONDAY + DAY + 7 * 3600
    world.alert(1, night)
    world.alert(2, night, 0.8)
    assert world.post(night) == []
    assert world.book.next_due() == morning
    assert world.post(morning - 1) == []
    assert whats(world.post(morning)) == [(1, "alert")]
    # The digest of Monday at seven is due while it is quiet.
    assert world.post(MONDAY + 7 * DAY + 6 * 3600) == []
    assert whats(world.post(MONDAY + 7 * DAY + 7 * 3600)) == [(1, "digest")]


def test_a_snoozed_ship_is_told_of_only_to_withdraw(world: World) -> None:
    world.subscribe()
    world.alert(1, T, 0.7)
    world.post(T)
    world.book.write("insert into snoozes values (1, 1, ?)", T + 30 * DAY)
    world.keep(event(1), "updated", 0.95, T + 1)
    world.alert(2, T + 1, tracks=(1001, 2001), start=T)
    assert world.post(T + 1) == []
    world.keep(event(1), "withdrawn", 0.95, T + 2)
    assert whats(world.post(T + 2)) == [(1, "withdrawn")]
    assert world.post(T + 10 * DAY) == []
    world.alert(3, T + 31 * DAY, tracks=(1001,), start=T + 30 * DAY)
    assert whats(world.post(T + 31 * DAY)) == [(1, "alert")]
    assert not world.book.read("select * from snoozes")


def test_after_a_pause_what_had_waited_stands_in_a_digest(world: World) -> None:
    one = world.subscribe(quiet=(7.0, 9.0), digest="daily")
    now = world.subscribe(quiet=(7.0, 9.0))
    world.alert(1, T)
    assert world.post(T) == []
    for each in (one, now):
        paused = replace(each, state="paused", paused_until=T + 3 * DAY)
        world.book.change(world.seal, paused)
    world.alert(2, T + 60)
    assert world.post(T + 2 * DAY) == []
    assert world.post(T + 4 * DAY) == []
    assert [s.state for s in world.book.subscriptions(world.seal)] == ["active", "active"]
    assert [(m.to, m.what, list(m.told)) for m in world.post(SEVEN + 7 * DAY + 7200)] == [
        (1, "digest", [event(1).id]), (2, "digest", [event(1).id]),
    ]  # fmt: skip


def test_nothing_is_due_to_an_address_that_refuses(world: World) -> None:
    one = world.subscribe()
    world.alert(1, T)
    world.post(T)
    world.alert(2, T)
    world.prepare(T)
    world.book.change(world.seal, replace(one, state="dead"))
    world.keep(event(1), "withdrawn", 0.9, T)
    assert world.post(T + 1) == []
    assert world.book.next_due() is None
    world.book.change(world.seal, one)
    assert whats(world.post(T + 2)) == [(1, "withdrawn")]


def test_who_does_not_confirm_within_two_weeks_is_forgotten(world: World) -> None:
    world.subscribe(state="pending", made=T)
    plan(world.book, world.seal, T + 14 * DAY)
    assert len(world.book.subscriptions(world.seal)) == 1
    plan(world.book, world.seal, T + 14 * DAY + 1)
    assert world.book.subscriptions(world.seal) == []


def test_letters_of_long_ago_are_forgotten_and_not_told_again(world: World) -> None:
    world.subscribe()
    world.alert(1, T)
    world.post(T)
    plan(world.book, world.seal, T + 400 * DAY)
    assert len(world.book.letters()) == 1
    world.book.say("journal", "")  # as if the archive were another
    assert world.post(T + 401 * DAY) == []
    assert world.post(T + 420 * DAY) == []
    assert world.book.letters() == []


def test_who_wants_another_digest_gets_it_at_its_next_hour(world: World) -> None:
    one = world.subscribe(digest="weekly")
    world.alert(1, T)
    assert world.post(T) == []
    world.book.change(world.seal, replace(one, digest="daily"))
    assert world.post(T + 60) == []
    assert world.book.next_due() == SEVEN + DAY
    assert whats(world.post(SEVEN + DAY)) == [(1, "digest")]
