"""The raw log on disk: what a crash, a full disk and a hand that changes something leave of it."""

from __future__ import annotations

import hashlib
import os
import re
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from receiver.formats.stationlog import MAGIC, mark, tag, values_of
from sternlight.errors import ArchiveError, is_full
from sternlight.evidence.chain import check
from sternlight.frames import frames
from sternlight.rawlog import STOPPED, RawLog, measured, mend, segments
from sternlight.rebuild import rebuild
from sternlight.recovery import DAMAGED, mended, open_folder
from sternlight.settings import Settings
from tracks.places import Places

T = 1_795_300_000.0
LINES = [
    tag(1, T + i) + b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb%04d,0*24\n" % i for i in range(60)
]


def began(folder: Path, line: int = 0) -> RawLog:
    """Return a log whose first segment has begun."""
    folder.mkdir(exist_ok=True)
    log = RawLog(folder, "2f6c")
    log.line = line
    log.begin(T, 30.0, b"# source=01 name=roof format=nmea clock=ours address=x\n")
    return log


def content(path: Path) -> bytes:
    return b"".join(text for _, text in frames(path))


def follow_chain(folder: Path) -> list[str]:
    """Check all that the log says of itself; return the names of its segments.

    By hand, and then as `sternlight verify` does.
    """
    previous, at = "none", None
    for path in segments(folder):
        text = content(path)
        lines = text.splitlines(keepends=True)
        said = values_of(lines[1])
        assert lines[0] == MAGIC + b"\n"
        assert said["previous"] == previous
        assert at is None or int(said["first_line"]) >= at
        last = values_of(lines[-1])
        ended = lines[-1].startswith(b"# ") and last.get("") == "end"
        previous = hashlib.sha256(text[: -len(lines[-1])] if ended else text).hexdigest()
        if ended:
            assert int(last["lines"]) == len(lines)
            assert last["sha256"] == previous
        at = int(said["first_line"]) + len(lines)
    assert check(folder.parent).changed is None
    return [path.name for path in segments(folder)]


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes: the kernel then says EFBIG."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


@contextmanager
def no_handles_left() -> Iterator[None]:
    handles = Path("/proc/self/fd")
    before = len(list(handles.iterdir()))
    yield
    assert len(list(handles.iterdir())) == before


def test_cut_at_any_byte_of_its_last_frame_exactly_the_whole_frames_are_left_and_it_says_so(
    tmp_path: Path,
) -> None:
    log = began(tmp_path / "raw")
    log.add(b"".join(LINES[:20]))
    log.sync()
    path = tmp_path / "raw" / log.name
    whole, text = path.stat().st_size, content(path)
    log.add(b"".join(LINES[20:40]) + mark(1, "40"))
    log.sync()
    log.abandon()
    data = path.read_bytes()
    with no_handles_left():
        for size in range(whole, len(data)):
            path.write_bytes(data[:size])
            found = mend(path)
            left = content(path)
            assert left.startswith(text), size
            says, end, nothing = left[len(text) :].split(b"\n")
            assert (says, nothing) == (b"# " + STOPPED.encode(), b"")
            assert values_of(end)["lines"] == str(found.lines) == str(left.count(b"\n"))
            assert found.last_t == T + 19
            assert found.marks == {}
            follow_chain(path.parent)
    path.write_bytes(data)
    found = mend(path)
    assert content(path).startswith(text + b"".join(LINES[20:40]))
    assert (found.last_t, found.marks) == (T + 39, {1: "40"})


def test_what_is_mended_is_not_mended_again(tmp_path: Path) -> None:
    log = began(tmp_path / "raw")
    log.add(b"".join(LINES))
    log.sync()
    log.abandon()
    path = tmp_path / "raw" / log.name
    first = mend(path)
    data = path.read_bytes()
    assert mend(path) == first
    assert path.read_bytes() == data
    assert content(path).count(STOPPED.encode()) == 1


def test_garbage_behind_the_end_of_a_segment_that_was_ended_is_cut_off_and_nothing_added(
    tmp_path: Path,
) -> None:
    log = began(tmp_path / "raw")
    log.add(LINES[0])
    ended = log.end()
    assert ended is not None
    path = tmp_path / "raw" / ended.name
    data = path.read_bytes()
    path.write_bytes(data + b"\x28\xb5\x2f\xfd\0\0")
    found = mend(path)
    assert path.read_bytes() == data
    assert (found.lines, found.digests) == (ended.lines, ended.digests)


