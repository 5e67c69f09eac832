"""`sternlight status`: asks the station that runs on this computer how it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, cast

import sternlight
from sternlight.jsontext import dumps
from sternlight.status import LastKnown, Status
from sternlight.statuspage import HERE, PATIENCE_S, RUN_FILE
from sternlight.text import plain

WELL, TROUBLED, NOT_RUNNING = 0, 1, 2


class NoAnswer(Exception):
    """Nobody told the status; the message says why, `code` what to exit with."""

    def __init__(self, says: str, code: int) -> None:
        super().__init__(says)
        self.code = code


def show(folder: Path, as_json: bool, last_known: Callable[[], LastKnown | None]) -> int:
    """Print how the station of `folder` is; return what to exit with.

    0: it hears and nothing is wrong.  1: it runs, and something is to be looked
    at: deaf, half deaf, clock unsure, disk full, too slow, no answer.  2: it
    does not run.  `last_known` is asked only then.
    """
    try:
        told = ask(folder)
    except NoAnswer as none:
        stopped = none.code == NOT_RUNNING
        if as_json:
            known = last_known() if stopped else None
            told = {"running": not stopped, "why": str(none), "last_known": known}
            sys.stdout.write(dumps(told, indented=True) + "\n")
        elif stopped:
            _put_stopped(folder, last_known(), str(none))
        else:
            sys.stdout.write(plain(str(none)) + "\n")
        return none.code
    wrong = [str(sentence) for sentence in told.get("troubles", [])]
    if as_json:
        sys.stdout.write(dumps({"running": True, **told}, indented=True) + "\n")
    elif told.get("version") != sternlight.__version__:
        _show_other(told, wrong)
    else:
        from sternlight.screen import put
        from sternlight.statusview import view

        put(view(cast(Status, told)))
    return TROUBLED if wrong else WELL


def ask(folder: Path) -> dict[str, Any]:
    """Return what the station says: a Status, and `troubles`.  Raises NoAnswer."""
    try:
        run = json.loads((folder / RUN_FILE).read_bytes())
        pid, port = int(run["pid"]), int(run["port"])
    except PermissionError as error:
        raise NoAnswer(
            f"{folder} may not be read by this user; try with sudo.", TROUBLED
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoAnswer("The station does not run.", NOT_RUNNING) from error
    line = HTTPConnection(HERE, port, timeout=PATIENCE_S)
    try:
        line.request("GET", "/status.json")
        told = json.loads(line.getresponse().read())
    except TimeoutError as error:
        says = f"The station (process {pid}) runs but does not answer; restart it."
        raise NoAnswer(says, TROUBLED) from error
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer("The station does not run; it ended without a word.", NOT_RUNNING) from error
    finally:
        line.close()
    if not isinstance(told, dict) or told.get("pid") != pid:  # another program has its port now
        raise NoAnswer("The station does not run; it ended without a word.", NOT_RUNNING)
    return told


def _put_stopped(folder: Path, known: LastKnown | None, why: str) -> None:
    from sternlight.screen import put
    from sternlight.statusview import view_stopped

    put(view_stopped(str(folder), known, why))


def _show_other(told: dict[str, Any], wrong: list[str]) -> None:
    """Say what can be said of a station of another version, whose status may differ."""
    says = [
        f"The station runs version {told.get('version')}, this is {sternlight.__version__};"
        " restart it: sudo systemctl restart sternlight",
        *(wrong or ["Nothing is wrong with it."]),
    ]
    sys.stdout.write("\n".join(map(plain, says)) + "\n")
