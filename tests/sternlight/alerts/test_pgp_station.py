"""The station's own key: signs, and opens what is encrypted to the station."""

from __future__ import annotations

import re
import resource
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pysequoia
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pysequoia.packet import PacketPile

from sternlight.alerts import pgp
from sternlight.alerts.pgp_station import (
    CannotRead,
    StationKey,
    decrypt,
    make_station_key,
    station_key,
)
from sternlight.errors import SettingsError
from tests.sternlight.alerts.gnupg import Gnupg, gnupg

# Made by gpg 2.2.40 for this test: `gpg --passphrase secret --quick-generate-key ...`; there, it
# takes seconds.
LOCKED = """\
-----BEGIN PGP PRIVATE KEY BLOCK-----

lIYEZZIAgBYJKwYBBAHaRw8BAQdA+xvRFbLPa5K7HMrb+hrl7/jUfW5PrMjSdvcL
nAFnr5n+BwMCvo0wyp1m/YP/EB6LM7rwdKQ+KIQGomZZKpmoNZefU6xCwrQ3xVRl
tWhI/gtAWqXaQy4qn2urKYP/AT5MWsfjxcUgvoYs5kfU7GlzD2Ms3bQSbG9ja2Vk
QGV4YW1wbGUub3JniJAEExYIADgWIQQXr2170T7UVQAhpRwCmJVuzj/YlAUCZZIA
gAIbAwULCQgHAgYVCgkICwIEFgIDAQIeAQIXgAAKCRACmJVuzj/YlKInAQCW0hJ5
lRiHTiJ9Wt3qydfJ8zabevShNPkcThbPDC5RDgEApgqHHZ1swKOlBZHNozEMOsbC
lgsVZNwxC/ypWF/XNAI=
=1HcP
-----END PGP PRIVATE KEY BLOCK-----
"""


@pytest.fixture(scope="module")
def ring() -> Iterator[Gnupg]:
    with gnupg() as found:
        found.make("reader@example.org", "future-default")
        yield found


@pytest.fixture
def station(tmp_path: Path) -> StationKey:
    make_station_key(tmp_path, "Station <station@example.org>")
    found = station_key(tmp_path)
    assert found
    return found


def made(armored: str) -> float:
    """When a key is good: pysequoia and gpg made them by the computer's clock."""
    first = next(iter(PacketPile.from_bytes(armored.encode()))).key_created
    assert first
    return first.timestamp() + 1


def answer(content: bytes, kind: str = "text/plain") -> bytes:
    head = (
        "From: reader@example.org\r\nSubject: Re: [...]\r\nIn-Reply-To: <token@example.org>\r\n"
        f"Received: from a\r\nReceived: from b\r\nContent-Type: {kind}\r\n\r\n"
    )
    return head.encode() + content


def sealed(text: bytes, station: StationKey) -> bytes:
    return pysequoia.encrypt(text, [pysequoia.Cert.from_bytes(station.certificate.encode())])


def mime(text: bytes, station: StationKey) -> bytes:
    return answer(
        b"--x\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--x\r\n"
        b"Content-Type: application/octet-stream\r\n\r\n"
        + sealed(text, station)
        + b"\r\n--x--\r\n",
        'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=x',
    )


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = make_station_key(tmp_path / "keys", "station@example.org")
    before = path.read_bytes()
    assert make_station_key(tmp_path / "keys", "other@example.org") == path
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o600
    assert station_key(tmp_path) is None


def test_gpg_sees_that_the_station_signed_what_it_sent(ring: Gnupg, station: StationKey) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "s", "a@example.org", "b@example.org"
    message.set_content("Encounter\n")
    station.hand_on(message)
    armored = ring.public("reader@example.org").decode()
    sent = pgp.encrypt(message, armored, made(armored), station.signer)
    body = list(sent.iter_parts())[1].get_payload()
    ring("--import", given=station.certificate.encode())
    told = ring("--status-fd", "1", "--decrypt", given=str(body).encode())
    assert b"GOODSIG" in told
    assert b"Encounter" in told
    assert b"application/pgp-keys" in told


def opened(raw: bytes, station: StationKey) -> EmailMessage:
    found = message_from_bytes(decrypt(raw, station), policy=policy.SMTP)
    assert isinstance(found, EmailMessage)
    return found


