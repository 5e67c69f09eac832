"""The station's status on loopback: /status.json for programs, /metrics for Prometheus.

Nothing else can be had here, nothing can be changed, and nobody outside this
computer is answered.  A web page that has its own name resolve to 127.0.0.1
(DNS rebinding) is not, either: its requests name another host.
"""

from __future__ import annotations

import json
import os
import socketserver
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sternlight import metrics
from sternlight.jsontext import dumps, finite, replacing
from sternlight.status import Status, troubles

HERE = "127.0.0.1"
HOSTS = frozenset({HERE, "localhost"})  # of any port: it may come through a tunnel
ANSWERS_COUNT = 8  # at once; who asks for more is hung up on
PATIENCE_S = 5.0

RUN_FILE = Path("run", "station.json")


class StatusPage:
    """Answers from the moment it is made until `close`.

    `status` is called in other threads: it must give a dict that nobody changes
    any more.  Where `port` is 0 or taken, another free one is used; `port` says
    which, and `says` is a sentence about it.  `folder` is the station's: its
    run/station.json tells other programs where to ask.
    """

    def __init__(self, folder: Path, port: int, status: Callable[[], Status]) -> None:
        self._file = folder / RUN_FILE
        self._server = _bound(port)
        self._server.status = status
        self.port = int(self._server.server_address[1])
        self.says = f"The status is at http://{HERE}:{self.port}/status.json and /metrics."
        if port not in (0, self.port):
            self.says = f"Port {port} is taken. {self.says}"
        started = status()["started"]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self._file) as out:
            out.write(dumps({"pid": os.getpid(), "port": self.port, "started": started}) + "\n")
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="status page", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """End, and take the file away; twice is no error."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE_S)
        with suppress(OSError, ValueError, KeyError):
            if json.loads(self._file.read_bytes())["pid"] == os.getpid():
                self._file.unlink()


def _bound(port: int) -> _Server:
    try:
        return _Server((HERE, port), _Answer)
    except (OSError, OverflowError):
        return _Server((HERE, 0), _Answer)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 2 * ANSWERS_COUNT
    status: Callable[[], Status]

    def __init__(self, address: tuple[str, int], answer: type[_Answer]) -> None:
        self._slots = threading.BoundedSemaphore(ANSWERS_COUNT)
        super().__init__(address, answer)

    def server_bind(self) -> None:
        # The parent would ask the name service who 127.0.0.1 is, which may take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HERE, int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Who asked has gone away; anything else is our own mistake and is shown.
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    timeout = PATIENCE_S
    server_version, sys_version = "Sternlight", ""

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        host = self.headers.get("Host", "").partition(":")[0].lower()
        if host not in HOSTS:
            self._send(403, f"Ask for http://{HERE}:{self.server.server_port}/ by that name.\n")
        elif self.command != "GET":
            self._send(405, "This page can only be read.\n")
        else:
            return True
        self.close_connection = True
        return False

    def do_GET(self) -> None:
        """Answer; http.server finds this by its name."""
        path = self.path.partition("?")[0]
        if path == "/status.json":
            status = self.server.status()
            text = dumps({**finite(status), "troubles": troubles(status)}) + "\n"
            self._send(200, text, "application/json")
        elif path == "/metrics":
            self._send(200, metrics.page(self.server.status()), metrics.CONTENT_TYPE)
        else:
            self._send(200 if path == "/" else 404, "There are /status.json and /metrics.\n")

    def _send(self, code: int, text: str, kind: str = "text/plain; charset=utf-8") -> None:
        body = text.encode("utf-8", "replace")
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if code == 405:
            self.send_header("Allow", "GET")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in the parent
        """Say nothing: who asks every ten seconds would fill the journal."""
