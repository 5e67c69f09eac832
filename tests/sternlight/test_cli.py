"""The commands, as people and scripts call them: exit codes, and one sentence for what is wrong."""

from __future__ import annotations

import gzip
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import sternlight
from sternlight.cli import main

ROOT = Path(__file__).resolve().parents[2]

# Type 1 of 219000001 and 219000002 at 55.5/11.1 and 55.6/11.2, a minute apart, with TAG times.
SENTENCES = (
    b"\\c:1635731889*5F\\!AIVDM,1,1,,A,13@p0@P01f0VTD6OKfbl1aiT0000,0*4D\r\n"
    b"\\c:1635731949*5D\\!AIVDM,1,1,,A,13@p0@P01f0VTD6OKfbl1aiT0000,0*4D\r\n"
)
CSV = b"mmsi,timestamp,lat,lon,sog\n219000001,%s,55.5,11.1,0.1\n"


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def sternlight_process(
    *arguments: str | Path, prepare: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sternlight", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
        preexec_fn=prepare,
    )


def test_version_and_help_are_there() -> None:
    assert invoke("--version").output == f"sternlight {sternlight.__version__}\n"
    for command in ("decode", "replay", "simulate"):
        assert invoke(command, "--help").exit_code == 0


def test_nothing_heavy_is_imported_before_a_command_runs() -> None:
    code = (
        "import sys, sternlight.cli;"
        "print([m for m in ('numpy', 'pandas', 'pyarrow', 'scipy', 'shapely', 'pydantic', 'rich')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT,
                          check=True)  # fmt: skip
    assert done.stdout == "[]\n"


def test_help_takes_hardly_longer_than_click_itself() -> None:
    def best(*command: str) -> float:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            subprocess.run([sys.executable, *command], capture_output=True, cwd=ROOT, check=True)
            times.append(time.perf_counter() - began)
        return min(times)

    assert best("-m", "sternlight", "--help") < 2 * best("-c", "import click")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"name": "missing.nmea", "content": None}, "does not exist"),
        ({"name": "empty.nmea", "content": b""}, "is empty"),
        ({"name": "noise.bin", "content": bytes(range(256)) * 40}, "no AIS was recognised"),
        ({"name": "notes.txt", "content": b"call the harbour\n" * 9}, "no AIS was recognised"),
        ({"name": "utf16.csv", "content": "a,b\n1,2\n".encode("utf-16")}, "utf16.csv"),
        ({"name": "a.csv", "content": b"mmsi,lat,lon\n219000001,55,11\n"}, "column"),
        ({"name": "cut.gz", "content": gzip.compress(SENTENCES)[:12]}, "cut.gz"),
        ({"name": "old.xz", "content": b"\xfd7zXZ\x00rest"}, "unpack it first"),
    ],
)
@pytest.mark.parametrize("command", ["decode", "replay"])
def test_what_cannot_be_read_is_one_sentence_and_exit_code_2(
    tmp_path: Path, command: str, bad: dict[str, bytes], says: str
) -> None:
    path = tmp_path / str(bad["name"])
    if bad["content"] is not None:
        path.write_bytes(bad["content"])
    out = tmp_path / ("out.csv" if command == "decode" else "out")
    result = invoke(command, path, "--out", out)
    assert result.exit_code == 2, result.output
    assert says in result.output
    assert result.output.startswith("sternlight: ")
    assert len(result.output.splitlines()) == 1
    assert isinstance(result.exception, SystemExit)
    assert not out.exists()
