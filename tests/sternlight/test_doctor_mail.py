"""The doctor on mail: against real servers, and on a folder that stands in for a computer."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from sternlight.alerts.book import BOOK, Book
from sternlight.alerts.credentials import SEAL, Seal, make_seal
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.subscription import Subscription
from sternlight.doctor import examine
from sternlight.doctor_mail import mail
from sternlight.doctor_world import Finding, World
from tests.receiver.live_input import free_port
from tests.sternlight.alerts.mailboxes import mailbox
from tests.sternlight.alerts.servers import MailServer, certificate

DATA = Path("/var/lib/sternlight")
KEYS = Path("/etc/sternlight/keys")
TOLD = Mail(sender="station@ngo.example", operator="operator@ngo.example", keys=f"{KEYS}")


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "etc/sternlight").mkdir(parents=True)
    (tmp_path / "var/lib/sternlight").mkdir(parents=True)
    return World(root=tmp_path)


def found(world: World, told: Mail, what: str) -> Finding:
    (one,) = [finding for finding in mail(world, DATA, told) if finding.what == what]
    assert bool(one.mend) == (one.ok is not True)
    assert "ngo.example" not in one.says
    return one


def put_key(world: World, name: str = SEAL, mode: int = 0o600) -> Path:
    path = world.at(KEYS) / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text("secret\n")
    path.chmod(mode)
    return path


def test_without_mail_nothing_is_looked_at(world: World) -> None:
    assert mail(world, DATA, Mail()) == []
    assert not any("mail" in f.what for f in examine(None, DATA, [], world))


def test_a_server_is_reached_encrypted_and_asked_for_nothing(world: World, tmp_path: Path) -> None:
    trusted = certificate(tmp_path)
    for tls in ("starttls", "from the start"):
        with MailServer(tls=tls, certificate=trusted).running() as server:
            told = replace(TOLD, server=server.url, ca_file=f"{trusted.cert}")
            assert found(world, told, "mail server").ok
            strange = found(world, replace(told, ca_file=""), "mail server")
            assert (strange.ok, "certificate comes from nobody" in strange.says) == (False, True)
            assert "ca_file" in strange.mend
            assert not server.asked


def test_a_server_that_does_not_answer_is_told(world: World) -> None:
    told = replace(TOLD, server=f"smtps://x@127.0.0.1:{free_port()}")
    assert "nobody answers at this port" in found(world, told, "mail server").says


def test_an_inbox_is_reached_and_not_logged_into(world: World) -> None:
    with mailbox() as box:
        told = replace(TOLD, inbox=f"imaps://who@localhost:{box.port}", ca_file=f"{box.cert}")
        assert found(world, told, "inbox").ok
        assert "certificate" in found(world, replace(told, ca_file=""), "inbox").says
    assert "nobody answers" in found(world, replace(told, ca_file=""), "inbox").says


def test_what_is_missing_in_the_settings_is_told(world: World) -> None:
    says = {finding.says: finding.ok for finding in mail(world, DATA, TOLD)}
    assert says["[mail] server is empty; nothing is sent without one"] is False
    told = Mail(server=f"smtp://127.0.0.1:{free_port()}")
    says = {finding.says: finding.ok for finding in mail(world, DATA, told)}
    assert says["[mail] sender is empty; mails must come from an address"] is False
    assert says["[mail] operator is empty; then nobody is told when the station is deaf"] is None


def test_a_key_must_be_there_and_closed_to_others(world: World) -> None:
    what = f"key {SEAL}"
    assert "alerts key` makes it" in found(world, TOLD, what).mend
    path = put_key(world, mode=0o640)
    assert f"chmod 600 {KEYS / SEAL}" in found(world, TOLD, what).mend
    path.chmod(0o600)
    assert found(world, TOLD, what).ok


def test_passwords_are_looked_for_where_there_are_users(world: World) -> None:
    told = replace(TOLD, inbox=f"imaps://me@127.0.0.1:{free_port()}")
    assert not found(world, told, "key imap.password").ok
    put_key(world, "imap.password")
    assert found(world, told, "key imap.password").ok
    assert "key smtp.password" not in [f.what for f in mail(world, DATA, told)]


def test_a_key_that_came_after_the_start_is_told(world: World) -> None:
    put_key(world)
    handed = world.at("/run/credentials/sternlight.service")
    handed.mkdir(parents=True)
    assert "restart sternlight" in found(world, TOLD, f"key {SEAL}").mend
    (handed / f"keys_{SEAL}").touch()
    assert found(world, TOLD, f"key {SEAL}").ok


def test_a_folder_of_keys_that_was_deleted_is_told_where_a_service_is_installed(
    world: World,
) -> None:
    unit = world.at("/etc/systemd/system/sternlight.service")
    unit.parent.mkdir(parents=True)
    unit.touch()
    assert found(world, TOLD, "keys").ok is None
    put_key(world)
    assert "keys" not in [finding.what for finding in mail(world, DATA, TOLD)]


def test_the_book_must_be_readable_and_its_key_the_right_one(world: World) -> None:
    folder = world.at(DATA)
    make_seal(world.at(KEYS))
    with Book.open(folder) as book:
        one = Subscription(0, "active", 1.0, "reporter@paper.example")
        book.add(Seal.of(world.at(KEYS)), one)
    assert found(world, Mail(keys=f"{KEYS}"), "book of alerts").says.startswith("1 subscriber,")
    (world.at(KEYS) / SEAL).unlink()
    make_seal(world.at(KEYS))
    other = found(world, Mail(keys=f"{KEYS}"), "book of alerts")
    assert other.ok is (False if os.geteuid() == 0 else None)
    (folder / BOOK).write_bytes(b"damaged " * 1000)
    assert found(world, Mail(keys=f"{KEYS}"), "book of alerts").ok is False


def test_local_times_can_be_told(world: World) -> None:
    assert found(world, TOLD, "time zones").ok
