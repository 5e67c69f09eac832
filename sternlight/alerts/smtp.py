"""Mail goes out: SMTP to the server of the settings (RFC 5321, 3207, 4954, 6409).

Nothing is sent before the connection is encrypted and the server's certificate verified,
unless the server is this computer itself and offers no encryption; a server elsewhere that
offers none is not used.  Each letter goes to one receiver.
"""

from __future__ import annotations

import base64
import smtplib
import socket
from contextlib import suppress
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import EmailPolicy
from pathlib import Path
from threading import Event
from typing import cast

from sternlight.alerts import mail_address
from sternlight.alerts.channel import How, Outcome, Parcel
from sternlight.alerts.connection import cut_after, encrypted, is_here, reach, trust, why
from sternlight.alerts.credentials import SMTP, credential
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.server import SENDS, parse
from sternlight.alerts.smtp_answers import BUSY, Answer, Verb, verdict
from sternlight.errors import SettingsError

ANSWER_S = 300.0  # RFC 5321, 4.5.3.2; who gives up earlier sends twice what was taken slowly
LETTER_S = 600.0
GREETING_S = 60.0
QUIT_S = 5.0
LETTERS_COUNT = 100  # on a connection; then a new one, before the server loses patience
# How we introduce ourselves: the name of the computer is nobody's business.
OURSELVES = "[127.0.0.1]"
ANSWER_LINES_COUNT, ANSWER_OCTETS = 100, 4096  # lines, and bytes of each; longer is no answer
LINE_OCTETS = 998  # of a line of mail, RFC 5322 2.1.1


class Blocked(Exception):
    """Nothing can go out; the message says why, without a word of the server's."""


class Session(smtplib.SMTP):
    """A conversation over a connection that stands already."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(local_hostname=OURSELVES)
        self.sock = sock
        self.letters_count = 0

    def getreply(self) -> tuple[int, bytes]:
        """Return code and text of an answer; ends the session if it is none or too long."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        if self.file is None:
            self.file = self.sock.makefile("rb")
        lines: list[bytes] = []
        try:
            while len(lines) < ANSWER_LINES_COUNT:
                line = self.file.readline(ANSWER_OCTETS + 1)
                if not line.endswith(b"\n") or not line[:3].isdigit():
                    break
                lines.append(line[4:].strip())
                if line[3:4] != b"-":
                    return int(line[:3]), b"\n".join(lines)
        except OSError:
            self.close()
            raise
        self.close()
        raise smtplib.SMTPServerDisconnected("no answer, or none that can be read")

    def content(self, letter: bytes) -> Answer:
        """Hand over a letter whose sender and receiver the server has."""
        try:
            return Answer(*self.data(letter))
        except smtplib.SMTPDataError as error:
            text = error.smtp_error
            return Answer(error.smtp_code, text if isinstance(text, bytes) else b"")

    def log_in(self, user: str, password: str) -> Answer:
        """Say who we are; smtplib's own way knows no passwords beyond ASCII."""
        ways = self.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in ways:
            return Answer(*self.docmd("AUTH", "PLAIN " + _base64(f"\0{user}\0{password}")))
        if "LOGIN" not in ways:
            raise Blocked("it offers no way to log in that is known here (PLAIN, LOGIN)")
        answer = Answer(*self.docmd("AUTH", "LOGIN " + _base64(user)))
        return Answer(*self.docmd(_base64(password))) if answer.code == 334 else answer