def test_gpg_s_answers_are_read_as_mime_and_in_the_text(ring: Gnupg, station: StationKey) -> None:
    ring("--import", given=station.certificate.encode())
    secret = ring("--armor", "--encrypt", "-r", station.fingerprint, given="ja, Ærø\n".encode())
    for raw in (answer(b"See:\r\n" + secret + b"bye\r\n"), answer(secret.replace(b"\n", b"\r\n"))):
        found = opened(raw, station)
        assert found.get_content() == "ja, Ærø\n"
        assert found["In-Reply-To"] == "<token@example.org>"
        assert found["From"] == "reader@example.org"
    inner = b'Subject: Re: Encounter\r\nContent-Type: text/plain; hp="cipher"\r\n\r\nack\r\n'
    found = opened(mime(inner, station), station)
    assert (found.get_all("Subject"), found.get_content().strip()) == (
        ["Re: [...]", "Re: Encounter"], "ack",
    )  # fmt: skip
    assert found["In-Reply-To"] == "<token@example.org>"
    assert found.get_all("Received") == ["from a", "from b"]


def test_mail_without_anything_encrypted_cannot_be_opened(station: StationKey) -> None:
    raw = mime(b"x", station)
    for mail in (answer(b"ack\r\n"), raw[: raw.index(b"-----END PGP")], b"", b"\0\xff\r\n" * 99):
        with pytest.raises(CannotRead, match="nothing in the mail is encrypted"):
            decrypt(mail, station)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=st.binary(max_size=80), body=st.binary(max_size=200), inner=st.binary(max_size=200))
def test_whatever_comes_is_read_or_said_to_be_unreadable(
    station: StationKey, head: bytes, body: bytes, inner: bytes
) -> None:
    for raw in (
        head + b"\n\n-----BEGIN PGP MESSAGE-----\n" + body + b"\n-----END PGP MESSAGE-----\n",
        head + b"\n\n" + sealed(inner, station),
    ):
        with suppress(CannotRead):
            assert decrypt(raw, station).endswith(inner)


def test_what_is_for_another_or_damaged_cannot_be_read(station: StationKey, tmp_path: Path) -> None:
    make_station_key(tmp_path / "other", "o@example.org")
    other = station_key(tmp_path / "other")
    assert other
    with pytest.raises(CannotRead, match="another key"):
        decrypt(mime(b"x", other), station)
    raw = mime(b"x" * 100, station)
    cut = re.sub(rb"\n.{20}", b"\n" + b"A" * 20, raw[raw.index(b"BEGIN PGP") :], count=3)
    with pytest.raises(CannotRead, match="damaged"):
        decrypt(raw[: raw.index(b"BEGIN PGP")] + cut, station)


def test_a_small_mail_with_much_inside_does_not_fill_the_memory(
    ring: Gnupg, station: StationKey
) -> None:
    ring("--import", given=station.certificate.encode())
    bomb = ring("-z", "9", "--armor", "--encrypt", "-r", station.fingerprint,
                given=bytes(20_000_000))  # fmt: skip
    assert len(bomb) < 100_000
    with pytest.raises(CannotRead, match="more than 5,000,000 bytes"):
        decrypt(answer(bomb), station)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_file_that_holds_no_usable_key_is_told(tmp_path: Path, ring: Gnupg) -> None:
    path = tmp_path / "pgp.key"
    for content, why in (
        (b"hello", "no secret key"),
        (ring.public("reader@example.org"), "no secret key"),
        (b"", "is empty"),
    ):
        path.write_bytes(content)
        with pytest.raises(SettingsError, match=why) as told:
            station_key(tmp_path)
        assert "@" not in str(told.value)
    path.write_text(LOCKED, "ascii")
    with pytest.raises(SettingsError, match="passphrase"):
        station_key(tmp_path)


def test_mail_of_the_station_is_read_by_the_station(station: StationKey) -> None:
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"], message["From"] = "Re: Ærø", "reader@example.org"
    message.set_content("dismiss: Fähre  \r\n")
    sent = pgp.encrypt(message, station.certificate, made(station.certificate))
    found = opened(sent.as_bytes(), station)
    assert found.get_all("Subject") == ["[...]", "Re: Ærø"]
    assert found.get_content() == "dismiss: Fähre  \r\n"
