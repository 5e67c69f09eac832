"""Connections that end: TCP within a limit of time, and TLS that is verified.

What is said of errors is said in our own words, since those of others name hosts.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sternlight.alerts.server import is_loopback
from sternlight.errors import SettingsError

CONNECT_S = 30.0

# X509_V_ERR_... of OpenSSL
_EXPIRED, _NOT_YET = 10, 9
_UNKNOWN_ISSUER = frozenset({18, 19, 20, 21})
_OTHER_NAME = frozenset({62, 64})


def trust(ca_file: str, system: bool = False) -> ssl.SSLContext:
    """Return what verifies certificate and host name of a server; TLS 1.2 is the least.

    Certificates come from `ca_file` or, where it is "", are the system's; `system` adds these
    also to a file's.  Raises SettingsError if the file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=None if system else ca_file or None)
        if system and ca_file:
            context.load_verify_locations(ca_file)
    except OSError as error:  # and ssl.SSLError, which is one
        why = "holds no certificate in PEM" if isinstance(error, ssl.SSLError) else "cannot be read"
        raise SettingsError(f"[mail] ca_file: {ca_file} {why}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def reach(host: str, port: int, answer_s: float) -> socket.socket:
    """Connect; every later step may take `answer_s`.  Raises OSError, also if DNS knows no host."""
    try:
        sock = socket.create_connection((host, port), CONNECT_S)
    except UnicodeError:  # a name that the DNS cannot have
        raise socket.gaierror(socket.EAI_NONAME, "no name") from None
    sock.settimeout(answer_s)
    # Else the end of each letter waits 40 ms for the other end to confirm what came before.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def is_here(sock: socket.socket) -> bool:
    """Return whether the other end is this computer itself, whatever name it was called by."""
    return is_loopback(str(sock.getpeername()[0]))


def encrypted(sock: socket.socket, context: ssl.SSLContext, host: str) -> ssl.SSLSocket:
    """Return the connection encrypted and verified, or end it and raise OSError."""
    tls = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    try:
        with cut_after(tls, CONNECT_S):
            tls.do_handshake()
    except BaseException:
        tls.close()
        raise
    return tls


@contextmanager
def cut_after(sock: socket.socket, limit_s: float) -> Iterator[threading.Event]:
    """End a connection in use after so many seconds, and set the event that is given.

    The time-outs of sockets begin again with each byte; one an hour would keep us for ever.
    """
    over = threading.Event()

    def cut() -> None:
        over.set()
        with suppress(OSError):
            # Not that of ssl.SSLSocket, which goes on unencrypted.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(limit_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()


def why(error: OSError) -> str:
    """Say why a connection did not come about, without any name in it."""
    match error:
        case ssl.SSLCertVerificationError():
            return _of_certificate(error.verify_code)
        case ssl.SSLError() if error.reason == "WRONG_VERSION_NUMBER":
            return "it does not encrypt from the start at this port"
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return "the connection broke off"
        case ssl.SSLError():
            return "no way to encrypt (TLS 1.2 or 1.3) is known to both sides"
        case socket.gaierror():
            return "its name was not found in the DNS"
        case TimeoutError():
            return "no answer in time"
        case ConnectionRefusedError():
            return "nobody answers at this port"
        case ConnectionError():
            return "the connection broke off"
    return "it cannot be reached"


def _of_certificate(code: int) -> str:
    if code in (_EXPIRED, _NOT_YET):
        return "its certificate has expired, or is not valid yet; or this computer's clock is wrong"
    if code in _OTHER_NAME:
        return "its certificate is that of another host"
    if code in _UNKNOWN_ISSUER:
        return "its certificate comes from nobody who is trusted here"
    return f"its certificate is not valid (OpenSSL's error {code})"