class Smtp:
    """Mail as a channel.  Raises SettingsError for settings that cannot be used."""

    def __init__(self, mail: Mail) -> None:
        if not mail.server or not mail.sender:
            missing = "server" if not mail.server else "sender"
            raise SettingsError(
                f"[mail] {missing} is missing, so no mail can go out (docs/mail.md)"
            )
        try:
            self._server = parse(mail.server, SENDS)
            self._sender = mail_address.checked(mail.sender)
        except ValueError as error:
            raise SettingsError(f"[mail] server or sender: {error}") from None
        self._context = trust(mail.ca_file)
        self._keys = Path(mail.keys)
        self._session: Session | None = None
        self._blocked = ""

    def send(self, to: str, parcel: Parcel) -> Outcome:
        """Hand a letter over to our server; see Outcome for what may become of it."""
        if parcel.message is None:
            raise ValueError("a parcel without a message cannot be mailed")
        try:
            to = mail_address.checked(to)
        except ValueError as error:
            return Outcome("never", f"not an address of mail: {error}")
        while not self._blocked:
            try:
                session = self._opened()
            except Blocked as error:
                self._blocked = str(error)
                break
            outcome = self._hand_over(session, to, parcel.message)
            if outcome is not None:
                return outcome
        return Outcome("ours", self._blocked)

    def close(self) -> None:
        """Take leave of the server."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(OSError, smtplib.SMTPException):
                if session.sock is not None:
                    session.sock.settimeout(QUIT_S)
                    with cut_after(session.sock, QUIT_S):
                        session.quit()
            session.close()

    def unreachable(self) -> str:
        """Look whether the server answers, without logging in; return why not, or ""."""
        self._server = self._server._replace(user="")
        try:
            self._opened()
        except Blocked as error:
            return str(error)
        return ""

    # -- The session

    def _opened(self) -> Session:
        """Return a session in which a letter may begin; raises Blocked."""
        if self._session is not None and (
            self._session.sock is None or self._session.letters_count >= LETTERS_COUNT
        ):
            self.close()
        if self._session is None:
            where = "the server of [mail] server cannot be used: "
            try:
                self._session = self._connected()
            except smtplib.SMTPException:
                raise Blocked(f"{where}it does not answer as servers of mail do") from None
            except OSError as error:
                raise Blocked(where + why(error)) from None
            except SettingsError as error:
                raise Blocked(str(error)) from None
            except Blocked as error:
                raise Blocked(f"{where}{error}") from None
        return self._session

    def _connected(self) -> Session:
        """Connect, encrypt and log in; what goes wrong leaves no connection behind."""
        server = self._server
        sock = reach(server.host, server.port, GREETING_S)
        try:
            here, safe = is_here(sock), server.tls_from_the_start
            if safe:
                sock = encrypted(sock, self._context, server.host)
            session = Session(sock)
            with cut_after(sock, GREETING_S):
                _good("its greeting", Answer(*session.getreply()))
                session.ehlo_or_helo_if_needed()
                upgrade = not safe and session.has_extn("starttls")
                if upgrade:
                    _good("STARTTLS", Answer(*session.docmd("STARTTLS")))
            if upgrade:
                # A session of its own, which knows nothing that was said unencrypted.
                sock = encrypted(sock, self._context, server.host)
                session = Session(sock)
            elif not safe and not here:
                raise Blocked("it offers no encryption (STARTTLS), so nothing was sent")
            with cut_after(sock, GREETING_S):
                session.ehlo_or_helo_if_needed()
                if server.user:
                    answer = session.log_in(server.user, credential(self._keys, SMTP))
                    _good(f"the user of [mail] server with the password of {SMTP}", answer)
        except BaseException:
            sock.close()
            raise
        sock.settimeout(ANSWER_S)
        return session

    # -- A letter

    def _hand_over(self, session: Session, to: str, message: EmailMessage) -> Outcome | None:
        """Go through the steps of a letter; None if the server had ended the session before it."""
        utf8 = not (to + self._sender).isascii()
        if utf8 and not session.has_extn("smtputf8"):
            how: How = "never" if self._sender.isascii() else "ours"
            return Outcome(how, "our server takes no address with letters beyond ASCII (SMTPUTF8)")
        try:
            content = serialised(message, utf8)
        except (MessageError, ValueError):  # one letter must not hold up the others
            return Outcome("refused", "the letter cannot be written as mail")
        limit = session.esmtp_features.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < len(content):
            return Outcome("refused", "the letter is larger than our server takes")
        options = [f"SIZE={len(content)}"] if session.has_extn("size") else []
        options += ["SMTPUTF8", "BODY=8BITMIME"] if utf8 else []
        assert session.sock is not None
        with cut_after(session.sock, LETTER_S) as over:
            return self._spoken(session, to, content, options, over)

    def _spoken(
        self, session: Session, to: str, content: bytes, options: list[str], over: Event
    ) -> Outcome | None:
        """Speak of a letter to the server; see `_hand_over`."""
        session.letters_count += 1
        fresh, begun = session.letters_count == 1, False
        try:
            answer = Answer(*session.mail(self._sender, options))
            if answer.code == BUSY and not fresh:
                session.close()
                return None
            begun = True
            return self._outcome(session, to, content, answer)
        except OSError as error:  # and smtplib.SMTPException, which is one
            session.close()
            if over.is_set() or isinstance(error.__context__ or error, TimeoutError):
                self._blocked = "the server of [mail] server gives no answer in time"
                return Outcome("later", self._blocked)
            if not begun and not fresh:
                return None
            return Outcome("later", "the connection broke off within a letter")

    def _outcome(self, session: Session, to: str, content: bytes, answer: Answer) -> Outcome:
        """Return what becomes of a letter of which the server has the sender."""
        verb: Verb = "MAIL"
        if answer.good:
            verb, answer = "RCPT", Answer(*session.rcpt(to))
        if answer.good:
            verb, answer = "DATA", session.content(content)
        if answer.good:
            return Outcome("sent")
        outcome = verdict(verb, answer)
        if outcome.how == "ours":
            self._blocked = outcome.says
        # The next letter must not be taken for a part of this one.
        with suppress(OSError):
            if answer.code != BUSY and Answer(*session.rset()).good:
                return outcome
        session.close()
        return outcome


def serialised(message: EmailMessage, utf8: bool = False) -> bytes:
    """Return the bytes of a letter as they are handed over; `utf8` allows headers beyond ASCII.

    Raises ValueError if a line is longer than mail allows.
    """
    # 7 bits go unchanged through every server, which signatures need.
    policy = cast(EmailPolicy, message.policy).clone(cte_type="7bit", linesep="\r\n", utf8=utf8)
    content = message.as_bytes(policy=policy)
    if max(map(len, content.split(b"\r\n"))) > LINE_OCTETS:
        raise ValueError(f"a line is longer than {LINE_OCTETS} bytes")
    return content


def _good(step: str, answer: Answer) -> None:
    if not answer.good:
        raise Blocked(f"{step} was answered by {answer.numbers}")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
