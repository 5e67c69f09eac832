"""The commands, as people and scripts call them: exit codes, and one sentence for what is wrong."""

from __future__ import annotations

import gzip
import json
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely.geometry
from click.testing import CliRunner, Result

import sternlight
from receiver.sources.simulator import Simulation
from sternlight.answers import FILES
from sternlight.cli import main
from sternlight.reading import SIMULATED
from tests.receiver.live_input import wait_until

ROOT = Path(__file__).resolve().parents[2]

HEADER = b"mmsi,timestamp,lat,lon,sog,shipname\n"
RESULTS = sorted(FILES)


def row(mmsi: int, moment: str, name: str = "") -> bytes:
    return f"{mmsi},{moment},55.5,11.1,0.1,{name}\n".encode()


def day(mmsi: int = 219_000_001, year: int = 2020, name: str = "ANNA") -> bytes:
    """A ship heard every ten minutes for half a day, and again after ten silent hours."""
    minutes = [*range(0, 720, 10), 1320, 1330]
    return b"".join(row(mmsi, f"{year}-05-01T{m // 60:02}:{m % 60:02}:00Z", name) for m in minutes)


@pytest.fixture(scope="module")
def sea(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated recording."""
    path = tmp_path_factory.mktemp("sea") / "sea.nmea"
    path.write_bytes(b"".join(Simulation(hours=30, vessels=30, thin_s=300).lines()))
    return path


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
        "print([m for m in ('numpy', 'pandas', 'pyarrow', 'scipy', 'shapely', 'rich')"
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

    assert best("-m", "sternlight", "--help") < 3 * best("-c", "import click")


BAD = {
    "missing.nmea": (None, "does not exist"),
    "empty.nmea": (b"", "is empty"),
    "noise.bin": (bytes(range(256)) * 40, "no AIS was recognised"),
    "notes.txt": (b"call the harbour\n" * 9, "no AIS was recognised"),
    "latin.csv": ("Schiff;L\xe4nge\n1;2\n".encode("utf-16"), "latin.csv"),
    "untimed.csv": (b"mmsi,lat,lon\n219000001,55,11\n", "no column was recognised for the time"),
    "cut.gz": (gzip.compress(HEADER + day())[:12], "cut.gz"),
    "old.xz": (b"\xfd7zXZ\x00rest", "unpack it first"),
    "broken.zip": (b"PK\x03\x04 and no more", "damaged or cut zip archive"),
    "line.nmea": (b"x" * 5_000_000, "no AIS was recognised"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("command", ["decode", "replay"])
def test_what_cannot_be_read_is_one_sentence_and_exit_code_2(
    tmp_path: Path, command: str, name: str
) -> None:
    content, says = BAD[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    out = tmp_path / ("out.csv" if command == "decode" else "out")
    result = invoke(command, tmp_path / name, "--out", out)
    assert_one_sentence(result, says)
    assert not out.exists()


def assert_one_sentence(result: Result, says: str) -> None:
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2
    assert says in result.output
    assert result.output.startswith("sternlight: ")
    assert len(result.output.splitlines()) == 1


def test_a_folder_without_anything_readable_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    result = invoke("replay", tmp_path / "in", "--out", tmp_path / "out")
    assert_one_sentence(result, "is a folder without any file in it")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (day(year=2090), "from the future"),
        (day().replace(b"2020-05-01", b"yesterday!"), "cannot be read"),
        (day(year=2120), "cannot be read"),
        (HEADER, "no position report"),
    ],
)
def test_a_table_without_a_time_to_believe_is_one_sentence(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content if content == HEADER else HEADER + content)
    result = invoke("replay", path, "--out", tmp_path / "out")
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 2, result.output
    assert says in result.output
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--format", "nmae"], "did you mean nmea?"),
        (["--config", "missing.toml"], "missing.toml cannot be read"),
        (["--places", "missing.geojson"], "missing.geojson"),
        (["--start", "yesterday"], "is not a time"),
        (["--places", "none", "--places", "x.csv"], "give no other file with it"),
    ],
)
def test_options_that_cannot_be_are_refused_with_exit_code_2(
    tmp_path: Path, options: list[str], says: str
) -> None:
    (tmp_path / "a.csv").write_bytes(HEADER + day())
    result = invoke("replay", tmp_path / "a.csv", "--out", tmp_path / "out", *options)
    assert result.exit_code == 2, result.output
    assert says in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["decode", "replay", "simulate"])
@pytest.mark.parametrize("where", ["file/out.csv", "/proc/none/out.csv"])
def test_an_output_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, command: str, where: str
) -> None:
    (tmp_path / "a.csv").write_bytes(HEADER + day())
    (tmp_path / "file").write_bytes(b"")
    paths = [] if command == "simulate" else [tmp_path / "a.csv"]
    result = invoke(command, *paths, "--out", tmp_path / where)
    assert_one_sentence(result, "cannot be written")
    assert "partial" not in result.output


def test_a_replay_finds_the_silence_and_writes_all_results(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(HEADER + day())
    result = invoke("replay", tmp_path / "a.csv", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "ANNA" in result.output
    assert "silent for 10.2 h from 2020-05-01 11:50 UTC" in " ".join(result.output.split())
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == RESULTS
    (event,) = lines(tmp_path / "out" / "events.jsonl")
    assert (event["kind"], event["start"], event["end"]) == (
        "gap",
        "2020-05-01T11:50:00Z",
        "2020-05-01T22:00:00Z",
    )
    named = {line["line"] for line in event["lines"]}
    assert {73, 74} <= named  # the last before the silence and the first after it
    (vessel,) = lines(tmp_path / "out" / "vessels.jsonl")
    assert vessel["events"] == [event["id"]]
    assert vessel["names"] == [{"since": "2020-05-01T00:00:00Z", "name": "ANNA"}]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def test_a_cut_file_is_read_as_far_as_it_goes_and_exit_code_is_1(tmp_path: Path, sea: Path) -> None:
    packed = gzip.compress(sea.read_bytes())
    (tmp_path / "cut.nmea.gz").write_bytes(packed[: len(packed) * 3 // 4])
    result = invoke("replay", tmp_path / "cut.nmea.gz", "--out", tmp_path / "out")
    assert result.exit_code == 1, result.output
    assert "cut.nmea.gz ends in the middle" in result.output
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["not_read"][0]["why"].startswith("ends in the middle")
    assert summary["reports"] > 1000


def test_a_file_among_others_that_cannot_be_read_is_told_and_the_others_are_read(
    tmp_path: Path,
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_bytes(HEADER + day())
    (tmp_path / "in" / "notes.txt").write_bytes(b"call the harbour\n")
    result = invoke("replay", tmp_path / "in", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "notes.txt is text in which no AIS was recognised" in result.output
    assert len(lines(tmp_path / "out" / "events.jsonl")) == 1


def test_reports_from_the_future_and_of_wrong_clocks_are_set_aside_and_told(tmp_path: Path) -> None:
    content = HEADER + day() + row(219_000_001, "2090-01-01T00:00:00Z")
    content += row(219_000_001, "1996-01-01T00:00:30Z")
    (tmp_path / "a.csv").write_bytes(content)
    result = invoke("replay", tmp_path / "a.csv", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "their time has not come yet" in result.output
    assert "their time is far from that of all others" in result.output
    assert len(lines(tmp_path / "out" / "events.jsonl")) == 1


def test_a_hostile_name_stays_text_from_the_file_to_the_screen(tmp_path: Path) -> None:
    name = "[red]\x1b[31m\u202eX"
    (tmp_path / "a.csv").write_bytes(HEADER + day(name=name))
    result = invoke("replay", tmp_path / "a.csv", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "[red]" in result.output
    assert "\x1b" not in result.output
    assert "\u202e" not in result.output
    for result_name in set(RESULTS) - {"record.sqlite3"}:  # which holds what was heard as it is
        assert b"\x1b" not in (tmp_path / "out" / result_name).read_bytes()


def test_two_runs_write_the_same_bytes(tmp_path: Path, sea: Path) -> None:
    for out in ("one", "two"):
        assert invoke("replay", sea, "--out", tmp_path / out).exit_code == 0
    for name in ("events.jsonl", "vessels.jsonl", "events.geojson"):
        one, two = ((tmp_path / out / name).read_bytes() for out in ("one", "two"))
        assert one == two
        assert len(one) > 1000


def test_the_map_is_geojson_within_its_bounds(tmp_path: Path, sea: Path) -> None:
    invoke("replay", sea, "--out", tmp_path / "out")
    found = json.loads((tmp_path / "out" / "events.geojson").read_text("ascii"))
    kinds = [feature["geometry"]["type"] for feature in found["features"]]
    assert kinds.count("Point") == len(lines(tmp_path / "out" / "events.jsonl"))
    assert "LineString" in kinds
    for feature in found["features"]:
        box = shapely.geometry.shape(feature["geometry"]).bounds
        assert -180 <= box[0] <= box[2] <= 180
        assert feature["properties"]["event"]


def test_the_shortest_command_replays_a_simulated_recording_and_says_so(tmp_path: Path) -> None:
    result = invoke("replay", "--out", tmp_path / "out", "--top", "1")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("This recording is simulated: none of these ships exists.")
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["simulated"]


def test_decoding_counts_and_writes_every_report(tmp_path: Path, sea: Path) -> None:
    counted = invoke("decode", "--count", sea)
    assert counted.exit_code == 0
    assert re.search(r"^ *[\d,]+  position reports$", counted.output, re.MULTILINE)
    result = invoke("decode", sea, "--out", tmp_path / "out.csv")
    assert result.exit_code == 0, result.output
    count = int(re.findall(r"^[\d,]+", result.output)[0].replace(",", ""))
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 1 + count
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv"]


def test_decode_wants_either_a_table_or_a_count(sea: Path) -> None:
    assert "say either --out FILE or --count" in invoke("decode", sea).output


def test_simulating_writes_recording_and_truth(tmp_path: Path) -> None:
    paths = tmp_path / "s.nmea", tmp_path / "t.jsonl"
    result = invoke("simulate", "--out", paths[0], "--truth", paths[1], "--hours", 2, "--seed", 3)
    assert result.exit_code == 0, result.output
    assert paths[0].read_bytes().startswith(SIMULATED)
    assert lines(paths[1])[0]["seed"] == 3
    assert invoke("simulate", "--out", paths[0], "--hours", -1).exit_code == 2


# Through a real process


def test_a_missing_file_is_one_sentence_from_a_real_process(tmp_path: Path) -> None:
    done = sternlight_process("replay", tmp_path / "none.nmea")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("sternlight: ")
    assert len(done.stderr.splitlines()) == 1


def limited(size: int) -> Callable[[], None]:
    """Let no file grow beyond `size` bytes: to a program the same as a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_disk_that_fills_up_while_reading_is_one_sentence(tmp_path: Path, sea: Path) -> None:
    out = tmp_path / "out"
    done = sternlight_process("replay", sea, "--out", out, prepare=limited(50_000))
    assert done.returncode == 2, done.stderr
    assert re.match(r"sternlight: the disk with .* is full: [\d,]+ lines had been read and nothing"
                    r" written; make room", done.stderr)  # fmt: skip
    assert len(done.stderr.splitlines()) == 1
    assert not out.exists()


def test_a_disk_that_fills_up_while_writing_keeps_what_is_whole(tmp_path: Path) -> None:
    many = b"".join(row(219_000_001 + i, "2020-05-01T00:00:00Z") for i in range(3000))
    (tmp_path / "a.csv").write_bytes(HEADER + many)
    out = tmp_path / "out"
    done = sternlight_process("replay", tmp_path / "a.csv", "--out", out, prepare=limited(400_000))
    assert done.returncode == 1, done.stderr
    assert "3,001 lines had been read and events.jsonl written" in done.stderr
    assert sorted(p.name for p in out.iterdir()) == ["events.jsonl"]


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".jsonl"])
def test_a_disk_that_fills_up_while_decoding_leaves_nothing_behind(
    tmp_path: Path, sea: Path, ending: str
) -> None:
    out = tmp_path / f"out{ending}"
    done = sternlight_process("decode", sea, "--out", out, prepare=limited(20_000))
    assert done.returncode == 2, done.stderr
    assert "no table was written" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_while_simulating_leaves_nothing_behind(tmp_path: Path) -> None:
    out = tmp_path / "s.nmea"
    done = sternlight_process("simulate", "--out", out, prepare=limited(20_000))
    assert done.returncode == 2, done.stderr
    assert "nothing was written" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_is_quiet_and_leaves_nothing_behind(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with subprocess.Popen(
        [sys.executable, "-m", "sternlight", "replay", "-", "--out", str(out)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdin
        process.stdin.write(HEADER)
        process.stdin.flush()
        assert wait_until(lambda: out.exists() and asleep(process.pid), 30)
        process.send_signal(signal.SIGINT)
        process.wait(30)  # though its input goes on
        said = process.communicate()
    assert (process.returncode, *said) == (130, b"", b"")
    assert not out.exists()


def asleep(pid: int) -> bool:
    """Return whether a process does nothing for a moment, as while it waits for input."""
    stat = Path(f"/proc/{pid}/stat")
    looks = [stat.read_text().rpartition(")")[2].split()]
    time.sleep(0.1)
    looks.append(stat.read_text().rpartition(")")[2].split())
    return all(one[0] == "S" for one in looks) and looks[0][11] == looks[1][11]


def test_a_reader_that_goes_away_is_no_error(sea: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "sternlight", "decode", "--count", str(sea)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdout
        process.stdout.close()
        assert process.stderr
        said = process.stderr.read()
    assert (process.returncode, said) == (141, b"")


def test_standard_input_is_read_like_a_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sternlight", "replay", "-", "--out", str(tmp_path / "out")],
        input=HEADER + day(),
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (event,) = lines(tmp_path / "out" / "events.jsonl")
    assert event["lines"][0]["file"] == "standard input"
