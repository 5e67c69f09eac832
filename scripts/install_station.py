"""Install Sternlight as a station that starts with the machine; run it again to upgrade.

    sudo python3 scripts/install_station.py --source rtlsdr:    install, or upgrade
    sudo python3 scripts/install_station.py --uninstall         remove; settings and data stay

The program goes to /opt/sternlight, its settings to /etc/sternlight/sternlight.toml
(yours are kept), what it hears and finds to /var/lib/sternlight.  It runs as a user of
its own, `sternlight`, as a service of systemd.  An upgrade that fails leaves the
version before running.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import grp
import json
import os
import pwd
import shlex
import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # root's files do not belong into somebody's checkout
import _environment  # noqa: E402 - after the line that keeps it from leaving files
from _machine import Machine, text_of  # noqa: E402

ROOT = _environment.ROOT
TEMPLATE = ROOT / "config" / "sternlight.toml"
UNIT = ROOT / "config" / "systemd" / "sternlight.service"

USER = "sternlight"
GROUPS = ("dialout", "plugdev")  # who may open serial ports and USB dongles on Debian
PROGRAM = "/opt/sternlight"
LINK = "/usr/local/bin/sternlight"
SETTINGS = "/etc/sternlight"
KEYS = "/etc/sternlight/keys"
DATA = "/var/lib/sternlight"
CACHE = "/var/cache/sternlight"
SERVICE = "/etc/systemd/system/sternlight.service"
DONGLE_RULE = "/etc/udev/rules.d/60-sternlight-rtlsdr.rules"
DONGLE_DRIVER = "/etc/modprobe.d/sternlight-rtlsdr.conf"
RULES = ("/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d")

DRIVER_QUESTION = """\
A dongle can receive ships or television, not both. Keep Linux's television driver
(dvb_usb_rtl28xxu) from taking it?"""


def main(arguments: list[str]) -> int:
    options = read_options(arguments)
    machine = Machine(options.prefix, options.dry_run)
    os.umask(0o022)  # the service's user must be able to read what root installs
    try:
        check(machine, options)
        with UNIT.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two terminals, one installation
            if options.uninstall:
                uninstall(machine, options.purge)
            elif not install(machine, options):
                return 1
    except _environment.CannotSetUp as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped; what ran before still runs. Run the same command again.", file=sys.stderr)
        return 130
    return 0


def read_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", action="append", default=[], metavar="ADDRESS",
                        help="where it hears ships from, for new settings (docs/sources.md);"
                        " several are possible")  # fmt: skip
    parser.add_argument("--uninstall", action="store_true", help="stop and remove the station")
    parser.add_argument("--purge", action="store_true",
                        help="with --uninstall: its settings and all its data too")  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, do nothing")
    parser.add_argument("--prefix", type=Path, metavar="FOLDER",
                        help="make the files under FOLDER and only say the commands")  # fmt: skip
    driver = parser.add_mutually_exclusive_group()
    driver.add_argument("--block-tv-driver", dest="driver", action="store_true", default=None,
                        help="keep Linux's television driver from an RTL-SDR dongle")  # fmt: skip
    driver.add_argument("--no-block-tv-driver", dest="driver", action="store_false",
                        help="leave that driver alone, and do not ask")  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="with --purge: do not ask")
    options = parser.parse_args(arguments)
    if options.purge and not options.uninstall:
        parser.error("--purge goes with --uninstall")
    return options


def check(machine: Machine, options: argparse.Namespace) -> None:
    """Raise CannotSetUp where it could not go well."""
    _environment.check_machine()
    if options.purge and not (options.yes or not machine.real or agreed(
        f"Delete everything the station has heard and found, {DATA}, and its settings?"
    )):  # fmt: skip
        raise _environment.CannotSetUp("Nothing was removed; --purge --yes does not ask.")
    if not machine.real:
        return
    if os.geteuid() != 0:
        raise _environment.CannotSetUp(
            f"A service can be installed by root only: sudo {shlex.join(['python3', *sys.argv])}"
        )
    if not options.uninstall and shutil.which("systemctl") is None:
        raise _environment.CannotSetUp(
            "This system has no systemd, which starts the station and watches over it; without "
            "it, scripts/run.py sets Sternlight up and your own means must start it."
        )
    python = Path(_environment.base_python()).resolve()
    if not options.uninstall and python.parts[1] in ("home", "root"):
        raise _environment.CannotSetUp(
            f"This Python lives in somebody's home ({python}), which the service may not see; "
            "use the system's: sudo /usr/bin/python3 scripts/install_station.py"
        )


def agreed(question: str) -> bool:
    """Ask; where nobody can answer, the answer is no."""
    if not sys.stdin.isatty():
        return False
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def install(machine: Machine, options: argparse.Namespace) -> bool:
    """Install or upgrade; return whether the station runs.

    Nothing that runs is touched before the new version has been tried.
    """
    version = make_version(machine)
    make_user(machine)
    write_settings(machine, version, options.source)
    machine.folder(KEYS, 0o700)
    machine.folder(DATA, 0o750)
    machine.run("chown", f"{USER}:{USER}", DATA)
    allow_dongle(machine)
    block_driver(machine, options.driver)
    # Before the service starts, which is handed its keys then; read by root from the new version.
    program = f"{PROGRAM}/versions/{version}/bin/sternlight"
    key = machine.run(program, "key", "--keys", KEYS)
    machine.link(LINK, f"{PROGRAM}/bin/sternlight")
    runs = switch(machine, version)
    for old in versions(machine):
        if old != version:
            machine.remove(f"{PROGRAM}/versions/{old}")
    if not machine.dry:
        print(f"\nSternlight is installed{'' if runs else ', but does not hear anything yet'}.")
        print(f"\n{key}" if key else "", end="")
        print(NEXT)
    return runs


NEXT = f"""
    sudo nano {SETTINGS}/sternlight.toml    where it hears ships from; then:
    sudo systemctl restart sternlight
    sternlight status                             how the station is
    sternlight doctor                             what is wrong with it, and how to mend that
    journalctl -u sternlight -f                   what it says

