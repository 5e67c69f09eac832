"""The installation of a station into a folder, with a stand-in for pip and for systemd."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"

Install = Callable[..., int]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the script, whose environments are made at once and hold one small program."""
    monkeypatch.syspath_prepend(SCRIPTS)
    for name in ("_environment", "_machine"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", sys.dont_write_bytecode)
    spec = importlib.util.spec_from_file_location("install_station", SCRIPTS / "install_station.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("_environment", "_machine"):
        monkeypatch.delitem(sys.modules, name)

    def make(folder: Path) -> None:
        (folder / "bin").mkdir(parents=True)

    def install(folder: Path, *what: str) -> None:
        program = folder / "bin" / "sternlight"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sternlight "$@"\n')
        program.chmod(0o755)

    monkeypatch.setattr(module._environment, "make", make)
    monkeypatch.setattr(module._environment, "install", install)
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(module.os, "umask", lambda mask: 0o022)
    return module


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "a computer"


@pytest.fixture
def run(script: ModuleType, place: Path) -> Install:
    return lambda *options: int(script.main(["--prefix", str(place), *options]))


def versions(place: Path) -> set[str]:
    return {folder.name for folder in (place / "opt/sternlight/versions").iterdir()}


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir()}


def test_an_installation_has_all_its_parts(run: Install, place: Path) -> None:
    assert run() == 0
    assert files(place) == {
        "etc/sternlight/sternlight.toml",
        "etc/systemd/system/sternlight.service",
        "etc/udev/rules.d/60-sternlight-rtlsdr.rules",
        "opt/sternlight/versions/1/bin/sternlight",
        "opt/sternlight/versions/1/sternlight.toml",
        "usr/local/bin/sternlight",
    }
    assert (place / "opt/sternlight/bin").readlink() == Path("versions/1/bin")
    assert (place / "var/lib/sternlight").stat().st_mode & 0o777 == 0o750
    assert (place / "etc/sternlight/keys").stat().st_mode & 0o777 == 0o700
    link = (place / "usr/local/bin/sternlight").readlink()
    assert link == Path("/opt/sternlight/bin/sternlight")
    done = subprocess.run(
        [place / "opt/sternlight/bin/sternlight", "--version"], cwd=ROOT, capture_output=True
    )
    assert done.returncode == 0


def test_the_commands_of_the_system_are_only_told_under_a_prefix(
    run: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    run()
    told = capsys.readouterr().out
    for command in (
        "useradd --system",
        "systemctl enable",
        "systemctl restart",
        "chown",
        "/opt/sternlight/versions/1/bin/sternlight key --keys /etc/sternlight/keys",
    ):
        assert f"would run: {command}" in told


def test_a_dry_run_makes_nothing(
    run: Install, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--dry-run") == 0
    assert not place.exists()
    assert "would write /etc/systemd/system/sternlight.service" in capsys.readouterr().out


def test_an_upgrade_keeps_settings_and_data_and_takes_the_old_version_away(
    run: Install, place: Path
) -> None:
    run()
    (place / "etc/sternlight/sternlight.toml").write_text("[gap]\nmin_duration_h = 8.0\n")
    (place / "var/lib/sternlight/archive.sqlite3").write_text("events")
    assert run() == 0
    assert (place / "etc/sternlight/sternlight.toml").read_text().startswith("[gap]")
    assert (place / "var/lib/sternlight/archive.sqlite3").exists()
    assert (place / "opt/sternlight/bin").readlink() == Path("versions/2/bin")
    assert versions(place) == {"2"}


def test_a_template_is_put_beside_changed_settings_only_when_it_is_new(
    run: Install,
    script: ModuleType,
    place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    new = place / "etc/sternlight/sternlight.toml.new"
    run()
    (place / "etc/sternlight/sternlight.toml").write_text("# mine\n")
    run()
    assert not new.exists()
    template = tmp_path / "sternlight.toml"
    template.write_text("# newer\n")
    monkeypatch.setattr(script, "TEMPLATE", template)
    capsys.readouterr()
    run()
    assert new.read_text() == "# newer\n"
    assert "sternlight.toml.new has what the new version knows" in capsys.readouterr().out
    assert (place / "etc/sternlight/sternlight.toml").read_text() == "# mine\n"


def test_sources_are_written_into_new_settings_and_never_into_yours(
    run: Install, script: ModuleType, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = place / "etc/sternlight/sternlight.toml"
    told = ["rtlsdr:?gain=30", "tcp://127.0.0.1:5631", 'tcp://h:1?name="x"\\']
    run(*(word for address in told for word in ("--source", address)))
    settings = tomllib.loads(path.read_text())
    assert settings["watch"]["data"] == "/var/lib/sternlight"
    assert settings["sources"] == {"rtlsdr": told[0], "tcp": told[1], "tcp-2": told[2]}
    path.write_text("# mine\n")
    run("--source", "udp://:10110")
    assert path.read_text() == "# mine\n"
    assert "name udp://:10110 there" in capsys.readouterr().out


def test_an_upgrade_that_cannot_be_made_leaves_the_version_before(
    run: Install,
    script: ModuleType,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run()
    before = files(place)

    def fail(folder: Path, *what: str) -> None:
        raise script._environment.CannotSetUp("The Python Package Index could not be reached.")

    monkeypatch.setattr(script._environment, "install", fail)
    assert run() == 2
    assert files(place) == before
    assert versions(place) == {"1"}
    assert (place / "opt/sternlight/bin").readlink() == Path("versions/1/bin")
    assert "could not be reached" in capsys.readouterr().err


def test_a_version_that_cannot_say_its_number_is_not_taken(
    run: Install, script: ModuleType, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()

    def broken(folder: Path, *what: str) -> None:
        program = folder / "bin" / "sternlight"
        program.write_text("#!/bin/sh\nexit 1\n")
        program.chmod(0o755)

    monkeypatch.setattr(script._environment, "install", broken)
    assert run() == 2
    assert (place / "opt/sternlight/bin").readlink() == Path("versions/1/bin")


def test_a_half_that_was_cut_off_is_taken_away_by_the_next_upgrade(
    run: Install, place: Path
) -> None:
    run()
    (place / "opt/sternlight/versions/7/bin").mkdir(parents=True)
    assert run() == 0
    assert versions(place) == {"8"}


def starting(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, runs: Callable[[str], bool]
) -> None:
    """Let `systemctl restart` fail for versions of which `runs` says no."""

    def command(machine: object, *words: str) -> None:
        if words[:2] != ("systemctl", "restart"):
            return
        version = machine.at("/opt/sternlight/bin").readlink().parts[1]  # type: ignore[attr-defined]
        if not runs(version):
            raise script._environment.CannotSetUp("`systemctl restart` failed")

    monkeypatch.setattr(script.Machine, "run", command)


def test_an_upgrade_that_does_not_start_gives_way_to_the_version_before(
    run: Install,
    script: ModuleType,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run()
    (place / "etc/systemd/system/sternlight.service").write_text("# of the version before\n")
    starting(script, monkeypatch, lambda version: version == "1")
    assert run() == 2
    assert (place / "opt/sternlight/bin").readlink() == Path("versions/1/bin")
    assert versions(place) == {"1"}
    unit = (place / "etc/systemd/system/sternlight.service").read_text()
    assert unit == "# of the version before\n"
    assert "the one before is back" in capsys.readouterr().err


def test_a_first_version_that_has_no_source_yet_stays_and_is_told(
    run: Install,
    script: ModuleType,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    starting(script, monkeypatch, lambda version: False)
    assert run() == 1
    assert (place / "opt/sternlight/bin").readlink() == Path("versions/1/bin")
    assert "installed, but does not hear anything yet" in capsys.readouterr().out


def test_uninstalling_leaves_settings_and_data_and_nothing_else(run: Install, place: Path) -> None:
    run("--block-tv-driver")
    (place / "var/lib/sternlight/archive.sqlite3").write_text("events")
    assert run("--uninstall") == 0
    assert files(place) == {"etc/sternlight/sternlight.toml", "var/lib/sternlight/archive.sqlite3"}
    assert not (place / "opt/sternlight").exists()
    assert run("--uninstall") == 0
    assert run("--uninstall", "--purge") == 0
    assert files(place) == set()
    assert not (place / "var/lib/sternlight").exists()


def test_a_program_of_somebody_elses_in_its_place_is_left_alone(run: Install, place: Path) -> None:
    run()
    link = place / "usr/local/bin/sternlight"
    link.unlink()
    link.write_text("mine")
    run("--uninstall")
    assert link.read_text() == "mine"


def test_the_television_driver_is_kept_away_only_when_that_was_agreed(
    run: Install, place: Path
) -> None:
    blocked = place / "etc/modprobe.d/sternlight-rtlsdr.conf"
    run()
    assert not blocked.exists()
    run("--no-block-tv-driver")
    assert not blocked.exists()
    run("--block-tv-driver")
    assert "\nblacklist dvb_usb_rtl28xxu\n" in blocked.read_text()
    run()
    assert blocked.exists()


def test_a_rule_for_dongles_that_is_there_is_enough(run: Install, place: Path) -> None:
    rules = place / "usr/lib/udev/rules.d"
    rules.mkdir(parents=True)
    (rules / "60-librtlsdr0.rules").write_text('ATTRS{idVendor}=="0bda", ATTRS{idProduct}=="2838"')
    run()
    assert not (place / "etc/udev/rules.d/60-sternlight-rtlsdr.rules").exists()


def test_root_is_needed_without_a_prefix(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script.os, "geteuid", lambda: 1000)
    assert script.main([]) == 2
    assert "sudo python3" in capsys.readouterr().err
    assert script.main(["--dry-run"]) == 0


def test_purging_asks_first(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "uninstall", lambda machine, purge: pytest.fail("not agreed"))
    monkeypatch.setattr(script.sys, "stdin", SimpleNamespace(isatty=lambda: False))
    assert script.main(["--uninstall", "--purge"]) == 2
    assert "Nothing was removed" in capsys.readouterr().err
    monkeypatch.setattr(script.sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda question: "")
    assert script.main(["--uninstall", "--purge"]) == 2
    with pytest.raises(SystemExit):
        script.main(["--purge"])


def test_a_python_in_somebodys_home_is_refused(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script.os, "geteuid", lambda: 0)
    monkeypatch.setattr(script.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(script._environment, "base_python", lambda: "/home/pi/.pyenv/bin/python3")
    monkeypatch.setattr(script, "install", lambda machine, options: pytest.fail("installed"))
    assert script.main([]) == 2
    assert "somebody's home" in capsys.readouterr().err


def test_a_thirty_two_bit_system_is_told_why_not(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = SimpleNamespace(version_info=(3, 11, 2), maxsize=2**31 - 1, executable="/usr/bin/python")
    monkeypatch.setattr(script._environment, "sys", fake)
    assert script.main(["--dry-run"]) == 2
    assert "64-bit only" in capsys.readouterr().err


def test_a_command_that_fails_is_told_in_its_own_words(script: ModuleType) -> None:
    machine = script.Machine(None, False)
    with pytest.raises(script._environment.CannotSetUp, match=r"`sh -c .*` failed: no such unit"):
        machine.run("sh", "-c", "echo no such unit >&2; exit 5")
    with pytest.raises(script._environment.CannotSetUp, match="no program nonesuch"):
        machine.run("nonesuch")


def test_a_link_to_a_folder_is_removed_and_not_the_folder(
    script: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    script.Machine(tmp_path, False).remove("/link")
    assert (tmp_path / "folder").is_dir()
    assert not (tmp_path / "link").is_symlink()


def test_help_works_from_anywhere_and_leaves_nothing_in_the_checkout(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "install_station.py"), "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--uninstall" in done.stdout