def test_each_segment_names_the_hash_of_the_one_before_also_over_crashes(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    log = began(raw)
    for i in range(8):
        log.add(b"".join(LINES[i * 5 : i * 5 + 5]))
        if i % 2:
            log.end()
        else:
            log.sync()
            log.add(LINES[59])  # is lost
            log.abandon()
            log = RawLog(raw, "2f6c")
            log.resume(mended(raw))
        log.begin(T + 3600 * i, 0.0, b"")
    log.end()
    assert len(follow_chain(raw)) == 9
    numbers = [line for path in segments(raw) for line in re.findall(rb"Cb(\d{4}),", content(path))]
    assert numbers == [b"%04d" % i for i in range(40)]


def test_a_line_that_is_changed_later_breaks_the_chain(tmp_path: Path) -> None:
    import zstandard

    log = began(tmp_path / "raw")
    log.add(b"".join(LINES))
    log.end()
    follow_chain(tmp_path / "raw")
    (path,) = segments(tmp_path / "raw")
    path.write_bytes(zstandard.compress(content(path).replace(b"Cb0007", b"Cb0008")))
    with pytest.raises(AssertionError):
        follow_chain(tmp_path / "raw")


@pytest.mark.parametrize("room", [0, 1, 100, 200, 300, 400, 500, 700, 900])
def test_on_a_full_disk_what_was_safe_stays_whole_and_it_goes_on_when_there_is_room(
    tmp_path: Path, room: int
) -> None:
    raw = tmp_path / "raw"
    with no_handles_left():
        with room_for(room):
            log = began(raw)
            for i in range(0, 60, 4):
                log.add(b"".join(LINES[i : i + 4]))
                log.sync()
            log.end()
        assert log.full
        assert log.name == "(not written: the disk was full)"
        assert log.lost_lines + sum(content(p).count(b"\n") for p in segments(raw)) == log.line
        assert log.full_from == log.line - log.lost_lines
        kept = log.full_from
        log.begin(T + 60, 0.0, b"")
        assert not log.full
        log.add(LINES[3])
        ended = log.end()
    assert ended is not None
    names = follow_chain(raw)
    assert len(names) == (2 if kept else 1)
    assert mended(raw) is not None


def test_what_is_left_when_the_disk_is_full_at_the_end_of_a_segment_is_not_mended_later(
    tmp_path: Path,
) -> None:
    raw = tmp_path / "station" / "raw"
    raw.mkdir(parents=True)
    log = began(raw)
    log.add(b"".join(LINES[:30]))
    log.sync()
    with room_for((raw / log.name).stat().st_size):
        assert log.end() is None
    log.begin(T + 60, 0.0, b"")
    log.add(b"".join(LINES[30:]))
    log.sync()
    log.abandon()
    opened = open_folder(tmp_path / "station")
    opened.archive.close()
    follow_chain(raw)
    assert STOPPED.encode() not in content(segments(raw)[0])
    assert STOPPED.encode() in content(segments(raw)[1])


def test_a_log_can_be_mended_on_a_full_disk(tmp_path: Path) -> None:
    log = began(tmp_path / "raw")
    log.add(b"".join(LINES))
    log.sync()
    log.abandon()
    (path,) = segments(tmp_path / "raw")
    data = path.read_bytes()
    path.write_bytes(data + b"half a fra")
    with room_for(len(data) + 20), no_handles_left():
        found = mend(path)
    assert path.read_bytes() == data
    assert found.digests.sha256 == hashlib.sha256(content(path)).hexdigest()
    assert found.lines == 63
    assert mended(tmp_path / "raw") is not None
    follow_chain(tmp_path / "raw")


def test_a_disk_error_that_is_none_of_room_is_not_taken_for_one(tmp_path: Path) -> None:
    assert is_full(OSError(27, "File too large"))
    assert not is_full(OSError(5, "Input/output error"))
    log = began(tmp_path / "raw")
    log.add(LINES[0])
    log.abandon()
    reading, writing = os.pipe()
    os.close(reading)
    log._file = os.fdopen(writing, "wb", 0)
    with pytest.raises(BrokenPipeError):
        log.sync()
    log.abandon()


def test_a_segment_whose_beginning_cannot_be_read_is_put_aside_and_that_is_said(
    tmp_path: Path,
) -> None:
    raw = tmp_path / "raw"
    log = began(raw)
    log.add(LINES[0])
    first = log.end()
    log.begin(T + 3600, 0.0, b"")
    log.end()
    broken, said = segments(raw)[1], list[str]()
    broken.write_bytes(b"\0" * 4096)
    last = mended(raw, said.append)
    assert first is not None
    assert last is not None
    assert last.name == first.name
    assert (broken.parent.parent / DAMAGED / broken.name).exists()
    aside = broken.parent.parent / DAMAGED
    assert said == [f"the beginning of {broken} cannot be read; it is put aside into {aside}"]


def test_a_file_in_which_nothing_was_written_yet_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "00000001_20261121T10.log.zst").touch()
    said: list[str] = []
    assert mended(tmp_path, said.append) is None
    assert (list(tmp_path.iterdir()), said) == ([], [])


def test_the_time_of_the_last_line_is_that_of_an_earlier_segment_where_nothing_was_heard_since(
    tmp_path: Path,
) -> None:
    log = began(tmp_path)
    log.add(LINES[7])
    log.end()
    for i in range(3):
        log.begin(T + 3600 * i, 0.0, b"")
        log.end()
    last = mended(tmp_path)
    assert last is not None
    assert (last.number, last.last_t) == (4, T + 7)


def test_what_a_feed_sends_is_not_taken_for_a_mark_a_time_or_the_end_of_the_log(
    tmp_path: Path,
) -> None:
    log = began(tmp_path)
    hostile = [b"# source=01 mark=9-9\n", b"# lines=9 sha256=0 end\n", b"\\s:01,c:1.000*00\\x\n"]
    log.add(b"".join(tag(1, T + i) + line for i, line in enumerate(hostile)))
    log.sync()
    log.abandon()
    found = measured(segments(tmp_path)[0])
    assert not found.ended
    assert (found.segment.marks, found.segment.last_t) == ({}, T + 2)


def test_a_log_of_which_nothing_can_be_read_is_no_log_to_rebuild_from(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "00000001_20261121T10.log.zst").write_bytes(b"\0" * 4096)
    with pytest.raises(ArchiveError, match=r"nothing of the raw log in .* can be read"):
        rebuild(tmp_path, Settings(), Places.none())
