"""Addresses as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternlight.alerts.mail_address import checked


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("jane.doe@union.example.org", "jane.doe@union.example.org"),
        (" Jane.Doe+ais@Union.Example.ORG ", "Jane.Doe+ais@union.example.org"),
        ("o'neill_7@example.org", "o'neill_7@example.org"),
        ("jäne@bücher.example", "jäne@xn--bcher-kva.example"),
        ("ja\u0308ne@example.org", "jäne@example.org"),  # one letter written as two
        ("संपर्क@example.org", "संपर्क@example.org"),
        ("田中@例え.jp", "田中@xn--r8jz45g.jp"),
        ("station@localhost", "station@localhost"),
    ],
)
def test_an_address_is_kept_as_it_is_used(typed: str, kept: str) -> None:
    assert checked(typed) == kept
    assert checked(kept) == kept


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "name@example.org"),
        ("jane", "name@example.org"),
        ("@union.example.org", "name@example.org"),
        ("Jane Doe <jane@example.org>", "' '"),
        ("jane@b@example.org", "'@'"),
        ("jane\n@example.org", "may not be there"),
        ("ja\u202ene@example.org", "may not be there"),
        ('"jane doe"@example.org', "may not be there"),
        (".jane@example.org", "point"),
        ("ja..ne@example.org", "point"),
        ("j" * 65 + "@example.org", "64 bytes"),
        ("jane@gmail", "its end missing"),
        ("jane@[192.0.2.1]", "the domain is none"),
        ("jane@192.0.2.1", "not the number"),
        ("jane@exa mple.org", "the domain is none"),
        ("jane@-example.org", "the domain is none"),
        ("jane@example..org", "the domain is none"),
        ("jane@" + "a" * 64 + ".org", "the domain is none"),
        ("jane@straße.example", "xn--"),
        ("jane@example.org>", "the domain is none"),
    ],
)
def test_what_is_no_address_is_told_without_repeating_it(typed: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        checked(typed)
    assert says in str(caught.value)
    assert typed.strip() not in str(caught.value) or not typed
    assert str(caught.value).isprintable()


@given(st.text(max_size=40).map(lambda text: f"{text}@example.org"))
def test_what_passes_can_stand_in_a_header_and_a_command(typed: str) -> None:
    try:
        kept = checked(typed)
    except ValueError:
        return
    assert kept.isprintable()
    assert not set(' <>"(),:;\\[]\r\n') & set(kept)
    assert kept.count("@") == 1
