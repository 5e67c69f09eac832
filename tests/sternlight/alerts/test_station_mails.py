"""A station that runs, its post, and a mail server: from the daemon's thread to the operator."""

from __future__ import annotations

import signal
from pathlib import Path

from sternlight.alerts.book import Book
from sternlight.alerts.credentials import make_seal
from tests.receiver.live_input import free_port, wait_until
from tests.sternlight.alerts.servers import MailServer, certificate
from tests.sternlight.daemons import ENDED, QUICK, daemon

OPERATOR = "operator@ngo.example"
MAIL = """
[mail]
server = "{server}"
sender = "station@ngo.example"
operator = "{operator}"
ca_file = "{cert}"
"""


def test_the_operator_gets_a_sign_of_life_and_nobody_else_hears_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "station"
    folder.mkdir()
    make_seal(tmp_path / "keys")
    with Book.open(folder) as book:
        book.say("health began", "0.0")
    trusted = certificate(tmp_path)
    with MailServer(certificate=trusted, password=None).running() as server:
        told = MAIL.format(server=server.url, operator=OPERATOR, cert=trusted.cert)
        source = f"tcp://127.0.0.1:{free_port()}?name=roof"
        with daemon(folder, [source], QUICK + told) as station:
            assert wait_until(lambda: bool(server.received), 30), station.said
            assert station.end(signal.SIGTERM) == 0
    (mail,) = server.received
    assert list(mail.to) == [OPERATOR]
    words = " ".join(mail.message.get_body(("plain",)).get_content().split())
    assert "0 ships heard in the last day" in words
    assert "Source roof" in words
    assert ENDED in station.said[-1]
    assert "ngo.example" not in "".join(station.said)
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"ngo.example" not in kept
