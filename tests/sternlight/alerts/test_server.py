"""Servers as settings name them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sternlight.alerts.server import SENDS, Server, is_loopback, parse
from sternlight.errors import SettingsError
from sternlight.settings import load


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("smtps://user@mail.example.org:465", Server("smtps", "mail.example.org", 465, "user")),
        ("smtps://mail.example.org", Server("smtps", "mail.example.org", 465, "")),
        ("smtp://user@mail.example.org/", Server("smtp", "mail.example.org", 587, "user")),
        ("SMTP://a%40b.org@mail.example.org", Server("smtp", "mail.example.org", 587, "a@b.org")),
        ("smtp://a@b.org@mail.example.org", Server("smtp", "mail.example.org", 587, "a@b.org")),
        ("smtp://[::1]:25", Server("smtp", "::1", 25, "")),
    ],
)
def test_a_server_is_read(text: str, server: Server) -> None:
    assert parse(text, SENDS) == server


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mail.example.org", "smtps://user@mail.example.org:465 or smtp://"),
        ("imaps://mail.example.org", "no server of this kind"),
        ("smtps://", "no server of this kind"),
        ("smtps://user:hunter2@mail.example.org", "a file of its own"),
        ("smtps://mail.example.org:http", "cannot be read"),
        ("smtps://mail.example.org:99999", "cannot be read"),
        ("smtps://[::1", "cannot be read"),
        ("smtps://mail.example.org:0", "port 0"),
        ("smtps://mail.example.org/in?x=1", "goes on after the port"),
        ("smtps://mail example.org", "cannot be"),
        ("smtps://ma\nil.example.org", "cannot be"),
        ("smtps://ma<il.example.org", "no host"),
        ("smtp://mail.example.org:465", "write smtps://"),
    ],
)
def test_a_wrong_server_is_explained_and_no_secret_shown(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        parse(text, SENDS)
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("mail", "says"),
    [
        ('server = "smtps://user:hunter2@mail.example.org"', r"\[mail\] server: has a password"),
        ('sender = "jane at example.org"', r"\[mail\] sender: "),
        ('operator = "jane@gmail"', r"\[mail\] operator: "),
    ],
)
def test_settings_of_mail_are_checked_when_they_are_read(
    tmp_path: Path, mail: str, says: str
) -> None:
    (tmp_path / "s.toml").write_text(f"[mail]\n{mail}\n")
    with pytest.raises(SettingsError, match=says) as caught:
        load(tmp_path / "s.toml")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "::1%lo"])
def test_this_computer_is_known_by_its_numbers(ip: str) -> None:
    assert is_loopback(ip)


@pytest.mark.parametrize(
    "ip", ["10.0.0.1", "0.0.0.0", "::", "::ffff:10.0.0.1", "fe80::1%eth0", "127.0.0.1.evil.org",
           "localhost", "", "2130706433"],
)  # fmt: skip
def test_nothing_else_counts_as_this_computer(ip: str) -> None:
    assert not is_loopback(ip)
