"""The table of channels."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternlight.alerts.channels import CHANNELS, channel_of, check, open_channel
from sternlight.alerts.credentials import FILEDROP
from sternlight.alerts.filedrop import FileDrop
from sternlight.alerts.smtp import Smtp
from sternlight.alerts.webhook import Webhook
from sternlight.evidence.keys import make_key
from tests.sternlight.alerts.letters_out import settings


@pytest.mark.parametrize(
    ("to", "name"),
    [
        ("jane@example.org", "mail"),
        ("https@example.org", "mail"),
        ("https://hooks.example.org/x", "webhook"),
        (" HTTPS://hooks.example.org/a@b", "webhook"),
        ("/srv/alerts", "filedrop"),
        ("file:///srv/alerts@home", "filedrop"),
    ],
)
def test_an_address_tells_its_channel(to: str, name: str) -> None:
    assert channel_of(to) == name


def test_each_channel_opens_and_closes_without_a_connection(tmp_path: Path) -> None:
    mail = settings(tmp_path, url="smtps://mail.example.org")
    make_key(tmp_path / "keys", FILEDROP)
    kinds = {"mail": Smtp, "webhook": Webhook, "filedrop": FileDrop}
    assert kinds.keys() == CHANNELS.keys()
    for name, kind in kinds.items():
        channel = open_channel(name, mail)
        assert isinstance(channel, kind)
        channel.close()


@given(st.one_of(st.text(max_size=30), st.from_regex(r"(https?://|/|file:|\w+@)[ -~]{0,20}")))
def test_whatever_is_typed_is_kept_for_its_channel_or_refused_in_words(typed: str) -> None:
    try:
        kept, says = check(typed), ""
    except ValueError as error:
        kept, says = "", str(error)
    assert says.isprintable()
    assert not kept or (check(kept), channel_of(kept)) == (kept, channel_of(typed))


def test_what_is_no_address_at_all_is_told_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"name@example\.org; a webhook, https://.*folder"):
        check("jane")


def test_the_table_and_the_settings_load_no_network() -> None:
    """The station itself reads the settings, and has no memory for what sends mail."""
    code = "import sternlight.settings, sternlight.alerts.channels, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"smtplib", "http.client", "cryptography", "sternlight.alerts.smtp"}
