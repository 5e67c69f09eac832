"""How often an operator is told of troubles: as it should be, whatever comes and goes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sternlight.alerts.troubles import DAY_S, Kept, Seen, follow, letter

H = 3600.0
T0 = 1_795_910_400.0
DEAF = Seen("deaf", "It is deaf.", T0, 6 * H, True)
HOT = Seen("heat", "It is hot.", T0, 6 * H)
DISK = Seen("raw log", "The log is not written.", T0, 0.0, True)


class Operator:
    """Somebody who looks at a station every hour, and what was told when."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.letters: list[tuple[float, list[str]]] = []

    def look(self, t: float, seen: Iterable[Seen]) -> list[str]:
        now = list(seen)
        self.kept = follow(self.kept, now, t)
        made = letter(self.kept, now, [m for m, _ in self.letters], t)
        if made is None:
            return []
        self.kept = made.kept
        self.letters.append((t, made.sentences))
        return made.sentences

    def hours(self, first: float, last: float, *seen: Seen) -> list[tuple[float, list[str]]]:
        """Look every hour; return what was told, by the hour."""
        count = len(self.letters)
        for hour in range(int(first), int(last)):
            self.look(T0 + hour * H, (one._replace(since=max(one.since, T0)) for one in seen))
        return [((t - T0) / H, said) for t, said in self.letters[count:]]


def test_a_trouble_is_told_when_it_has_lasted_and_again_after_one_three_and_seven_days() -> None:
    told = Operator().hours(0, 24 * 26, DEAF)
    assert [hour for hour, _ in told] == [6, 30, 102, 270, 438, 606]
    assert told[0][1] == ["It is deaf."]
    assert told[1][1] == ["Still so: It is deaf."]


def test_its_end_is_told_once_and_with_the_letter_of_the_day() -> None:
    operator = Operator()
    operator.hours(0, 10, DEAF)
    told = operator.hours(10, 24 * 9)
    assert told == [(30.0, ["Over since 2026-11-29T10:00:00Z: It is deaf."])]
    assert not operator.kept


def test_what_was_never_told_has_no_end_that_is_told() -> None:
    operator = Operator()
    assert not operator.hours(0, 5, DEAF)
    assert not operator.hours(5, 100)


def test_short_breaks_make_no_new_trouble() -> None:
    operator = Operator()
    for hour in range(24):
        operator.look(T0 + hour * H, [DEAF])
        operator.look(T0 + hour * H + 600, [])
    assert [said for _, said in operator.letters] == [["It is deaf."]]


def test_a_second_serious_trouble_does_not_wait_for_the_letter_of_the_day() -> None:
    operator = Operator()
    operator.hours(0, 8, DEAF)
    told = operator.hours(8, 9, DEAF, DISK._replace(since=T0 + 8 * H))
    assert told == [(8.0, ["The log is not written."])]


def test_three_letters_a_day_are_the_most_however_serious() -> None:
    operator = Operator()
    grave = [Seen(f"{i}", f"It is {i}.", T0 + i * H, 0.0, True) for i in range(6)]
    for hour in range(30):
        operator.look(T0 + hour * H, grave[: hour + 1])
    assert [(t - T0) / H for t, _ in operator.letters] == [0, 1, 2, 24]


def test_what_is_not_serious_waits_until_a_day_after_the_last_letter() -> None:
    operator = Operator()
    told = operator.hours(0, 60, DISK, HOT)
    assert [hour for hour, _ in told] == [0, 24, 48]
    assert told[1][1] == ["Still so: The log is not written.", "It is hot."]


def test_one_that_comes_and_goes_for_weeks_brings_one_letter_a_day_at_most() -> None:
    operator = Operator()
    for hour in range(24 * 30):
        deaf = hour % 9 < 7
        since = T0 + (hour - hour % 9) * H
        operator.look(T0 + hour * H, [DEAF._replace(since=since)] if deaf else [])
    times = [t for t, _ in operator.letters]
    assert 2 < len(times) <= 31
    assert all(b - a >= DAY_S for a, b in pairwise(times))


def test_what_nobody_can_know_now_stays_as_it_is_and_is_not_told() -> None:
    operator = Operator()
    operator.hours(0, 10, DEAF)
    unknown = DEAF._replace(known=False)
    assert not operator.hours(10, 40, unknown)
    assert [hour for hour, _ in operator.hours(40, 41, DEAF)] == [40]


def test_a_clock_that_was_ahead_by_years_puts_nothing_off() -> None:
    operator = Operator()
    ahead = 12 * 365 * DAY_S
    operator.look(T0 + ahead, [DEAF._replace(since=T0 + ahead - 7 * H)])
    assert operator.letters
    told = operator.hours(0, 30, DEAF)
    assert told, "it is told again within a day or so of the right time"


SIGHTS = st.lists(st.tuples(st.integers(1, 30), st.sets(st.sampled_from([DEAF, HOT, DISK]))))


@settings(max_examples=150, deadline=None)
@given(SIGHTS)
def test_never_more_than_three_letters_in_any_day_and_no_end_without_a_beginning(
    sights: list[tuple[int, set[Seen]]],
) -> None:
    operator, t = Operator(), T0
    for hours, seen in sights:
        t += hours * H
        operator.look(t, sorted(seen))
    for made, _ in operator.letters:
        assert sum(made - DAY_S < other <= made for other, _ in operator.letters) <= 3
    for one in (DEAF, HOT, DISK):
        said = [s for _, sentences in operator.letters for s in sentences if one.says in s]
        going = False
        for sentence in said:
            over = sentence.startswith("Over")
            assert going or not over
            assert not (going and sentence == one.says), "begun twice without an end"
            going = not over
