"""Encrypted mail: read by the gpg that people have, and by nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pysequoia
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysequoia.packet import PacketPile

from sternlight.alerts.pgp import BadKey, ClockBehind, encrypt, payload, read_key
from tests.sternlight.alerts.gnupg import Gnupg, gnupg

MADE = 1_704_067_200.0  # 2024-01-01
FAKED = ("--faked-system-time", "20240101T000000")
NOW = 1_767_225_600.0  # 2026-01-01, when the tests' keys of 2024 are good or over
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
TEXT = "Encounter of NORTHERN LIGHT and ÆGIR  \r\n.\r\nFrom here: 31 nmi off Dakar\r\n-- \r\nend"
OWN = pysequoia.Tsk.generate(user_id="own@example.org")


@pytest.fixture(scope="module")
def ring() -> Iterator[Gnupg]:
    with gnupg() as found:
        found.make("reader@example.org", "future-default", "", "0", *FAKED)
        found.make("other@example.org", "future-default", "", "0", *FAKED)
        yield found


@pytest.fixture(scope="module")
def own() -> str:
    return str(OWN.extract_certificate())


@pytest.fixture(scope="module")
def now() -> float:
    """When the key that pysequoia made is good: it has no other clock than the computer's."""
    made = next(iter(PacketPile.from_bytes(bytes(OWN.extract_certificate())))).key_created
    assert made
    return made.timestamp() + 1


def mail() -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = "Sternlight: encounter, 2 ships, 31 nmi off Dakar, score 0.83"
    message["From"] = "Ærlig Station <station@example.org>"
    message["To"] = "Lector <reader@example.org>"
    message["Date"] = "Thu, 01 Jan 2026 00:00:00 +0000"
    message["Message-ID"] = "<token2@example.org>"
    message["In-Reply-To"] = message["References"] = "<token1@example.org>"
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = "<https://ships.example.org/unsubscribe>"
    message["Comments"] = "NORTHERN LIGHT"
    message.set_content(TEXT)
    message.add_alternative("<p>NORTHERN LIGHT &amp; ÆGIR</p>", subtype="html")
    html = message.get_payload(1)
    assert isinstance(html, EmailMessage)
    html.add_related(PNG, "image", "png", cid="<map>")
    message.add_attachment(
        b'{"type":"Feature"}', "application", "geo+json", filename="event.geojson"
    )
    return message


def secret(sent: EmailMessage) -> bytes:
    """Return the armored part of a mail, as it came."""
    kind, body = as_received(sent).iter_parts()
    assert kind.get_content_type() == "application/pgp-encrypted"
    assert kind.get_content().strip() == b"Version: 1"
    assert body.get_content_type() == "application/octet-stream"
    found = body.get_payload(decode=True)
    assert isinstance(found, bytes)
    return found


def as_received(sent: EmailMessage) -> EmailMessage:
    return read(sent.as_bytes(policy=policy.SMTP))


def read(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.SMTP)
    assert isinstance(found, EmailMessage)
    return found


def own_reads(sent: EmailMessage) -> bytes:
    found = pysequoia.decrypt(secret(sent), OWN.decryptor()).bytes
    assert found is not None
    return found


def without_boundaries(raw: bytes) -> bytes:
    """Each time a message is written, Python draws the lines between its parts anew."""
    return re.sub(rb"={15}\d+==", b"=====", raw)


# -- what arrives -----------------------------------------------------------------------------


def test_gpg_reads_the_mail_byte_for_byte_and_finds_all_of_it(ring: Gnupg) -> None:
    message = mail()
    key = read_key(ring.public("reader@example.org"), NOW)
    sent = encrypt(message, key.armored, NOW)

    told = ring("--decrypt", given=secret(sent))

    hidden = EmailMessage(policy=policy.SMTP)
    for name, value in sent.items():
        if name not in ("MIME-Version", "Content-Type"):
            hidden[name] = value
    assert without_boundaries(told) == without_boundaries(payload(message, hidden))
    assert b"\n" not in told.replace(b"\r\n", b"")
    assert max(told) < 128
    inside = read(told)
    assert inside["Subject"] == message["Subject"]
    assert inside["From"] == message["From"]
    body, attached = inside.iter_parts()
    text, related = body.iter_parts()
    html, image = related.iter_parts()
    assert text.get_content().splitlines() == TEXT.splitlines()
    assert html.get_content() == "<p>NORTHERN LIGHT &amp; ÆGIR</p>\r\n"
    assert image.get_content() == PNG
    assert (attached.get_filename(), attached.get_content()) == (
        "event.geojson", b'{"type":"Feature"}',
    )  # fmt: skip
    ring("--decrypt", given=b"no message", ok=False)


