"""A real IMAP server on loopback, with one mailbox."""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.receiver.live_input import certificate, free_port, wait_for

PASSWORD = 'wächter-of-the-"mail"'
NOBODY = 65534  # Dovecot reads no mail as root

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {inner}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
mail_location = maildir:{folder}/mail/box
disable_plaintext_auth = no
auth_failure_delay = 0
auth_mechanisms = plain
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass
class Mailbox:
    """What a test needs to know of it; the mailbox is alerts@example.org's."""

    port: int  # of imaps
    plain_port: int  # of imap
    cert: Path

    def put(self, *mails: bytes) -> None:
        """Have mails come in."""
        with self.opened() as box:
            for mail in mails:
                assert box.append("INBOX", "", "", mail)[0] == "OK"

    def seen(self) -> list[bool]:
        """Return whether each of the mails is marked as seen."""
        with self.opened() as box:
            box.select("INBOX", readonly=True)
            found = box.fetch("1:*", "(FLAGS)")[1]
            return [b"\\Seen" in line for line in found if line]

    def clear(self) -> None:
        """Delete all mails."""
        with self.opened() as box:
            if box.select("INBOX")[1] != [b"0"]:
                box.store("1:*", "+FLAGS", "\\Deleted")
                box.expunge()

    @contextmanager
    def opened(self) -> Iterator[imaplib.IMAP4_SSL]:
        trusted = ssl.create_default_context(cafile=str(self.cert))
        with imaplib.IMAP4_SSL("localhost", self.port, ssl_context=trusted, timeout=5) as box:
            box.authenticate("PLAIN", lambda _: f"\0alerts\0{PASSWORD}".encode())
            yield box


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Run Dovecot with a mailbox of its own."""
    found = shutil.which("dovecot", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if not found:
        pytest.skip("no IMAP server is installed; sudo apt install dovecot-imapd")
    with tempfile.TemporaryDirectory(prefix="dovecot-") as made:
        folder = Path(made)  # where other users may look, too, unlike pytest's
        folder.chmod(0o755)
        (folder / "mail").mkdir()
        cert, key = certificate(folder)
        root = os.getuid() == 0
        if root:
            os.chown(folder / "mail", NOBODY, NOBODY)
        me = pwd.getpwuid(os.getuid()).pw_name
        here = Mailbox(free_port(), free_port(), cert)
        (folder / "users").write_text(f"alerts:{{PLAIN}}{PASSWORD}\n", "utf-8")
        (folder / "users").chmod(0o644)
        (folder / "dovecot.conf").write_text(
            CONFIG.format(
                folder=folder, cert=cert, key=key,
                port=here.port, plain_port=here.plain_port,
                inner="dovecot" if root else me,
                group="dovecot" if root else grp.getgrgid(os.getgid()).gr_name,
                login="dovenull" if root else me,
                uid=NOBODY if root else os.getuid(), gid=NOBODY if root else os.getgid(),
            )
        )  # fmt: skip
        with subprocess.Popen([found, "-F", "-c", str(folder / "dovecot.conf")]) as server:
            try:
                wait_for(here.port)
                yield here
            finally:
                server.terminate()
