"""The set-up of scripts/run.py and scripts/test.py, with a stand-in for pip."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module, at home in an empty folder, with every call of a program written down."""
    spec = importlib.util.spec_from_file_location("_environment", SCRIPTS / "_environment.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    root = tmp_path / "a folder"
    root.mkdir()
    (root / "pyproject.toml").write_text("[project]\n")
    (root / "constraints.txt").write_text("numpy==2.0\n")
    module.ROOT = root  # type: ignore[attr-defined]
    module.VENV = root / ".venv"  # type: ignore[attr-defined]
    module.STAMP = root / ".venv" / "sternlight-set-up"  # type: ignore[attr-defined]
    module.calls = []  # type: ignore[attr-defined]

    def call(command: list[str]) -> None:
        module.calls.append(" ".join(command))
        if "venv" in command:
            (module.VENV / "bin").mkdir(parents=True)
            for name in ("python", "pip"):
                (module.VENV / "bin" / name).touch()

    monkeypatch.setattr(module, "call", call)
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    return module


def kinds(calls: list[str]) -> list[str]:
    """Reduce calls to what they do."""
    return ["make" if " -m venv " in call else "install" for call in calls]


def test_the_first_start_makes_an_environment_and_the_second_changes_nothing(
    environment: ModuleType,
) -> None:
    assert environment.program("sternlight") == environment.VENV / "bin" / "sternlight"
    assert kinds(environment.calls) == ["make", "install"]
    environment.program("sternlight")
    assert len(environment.calls) == 2


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_declaration_installs_again_into_the_same_environment(
    environment: ModuleType, name: str
) -> None:
    environment.program("sternlight")
    (environment.ROOT / name).write_text("changed\n")
    environment.program("sternlight")
    assert kinds(environment.calls) == ["make", "install", "install"]


def test_checks_need_more_than_a_replay_and_a_replay_is_content_with_more(
    environment: ModuleType,
) -> None:
    environment.program("sternlight")
    environment.program("pytest", extra="test")
    environment.program("sternlight")
    assert kinds(environment.calls) == ["make", "install", "install"]
    assert environment.calls[1].endswith("--editable .")
    assert environment.calls[2].endswith("--editable .[test]")


def test_a_set_up_that_was_cut_off_is_begun_anew(environment: ModuleType) -> None:
    environment.program("sternlight")
    environment.STAMP.unlink()
    (environment.VENV / "half-made").touch()
    environment.program("sternlight")
    assert kinds(environment.calls) == ["make", "install"] * 2
    assert not (environment.VENV / "half-made").exists()


def test_after_a_failed_update_the_environment_is_made_anew(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.program("sternlight")
    (environment.ROOT / "constraints.txt").write_text("changed\n")

    def fail(command: list[str]) -> None:
        raise environment.CannotSetUp("no network")

    with monkeypatch.context() as offline:
        offline.setattr(environment, "call", fail)
        with pytest.raises(environment.CannotSetUp):
            environment.program("sternlight")
    environment.program("sternlight")
    assert kinds(environment.calls) == ["make", "install"] * 2


def test_a_moved_folder_or_another_python_gets_a_new_environment(
    environment: ModuleType,
) -> None:
    environment.program("sternlight")
    environment.STAMP.write_text(environment.STAMP.read_text().replace("a folder", "elsewhere"))
    environment.program("sternlight")
    assert kinds(environment.calls) == ["make", "install"] * 2


def test_uv_is_used_where_it_is(environment: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.shutil, "which", lambda name: f"/opt/{name}")
    environment.program("sternlight")
    assert [call.split()[0] for call in environment.calls] == ["/opt/uv", "/opt/uv"]


def test_a_missing_debian_package_is_named_with_its_command(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(environment.CannotSetUp, match=r"sudo apt install python3\.\d+-venv"):
        environment.program("sternlight")
    monkeypatch.setattr(environment.shutil, "which", lambda name: _only_python3(name, environment))
    with pytest.raises(environment.CannotSetUp, match=r"sudo apt install python3-venv\n"):
        environment.program("sternlight")


def _only_python3(name: str, environment: ModuleType) -> str | None:
    return str(environment.base_python()) if name == "python3" else None


@pytest.mark.parametrize(
    ("version", "maxsize", "says"),
    [((3, 9, 2), 2**63 - 1, "needs Python 3.11 or newer, and this is Python 3.9"),
     ((3, 11, 2), 2**31 - 1, "64-bit only")],
)  # fmt: skip
def test_a_machine_that_cannot_run_it_is_told_why(
    environment: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    version: tuple[int, int, int],
    maxsize: int,
    says: str,
) -> None:
    fake = SimpleNamespace(version_info=version, maxsize=maxsize, executable="/usr/bin/python3")
    monkeypatch.setattr(environment, "sys", fake)
    with pytest.raises(environment.CannotSetUp, match=says):
        environment.program("sternlight")


@pytest.mark.parametrize(
    ("printed", "says"),
    [
        ("Failed to establish a new connection: name resolution", "connect .* run the same"),
        ("OSError: [Errno 28] No space left on device", "disk .* is full"),
        ("something nobody foresaw", "nobody foresaw\nThis failed, with the words above"),
    ],
)
def test_a_failing_installer_is_explained(tmp_path: Path, printed: str, says: str) -> None:
    program = tmp_path / "pip"
    program.write_text(f"#!/bin/sh\necho '{printed}'\nexit 1\n")
    program.chmod(0o755)
    code = (
        f"import _environment as e; from pathlib import Path; e.ROOT = Path({str(tmp_path)!r})\n"
        f"try: e.call([{str(program)!r}])\nexcept e.CannotSetUp as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(says, done.stdout)


def test_another_pythons_modules_stay_out(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/opt/ros/lib")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    kept = environment.clean_environ()
    assert "PYTHONPATH" not in kept
    assert kept["HTTPS_PROXY"] == "http://proxy"


@pytest.mark.parametrize("name", ["run.py", "test.py"])
def test_help_needs_no_set_up_and_works_from_anywhere(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / name), "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"python3 scripts/{name}" in done.stdout
    assert not done.stderr
