"""A headless Chromium driven over its DevTools protocol: opens a page, asks it, looks at it."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

STARTS_S = 30.0
ANSWERS_S = 60.0


class Browser:
    """One tab; what it asked of a network and what it complained of is kept."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self._number = 0
        self._session = ""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "Audits"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **given: Any) -> Any:
        """Send a command and return its answer; events that come meanwhile are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": given}
        if self._session:
            message["sessionId"] = self._session
        self._line.send(json.dumps(message))
        while True:
            answer = json.loads(self._line.recv(timeout=ANSWERS_S))
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.events.append(answer)

    def open(self, path: Path, width: int = 1200, height: int = 900) -> float:
        """Open a file and wait until it is loaded; return how many seconds that took."""
        self.size(width, height)
        self.events.clear()
        began = time.perf_counter()
        self.call("Page.navigate", url=path.resolve().as_uri())
        while not any(one.get("method") == "Page.loadEventFired" for one in self.events):
            self.events.append(json.loads(self._line.recv(timeout=ANSWERS_S)))
        return time.perf_counter() - began

    def size(self, width: int, height: int) -> None:
        """Make the window so large, in CSS pixels; narrow ones are phones."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip

    def dark(self, on: bool = True) -> None:
        """Prefer dark colours."""
        feature = {"name": "prefers-color-scheme", "value": "dark" if on else "light"}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def scripts(self, on: bool) -> None:
        """Switch scripts on or off for the pages to come."""
        self.call("Emulation.setScriptExecutionDisabled", value=not on)

    def ask(self, script: str) -> Any:
        """Return what an expression gives, a promise awaited."""
        told = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def key(self, name: str, code: int) -> None:
        """Press a key, such as ArrowRight, 39."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name,
                      windowsVirtualKeyCode=code)  # fmt: skip

    def picture(self, path: Path, whole: bool = False) -> None:
        """Save what is seen as PNG, or the whole page."""
        told = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(told["data"]))

    def printed(self, path: Path) -> None:
        """Save the page as PDF."""
        told = self.call("Page.printToPDF", preferCSSPageSize=True, paperWidth=8.27,
                         paperHeight=11.69)  # fmt: skip
        path.write_bytes(base64.b64decode(told["data"]))

    def requests(self) -> list[str]:
        """Return what was asked for, but for the page itself and what stands in it."""
        urls = [
            one["params"]["request"]["url"]
            for one in self.events
            if one.get("method") == "Network.requestWillBeSent"
        ]
        return [url for url in urls[1:] if not url.startswith("data:")]

    def complaints(self) -> list[Any]:
        """Return errors, warnings and broken policies that the page told of."""
        found = []
        for one in self.events:
            told = one.get("params", {})
            if one.get("method") == "Runtime.exceptionThrown":
                found.append(told["exceptionDetails"])
            elif one.get("method") == "Runtime.consoleAPICalled":
                found.append([argument.get("value") for argument in told["args"]])
            elif one.get("method") == "Log.entryAdded":
                found.append(told["entry"]["text"])
            elif one.get("method") == "Audits.issueAdded":
                found.append(told["issue"])
        return found


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start Chromium with a profile in `folder`; skip where it is not installed."""
    program = shutil.which("chromium")
    if not program:
        pytest.skip("no browser is installed; sudo apt install chromium")
    port = folder / "DevToolsActivePort"
    process = subprocess.Popen(
        [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-webgl",
         "--disable-3d-apis", "--disable-extensions", "--disable-background-networking",
         "--no-first-run", "--remote-debugging-port=0", f"--user-data-dir={folder}",
         "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + STARTS_S
        while not (port.exists() and len(port.read_text().splitlines()) == 2):
            assert process.poll() is None, "Chromium has ended"
            assert time.monotonic() < until, "Chromium does not start"
            time.sleep(0.05)
        number, path = port.read_text().splitlines()
        with connect(f"ws://127.0.0.1:{number}{path}", max_size=None) as line:
            yield Browser(line)
    finally:
        process.terminate()
        process.wait()