docs/station.md explains all of it."""


def versions(machine: Machine) -> list[int]:
    """Return the numbers of the versions that are there, also of halves."""
    folder = machine.at(f"{PROGRAM}/versions")
    return sorted(int(f.name) for f in folder.glob("*") if f.name.isdecimal())


def current(machine: Machine) -> int | None:
    """Return the number of the version that is in use."""
    link = machine.at(f"{PROGRAM}/bin")
    return int(link.readlink().parts[1]) if link.is_symlink() else None


def make_version(machine: Machine) -> int:
    """Install this checkout into a folder of its own, and try it; return its number."""
    number = max(versions(machine), default=0) + 1
    folder = machine.at(f"{PROGRAM}/versions/{number}")
    print(f"Installing Sternlight into {folder}; this takes some minutes.", flush=True)
    if machine.dry:
        return number
    folder.parent.mkdir(parents=True, exist_ok=True)
    os.environ["UV_COMPILE_BYTECODE"] = "1"  # the service may not write there; pip does it anyway
    try:
        _environment.make(folder)
        _environment.install(folder, ".")
        _environment.call([str(folder / "bin" / "sternlight"), "--version"])
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return number


def make_user(machine: Machine) -> None:
    """Make the station's user; let whoever installs read what the station writes."""
    if not machine.real or not _is_known(pwd.getpwnam, USER):
        group = ["--gid", USER] if _is_known(grp.getgrnam, USER) else ["--user-group"]
        machine.run("useradd", "--system", *group, "--no-create-home", "--home-dir", DATA,
                    "--shell", "/usr/sbin/nologin", USER)  # fmt: skip
    groups = [group for group in GROUPS if _is_known(grp.getgrnam, group)]
    if groups:
        machine.run("usermod", "--append", "--groups", ",".join(groups), USER)
    person = os.environ.get("SUDO_USER", "root")
    if person != "root" and _is_known(pwd.getpwnam, person):
        machine.run("usermod", "--append", "--groups", USER, person)
        print(f"{person} may read the station's data, from the next login on (group {USER}).")


def _is_known(look_up: object, name: str) -> bool:
    try:
        look_up(name)  # type: ignore[operator]
    except KeyError:
        return False
    return True


def write_settings(machine: Machine, version: int, sources: list[str]) -> None:
    """Write the settings once; later, put a template that has changed beside them."""
    path, template = f"{SETTINGS}/sternlight.toml", TEMPLATE.read_text("utf-8")
    template = template.replace('\ndata = "sternlight-data"\n', f'\ndata = "{DATA}"\n')
    before = text_of(machine.at(f"{PROGRAM}/versions/{current(machine)}/sternlight.toml"))
    machine.write(f"{PROGRAM}/versions/{version}/sternlight.toml", template)
    machine.folder(SETTINGS, 0o755)
    settings = text_of(machine.at(path))
    if settings is None:
        machine.write(path, with_sources(template, sources))
        return
    if sources:
        print(f"Your settings in {path} are kept as they are: name {', '.join(sources)} there.")
    if template not in (settings, before):
        machine.write(f"{path}.new", template)
        print(f"Your settings in {path} are kept; {path}.new has what the new version knows.")


