"""A real mail server on loopback that can be told to misbehave, and ends that are none."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as SMTP_POLICY
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

logging.getLogger("mail.log").setLevel(logging.ERROR)  # it warns of what it does itself

HOST = "127.0.0.1"
USER, PASSWORD = "station", "correct horse battery staple"
GREYLISTED = "451 4.7.1 <{to}>: greylisted, come back later"
FULL = "552 5.2.2 <{to}>: mailbox full"
UNKNOWN = "550 5.1.1 <{to}>: no such user here"
IN_DATA, AFTER_DOT = "in DATA", "after the dot"

Tls = Literal["starttls", "from the start", "none"]


class Certificate(NamedTuple):
    """Files of PEM: a certificate that signed itself, and its key."""

    cert: Path
    key: Path

    def for_servers(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        return context


def certificate(folder: Path, name: str = "localhost", last_year: int = 2099) -> Certificate:
    """Make a certificate for a host name and, if that is localhost, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        names.append(x509.IPAddress(ip_address(HOST)))
    cert = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2000, 1, 1))
        .not_valid_after(datetime(last_year, 12, 31))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    made = Certificate(folder / f"{name}-{last_year}.pem", folder / f"{name}-{last_year}.key")
    made.cert.write_bytes(cert.public_bytes(Encoding.PEM))
    made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


class Received(NamedTuple):
    """What came in; `answered` is False where the client was never told that it did."""

    sender: str
    to: tuple[str, ...]
    content: bytes
    options: tuple[str, ...]
    tls: bool
    user: str | None
    answered: bool

    @property
    def message(self) -> EmailMessage:
        return cast(EmailMessage, BytesParser(policy=SMTP_POLICY).parsebytes(self.content))


