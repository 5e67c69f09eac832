"""What sources on the network share: credential files, TLS, messages as lines, plain words."""

from __future__ import annotations

import os
import re
import socket
import ssl
from pathlib import Path

from receiver.sources.base import SourceLost

OPEN_S = 10.0  # a server that has not answered by then is taken as not there
MESSAGE_BYTES = 1 << 20  # no message about ships is as long as this
_SECRET_BYTES = 4096
_NO_LINE = bytes.maketrans(b"\0\n\r", b"   ")


def secret(path: str, what: str) -> str:
    """Return the first line of a credential file; `what` is in it, in words.

    Raises SourceLost, also where every user of the computer could read the
    file.  Nothing of its content is ever part of a message.
    """
    try:
        with Path(path).open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_SECRET_BYTES)
    except OSError as error:
        raise SourceLost(
            f"{path}, which should hold {what}, cannot be read ({error.strerror});"
            " create it, and let the user that runs Sternlight read it"
        ) from None
    if os.name == "posix" and mode & 0o004:
        raise SourceLost(
            f"every user of this computer can read {path}, which holds {what};"
            f" forbid it: sudo chmod o-rwx {path}"
        )
    found = content.decode("utf-8", "replace").partition("\n")[0].strip()
    if not found or "\ufffd" in found:
        raise SourceLost(f"the first line of {path} should hold {what} as plain text, and does not")
    return found


def tls(ca_file: str) -> ssl.SSLContext:
    """Return what verifies a server's certificate, also by the authorities in `ca_file`.

    Raises SourceLost.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise SourceLost(
            f"ca_file {ca_file} holds no certificate that can be read ({plain(error)});"
            " it must be a PEM file"
        ) from None
    context.sslsocket_class = _ClosedOnRefusal
    return context


class _ClosedOnRefusal(ssl.SSLSocket):
    """A socket that no library has to remember to close when the handshake fails."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def unreachable(error: OSError, host: str, port: int) -> str:
    """Return in a sentence why no connection to a server came about."""
    at = f"{host} port {port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the certificate of {at} is not to be trusted ({plain(error.verify_message)});"
            " check the host's name and this computer's date, or name the server's own"
            " authority as ca_file"
        )
    if isinstance(error, ssl.SSLError):
        return f"{at} does not speak TLS as expected ({plain(error)}); check scheme and port"
    if isinstance(error, socket.gaierror):
        return f"the name {host} is not known ({plain(error)}); check it, and the network"
    if isinstance(error, ConnectionRefusedError):
        return f"{at} refuses connections; check that the server runs and that this is its port"
    if isinstance(error, TimeoutError):
        return f"{at} did not answer within {OPEN_S:g} s; check the network and the firewall"
    return f"no connection to {at} ({plain(error)}); check the network"


def one_line(message: bytes) -> bytes:
    """Return a message as one line, empty for an empty one."""
    line = message.translate(_NO_LINE).strip()
    return line + b"\n" if line else b""


def plain(text: object, most: int = 200) -> str:
    """Return what another program or computer said, as short printable ASCII."""
    said = re.sub(r"[^!-~]+", " ", str(getattr(text, "strerror", None) or text))
    return said[:most].strip() or type(text).__name__
