"""Following a file that grows, is renamed, cut, made anew, and is read on after a restart."""

from __future__ import annotations

import gzip
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.sources import follow
from receiver.sources.base import Marked, SourceLost
from receiver.sources.follow import PIECE_BYTES, Follow

LINES = [b"line %d\n" % n for n in range(5)]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "POLL_S", 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ais.nmea"


def add(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def waiting(blocks: Iterator[bytes], polls: int = 4) -> bytes:
    """Return what comes until nothing has come for some polls."""
    got, quiet = b"", 0
    while quiet < polls:
        block = next(blocks)
        got += block
        quiet = 0 if block else quiet + 1
    return got


def rotate(path: Path) -> None:
    """Rename as logrotate does: .1 becomes .2."""
    names = [path, *(path.with_name(f"{path.name}.{n}") for n in range(1, 20))]
    last = next(n for n, name in enumerate(names) if not name.exists())
    for n in reversed(range(last)):
        names[n].rename(names[n + 1])


def test_whole_lines_come_when_they_are_whole(path: Path) -> None:
    path.write_bytes(LINES[0] + b"li")
    with closing(Follow(str(path)).blocks()) as blocks:
        assert waiting(blocks) == LINES[0]
        add(path, b"ne 1\nline 2\n")
        assert waiting(blocks) == LINES[1] + LINES[2]


def test_a_file_that_is_not_followed_ends_with_its_last_line_ended(path: Path) -> None:
    path.write_bytes(LINES[0] + b"line")
    blocks = list(Follow(str(path), follow=False).blocks())
    assert blocks == [LINES[0], b"line\n"]
    assert all(isinstance(block, Marked) and block.mark for block in blocks)


def test_a_large_file_comes_in_blocks_of_whole_lines(path: Path) -> None:
    data = b"".join(b"%d\n" % n for n in range(400_000))
    path.write_bytes(data)
    blocks = list(Follow(str(path), follow=False).blocks())
    assert b"".join(blocks) == data
    assert max(map(len, blocks)) <= PIECE_BYTES
    assert all(block.endswith(b"\n") for block in blocks)


def test_a_line_without_end_is_ended_every_mib(path: Path) -> None:
    path.write_bytes(b"x" * (PIECE_BYTES + 5) + b"\n" + LINES[0])
    blocks = list(Follow(str(path), follow=False).blocks())
    assert blocks == [b"x" * PIECE_BYTES + b"\n", b"xxxxx\n" + LINES[0]]


def by_renaming(path: Path, new: bytes) -> None:
    rotate(path)
    path.write_bytes(new)


def by_copying(path: Path, new: bytes) -> None:
    shutil.copy(path, f"{path}-20261122")
    path.write_bytes(new)


def by_deleting(path: Path, new: bytes) -> None:
    path.unlink()
    path.write_bytes(new)


@pytest.mark.parametrize("turn", [by_renaming, by_copying, by_deleting])
def test_a_file_that_is_replaced_is_read_to_its_end_and_then_the_new_one(
    path: Path, turn: Callable[[Path, bytes], None]
) -> None:
    path.write_bytes(LINES[0])
    with closing(Follow(str(path)).blocks()) as blocks:
        assert waiting(blocks) == LINES[0]
        add(path, LINES[1])
        turn(path, LINES[2])
        assert waiting(blocks) == LINES[1] + LINES[2]
        add(path, LINES[3])
        assert waiting(blocks) == LINES[3]


def test_a_file_that_is_written_anew_to_a_greater_length_is_read_from_its_beginning(
    path: Path,
) -> None:
    path.write_bytes(LINES[0])
    with closing(Follow(str(path)).blocks()) as blocks:
        assert waiting(blocks) == LINES[0]
        path.write_bytes(b"other\n" * 5)
        assert waiting(blocks) == b"other\n" * 5


def test_what_is_still_written_into_a_renamed_file_is_read(path: Path) -> None:
    path.write_bytes(LINES[0])
    with closing(Follow(str(path)).blocks()) as blocks, path.open("ab", buffering=0) as writer:
        assert waiting(blocks) == LINES[0]
        rotate(path)
        writer.write(LINES[1] + b"li")
        assert waiting(blocks) == LINES[1]
        writer.write(b"ne 2\n")
        path.write_bytes(LINES[3])
        assert waiting(blocks) == LINES[2] + LINES[3]


@pytest.mark.parametrize("turn", [by_renaming, by_copying])
def test_after_a_restart_it_goes_on_in_the_file_that_was_rotated(
    path: Path, turn: Callable[[Path, bytes], None]
) -> None:
    path.write_bytes(LINES[0])
    source = Follow(str(path))
    with closing(source.blocks()) as blocks:
        mark = mark_of(next(blocks))
    add(path, LINES[1])
    turn(path, LINES[2])
    with closing(replace(source, resume=mark).blocks()) as blocks:
        assert waiting(blocks) == LINES[1] + LINES[2]


def test_a_mark_of_a_file_that_is_gone_leads_to_the_beginning_of_the_new_one(path: Path) -> None:
    path.write_bytes(LINES[0] * 9)
    mark = mark_of(next(Follow(str(path)).blocks()))
    by_deleting(path, LINES[1])
    assert list(Follow(str(path), False, resume=mark).blocks()) == [LINES[1]]


def test_equal_beginnings_are_told_apart_by_the_number_of_the_file(path: Path) -> None:
    path.write_bytes(LINES[0])
    mark = mark_of(next(Follow(str(path)).blocks()))
    by_renaming(path, LINES[0] + LINES[1])
    got = b"".join(Follow(str(path), False, resume=mark).blocks())
    assert got == LINES[0] + LINES[1]


def test_files_of_other_names_beside_it_are_never_read(path: Path) -> None:
    path.write_bytes(LINES[0])
    mark = mark_of(next(Follow(str(path)).blocks()))
    for name in ("ais.nmea.bak", "ais.nmea.1.gz", "other.1"):
        path.with_name(name).write_bytes(LINES[0] + b"no\n")
    by_renaming(path, LINES[1])
    assert b"".join(Follow(str(path), False, resume=mark).blocks()) == LINES[1]


def test_names_that_move_while_a_rotated_file_is_read_lose_nothing(path: Path) -> None:
    path.write_bytes(LINES[0])
    mark = mark_of(next(Follow(str(path)).blocks()))
    add(path, LINES[1])
    by_renaming(path, LINES[2])
    with closing(Follow(str(path), resume=mark).blocks()) as blocks:
        assert next(blocks) == LINES[1]
        by_renaming(path, LINES[3])
        assert waiting(blocks) == LINES[2] + LINES[3]


def test_a_renamed_file_is_looked_at_once_more_after_the_new_one_is_there(path: Path) -> None:
    path.write_bytes(LINES[0])
    with closing(Follow(str(path)).blocks()) as blocks, path.open("ab", buffering=0) as writer:
        assert waiting(blocks) == LINES[0]
        by_renaming(path, LINES[2])
        assert next(blocks) == b""
        writer.write(LINES[1])
        assert waiting(blocks) == LINES[1] + LINES[2]


def test_an_empty_file_between_two_rotations_hides_nothing(path: Path) -> None:
    path.write_bytes(LINES[0])
    mark = mark_of(next(Follow(str(path)).blocks()))
    for n, content in enumerate((b"", LINES[1], LINES[2]), 1):
        by_renaming(path, content)
        os.utime(f"{path}.1", ns=(0, n * 10**9))
    got = b"".join(Follow(str(path), False, resume=mark).blocks())
    assert got == LINES[1] + LINES[2]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_however_it_is_cut_rotated_and_resumed_every_line_comes_once(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("follow") / "ais.nmea"
    path.touch()
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    source, clock, number = Follow(str(path)), count(1), count()
    written = pending = got = b""
    begun = 0  # what had been written before the file that is written now: it cannot be found
    # again in a copy before something of it was read
    blocks = source.blocks()
    for act in data.draw(st.lists(st.sampled_from("wwwrrRCS"), max_size=40)):
        if act == "w":  # lines, the last of which may not be whole
            pending += b"".join(b"%d %d\n" % (next(number), rng.random() * 9**9) for _ in "123")
            cut = rng.randint(1, len(pending))
            add(path, pending[:cut])
            written, pending = written + pending[:cut], pending[cut:]
        elif act == "r":
            block = next(blocks)
            got += block
            source = replace(source, resume=mark_of(block) or source.resume)
        elif len(got) > (begun if act == "C" else 0) and path.stat().st_size and act in "RC":
            add(path, pending or b"\n" * (written[-1:] != b"\n"))
            written += pending or b"\n" * (written[-1:] != b"\n")
            pending = b""
            if act == "R":
                rotate(path)
                path.touch()
            else:
                spare = path.with_name("spare")
                shutil.copy(path, spare)
                path.write_bytes(b"")
                fresh = path.with_name("fresh")
                path.rename(fresh)
                rotate_rest(path)
                spare.rename(f"{path}.1")
                fresh.rename(path)
            begun = len(written)
            # Kernels stamp files only every few milliseconds.
            os.utime(f"{path}.1", ns=(0, next(clock) * 10**9))
        elif act == "S":
            blocks.close()
            blocks = source.blocks()
    blocks.close()
    got += b"".join(replace(source, follow=False).blocks())
    assert got == written + b"\n" * (written[-1:] not in (b"\n", b""))


def rotate_rest(path: Path) -> None:
    path.touch()
    rotate(path)
    Path(f"{path}.1").unlink()


def mark_of(block: bytes) -> str:
    return block.mark if isinstance(block, Marked) else ""


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_closing_it_closes_the_file(path: Path) -> None:
    path.write_bytes(LINES[0])
    before = open_files()
    blocks = Follow(str(path)).blocks()
    next(blocks)
    assert open_files() == before + 1
    blocks.close()
    assert open_files() == before


def test_what_cannot_be_followed_says_what_to_do(path: Path) -> None:
    with pytest.raises(SourceLost, match=r"ais\.nmea is not there; does the program"):
        next(Follow(str(path)).blocks())
    with pytest.raises(SourceLost, match="is no plain file"):
        next(Follow(str(path.parent)).blocks())
    os.mkfifo(path)
    with pytest.raises(SourceLost, match="into a pipe, stdin: can take"):
        next(Follow(str(path)).blocks())
    path.unlink()
    path.write_bytes(gzip.compress(LINES[0]))
    with pytest.raises(SourceLost, match=r"is packed \(gzip\).*unpack it"):
        next(Follow(str(path)).blocks())


def test_a_mark_that_is_none_and_a_format_that_is_none_are_refused_together() -> None:
    with pytest.raises(ValueError, match=r"format is 'x'.*resume is '12', which is no mark"):
        Follow("a", format="x", resume="12")