def with_sources(template: str, sources: list[str]) -> str:
    """Return settings with sources, each named after its kind: rtlsdr, tcp, tcp-2."""
    kinds = [address.partition(":")[0] for address in sources]
    names = [
        kind if kinds.index(kind) == i else f"{kind}-{kinds[: i + 1].count(kind)}"
        for i, kind in enumerate(kinds)
    ]
    # Every string of JSON is one of TOML.
    rows = [
        f"{name} = {json.dumps(address)}\n" for name, address in zip(names, sources, strict=True)
    ]
    return template.replace("\n[sources]\n", "\n[sources]\n\n" + "".join(rows), 1)


def allow_dongle(machine: Machine) -> None:
    """Let the station open an RTL-SDR dongle, unless a rule of somebody else's does."""
    mine = machine.at(DONGLE_RULE)
    rules = [rule for folder in RULES for rule in machine.at(folder).glob("*.rules")]
    if any(rule != mine and "2838" in rule.read_text("utf-8", "replace") for rule in rules):
        return
    group = "plugdev" if _is_known(grp.getgrnam, "plugdev") else USER
    machine.write(DONGLE_RULE, "# Sternlight may open RTL-SDR dongles.\n" + "".join(
        f'SUBSYSTEM=="usb", ATTR{{idVendor}}=="0bda", ATTR{{idProduct}}=="{product}", '
        f'MODE="0660", GROUP="{group}"\n'
        for product in ("2832", "2838")
    ))  # fmt: skip
    if not machine.real or Path("/run/udev/control").exists():
        machine.run("udevadm", "control", "--reload-rules")
        machine.run("udevadm", "trigger", "--subsystem-match=usb")


def block_driver(machine: Machine, wanted: bool | None) -> None:
    """Keep the television driver from the dongle if that is agreed; leave it if not."""
    if wanted is None and machine.real and not machine.at(DONGLE_DRIVER).exists():
        wanted = agreed(DRIVER_QUESTION)
    if wanted:
        machine.write(DONGLE_DRIVER, "# RTL-SDR dongles are for Sternlight, not for television.\n"
                      "blacklist dvb_usb_rtl28xxu\n")  # fmt: skip
        print("Linux's television driver leaves dongles alone, from the next start on.")


def switch(machine: Machine, version: int) -> bool:
    """Let the service run a version; return whether it does.

    An upgrade that does not start gives way to the version before, and raises
    CannotSetUp.  A first version that does not start has no source to listen to yet.
    """
    before, unit_before = current(machine), text_of(machine.at(SERVICE))
    try:
        start(machine, version, UNIT.read_text("utf-8"))
    except _environment.CannotSetUp as error:
        if before is None or unit_before is None:
            return False
        with contextlib.suppress(_environment.CannotSetUp):  # it may not have run, either
            start(machine, before, unit_before)
        machine.remove(f"{PROGRAM}/versions/{version}")
        raise _environment.CannotSetUp(
            "The new version did not start, so the one before is back in its place; why is in "
            "`journalctl -u sternlight -n 40`."
        ) from error
    return True


def start(machine: Machine, version: int, unit: str) -> None:
    machine.link(f"{PROGRAM}/bin", f"versions/{version}/bin")
    machine.write(SERVICE, unit)
    machine.run("systemctl", "enable", "sternlight.service")
    if machine.booted:
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", "sternlight.service")
    else:
        print("systemd does not run here; the station starts with the machine.")


def uninstall(machine: Machine, purge: bool) -> None:
    """Remove the station; its settings, its data and their owner only if asked to."""
    if machine.at(SERVICE).exists():
        if machine.booted:
            machine.run("systemctl", "stop", "sternlight.service")
        machine.run("systemctl", "disable", "sternlight.service")
    link = machine.at(LINK)
    if link.is_symlink() and str(link.readlink()).startswith(f"{PROGRAM}/"):
        machine.remove(LINK)
    for path in (SERVICE, PROGRAM, CACHE, DONGLE_RULE, DONGLE_DRIVER):
        machine.remove(path)
    if machine.booted:
        machine.run("systemctl", "daemon-reload")
    if not purge:
        print(f"Removed. {SETTINGS} and {DATA} are still there (--uninstall --purge removes them).")
        return
    for path in (SETTINGS, DATA):
        machine.remove(path)
    if not machine.real or _is_known(pwd.getpwnam, USER):
        machine.run("userdel", USER)
    if machine.real and _is_known(grp.getgrnam, USER):  # whoever installed is a member
        machine.run("groupdel", USER)
    print("Removed, with its settings and its data.")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
