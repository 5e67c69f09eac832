"""What is wrong with a station, and how to mend it: what usually is, looked at one by one.

Nothing here needs root; what only root can see is said.  Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from receiver.sources.address import Feed
from receiver.sources.follow import Follow
from receiver.sources.rtlsdr import RtlSdr
from receiver.sources.serial_port import SerialPort
from sternlight.alerts.mail_settings import Mail
from sternlight.doctor_disk import disk
from sternlight.doctor_dongle import dongle
from sternlight.doctor_holders import station_process
from sternlight.doctor_machine import machine
from sternlight.doctor_mail import mail
from sternlight.doctor_network import network
from sternlight.doctor_serial import serial
from sternlight.doctor_station import service, settings, station
from sternlight.doctor_world import Finding, User, World
from sternlight.jsontext import dumps
from sternlight.text import counted, plain

__all__ = ["Finding", "examine", "show"]

HERE = World()
NO_MAIL = Mail()
MARKS = {True: "ok", False: "WRONG", None: "?"}


def examine(
    config: Path | None,
    data: Path | None,
    sources: Sequence[Feed],
    world: World = HERE,
    mail_settings: Mail = NO_MAIL,
) -> list[Finding]:
    """Look at everything; `config`, `data` and `sources` are left out where there are none."""
    process = station_process(world, data)
    user = world.station_user(data)
    found = machine(world, data)
    if config:
        found += settings(world, config)
    if data:
        found += disk(world, data)
    for feed in sources:
        found += _local(world, feed, user, process)
    if not sources:
        found.append(
            Finding(
                "sources",
                False,
                "none is named",
                "say in the settings, or with --source, where the station hears ships from",
            )
        )
    found += network(world, sources, process)
    found += mail(world, data, mail_settings)
    found += service(world)
    return found + (station(world, data) if data else [])


def _local(world: World, feed: Feed, user: User, process: int | None) -> list[Finding]:
    """Look at a source that is on this computer."""
    match feed.source:
        case SerialPort():
            return serial(world, feed.source, user, process)
        case RtlSdr():
            return dongle(world, feed.source, user, process)
        case Follow():
            return [file(world, feed.source.path, user)]
    return []


def file(world: World, path: str, user: User) -> Finding:
    """Look at a file that a source follows."""
    stat = world.stat(path)
    if stat is None:
        return Finding(
            f"file {path}",
            False,
            "it is not there, or out of sight",
            "correct its path in the settings",
        )
    if not user.may_use(stat, 4):
        return Finding(
            f"file {path}", False, f"{user.name} may not read it", f"`sudo chmod a+r {path}`"
        )
    if path.startswith(("/home/", "/root/", "/tmp/")):
        return Finding(
            f"file {path}",
            None,
            "a service of systemd does not see files there",
            "have it written into /var/lib/sternlight, or allow it:"
            " `sudo systemctl edit sternlight`, [Service], ProtectHome=read-only",
        )
    return Finding(f"file {path}", True, "it is there and may be read")


def show(findings: Sequence[Finding], as_json: bool) -> int:
    """Print what was found; return the exit code: 1 if something is wrong, else 0."""
    wrong = sum(finding.ok is False for finding in findings)
    if as_json:
        click.echo(dumps({"findings": [asdict(f) for f in findings], "wrong": wrong}, True))
        return int(wrong > 0)
    for finding in findings:
        mark = click.style(f"{MARKS[finding.ok]:>5}", fg=_COLOURS[finding.ok])
        says = " ".join(plain(line) for line in finding.says.splitlines())
        click.echo(f"{mark}  {plain(finding.what)}: {says}")
        if finding.mend:
            click.echo(f"       -> {plain(finding.mend)}")
    click.echo(f"\n{counted(wrong, 'thing')} to mend." if wrong else "\nNothing is wrong.")
    return int(wrong > 0)


_COLOURS = {True: "green", False: "red", None: "yellow"}
