"""The doctor, on a folder that stands in for a computer."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import sternlight
from receiver.sources.address import parse
from receiver.sources.rtlsdr import RtlSdr
from receiver.sources.serial_port import SerialPort
from sternlight import asking, doctor_world
from sternlight.doctor import examine, file, show
from sternlight.doctor_disk import folder, health, room, space
from sternlight.doctor_dongle import dongle, program
from sternlight.doctor_holders import holders, station_process
from sternlight.doctor_machine import (
    clock_sane,
    clock_set,
    memory,
    power,
    python,
    temperature,
)
from sternlight.doctor_network import network, port
from sternlight.doctor_serial import serial
from sternlight.doctor_station import heard, service, settings, station
from sternlight.doctor_world import Finding, User, World

NOW = 2_000_000_000.0
STRANGER = User("sternlight", 54_321, frozenset())
MEMBER = User("sternlight", 54_321, frozenset({os.getgid()}))
DATA = Path("/var/lib/sternlight")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(
        root=tmp_path,
        now=lambda: NOW,
        synchronised=lambda: True,
        run=lambda command: None,
        which=lambda name: None,
        connect=lambda host, port: None,
        user=MEMBER,
    )


def put(world: World, path: str, text: str = "", mode: int = 0o644) -> Path:
    place = world.at(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    place.chmod(mode)
    return place


def link(world: World, path: str, target: str) -> None:
    place = world.at(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


def with_open(world: World, pid: int, name: str, target: str, parent: int = 1) -> None:
    put(world, f"/proc/{pid}/comm", f"{name}\n")
    put(world, f"/proc/{pid}/status", f"Name:\t{name}\nPPid:\t{parent}\n")
    link(world, f"/proc/{pid}/fd/3", target)


def answering(world: World, **answers: Any) -> World:
    """Return a world that differs in some answers."""
    fields = {name: getattr(world, name) for name in World.__slots__}
    return World(**{**fields, **answers})


# -- Serial ports


def look_at_port(world: World, user: User = MEMBER, station: int | None = None) -> list[Finding]:
    return serial(world, SerialPort(path="/dev/ttyUSB0"), user, station)


def test_a_port_that_is_free_and_may_be_opened_is_well(world: World) -> None:
    put(world, "/dev/ttyUSB0", mode=0o660)
    [finding] = look_at_port(world)
    assert finding.ok is True
    assert "free" in finding.says


def test_a_missing_port_names_those_that_are_there(world: World) -> None:
    put(world, "/dev/ttyACM3")
    [finding] = look_at_port(world)
    assert finding.ok is False
    assert "serial:/dev/ttyACM3" in finding.mend


def test_a_right_that_is_missing_names_the_group_that_has_it(world: World) -> None:
    put(world, "/dev/ttyUSB0", mode=0o660)
    put(world, "/etc/group", f"dialout:x:{os.getgid()}:pi\n")
    [finding] = look_at_port(world, STRANGER)
    assert finding.ok is False
    assert "`sudo usermod -aG dialout sternlight`" in finding.mend


@pytest.mark.parametrize("name", ["gpsd", "agetty", "nobody-knows"])
def test_another_program_on_the_port_is_named(world: World, name: str) -> None:
    put(world, "/dev/ttyUSB0", mode=0o660)
    with_open(world, 77, name, "/dev/ttyUSB0")
    [finding] = look_at_port(world)
    assert finding.ok is False
    assert f"{name} (process 77)" in finding.says
    assert finding.mend


def test_the_station_itself_is_not_another_program(world: World) -> None:
    put(world, "/dev/ttyUSB0", mode=0o660)
    with_open(world, 77, "sternlight", "/dev/ttyUSB0")
    [finding] = look_at_port(world, station=77)
    assert finding.ok is True


def test_a_program_that_the_station_started_belongs_to_it(world: World) -> None:
    with_open(world, 78, "AIS-catcher", "/dev/bus/usb/001/004", parent=77)
    assert holders(world, "/dev/bus/usb/001/004", 77).foreign == []
    assert holders(world, "/dev/bus/usb/001/004", None).foreign[0].name == "AIS-catcher"


def test_a_name_for_the_port_leads_to_who_holds_it(world: World) -> None:
    put(world, "/dev/ttyUSB0", mode=0o660)
    link(world, "/dev/serial/by-id/usb-receiver", "../../ttyUSB0")
    with_open(world, 77, "gpsd", "/dev/ttyUSB0")
    [finding] = serial(world, SerialPort(path="/dev/serial/by-id/usb-receiver"), MEMBER, None)
    assert finding.ok is False
    assert "gpsd" in finding.says


def test_the_login_console_of_a_raspberry_pi_is_found(world: World) -> None:
    put(world, "/dev/ttyAMA0", mode=0o660)
    link(world, "/dev/serial0", "ttyAMA0")
    put(world, "/proc/cmdline", "console=serial0,115200 console=tty1 root=/dev/mmcblk0p2")
    _, finding = serial(world, SerialPort(path="/dev/ttyAMA0"), MEMBER, None)
    assert "raspi-config" in finding.mend


def test_modem_manager_is_worth_knowing(world: World) -> None:
    put(world, "/dev/ttyUSB0", mode=0o660)
    put(world, "/proc/9/comm", "ModemManager\n")
    assert [finding.ok for finding in look_at_port(world)] == [True, None]


@pytest.mark.parametrize("where", ["1-1:1.0/ttyUSB5", "1-1:1.0/tty/ttyUSB5"])
def test_a_port_is_found_by_its_usb_id(world: World, where: str) -> None:
    where = where.replace("tty/ttyUSB5", "tty/ttyACM5")
    put(world, f"/dev/{Path(where).name}", mode=0o660)
    plug(world, "10c4", "ea60", serial="0001")
    put(world, f"/sys/bus/usb/devices/1-1/{where}/dev")
    found = [serial(world, SerialPort(usb=usb), MEMBER, None)[0].ok
             for usb in ("10C4:EA60", "10c4:ea60:0001", "10c4:ea60:0002", "10c4:ea61")]  # fmt: skip
    assert found == [True, True, False, False]


# -- Dongles


def plug(world: World, vendor: str = "0bda", product: str = "2838", serial: str = "1") -> None:
    facts = {"idVendor": vendor, "idProduct": product, "busnum": "1", "devnum": "4",
             "serial": serial, "product": "RTL2838UHIDIR"}  # fmt: skip
    for name, text in facts.items():
        put(world, f"/sys/bus/usb/devices/1-1/{name}", f"{text}\n")
    put(world, "/dev/bus/usb/001/004", mode=0o660)


def look_at_dongle(world: World, user: User = MEMBER, device: str = "") -> Finding:
    return dongle(world, RtlSdr(device=device), user, None)[-1]


def test_a_dongle_that_may_be_opened_is_well(world: World) -> None:
    plug(world)
    assert look_at_dongle(world).ok is True


def test_a_missing_dongle_is_missed(world: World) -> None:
    plug(world, "1234", "2838")
    assert "none is plugged in" in look_at_dongle(world).says


def test_a_dongle_with_another_serial_number_is_not_the_one(world: World) -> None:
    plug(world, serial="00000162")
    assert look_at_dongle(world, device="00000162").ok is True
    other = look_at_dongle(world, device="00000163")
    assert other.ok is False
    assert "00000162" in other.mend


def test_a_dongle_without_rights_is_told(world: World) -> None:
    plug(world)
    assert "may not open /dev/bus/usb/001/004" in look_at_dongle(world, STRANGER).says


def test_the_television_driver_on_the_dongle_is_wrong_and_one_that_waits_is_told(
    world: World,
) -> None:
    plug(world)
    put(world, "/proc/modules", "dvb_usb_rtl28xxu 28672 0 - Live 0x0\n")
    assert look_at_dongle(world).ok is None
    driver = put(world, "/sys/bus/usb/drivers/dvb_usb_rtl28xxu/module").parent
    link(world, "/sys/bus/usb/devices/1-1/1-1:1.0/driver", str(driver))
    finding = look_at_dongle(world)
    assert finding.ok is False
    assert "blacklist" in finding.mend


def test_another_program_on_the_dongle_is_named(world: World) -> None:
    plug(world)
    with_open(world, 5, "AIS-catcher", "/dev/bus/usb/001/004")
    finding = look_at_dongle(world)
    assert finding.ok is False
    assert "ais-catcher" in finding.mend


def test_a_dongle_elsewhere_is_not_looked_for_here(world: World) -> None:
    assert len(dongle(world, RtlSdr(host="roof"), MEMBER, None)) == 1


@pytest.mark.parametrize(
    ("path", "said", "ok", "says"),
    [
        (None, "", False, "there is none"),
        ("/usr/bin/AIS-catcher", None, False, "cannot be run"),
        ("/usr/bin/AIS-catcher", "AIS-catcher (build May 3) v0.62\n", True, "v0.62"),
        ("/usr/bin/rtl_ais", "rtl_ais, a simple AIS tuner\n", True, "/usr/bin/rtl_ais"),
    ],
)
def test_the_radio_program_is_tried(
    world: World, path: str | None, said: str | None, ok: bool, says: str
) -> None:
    finding = program(answering(world, which=lambda n: path, run=lambda c: said), RtlSdr())
    assert finding.ok is ok
    assert says in finding.says
    assert bool(finding.mend) is not ok


# -- The machine


def test_thirty_two_bits_and_an_old_python_are_told() -> None:
    assert python((3, 11), 2**63 - 1).ok is True
    assert python((3, 11), 2**31 - 1).ok is False
    assert python((3, 10), 2**63 - 1).ok is False


@pytest.mark.parametrize("synchronised", [True, False, None])
def test_the_clock_is_as_well_as_its_time_server(world: World, synchronised: bool | None) -> None:
    assert clock_set(answering(world, synchronised=lambda: synchronised)).ok is synchronised


def test_a_clock_behind_the_raw_log_is_wrong(world: World) -> None:
    for name in ("00000001_20330518T00.log.zst", "00000002_20330518T03.log.zst"):
        put(world, f"{DATA}/raw/{name}")
    at_three = 1_999_998_000.0  # 2033-05-18T03:00Z
    assert clock_sane(answering(world, now=lambda: at_three + 60), DATA).ok is True
    late = clock_sane(answering(world, now=lambda: at_three - 3600), DATA)
    assert late.ok is False
    assert "2033-05-18T03:00:00Z" in late.says


def test_a_clock_behind_the_installation_is_wrong(world: World) -> None:
    assert clock_sane(answering(world, now=lambda: 86_400.0), None).ok is False


@pytest.mark.parametrize(("kb", "ok"), [(500_000, True), (60_000, False)])
def test_little_memory_is_told(world: World, kb: int, ok: bool) -> None:
    put(world, "/proc/meminfo", f"MemTotal: 900000 kB\nMemAvailable:   {kb} kB\n")
    finding = memory(world)
    assert finding
    assert finding.ok is ok


@pytest.mark.parametrize(("millis", "ok"), [("48312", True), ("74000", None), ("81000", False)])
def test_the_hottest_sensor_counts(world: World, millis: str, ok: bool | None) -> None:
    put(world, "/sys/class/thermal/thermal_zone0/temp", "-5000\n")
    put(world, "/sys/class/thermal/thermal_zone1/temp", f"{millis}\n")
    finding = temperature(world)
    assert finding
    assert finding.ok is ok


@pytest.mark.parametrize(
    ("bits", "ok", "says", "mend"),
    [
        ("0", True, "enough", ""),
        ("50005", False, "now: too little voltage, throttled", "power supply"),
        ("50000", False, "since the start at times: too little voltage", "power supply"),
        ("80008", False, "now: slowed down by heat", "heat sink"),
    ],
)
def test_what_the_firmware_of_a_raspberry_pi_says_is_put_into_words(
    world: World, bits: str, ok: bool, says: str, mend: str
) -> None:
    put(world, "/sys/devices/platform/soc/soc:firmware/get_throttled", f"{bits}\n")
    finding = power(world)
    assert finding
    assert finding.ok is ok
    assert says in finding.says
    assert mend in finding.mend


def test_the_firmware_is_asked_where_the_kernel_does_not_say(world: World) -> None:
    asked = answering(world, which=lambda n: f"/usr/bin/{n}", run=lambda c: "throttled=0x1\n")
    finding = power(asked)
    assert finding
    assert finding.ok is False
    assert power(world) is None


# -- The disk


def test_a_folder_of_somebody_elses_is_told(world: World) -> None:
    assert folder(world, DATA).ok is None
    put(world, f"{DATA}/archive.sqlite3", mode=0o660)
    world.at(DATA).chmod(0o770)
    assert folder(world, DATA).ok is True
    world.at(f"{DATA}/archive.sqlite3").chmod(0o600)
    assert "may not write /var/lib/sternlight/archive.sqlite3" in folder(world, DATA).says
    world.at(DATA).chmod(0o700)
    finding = folder(world, DATA)
    assert finding.ok is False
    assert "sudo chown -R sternlight: /var/lib/sternlight" in finding.mend


@pytest.mark.parametrize(
    ("free", "total", "ok"),
    [(10e9, 32e9, True), (0.4e9, 4e9, False), (1e9, 32e9, False), (0, 1, False)],
)
def test_a_disk_that_is_nearly_full_is_told(free: float, total: float, ok: bool) -> None:
    assert room(int(free), int(total)).ok is ok


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_above(world: World) -> None:
    assert space(world, DATA) is not None


MOUNTS = """\
/dev/nvme0n1p1 /mnt ext4 rw 0 0
/dev/mmcblk0p2 / ext4 {root} 0 0
/dev/sda1 /var/lib/stern ext4 ro 0 0
/dev/sdb1 /mnt/a\\040disk ext4 ro 0 0
"""


def test_the_disk_under_the_folder_counts_and_no_other(world: World) -> None:
    put(world, "/proc/mounts", MOUNTS.format(root="rw,noatime,errors=remount-ro"))
    for path, ok in ((DATA, True), (Path("/mnt/a disk/x"), False), (Path("/mnt/x"), True)):
        finding = health(world, path)
        assert finding
        assert finding.ok is ok
    put(world, "/proc/mounts", MOUNTS.format(root="ro,noatime"))
    above = health(world, Path("/mnt/x"))
    assert above
    assert above.ok is True
    finding = health(world, DATA)
    assert finding
    assert "/dev/mmcblk0p2 can only be read" in finding.says


def test_a_card_that_has_made_errors_is_told(world: World) -> None:
    put(world, "/proc/mounts", MOUNTS.format(root="rw"))
    put(world, "/sys/fs/ext4/mmcblk0p2/errors_count", "3\n")
    finding = health(world, DATA)
    assert finding
    assert "3 errors" in finding.says


# -- The network


def refuse(host: str, number: int) -> None:
    raise ConnectionRefusedError(111, "Connection refused")


def test_hosts_are_called_at_the_ports_of_their_sources(world: World) -> None:
    called: list[tuple[str, int]] = []
    feeds = [parse(address) for address in (
        "tcp://feed.example:5631", "mqtts://broker.example/ais/#", "udp://:10110",
        "wss://ws.example/?format=nmea", "rtlsdr://roof.example", "simulator:",
    )]  # fmt: skip
    asked = answering(world, connect=lambda host, number: called.append((host, number)))
    found = network(asked, feeds, None)
    assert sorted(called) == [
        ("broker.example", 8883), ("feed.example", 5631), ("roof.example", 1234),
        ("ws.example", 443),
    ]  # fmt: skip
    assert all(finding.ok for finding in found)
    silent = network(answering(world, connect=refuse), feeds[:1], None)
    assert silent[0].ok is False
    assert "refuses" in silent[0].says


def test_a_name_service_that_never_answers_does_not_hold_the_doctor_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    released = threading.Event()
    monkeypatch.setattr("sternlight.doctor_network.PATIENCE_S", 0.05)
    monkeypatch.setattr("sternlight.doctor_network.NAMES_S", 0.05)
    slow = answering(world, connect=lambda host, number: released.wait(30) and None)
    [finding] = network(slow, [parse("tcp://feed.example:5631")], None)
    released.set()
    assert "name service" in finding.says


HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid inode\n"
ROW = "   0: 00000000:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 0 0 0 4711\n"


@pytest.mark.parametrize(
    ("address", "table", "state"),
    [("udp://:10110", "udp", "07"), ("tcp-listen://:10110", "tcp6", "0A")],
)
def test_another_program_on_our_port_is_named(
    world: World, address: str, table: str, state: str
) -> None:
    source: Any = parse(address).source
    assert port(world, source, None).ok is True
    assert port(world, source, 77).ok is False  # the station runs, and does not listen
    put(world, f"/proc/net/{table}", HEAD + ROW.format(port=10110, state=state))
    assert port(world, source, None).ok is False
    assert port(world, source, 77).ok is True
    with_open(world, 77, "opencpn", "socket:[4711]")
    assert port(world, source, 77).ok is True
    foreign = port(world, source, 78)
    assert foreign.ok is False
    assert "opencpn (process 77)" in foreign.says


def test_a_connection_that_only_goes_out_from_a_port_is_no_listener(world: World) -> None:
    put(world, "/proc/net/tcp", HEAD + ROW.format(port=4001, state="01"))
    source: Any = parse("tcp-listen://:4001").source
    assert port(world, source, None).ok is True


def test_the_real_tables_of_this_computer_are_understood() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        source: Any = parse(f"tcp-listen://:{server.getsockname()[1]}").source
        finding = port(World(), source, None)
        assert finding.ok is False
        assert f"(process {os.getpid()})" in finding.says
        assert port(World(), source, os.getpid()).ok is True


# -- The station


def status(**changed: Any) -> dict[str, Any]:
    source = {"name": "roof", "state": "hearing", "last_heard": NOW - 5, "silence_s": 600.0}
    return {"version": sternlight.__version__, "pid": 77, "now": NOW, "sources": [source],
            "troubles": [], **changed}  # fmt: skip


def telling(told: dict[str, Any]) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: told


def no_answer(code: int) -> Callable[[Path], dict[str, Any]]:
    def ask(folder: Path) -> dict[str, Any]:
        raise asking.NoAnswer("The station does not answer.", code)

    return ask


def test_a_station_that_hears_is_well(world: World) -> None:
    found = station(world, DATA, telling(status()))
    assert [finding.ok for finding in found] == [True, True]
    assert "heard 5 s ago" in found[1].says


@pytest.mark.parametrize(
    ("last_heard", "state", "ok"),
    [(None, "opening", False), (NOW - 700, "silent", False), (NOW - 700, "ended", True),
     (NOW - 500, "hearing", True)],
)  # fmt: skip
def test_the_time_since_the_last_sentence_is_judged_by_the_sources_own_patience(
    last_heard: float | None, state: str, ok: bool
) -> None:
    told = status()
    told["sources"][0] |= {"last_heard": last_heard, "state": state}
    [finding] = heard(told)
    assert finding.ok is ok
    assert bool(finding.mend) is not ok


def test_what_the_station_says_is_wrong_is_passed_on_once(world: World) -> None:
    troubles = ["Source roof is open and silent since 12 min.", "Only 1.0 MB are free."]
    found = station(world, DATA, telling(status(troubles=troubles)))
    assert [finding.says for finding in found[2:]] == ["Only 1.0 MB are free."]


def test_a_station_of_another_version_is_told_to_be_restarted(world: World) -> None:
    [finding] = station(
        world, DATA, telling({"version": "0.0.1", "pid": 77, "sources": [{"called": "roof"}]})
    )
    assert finding.ok is False
    assert "systemctl restart" in finding.mend


def test_a_station_that_does_not_run_is_started_and_one_that_hangs_restarted(
    world: World,
) -> None:
    [stopped] = station(world, DATA, no_answer(asking.NOT_RUNNING))
    [hangs] = station(world, DATA, no_answer(asking.TROUBLED))
    assert "systemctl start" in stopped.mend
    assert "systemctl restart" in hangs.mend


def test_the_station_is_who_has_locked_the_folder(world: World) -> None:
    assert station_process(world, DATA) is None
    lock = put(world, f"{DATA}/lock", "99\n")
    assert station_process(world, DATA) is None
    inode = lock.stat().st_ino
    put(world, "/proc/locks", f"1: POSIX  ADVISORY  WRITE 5 fe:00:{inode + 1} 0 EOF\n"
        f"2: FLOCK  ADVISORY  WRITE 77 fe:00:{inode} 0 EOF\n")  # fmt: skip
    assert station_process(world, DATA) == 77


def test_settings_that_cannot_be_used_are_told_as_they_are_at_the_start(world: World) -> None:
    config = Path("/etc/sternlight/sternlight.toml")
    put(world, str(config), "[gap]\nmin_duration_h = 8.0\n")
    assert [finding.ok for finding in settings(world, config)] == [True]
    put(world, f"{config}.new", "")
    assert [finding.ok for finding in settings(world, config)] == [True, None]
    put(world, str(config), "[gap]\nmin_duraton_h = 8.0\n")
    [finding] = settings(world, config)
    assert "did you mean min_duration_h?" in finding.says


def test_a_service_that_does_not_start_with_the_machine_is_told(world: World) -> None:
    assert service(world) == []
    put(world, "/etc/systemd/system/sternlight.service")
    assert service(world)[0].ok is False
    link(world, "/etc/systemd/system/multi-user.target.wants/sternlight.service", "/x")
    assert service(world)[0].ok is True


# -- All of it


@pytest.mark.parametrize(
    ("path", "mode", "user", "ok"),
    [("/var/log/ais.nmea", 0o640, MEMBER, True), ("/var/log/ais.nmea", 0o640, STRANGER, False),
     ("/home/pi/ais.nmea", 0o644, STRANGER, None)],
)  # fmt: skip
def test_a_followed_file_must_be_in_sight_of_the_service(
    world: World, path: str, mode: int, user: User, ok: bool | None
) -> None:
    assert file(world, path, user).ok is False
    put(world, path, mode=mode)
    assert file(world, path, user).ok is ok


def test_an_empty_computer_is_examined_without_an_error(world: World) -> None:
    world.at("/").mkdir(exist_ok=True)
    feeds = [parse(a) for a in ("serial:/dev/ttyUSB0", "rtlsdr:", "udp://:10110", "file:/x")]
    found = examine(Path("/etc/s.toml"), DATA, feeds, world)
    assert {finding.what for finding in found if finding.ok is False} == {
        "settings", "serial port /dev/ttyUSB0", "radio program", "RTL-SDR dongle", "file /x",
        "station",
    }  # fmt: skip
    assert all(finding.mend for finding in found if finding.ok is False)


def test_this_very_computer_is_examined_without_an_error(tmp_path: Path) -> None:
    found = examine(None, tmp_path, [parse("simulator:")])
    assert {"system", "clock", "date", "data folder", "disk", "station"} <= {f.what for f in found}


def test_without_a_source_it_is_said_that_nothing_can_be_heard(world: World) -> None:
    assert "sources" in [finding.what for finding in examine(None, None, [], world)]


def test_a_station_is_run_by_the_owner_of_its_data(world: World) -> None:
    put(world, f"{DATA}/lock")
    put(world, "/etc/passwd", f"root:x:0:0::/:/bin/sh\nstation:x:{os.getuid()}:7::/:/bin/false\n")
    user = answering(world, user=None).station_user(DATA)
    assert user.uid == os.getuid()
    assert user.name in ("root", "station")


@pytest.mark.parametrize(
    ("mode", "uid", "gids", "ok"),
    [(0o600, 5, [], True), (0o060, 6, [7], True), (0o060, 6, [8], False), (0o006, 6, [], True),
     (0o066, 5, [7], False), (0o000, 0, [], True), (0o440, 6, [7], False)],
)  # fmt: skip
def test_rights_are_read_as_the_kernel_does(
    mode: int, uid: int, gids: Sequence[int], ok: bool
) -> None:
    stat = os.stat_result((mode, 0, 0, 1, 5, 7, 0, 0, 0, 0))
    assert User("x", uid, frozenset(gids)).may_use(stat) is ok


def test_a_program_that_hangs_or_is_broken_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_world, "PATIENCE_S", 0.1)
    assert doctor_world.run(["sleep", "5"]) is None
    assert doctor_world.run([str(tmp_path / "nowhere")]) is None
    assert doctor_world.run(["sh", "-c", "exit 127"]) is None
    assert doctor_world.run(["sh", "-c", "echo v1 >&2; exit 1"]) == "v1\n"


FOUND = [
    Finding("clock", True, "well"),
    Finding("port", False, "two\nlines", "do this"),
    Finding("driver", None, "an \x1b[31m escape"),
]


def test_findings_are_shown_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert show(FOUND, as_json=False) == 1
    text = capsys.readouterr().out
    assert "WRONG  port: two lines\n       -> do this\n" in text
    assert "\x1b" not in text
    assert "1 thing to mend." in text
    assert show(FOUND[::2], as_json=False) == 0


def test_findings_are_given_to_machines_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert show(FOUND, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["wrong"] == 1
    assert told["findings"][1] == {
        "what": "port", "ok": False, "says": "two\nlines", "mend": "do this"
    }  # fmt: skip


def test_numbers_that_no_sensor_means_are_left_out(world: World) -> None:
    put(world, "/sys/class/thermal/thermal_zone0/temp", "nan\n")
    assert temperature(world) is None
    assert memory(world) is None
