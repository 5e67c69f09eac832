"""What the operating system says of the computer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sternlight import vitals as module
from sternlight.system_clock import BOOT_S, elapsed_s, kernel_synchronised, started_blind
from sternlight.vitals import vitals


def test_memory_is_what_ps_says(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("elsewhere it is the highest value so far")
    block = bytearray(b"x") * 50_000_000
    rss_kib = next(
        int(line.split()[1])
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmRSS")
    )
    assert vitals(tmp_path).memory_bytes == pytest.approx(rss_kib * 1024, rel=0.02)
    assert len(block) == 50_000_000


def test_free_disk_is_what_df_says(tmp_path: Path) -> None:
    df = subprocess.run(["df", "-Pk", tmp_path], capture_output=True, text=True, check=True)
    free = int(df.stdout.splitlines()[1].split()[3]) * 1024
    assert vitals(tmp_path).disk_free_bytes == pytest.approx(free, abs=200e6)


def test_a_folder_that_is_gone_has_no_disk(tmp_path: Path) -> None:
    assert vitals(tmp_path / "gone").disk_free_bytes is None


def test_load_and_uptime_are_what_the_kernel_says(tmp_path: Path) -> None:
    now = vitals(tmp_path)
    assert now.load == pytest.approx(os.getloadavg()[0], abs=2.0)
    assert 0 < now.uptime_s <= elapsed_s()


def test_the_processors_thermometer_is_found_among_others(tmp_path: Path) -> None:
    for number, (kind, temperature) in enumerate(
        [("acpitz", "27800\n"), ("cpu-thermal", "61234\n")]
    ):
        zone = tmp_path / f"thermal_zone{number}"
        zone.mkdir()
        (zone / "type").write_text(kind + "\n")
        (zone / "temp").write_text(temperature)
    thermometer = module._thermometer(tmp_path)
    assert module._temperature_c(thermometer) == 61.234
    (tmp_path / "thermal_zone1" / "temp").write_text("")
    assert module._temperature_c(thermometer) is None


def test_without_a_thermometer_there_is_no_temperature(tmp_path: Path) -> None:
    assert module._temperature_c(module._thermometer(tmp_path)) is None


def test_elapsed_time_goes_on() -> None:
    first = elapsed_s()
    assert elapsed_s() >= first


def test_the_kernel_says_yes_no_or_nothing() -> None:
    assert kernel_synchronised() in (True, False, None)


def rtc(folder: Path, used: str) -> Path:
    (folder / "rtc0").mkdir()
    (folder / "rtc0" / "hctosys").write_text(used + "\n")
    return folder


@pytest.mark.parametrize(
    ("used", "uptime_s", "blind"),
    [("1", 20.0, False), ("0", 20.0, True), ("0", BOOT_S + 1, False)],
)
def test_only_a_computer_just_started_whose_clock_was_off_is_blind(
    tmp_path: Path, used: str, uptime_s: float, blind: bool
) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux says")
    assert started_blind(rtc(tmp_path, used), lambda: uptime_s) == blind


def test_a_computer_just_started_without_any_such_clock_is_blind(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux says")
    assert started_blind(tmp_path / "none", lambda: 20.0)