@dataclass
class MailServer:
    """The knobs may be turned while it runs; texts of answers may have {to} and {sender} in them.

    `mishap` is asked at every DATA with who it is for; it may return IN_DATA or AFTER_DOT, at
    which the connection is cut (after the dot the mail has been taken), or an answer to DATA.
    """

    tls: Tls = "starttls"
    certificate: Certificate | None = None
    password: str | None = PASSWORD  # of USER; None: nobody needs to say who they are
    without: tuple[str, ...] = ()  # ways to log in that it does not offer, of PLAIN and LOGIN
    utf8: bool = True  # offers SMTPUTF8
    size_limit: int = 10_000_000
    answers: dict[str, str] = field(default_factory=dict)  # by verb: MAIL RCPT DATA RSET AUTH
    refuses: dict[str, str] = field(default_factory=dict)  # by address of the receiver
    greylist_tries: int = 0  # the first of each receiver that are told to come back
    slow_s: float = 0.0  # before it answers to DATA
    patience_s: float = 300.0  # so long it waits for the next command
    limit: int = 0  # letters that it takes on a connection, then it says 421
    mishap: Callable[[str], str] = lambda to: ""
    received: list[Received] = field(default_factory=list)
    connections_count: int = 0
    asked: Counter[str] = field(default_factory=Counter)  # RCPT by receiver
    port: int = 0

    @property
    def url(self) -> str:
        """The setting `[mail] server` that means it."""
        scheme = "smtps" if self.tls == "from the start" else "smtp"
        user = f"{USER}@" if self.password is not None else ""
        return f"{scheme}://{user}localhost:{self.port}"

    def of(self, to: str) -> list[Received]:
        """Return what has come for a receiver."""
        return [one for one in self.received if to in one.to]

    @contextmanager
    def running(self) -> Iterator[MailServer]:
        """Serve in a thread of its own, on a free port."""
        loop, started = asyncio.new_event_loop(), threading.Event()
        thread = threading.Thread(target=self._serve, args=(loop, started), daemon=True)
        thread.start()
        assert started.wait(10)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)

    def _serve(self, loop: asyncio.AbstractEventLoop, started: threading.Event) -> None:
        asyncio.set_event_loop(loop)
        loop.set_exception_handler(lambda loop, context: None)  # cut connections are its trade
        wrap = self.context() if self.tls == "from the start" else None
        serving = loop.create_server(lambda: _Session(self, loop), HOST, self.port, ssl=wrap)
        server = loop.run_until_complete(serving)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
            with suppress(asyncio.CancelledError, OSError):
                loop.run_until_complete(task)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def context(self) -> ssl.SSLContext:
        assert self.certificate is not None
        return self.certificate.for_servers()

    # -- What aiosmtpd asks of a handler

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Any, sender: str, options: list[str]
    ) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"].format(sender=sender)
        if self.limit and cast(_Session, server).letters_count >= self.limit:
            return "421 4.7.0 enough for one connection"
        envelope.mail_from, envelope.mail_options = sender, options
        return "250 2.1.0 ok"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Any, to: str, options: list[str]
    ) -> str:
        self.asked[to] += 1
        greylisted = GREYLISTED if self.asked[to] <= self.greylist_tries else ""
        answer = self.answers.get("RCPT") or self.refuses.get(to) or greylisted
        if answer:
            return answer.format(to=to)
        envelope.rcpt_tos.append(to)
        return "250 2.1.5 ok"

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Any) -> str:  # noqa: N802
        return self.answers.get("RSET", "250 2.0.0 ok")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Any) -> str:  # noqa: N802
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        ours = cast(_Session, server)
        answer = ours.mishap or self.answers.get("DATA", "")
        if answer and answer != AFTER_DOT:
            return answer.format(to=envelope.rcpt_tos[0], sender=envelope.mail_from)
        ours.letters_count += 1
        self.received.append(
            Received(
                envelope.mail_from, tuple(envelope.rcpt_tos), bytes(envelope.original_content),
                tuple(envelope.mail_options), ours.encrypted(),
                session.auth_data.login.decode() if session.auth_data else None, not answer,
            )
        )  # fmt: skip
        if answer:
            raise ours.cut()
        return "250 2.0.0 queued"

    def knows(self, server: SMTP, session: Session, envelope: Any, how: str, login: Any) -> Any:
        """Return whether somebody may send."""
        if "AUTH" in self.answers:
            return AuthResult(success=False, handled=False, message=self.answers["AUTH"])
        assert isinstance(login, LoginPassword)
        right = (login.login, login.password) == (USER.encode(), (self.password or "").encode())
        return AuthResult(success=right, handled=False, auth_data=login)


class _Session(SMTP):
    """One connection."""

    def __init__(self, owner: MailServer, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            owner,
            data_size_limit=owner.size_limit,
            enable_SMTPUTF8=owner.utf8,
            hostname="mail.test",
            tls_context=owner.context() if owner.tls == "starttls" else None,
            require_starttls=owner.tls == "starttls",
            auth_required=owner.password is not None,
            authenticator=owner.knows,
            auth_exclude_mechanism=owner.without,
            timeout=owner.patience_s,
            loop=loop,
        )
        # It knows only of encryption that began with STARTTLS.
        self._auth_require_tls = owner.tls == "starttls"
        self._owner = owner
        owner.connections_count += 1
        self.letters_count = 0
        self.mishap = ""

    def encrypted(self) -> bool:
        assert self.transport is not None
        return self.transport.get_extra_info("ssl_object") is not None

    def cut(self) -> asyncio.CancelledError:
        """End the connection at once; return what ends the session, too."""
        assert self.transport is not None
        self.transport.abort()
        return asyncio.CancelledError()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        assert self.envelope is not None
        to = self.envelope.rcpt_tos
        self.mishap = self._owner.mishap(to[0]) if to else ""
        if self.mishap == IN_DATA:
            await self.push("354 go on")
            await self._reader.read(100)
            raise self.cut()
        await super().smtp_DATA(arg)


@contextmanager
def scripted(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one connection after another on loopback with `talk`; yields the port."""
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)
