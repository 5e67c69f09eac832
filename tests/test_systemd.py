"""The unit of the station, judged by systemd itself, of whatever version is here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).resolve().parents[1] / "config" / "systemd" / "sternlight.service"
EXPOSURE_MAX = 2.0  # of 10; systemd-analyze(1), security

SYSTEMD = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="there is no systemd-analyze: sudo apt install systemd",
)
# Younger than systemd 252, which Debian 12 has: ignored there, with a warning at each start
YOUNGER = ("RestartSteps", "RestartMaxDelaySec", "RestartMode", "PrivateBPF", "PrivatePIDs",
           "MemoryZSwapWriteback", "SurviveFinalKillSignal")  # fmt: skip


def settings(name: str) -> list[str]:
    """Return the values of a setting, in order."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE)


@SYSTEMD
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    unit = tmp_path / "sternlight.service"
    # The program is not installed here, and systemd-analyze looks.
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/sternlight/bin/sternlight", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"},
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@SYSTEMD
def test_the_exposure_is_two_or_better() -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
    )
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert exposure, done.stdout + done.stderr
    assert float(exposure[1]) <= EXPOSURE_MAX


def test_nothing_in_it_is_younger_than_debian_12() -> None:
    lines = [line for line in UNIT.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert not [line for line in lines if line.startswith(YOUNGER)]


def test_no_setting_is_given_behind_a_comment_sign_on_its_line() -> None:
    """A # behind a value would be part of it."""
    for line in UNIT.read_text("utf-8").splitlines():
        assert line.startswith("#") or "#" not in line


def test_it_starts_without_a_network_and_without_a_time_server() -> None:
    waits = " ".join(settings("After") + settings("Wants") + settings("Requires"))
    assert "online" not in waits
    assert "time-sync" not in waits


def test_it_is_never_given_up() -> None:
    assert settings("Restart") == ["always"]
    assert settings("StartLimitIntervalSec") == ["0"]
    assert settings("Type") == ["notify"]
    assert int(settings("WatchdogSec")[0]) >= 60  # a worn SD card stalls for so long


@pytest.mark.parametrize("device", ["ttyUSB", "ttyACM", "ttyAMA", "ttyS", "usb_device"])
def test_receivers_can_be_opened(device: str) -> None:
    assert f"char-{device} rw" in settings("DeviceAllow")
    assert settings("PrivateDevices") == ["no"]


def test_dongles_can_be_found() -> None:
    """libusb gives up where it may not open a netlink socket."""
    assert "AF_NETLINK" in settings("RestrictAddressFamilies")[0].split()


def test_keys_are_handed_to_it_and_a_missing_folder_does_not_keep_it_from_starting() -> None:
    (name,) = settings("ConfigurationDirectory")
    assert settings("LoadCredential") == [f"keys:/etc/{name}"]
    assert settings("ConfigurationDirectoryMode") == ["0700"]


def test_what_draws_maps_may_keep_what_it_knows_of_fonts() -> None:
    (name,) = settings("CacheDirectory")
    assert f"MPLCONFIGDIR=/var/cache/{name}/matplotlib" in settings("Environment")


def test_work_beside_the_station_may_give_way_to_it() -> None:
    assert "setpriority" in " ".join(settings("SystemCallFilter")[2:]).split()


def test_the_state_of_the_clock_can_be_asked() -> None:
    assert not settings("ProtectClock")
    assert "adjtimex clock_adjtime" in settings("SystemCallFilter")
    assert settings("CapabilityBoundingSet") == [""]