def test_an_rsa_key_as_many_people_have_it_is_as_good(ring: Gnupg) -> None:
    public = ring.make("old.hand@example.org", "rsa3072", "encrypt,sign", "0", *FAKED)
    sent = encrypt(mail(), read_key(public, NOW).armored, NOW)
    assert b"NORTHERN LIGHT" in ring("--decrypt", given=secret(sent))


def test_nobody_on_the_way_reads_what_it_is_about(own: str, now: float) -> None:
    message = encrypt(mail(), own, now)
    sent = message.as_bytes(policy=policy.SMTP)
    armor = secret(message)
    assert [str(one.tag) for one in PacketPile.from_bytes(armor)] == ["Tag.PKESK", "Tag.SEIP"]
    readable = sent.replace(armor.strip(), b"").lower()
    assert len(readable) < 1000
    for word in ("northern", "dakar", "encounter", "0.83", "json", "ærlig", "station <", "image",
                 "unsubscribe", "lector"):  # fmt: skip
        assert word.encode() not in readable
    assert max(sent) < 128
    assert max(map(len, sent.splitlines())) <= 78


def test_the_envelope_says_what_carries_it_and_keeps_threads(own: str, now: float) -> None:
    headers = {name: str(value) for name, value in as_received(encrypt(mail(), own, now)).items()}
    kind = headers.pop("Content-Type")
    assert kind.startswith('multipart/encrypted; protocol="application/pgp-encrypted"; boundary=')
    assert headers == {
        "From": "station@example.org",
        "To": "reader@example.org",
        "Date": "Thu, 01 Jan 2026 00:00:00 +0000",
        "Message-ID": "<token2@example.org>",
        "In-Reply-To": "<token1@example.org>",
        "References": "<token1@example.org>",
        "Auto-Submitted": "auto-generated",
        "Subject": "[...]",
        "MIME-Version": "1.0",
    }


def test_mail_programs_are_told_which_headers_are_protected(own: str, now: float) -> None:
    inside = read(own_reads(encrypt(mail(), own, now)))
    parameters = inside["Content-Type"].params
    assert (parameters["hp"], parameters["protected-headers"]) == ("cipher", "v1")
    outer = [str(one) for one in inside.get_all("HP-Outer")]
    assert "Subject: [...]" in outer
    assert "From: station@example.org" in outer
    assert len(outer) == 8


def test_the_message_itself_stays_as_it_was(own: str, now: float) -> None:
    message = mail()
    before = message.as_bytes()
    encrypt(message, own, now)
    assert without_boundaries(message.as_bytes()) == without_boundaries(before)
    assert "HP-Outer" not in message
    assert "hp" not in message["Content-Type"].params


BODIES = st.text(st.characters(exclude_categories=["Cs"]), max_size=400) | st.text(
    "a.\r\n \t=-", max_size=3000
)


@settings(max_examples=40)
@given(body=BODIES, subject=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])))
def test_any_body_and_subject_survive(own: str, now: float, body: str, subject: str) -> None:
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"], message["From"], message["To"] = subject, "a@example.org", "b@example.org"
    message.set_content(body)
    clear = read(message.as_bytes())
    inside = read(own_reads(encrypt(message, own, now)))
    assert inside.get_content() == clear.get_content()
    assert str(inside["Subject"]) == str(clear["Subject"])


# -- who cannot read it -------------------------------------------------------------------------


def test_another_key_does_not_open_it(ring: Gnupg) -> None:
    sent = encrypt(mail(), read_key(ring.public("other@example.org"), NOW).armored, NOW)
    reader = pysequoia.Tsk.from_bytes(ring.secret("reader@example.org"))
    with pytest.raises(RuntimeError):
        pysequoia.decrypt(secret(sent), reader.decryptor())


# -- keys ---------------------------------------------------------------------------------------


def refused(given: Any, t: float = NOW) -> str:
    """Return what is said of a key that cannot be used, now and at the time of sending."""
    with pytest.raises(BadKey) as told:
        read_key(given, t)
    text = given.decode("latin-1") if isinstance(given, bytes) else given
    with pytest.raises(BadKey):
        encrypt(mail(), text, t)
    assert "@" not in str(told.value)
    assert "\n" not in str(told.value)
    return str(told.value)


def test_a_key_is_read_armored_and_binary(ring: Gnupg) -> None:
    armored = ring.public("reader@example.org")
    key = read_key(armored, NOW)
    assert read_key(ring("--export", "reader@example.org"), NOW) == key
    assert (
        read_key("\ufeffHere it is:\r\n\r\n" + armored.decode().replace("\n", "\r\n"), NOW) == key
    )
    assert read_key(key.armored, NOW) == key
    assert key.expires is None
    assert key.names("Reader@example.org")
    assert not key.names("reader@example.com")
    assert key.fingerprint in ring("--list-keys", "reader@example.org").decode()


