"""Sternlight's own Python environment, the folder .venv, made for run.py and test.py.

install_station.py makes the environment of a service with the same functions.

Standard library only, and no syntax newer than Python 3.7, so that an older
Python is told what it lacks instead of failing at a line it cannot read.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "sternlight-set-up"  # written last: without it a set-up was never finished
DECLARED = ("pyproject.toml", "constraints.txt")
OLDEST = (3, 11)

OFFLINE = ("name resolution", "not known", "dns error", "NewConnectionError", "Failed to fetch",
           "Network is unreachable", "Connection refused", "ConnectTimeout", "ProxyError",
           "client error (Connect)")  # fmt: skip


class CannotSetUp(Exception):
    """The environment cannot be made; the message says why and what to do."""


def program(name: str, extra: str = "") -> Path:
    """Return the path of a program in an environment that is up to date, making it if need be.

    `extra` names a set of further dependencies in pyproject.toml.  Returns at
    once when nothing that is declared has changed since the last time.  Raises
    CannotSetUp.
    """
    check_machine()
    if not is_ready(extra):
        with (ROOT / "pyproject.toml").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two terminals, one set-up
            if not is_ready(extra):
                set_up(extra)
    return VENV / "bin" / name


def clean_environ() -> dict[str, str]:
    """Return the environment variables without those that would mix in another Python."""
    foreign = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PIP_USER", "PIP_TARGET", "PIP_PREFIX"}
    return {name: value for name, value in os.environ.items() if name not in foreign}


def check_machine() -> None:
    """Raise CannotSetUp where Sternlight's libraries do not exist."""
    if sys.version_info < OLDEST:
        raise CannotSetUp(
            f"Sternlight needs Python 3.11 or newer, and this is Python "
            f"{sys.version_info[0]}.{sys.version_info[1]} ({sys.executable}). {_newer_python()}"
        )
    if sys.maxsize < 2**32:
        raise CannotSetUp(
            "Sternlight is 64-bit only: its libraries are not published for 32-bit systems. "
            "On a Raspberry Pi 3 or newer, install the 64-bit Raspberry Pi OS."
        )


def _newer_python() -> str:
    for minor in range(20, OLDEST[1] - 1, -1):
        if shutil.which(f"python3.{minor}"):
            return f"There is a newer one here: use python3.{minor} in place of python3."
    return "Debian 12, Raspberry Pi OS 12, Ubuntu 24.04 and all later ones have it."


def is_ready(extra: str) -> bool:
    """Tell whether the environment holds what is declared now, with `extra` or with more."""
    if not (VENV / "bin" / "python").exists() or not STAMP.exists():
        return False
    return STAMP.read_text("utf-8") in (_stamp(extra), _stamp("test"))


def _stamp(extra: str) -> str:
    declared = hashlib.sha256()
    for name in DECLARED:
        declared.update((ROOT / name).read_bytes())
    return f"{_made_by()}\nextra {extra}\n{declared.hexdigest()}\n"


def _made_by() -> str:
    """Name what an environment is bound to: other words here, and it is made anew."""
    return f"Python {sys.version.split()[0]} {base_python()} {ROOT}"


def base_python() -> str:
    """Return the system's own interpreter, also when this one is an environment's."""
    return str(getattr(sys, "_base_executable", sys.executable))


def set_up(extra: str) -> None:
    """Make the environment, or bring it up to date.  Raises CannotSetUp."""
    if not os.access(ROOT, os.W_OK):
        raise CannotSetUp(f"{ROOT} cannot be written to: clone Sternlight into a folder of yours.")
    print("Setting up Sternlight in .venv; this takes a minute or two, once.", file=sys.stderr)
    if _is_whole() and (shutil.which("uv") or (VENV / "bin" / "pip").exists()):
        STAMP.unlink()
    else:
        shutil.rmtree(VENV, ignore_errors=True)
        make(VENV)
    install(VENV, "--editable", f".[{extra}]" if extra else ".")
    unfinished = STAMP.with_suffix(".new")
    unfinished.write_text(_stamp(extra), "utf-8")
    unfinished.replace(STAMP)


def make(folder: Path) -> None:
    """Make an empty environment.  Raises CannotSetUp."""
    uv = shutil.which("uv")
    if uv:
        call([uv, "venv", "--quiet", "--python", base_python(), str(folder)])
    else:
        _check_ensurepip()
        call([base_python(), "-m", "venv", str(folder)])


def install(folder: Path, *what: str) -> None:
    """Install into an environment, in the versions that Sternlight is tested with.

    Relative paths among `what` start at the folder of Sternlight.  Raises CannotSetUp.
    """
    uv = shutil.which("uv")
    python = str(folder / "bin" / "python")
    installer = [uv, "pip"] if uv else [python, "-m", "pip"]
    target = ["--python", python] if uv else ["--disable-pip-version-check"]
    call([*installer, "install", "--quiet", *target, "--constraint", "constraints.txt", *what])


def _is_whole() -> bool:
    return STAMP.exists() and STAMP.read_text("utf-8").startswith(_made_by() + "\n")


def _check_ensurepip() -> None:
    found = importlib.util.find_spec("ensurepip")
    if found is not None and found.origin is not None:
        return
    default = shutil.which("python3")
    is_default = default and os.path.realpath(default) == os.path.realpath(base_python())
    package = "python3-venv" if is_default else f"python3.{sys.version_info[1]}-venv"
    raise CannotSetUp(
        "This Python cannot make environments, since a package of it is not installed. "
        f"Install it, then run the same command again:\n\n    sudo apt install {package}\n"
    )


def call(command: list[str]) -> None:
    """Run a program in the folder of Sternlight; raise CannotSetUp if it fails, saying why."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=clean_environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode == 0:
        return
    if "No space left" in done.stdout:
        raise CannotSetUp(f"The disk of {ROOT} is full: Sternlight needs about 1 GB of it.")
    if any(sign in done.stdout for sign in OFFLINE):
        raise CannotSetUp(
            "The Python Package Index could not be reached. Sternlight needs the network for its "
            "first set-up and for updates, not for its work: connect (behind a proxy, set "
            "HTTPS_PROXY) and run the same command again."
        )
    last_words = "\n".join(done.stdout.splitlines()[-12:])
    raise CannotSetUp(f"{last_words}\nThis failed, with the words above: {' '.join(command)}")
