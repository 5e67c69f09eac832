"""Two ships on one track: whose each day is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracks.portraits import Claim
from tracks.turns import Spoken, Track, Words, parted, words

DAY = 86_400.0
ONE, TWO = 416_000_000_001, 416_000_000_002
ANNA, BELLA = ("ANNA", "LAXY", "9074729"), ("BELLA", "LBYZ", "9176187")
FIELDS = ("name", "call_sign", "imo")
BY_IMO = Words("imo", frozenset({ANNA[2], BELLA[2]}))


def track(number: int, ships: str, imo: bool = True) -> Track:
    """Return a track by who is heard on each day: "A", "B", both "X", nobody "."; " " unheard."""
    said: dict[tuple[str, str], list[int]] = {}
    for day, who in enumerate(ships):
        for ship, letters in ((ANNA, "AX"), (BELLA, "BX")):
            if who in letters:
                for field, value in zip(FIELDS if imo else FIELDS[:2], ship, strict=False):
                    said.setdefault((field, value), []).append(day)
    claims = [
        Claim(number // 1000, number % 1000, field, value, on[0] * DAY, on[-1] * DAY + 8e4, len(on))
        for (field, value), on in said.items()
    ]
    begun = sorted(on[0] for (field, _), on in said.items() if field == "name")
    two = begun[1] if len(begun) > 1 else len(ships)  # from then on the record keeps each day
    spoken = [Spoken(number, d, f, v) for (f, v), on in said.items() for d in on if d >= two]
    return Track([d for d, who in enumerate(ships) if who != " "], claims, spoken)


def whose(ships: str, number: int = ONE, by: Words = BY_IMO, **others: str) -> str:
    """Return a letter for each day: whose it is, or "." for nobody's."""
    tracks = {number: track(number, ships)}
    if others:
        tracks[TWO] = track(TWO, others["beside"])
    turns = parted(tracks, by)[number]
    letters = {ANNA[2]: "A", BELLA[2]: "B"}
    of = {day: letters[who] for who, turn in turns.items() for day in turn.days}
    return "".join(of.get(day, " " if who == " " else ".") for day, who in enumerate(ships))


def test_a_ship_that_changes_its_name_once_takes_no_turns() -> None:
    assert words([track(ONE, "AAAABBBB").claims]) is None


def test_a_ship_whose_imo_number_stays_is_one_whatever_name_it_gives() -> None:
    claims = [
        *(c for c in track(ONE, "AABBAABB").claims if c.field == "name"),
        Claim(416_000_000, 1, "imo", ANNA[2], 0.0, 8 * DAY, 8),
    ]
    assert words([claims]) is None


def test_a_ship_whose_call_sign_stays_is_one_whatever_name_it_gives() -> None:
    claims = [
        *(c for c in track(ONE, "AABBAABB").claims if c.field == "name"),
        Claim(416_000_000, 1, "call_sign", "LAXY", 0.0, 8 * DAY, 8),
    ]
    assert words([claims]) is None


def test_another_spelling_is_no_other_ship() -> None:
    claims = [Claim(416_000_000, 1, "name", n, 0.0, 8 * DAY, 8) for n in ("ANNA", "M/V ANNA")]
    assert words([claims]) is None


def test_two_ships_that_take_turns_are_told_apart_by_what_says_most() -> None:
    assert words([track(ONE, "AABBAABB").claims]) == BY_IMO
    small = words([track(ONE, "AABBAABB", imo=False).claims])
    assert small == Words("call_sign", frozenset({ANNA[1], BELLA[1]}))


def test_a_number_passed_on_after_a_silence_is_two_ships() -> None:
    assert words([track(ONE, "AAAA    BBBB").claims]) == BY_IMO


@pytest.mark.parametrize(
    ("ships", "days"),
    [
        ("AABBAABB", "AABBAABB"),
        ("AAXBBAAB", "AA.BBAAB"),  # both spoke
        ("AABB.BA.A", "AABBBBAAA"),  # nobody did, and before and behind it was the same one
        ("AABB.AAB", "AABB.AAB"),  # nobody did, and it was not
        ("A..ABBAA", "AAAABBAA"),  # early days are not kept one by one
        (".AABBAA.", ".AABBAA."),
        ("AAA BBAAB", "AAA BBAAB"),
    ],
)
def test_a_day_is_whose_word_was_heard(ships: str, days: str) -> None:
    assert whose(ships) == days


def test_of_two_tracks_the_one_is_whose_the_other_is_not() -> None:
    assert whose("AABB.A.", beside="BBAAAB ") == "AABBBA."


def test_silent_days_of_two_tracks_are_nobodys() -> None:
    assert whose("ABA.AAB", beside="BAB.BBA") == "ABA.AAB"


def test_a_day_on_which_two_tracks_speak_as_one_ship_is_nobodys() -> None:
    assert whose("AAABBBA", beside="BABAAAB") == "A.ABBBA"


def test_a_name_that_both_give_tells_nobody_apart() -> None:
    """The name of the first is said by the second, too, on the last day."""
    one = track(ONE, "AABBAAB.")
    spoken = [*one.spoken, *(Spoken(ONE, day, "name", "ANNA") for day in (2, 3, 6, 7))]
    turns = parted({ONE: one._replace(spoken=spoken)}, BY_IMO)[ONE]
    assert sorted(turns[ANNA[2]].days) == [0, 1, 4, 5]
    assert sorted(turns[BELLA[2]].days) == [2, 3, 6]


def test_each_ship_has_said_what_was_said_on_its_days() -> None:
    turns = parted({ONE: track(ONE, "AABBAABB")}, BY_IMO)[ONE]
    anna = turns[ANNA[2]]
    assert {c.value for c in anna.claims} == set(ANNA)
    assert {c.days_count for c in anna.claims} == {4}
    assert min(c.first for c in anna.claims) == 0
    assert max(c.last for c in turns[BELLA[2]].claims) == pytest.approx(7 * DAY + 8e4)


@given(st.text("ABX. ", min_size=1, max_size=20), st.text("ABX. ", min_size=1, max_size=20))
def test_no_day_is_of_two_ships_and_none_is_given_against_what_was_said(one: str, two: str) -> None:
    tracks = {n: track(n, s) for n, s in ((ONE, one), (TWO, two))}
    found = parted(tracks, BY_IMO)
    assert found == parted(dict(reversed(tracks.items())), BY_IMO)
    for number, heard in ((ONE, one), (TWO, two)):
        days = [day for turn in found[number].values() for day in turn.days]
        assert len(days) == len(set(days))
        for who, turn in found[number].items():
            other = "B" if who == ANNA[2] else "A"
            assert not any(heard[day] in (other, "X", " ") for day in turn.days)