@pytest.mark.parametrize(
    "given", ["", "hello", b"\0\xff" * 50, "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc"]
)
def test_what_is_no_key_is_refused(given: Any) -> None:
    assert "no OpenPGP key" in refused(given)


def test_a_message_is_no_key(own: str) -> None:
    hidden = pysequoia.encrypt(b"x", [pysequoia.Cert.from_bytes(own.encode())])
    assert "no OpenPGP key" in refused(hidden)


def test_a_key_ring_of_megabytes_is_refused() -> None:
    assert "export-minimal" in refused(b"\0" * 200_001)


def test_a_secret_key_is_refused_with_how_to_export_the_public_one(ring: Gnupg) -> None:
    for armor in ("--armor", "--no-armor"):
        said = refused(ring(armor, "--export-secret-keys", "reader@example.org"))
        assert said.startswith("that is the secret key")
        assert "gpg --armor --export" in said


def test_of_several_keys_none_is_taken(ring: Gnupg) -> None:
    both = ring.public("reader@example.org") + ring.public("other@example.org")
    said = refused(both)
    assert "2 keys" in said
    for address in ("reader@example.org", "other@example.org"):
        assert read_key(ring.public(address), NOW).fingerprint in said


def test_an_expired_key_is_refused_from_that_moment_on(ring: Gnupg) -> None:
    public = ring.make("over@example.org", "future-default", "", "2025-01-01", *FAKED)
    expires = read_key(public, MADE + 1).expires
    assert expires is not None
    armored = read_key(public, expires - 1).armored
    assert encrypt(mail(), armored, expires - 1)
    with pytest.raises(BadKey, match="expired on 2025-01-01"):
        encrypt(mail(), armored, expires)
    assert "expired on 2025-01-01" in refused(public)


def test_a_revoked_key_is_refused(ring: Gnupg) -> None:
    public = ring.make("gone@example.org", "future-default", "", "0", *FAKED)
    name = read_key(public, NOW).fingerprint
    says = (ring.home / "openpgp-revocs.d" / f"{name}.rev").read_text("utf-8")
    ring("--import", given=says.replace("\n:-----", "\n-----").encode())
    assert "is revoked" in refused(ring.public("gone@example.org"))


def test_a_key_for_signatures_only_is_refused_and_one_whose_part_for_secrets_is_over(
    ring: Gnupg,
) -> None:
    public = ring.make("signs@example.org", "ed25519", "sign", "0", *FAKED)
    assert "can be encrypted to" in refused(public)
    name = read_name(public)
    ring(*FAKED, "--quick-add-key", name, "cv25519", "encr", "2025-01-01")
    over = ring.public("signs@example.org")
    assert encrypt(mail(), read_key(over, MADE + 1).armored, MADE + 1)
    assert "can be encrypted to" in refused(over)


def test_a_revoked_part_is_not_encrypted_to(ring: Gnupg) -> None:
    ring.make("changed@example.org", "future-default", "", "0", *FAKED)
    name = read_key(ring.public("changed@example.org"), NOW).fingerprint
    ring("--no-batch", "--command-fd", "0", "--edit-key", name,
         given=b"key 1\nrevkey\ny\n0\n\ny\nsave\n")  # fmt: skip
    assert "can be encrypted to" in refused(ring.public("changed@example.org"))
    ring(*FAKED, "--quick-add-key", name, "cv25519", "encr", "0")
    sent = encrypt(mail(), read_key(ring.public("changed@example.org"), NOW).armored, NOW)
    assert list(map(str, PacketPile.from_bytes(secret(sent)))).count("<Packet tag=Tag.PKESK>") == 1


def test_a_key_that_rests_on_sha1_is_refused(ring: Gnupg) -> None:
    public = ring.make(
        "weak@example.org", "rsa2048", "encrypt,sign", "0", *FAKED, "--cert-digest-algo", "SHA1"
    )
    assert "SHA-1" in refused(public)


def test_a_key_without_its_owners_name_says_what_to_do(ring: Gnupg) -> None:
    packets = list(PacketPile.from_bytes(ring("--export", "reader@example.org")))
    stripped = b"".join(bytes(one) for one in (packets[0], *packets[3:]))
    assert "key servers strip" in refused(stripped)


def test_a_key_of_the_future_tells_of_the_clock_and_not_of_the_key(ring: Gnupg) -> None:
    with pytest.raises(ClockBehind, match="clock"):
        read_key(ring.public("reader@example.org"), MADE - 1)


def read_name(public: bytes) -> str:
    return str(pysequoia.Cert.from_bytes(public).fingerprint)
