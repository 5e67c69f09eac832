"""What a hull is known by, and which claims are whose."""

from __future__ import annotations

import pytest

from tracks.portraits import Claim, Hull, Part, cleared, lasting, portrait, usable, whose

DAY = 86_400.0
MMSI = 416_000_000
ONE, TWO = MMSI * 1000 + 1, MMSI * 1000 + 2
FIRST, SECOND = (Hull(t, MMSI, 0.0, 30 * DAY, 500, 1) for t in (ONE, TWO))


def claim(field: str, value: str, hull: int = 1, days: int = 9, since: float = 0.0) -> Claim:
    return Claim(MMSI, hull, field, value, since * DAY, (since + days) * DAY - 1, days)


@pytest.mark.parametrize(
    ("field", "value", "good"),
    [
        ("imo", "9074729", True),
        ("imo", "9074728", False),  # its last digit does not fit: a digit typed wrongly
        ("imo", "1234567", False),  # it does fit, and is typed to get past a menu
        ("imo", "9", False),
        ("imo", "nine", False),
        ("call_sign", "LAXY", True),
        ("call_sign", "0000000", False),
        ("call_sign", "AAAA", False),
        ("call_sign", "@1", False),
        ("name", "ANNA", True),
        ("name", "M/V 12", False),
        ("name", "UNKNOWN", False),
        ("name", "=HYPERLINK(", True),
    ],
)
def test_what_people_type_to_get_past_a_menu_tells_nobody_apart(
    field: str, value: str, good: bool
) -> None:
    assert usable(field, value) is good


def test_a_word_misheard_once_is_no_claim() -> None:
    said = [claim("imo", "9074729"), Claim(MMSI, 1, "imo", "9176187", 5.0, 900.0, 1)]
    known = portrait(Part(ONE), 0.0, DAY, said, ())
    assert known.imo == {"9074729"}


def test_a_number_that_many_claim_is_nobodys() -> None:
    said = [claim("imo", "9074729"), claim("name", "M/V ANNA")]
    known = portrait(Part(ONE), 0.0, DAY, said, {("imo", "9074729")})
    assert not known.imo
    assert known.names == {"ANNA"}


def test_a_size_is_the_one_claimed_on_most_days() -> None:
    said = [claim("size", "190x32", days=8), claim("size", "19x5", days=2)]
    assert portrait(Part(ONE), 0.0, DAY, said, ()).size == (190, 32)


def test_wild_positions_are_no_hulls_and_a_lone_hull_is_one_however_short() -> None:
    stray = FIRST._replace(fixes_count=2)
    assert lasting([stray]) == [stray]
    assert lasting([stray, SECOND]) == [SECOND]
    assert lasting([FIRST._replace(last=599.0), SECOND]) == [SECOND]


def test_what_nobody_knows_whose_it_is_belongs_to_the_only_hull() -> None:
    shared = whose([FIRST], [claim("name", "ANNA", hull=0)])
    assert [c.value for c in shared.of[ONE]] == ["ANNA"]
    assert not shared.nobodys


def test_the_word_left_over_belongs_to_the_hull_of_which_nothing_is_known() -> None:
    said = [claim("name", "ANNA"), claim("name", "ANNA", hull=0), claim("name", "BELLA", hull=0)]
    shared = whose([FIRST, SECOND], said)
    assert [c.value for c in shared.of[TWO]] == ["BELLA"]
    assert [c.value for c in shared.nobodys] == ["ANNA"]


@pytest.mark.parametrize(
    "said",
    [
        # The first hull may have been renamed.
        [claim("name", "ANNA"), claim("name", "BELLA", hull=0)],
        # Two words left over.
        [
            claim("name", "ANNA"),
            *(claim("name", n, hull=0) for n in ("ANNA", "BELLA", "CILLA")),
        ],
        # Both have said something.
        [
            claim("name", "ANNA"),
            claim("name", "ANNA", hull=0),
            claim("name", "CILLA", hull=2),
            claim("name", "BELLA", hull=0),
        ],
        # Said when the other hull had not come yet.
        [
            claim("name", "ANNA", since=-50),
            claim("name", "ANNA", hull=0, since=-50),
            claim("name", "BELLA", hull=0, since=-50),
        ],
    ],
)
def test_in_doubt_a_word_stays_nobodys(said: list[Claim]) -> None:
    shared = whose([FIRST, SECOND], said)
    assert "BELLA" in {c.value for c in shared.nobodys}


def test_of_two_hulls_of_the_same_time_one_at_most_has_a_call_sign() -> None:
    said = [claim("call_sign", "LAXY", days=9), claim("call_sign", "LAXY", hull=2, days=2)]
    shared = cleared([FIRST, SECOND], whose([FIRST, SECOND], said))
    assert [len(shared.of[t]) for t in (ONE, TWO)] == [1, 0]
    said[1] = claim("call_sign", "LAXY", hull=2, days=5)
    shared = cleared([FIRST, SECOND], whose([FIRST, SECOND], said))
    assert [len(shared.of[t]) for t in (ONE, TWO)] == [0, 0]
    assert len(shared.nobodys) == 2


def test_a_hull_that_came_after_the_other_may_say_the_same() -> None:
    later = SECOND._replace(first=40 * DAY, last=60 * DAY)
    said = [claim("call_sign", "LAXY"), claim("call_sign", "LAXY", hull=2, since=40)]
    shared = cleared([FIRST, later], whose([FIRST, later], said))
    assert [len(shared.of[t]) for t in (ONE, TWO)] == [1, 1]
