"""The supervisor of AIS-catcher and rtl_ais, held against programs that misbehave as they do.

The stand-ins print AIS-catcher's `-o 3 -M DT` lines, and the words of AIS-catcher
and librtlsdr on standard error; no radio is needed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from receiver.sources import child
from receiver.sources.address import BadAddress, parse
from receiver.sources.base import POLL_S
from receiver.sources.rtlsdr import RtlSdr
from tests.receiver.live_input import (
    json_lines,
    listen,
    lost,
    program,
    read_back,
    sentences,
    until_lost,
    wait_until,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bin_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state != "Z"


def pids(file: Path) -> list[int]:
    wait_until(lambda: file.exists() and file.read_text().endswith("\n"))
    return [int(word) for word in file.read_text().split()]


# -- what comes through -----------------------------------------------------------------------


def test_the_lines_of_ais_catcher_become_reports_with_their_signal_levels(bin_: Path) -> None:
    lines = b"\n".join(json_lines()[:300]) + b"\n"
    (bin_ / "lines").write_bytes(lines)
    program(
        bin_,
        "AIS-catcher",
        f"data = open({str(bin_ / 'lines')!r}, 'rb').read()\n"
        "for i in range(0, len(data), 777):\n"  # cut anywhere, as a pipe does
        "    sys.stdout.buffer.write(data[i:i+777]); sys.stdout.buffer.flush()\n"
        "time.sleep(60)",
    )
    source = RtlSdr()
    assert source.format == "aiscatcher"
    heard = listen(source, lambda heard: len(heard) >= len(lines))
    assert heard == lines
    found, counts = read_back("aiscatcher", heard)
    positions = [decoded.positions for decoded in found if len(decoded.positions)]
    assert sum(len(p) for p in positions) > 200
    assert all(np.all(p.signal_db == np.float32(-20.5)) for p in positions)
    assert counts["lines"] == 300


def test_rtl_ais_sends_its_sentences_to_a_port_of_ours(bin_: Path) -> None:
    said = b"\r\n".join(sentences()[:50]).decode()
    program(
        bin_,
        "rtl_ais",
        "import socket\n"
        "port = int(sys.argv[sys.argv.index('-P') + 1])\n"
        "sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        f"for line in {said!r}.split('\\r\\n'):\n"
        "    sock.sendto(line.encode(), ('127.0.0.1', port))\n"
        "time.sleep(60)",
    )
    source = RtlSdr()
    assert source.format == "nmea"
    heard = listen(source, lambda heard: heard.count(b"\n") >= 50)
    assert heard.splitlines() == sentences()[:50]


@pytest.mark.parametrize(
    ("address", "arguments"),
    [
        ("rtlsdr:", "-o 3 -M DT -gr tuner auto"),
        ("rtlsdr:?gain=38.6&ppm=-2", "-o 3 -M DT -gr tuner 38.6 -p -2"),
        ("rtlsdr:?device=00000162", "-o 3 -M DT -d 00000162 -gr tuner auto"),
        ("rtlsdr:?device=1", "-o 3 -M DT -d:1 -gr tuner auto"),
        ("rtlsdr://10.0.0.7?gain=40", "-o 3 -M DT -t 10.0.0.7 1234 -gt tuner 40"),
        ("rtlsdr://pi:4321", "-o 3 -M DT -t pi 4321 -gt tuner auto"),
    ],
)
def test_settings_become_options_of_ais_catcher(bin_: Path, address: str, arguments: str) -> None:
    program(bin_, "AIS-catcher", "print(*sys.argv[1:], flush=True); time.sleep(60)")
    assert listen(parse(address).source, lambda heard: b"\n" in heard).decode() == arguments + "\n"


def test_settings_become_options_of_rtl_ais(bin_: Path) -> None:
    program(
        bin_,
        "rtl_ais",
        "import socket\n"
        "port = int(sys.argv[4])\n"
        "text = ' '.join(sys.argv[5:]).encode()\n"
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(text, ('127.0.0.1', port))\n"
        "time.sleep(60)",
    )
    source = RtlSdr(device="162", gain="40", ppm=3)
    assert listen(source, lambda heard: b"\n" in heard) == b"-p 3 -d 162 -g 40\n"


def test_ais_catcher_is_preferred_and_a_named_program_decides(bin_: Path) -> None:
    program(bin_, "AIS-catcher", "")
    other = program(bin_, "rtl_ais", "")
    assert RtlSdr().format == "aiscatcher"
    assert RtlSdr(program=str(other)).format == "nmea"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("rtlsdr:?gain=much", "gain is 'much'"),
        ("rtlsdr:?gain=51", "0 to 50 dB"),
        ("rtlsdr:?gain=nan", "gain is 'nan'"),
        ("rtlsdr:?ppm=500", "ppm is 500"),
        ("rtlsdr://pi:1?device=3", "which has chosen its own"),
        ("rtlsdr:?device=-x", "hyphen"),
    ],
)
def test_impossible_settings_are_refused(address: str, says: str) -> None:
    with pytest.raises(BadAddress, match=says):
        parse(address)


# -- what goes wrong --------------------------------------------------------------------------


def test_without_a_program_it_says_how_to_get_one(bin_: Path) -> None:
    says = lost(RtlSdr())
    assert "sudo apt install rtl-ais" in says
    assert "https://github.com/jvde-github/AIS-catcher" in says
    assert "no program /nowhere/AIS-catcher" in lost(RtlSdr(program="/nowhere/AIS-catcher"))


def test_rtl_ais_is_not_asked_to_use_an_rtl_tcp_server(bin_: Path) -> None:
    program(bin_, "rtl_ais", "time.sleep(60)")
    assert "rtl_ais cannot use an rtl_tcp server" in lost(RtlSdr(host="10.0.0.7"))


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("No devices available", "no dongle was found"),
        ("No supported devices found.", "no dongle was found"),
        ("Cannot find device with specified parameters", "AIS-catcher -l"),
        ("usb_claim_interface error -6\\nRTLSDR: cannot open device.", "another program uses"),
        (
            "Kernel driver is active, or device is claimed by second instance of librtlsdr."
            "\\nusb_claim_interface error -6",
            "blacklist dvb_usb_rtl28xxu",
        ),
        (
            "usb_open error -3\\nPlease fix the device permissions, e.g. by installing the udev"
            " rules file rtl-sdr.rules\\nRTLSDR: cannot open device.",
            "plugdev",
        ),
        ("RTLTCP: no or invalid response, likely not an rtl-tcp server.", "no rtl_tcp server"),
        ("cb transfer status: 5, canceling...", "plug it in again"),
        ("AIS-catcher: error while loading shared libraries: librtlsdr.so.0", "install it again"),
    ],
)
def test_known_troubles_are_put_into_plain_words(bin_: Path, words: str, advice: str) -> None:
    program(bin_, "AIS-catcher", f"sys.stderr.write('{words}\\n'); sys.exit(255)")
    says = lost(RtlSdr())
    assert says.startswith("AIS-catcher ")
    assert advice in says
    assert "it said: " in says


def test_a_crash_is_told_with_its_signal_and_last_words_and_can_be_repeated(bin_: Path) -> None:
    program(
        bin_,
        "AIS-catcher",
        "print('{\"class\":\"AIS\"', end='', flush=True)\n"
        "sys.stderr.write('Weird \\x1b[31m thing \\u2603 happened\\n'); sys.stderr.flush()\n"
        "os.kill(os.getpid(), signal.SIGSEGV)",
    )
    for _ in range(5):
        heard, says = until_lost(RtlSdr())
        assert heard == b'{"class":"AIS"'  # half a line is not made whole
        assert "ended by signal 11 (SIGSEGV)" in says
        assert "Weird [31m thing happened" in says
        assert says.isprintable()


def test_what_was_heard_on_the_air_is_never_in_the_sentence(bin_: Path) -> None:
    program(
        bin_,
        "AIS-catcher",
        "sys.stderr.write('!AIVDM,1,1,,A,13aG,0*00\\n{\"mmsi\":416000001}\\nbye\\n'); sys.exit(3)",
    )
    assert lost(RtlSdr()) == "AIS-catcher ended with status 3 (it said: bye)"


def test_a_flood_on_standard_error_neither_blocks_nor_grows(bin_: Path) -> None:
    program(
        bin_,
        "AIS-catcher",
        "for i in range(300):\n    os.write(2, b'x' * 65536 + b'\\n' * (i % 2))\n"
        "print('through', flush=True); sys.exit(1)",
    )
    heard, says = until_lost(RtlSdr())
    assert heard == b"through\n"
    assert len(says) < 500


def test_timeouts_without_end_mean_that_the_dongle_is_stuck(bin_: Path) -> None:
    program(
        bin_,
        "AIS-catcher",
        "while True:\n    sys.stderr.write('RTLSDR: timeout.\\n'); sys.stderr.flush()\n"
        "    time.sleep(0.02)",
    )
    says = lost(RtlSdr())
    assert "was ended: the dongle sends nothing more" in says
    assert "powered hub" in says


def test_timeouts_between_sentences_are_borne(bin_: Path) -> None:
    program(
        bin_,
        "AIS-catcher",
        "for i in range(12):\n    sys.stderr.write('RTLSDR: timeout.\\n'); sys.stderr.flush()\n"
        "    time.sleep(0.03); print(i, flush=True); time.sleep(0.03)\n"
        "time.sleep(60)",
    )
    assert listen(RtlSdr(), lambda heard: heard.endswith(b"11\n")).count(b"\n") == 12


def test_an_rtl_tcp_server_that_is_not_there_is_told_at_once(bin_: Path) -> None:
    program(
        bin_,
        "AIS-catcher",
        "sys.stderr.write('ERROR: RTLTCP: cannot open socket. Retrying in a few seconds.\\n')\n"
        "sys.stderr.flush(); time.sleep(60)",
    )
    begun = time.monotonic()
    assert "start rtl_tcp -a 0.0.0.0" in lost(RtlSdr(host="10.0.0.7", port=1))
    assert time.monotonic() - begun < 4


def test_a_program_that_closes_its_output_and_lives_on_is_ended(bin_: Path) -> None:
    program(
        bin_,
        "AIS-catcher",
        f"open({str(bin_ / 'pid')!r}, 'w').write(f'{{os.getpid()}}\\n')\n"
        "os.close(1); time.sleep(60)",
    )
    assert "closed its output" in lost(RtlSdr())
    assert not alive(pids(bin_ / "pid")[0])


# -- how it ends ------------------------------------------------------------------------------

FAMILY = (  # two processes, of which the second cares for no signal
    "child = os.fork()\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN) if {stubborn} else None\n"
    "if not child: time.sleep(60)\n"
    "open({file!r}, 'w').write(f'{{os.getpid()}} {{child}}\\n')\n"
    "time.sleep(60)"
)


@pytest.mark.parametrize("stubborn", [False, True])
def test_closing_ends_a_silent_program_and_all_it_started(
    bin_: Path, monkeypatch: pytest.MonkeyPatch, stubborn: bool
) -> None:
    monkeypatch.setattr(child, "GRACE_S", 0.5)
    file = str(bin_ / "pid")
    program(bin_, "AIS-catcher", FAMILY.format(file=file, stubborn=stubborn))
    blocks = RtlSdr().blocks()
    begun = time.monotonic()
    assert [next(blocks), next(blocks)] == [b"", b""]
    assert 1.8 * POLL_S < time.monotonic() - begun < 4 * POLL_S
    family = pids(bin_ / "pid")
    assert all(map(alive, family))
    begun = time.monotonic()
    blocks.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 0.9
    assert wait_until(lambda: not any(map(alive, family)))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of the killed")
def test_the_program_dies_with_us_even_if_we_are_killed(bin_: Path) -> None:
    program(bin_, "AIS-catcher", "print(os.getpid(), flush=True); time.sleep(60)")
    code = (
        "import os\nfrom receiver.sources.rtlsdr import RtlSdr\n"
        "for block in RtlSdr().blocks():\n"
        "    if block: print(block.decode(), flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as station:
        assert station.stdout
        pid = int(station.stdout.readline())
        assert alive(pid)
        station.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not alive(pid))


@pytest.mark.skipif(sys.platform != "linux", reason="open files are counted in /proc")
def test_no_file_is_left_open(bin_: Path) -> None:
    def open_files() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    program(bin_, "AIS-catcher", "sys.exit(1)")
    lost(RtlSdr())
    before = open_files()
    for _ in range(3):
        lost(RtlSdr())
    assert open_files() == before
