"""Whole raw logs checked: what is a change, where it is, and what is none."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from receiver.formats.stationlog import MAGIC, deaf, listening, remark, tag, values_of
from sternlight.archive import Archive
from sternlight.evidence import chain as module
from sternlight.evidence.chain import Checked, check
from sternlight.evidence.finding import Finding
from sternlight.evidence.merkle import Tree
from sternlight.frames import frames, packed
from sternlight.rawlog import RawLog, mend, segments
from sternlight.recovery import RAW, open_folder
from sternlight.sqlite import ARCHIVE
from tests.sternlight.evidence.logs import T, wrote
from tests.sternlight.test_rawlog import room_for


def content(path: Path) -> bytes:
    return b"".join(text for _, text in frames(path))


def archived(folder: Path) -> None:
    """Let the archive take note of all segments, as at the start of a station."""
    open_folder(folder).archive.close()


def rewritten(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the lines of a segment, and pack them in frames as they were."""
    path.write_bytes(b"".join(packed(change(text)) for _, text in frames(path)))


def changes(folder: Path) -> list[tuple[int, int, str]]:
    return [(one.segment, one.line, one.says) for one in check(folder).of("changed")]


def gaps(found: Checked) -> list[tuple[str, float, float]]:
    return [(one.says, one.t - T, one.until - T) for one in found.of("gap")]


def test_the_links_are_what_hashlib_and_the_standard_s_tree_say(tmp_path: Path) -> None:
    wrote(tmp_path)
    previous = {"previous": "none", "previous_root": "none", "previous_file": "none"}
    for path in segments(tmp_path / RAW):
        lines = content(path).splitlines(keepends=True)
        head, end = values_of(lines[1]), values_of(lines[-1])
        assert {key: head[key] for key in previous} == previous
        tree = Tree()
        tree.add(lines[:-1])
        data = path.read_bytes()
        last = data.rfind(b"\x28\xb5\x2f\xfd")
        assert end == {
            "lines": str(len(lines)),
            "sha256": hashlib.sha256(b"".join(lines[:-1])).hexdigest(),
            "root": tree.root().hex(),
            "file": hashlib.sha256(data[:last]).hexdigest(),
            "": "end",
        }
        previous = {
            "previous": end["sha256"],
            "previous_root": end["root"],
            "previous_file": hashlib.sha256(data).hexdigest(),
        }


def test_a_log_as_it_was_written_has_its_sizes_and_times_told_and_nothing_else(
    tmp_path: Path,
) -> None:
    wrote(tmp_path)
    archived(tmp_path)
    found = check(tmp_path)
    assert found.findings == []
    assert (found.first, found.last, found.segments_count, found.lines_count) == (1, 3, 3, 48)
    assert (found.first_t, found.last_t) == (T, T + 7211)
    assert found.packed_bytes == sum(p.stat().st_size for p in segments(tmp_path / RAW))
    last = values_of(content(segments(tmp_path / RAW)[-1]).splitlines()[-1])
    assert found.head is not None
    assert found.head.digests[:2] == (last["sha256"], last["root"])


def test_a_flipped_bit_is_narrowed_down_to_a_frame_and_to_the_lines_behind_it(
    tmp_path: Path,
) -> None:
    wrote(tmp_path)
    path = segments(tmp_path / RAW)[1]
    second = [end for end, _ in frames(path)][1]
    data = bytearray(path.read_bytes())
    data[second + 20] ^= 16
    path.write_bytes(bytes(data))
    (segment, line, says), *_ = changes(tmp_path)
    assert (segment, line) == (2, 12)  # 3 of the station's own, 8 heard
    assert f"frame 3, from byte {second:,} to byte " in says
    found = check(tmp_path)
    assert [one.t - T for one in found.of("changed")] == [3607.0]
    assert found.head is not None
    assert found.head.segment == 1


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (lambda text: text.replace(b"Cb0006", b"Cb0007"), 1, "not what the line that ends it"),
        (lambda text: text.replace(b"c:1795303606", b"c:1795303605"), 10, "no station's"),
        (lambda text: text.replace(b"Cb0006,0*24\n", b"Cb0006,0*24\nno tag\n"), 11, "no station's"),
    ],
)
def test_where_frames_are_whole_the_first_line_is_named_that_no_station_writes(
    tmp_path: Path, change: Callable[[bytes], bytes], line: int, says: str
) -> None:
    wrote(tmp_path)
    rewritten(segments(tmp_path / RAW)[1], change)
    (first, *_) = changes(tmp_path)
    assert first[:2] == (2, line)
    assert says in first[2]


def test_lines_in_another_order_are_found_where_time_runs_back(tmp_path: Path) -> None:
    wrote(tmp_path)

    def moved(text: bytes) -> bytes:
        lines = text.splitlines(keepends=True)
        return b"".join(lines[2:] + lines[:2]) if b"Cb0004" in text else text

    rewritten(segments(tmp_path / RAW)[1], moved)
    (segment, line, says), *_ = changes(tmp_path)
    assert (segment, line) == (2, 10)
    assert "heard before the one above it" in says


def test_a_segment_forged_with_a_hash_of_its_own_is_found_by_the_next_and_by_the_archive(
    tmp_path: Path,
) -> None:
    wrote(tmp_path / "true")
    archived(tmp_path / "true")
    wrote(tmp_path / "false", lines=13)
    names = [path.name for path in segments(tmp_path / "true" / RAW)]
    for archive in (True, False):
        folder = tmp_path / f"station{archive}"
        shutil.copytree(tmp_path / "true", folder)
        shutil.copy(tmp_path / "false" / RAW / names[0], folder / RAW / names[0])
        if not archive:
            (folder / ARCHIVE).unlink()
        (segment, _, says), *further = changes(folder)
        assert segment == (1 if archive else 2)
        assert ("the archive noted" if archive else "behind another segment 1") in says
        assert further == []


def test_of_a_removed_segment_the_archive_knows_whether_the_station_deleted_it(
    tmp_path: Path,
) -> None:
    wrote(tmp_path, hours=5)
    archived(tmp_path)
    with Archive.open(tmp_path) as archive, archive.transaction():
        archive.prune([1, 2])
    for path in segments(tmp_path / RAW)[:2]:
        path.unlink()
    (one,) = check(tmp_path).findings
    assert (one.kind, one.segment) == ("pruned", 1)
    assert "segments 1 to 2 are gone: deleted by the station" in one.says
    segments(tmp_path / RAW)[1].unlink()
    assert [one[0] for one in changes(tmp_path)] == [4]
    assert "segment 4 is missing" in changes(tmp_path)[0][2]
    segments(tmp_path / RAW)[-1].unlink()
    assert [one[0] for one in changes(tmp_path)] == [4]
    assert "segments 4 to 5 are missing" in changes(tmp_path)[0][2]


def test_without_an_archive_nothing_is_said_of_what_was_before_the_first_and_what_is_missing_is(
    tmp_path: Path,
) -> None:
    wrote(tmp_path, hours=5)
    first, _, third, *_ = segments(tmp_path / RAW)
    first.unlink()
    (one,) = check(tmp_path).findings
    assert (one.kind, "begins with segment 2" in one.says) == ("unknown", True)
    third.unlink()
    assert [one[0] for one in changes(tmp_path)] == [4]
    assert "segment 3 between 2 and 4 are missing" in changes(tmp_path)[0][2]


def test_a_segment_that_is_deleted_while_others_are_read_is_no_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrote(tmp_path)
    archived(tmp_path)
    there = segments(tmp_path / RAW)
    with Archive.open(tmp_path) as archive, archive.transaction():
        archive.prune([1])
    there[0].unlink()
    monkeypatch.setattr(module, "segments", lambda _: there)
    assert [one.kind for one in check(tmp_path).findings] == ["pruned"]


@pytest.mark.parametrize("known", [False, True])
def test_the_end_of_a_file_lost_to_a_power_cut_is_told_from_one_that_was_cut_off(
    tmp_path: Path, known: bool
) -> None:
    wrote(tmp_path)
    if known:
        archived(tmp_path)
    path = segments(tmp_path / RAW)[-1]
    os.truncate(path, path.stat().st_size - 9)
    (one,) = check(tmp_path).findings
    assert (one.kind, one.segment, one.line) == ("changed" if known else "open", 3, 16)
    ends = [end for end, _ in frames(path)]
    os.truncate(path, ends[-1])  # at a frame's end
    (one,) = check(tmp_path).findings
    assert (one.kind, one.segment) == ("changed" if known else "open", 3)


def test_damage_within_the_segment_that_is_being_written_is_no_power_cut(tmp_path: Path) -> None:
    wrote(tmp_path, last_ends=False)
    path = segments(tmp_path / RAW)[-1]
    assert [one.kind for one in check(tmp_path).findings] == ["open"]
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(bytes(data))
    assert [one[0] for one in changes(tmp_path)] == [3]


def test_gaps_are_told_with_their_times_and_are_no_changes(tmp_path: Path) -> None:
    raw = tmp_path / RAW
    raw.mkdir()
    log = RawLog(raw, "2f6c")
    name = b"# source=01 name=roof format=nmea clock=ours address=x\n"

    def heard(*seconds: float) -> None:
        for s in seconds:
            log.add(tag(1, T + s) + b"!AIVDM,1,1,,A,x,0*24\n")

    log.begin(T, 0.0, name)
    heard(0, 10)
    log.add(deaf(1, T + 10, "the connection was refused"))
    log.add(listening(1, T + 70))
    heard(70)
    log.sync()
    log.abandon()  # kill -9
    log.resume(mend(raw / log.name))
    log.begin(T + 100, 0.0, name + deaf(1, T + 70, "the station was off"))
    log.add(listening(1, T + 130))
    heard(130, 140)
    log.pause()  # the disk is full
    log.add(b"lost\n" * 7)
    log.begin(T + 200, 0.0, name)
    log.end()  # heard nothing
    log.begin(T + 300, 0.0, name)
    heard(310)
    log.add(deaf(1, T + 310, "it says nothing"))
    log.end()
    found = check(tmp_path)
    assert found.changed is None
    assert gaps(found)[:3] == [
        ("roof was deaf: the connection was refused", 10.0, 70.0),
        (
            "the station did not run; it had stopped without a goodbye (power cut, crash or kill)",
            70.0,
            130.0,
        ),
        ("the disk was full: 7 lines heard, judged and not kept", 140.0, 310.0),
    ]
    says, t, until = gaps(found)[3]
    assert (says, t) == ("roof was deaf: it says nothing", 310.0)
    assert until != until


def older(folder: Path, hours: int = 3) -> None:
    """Write a log as Sternlight 0.2 did."""
    (folder / RAW).mkdir(parents=True)
    previous, first = "none", 0
    for n in range(1, hours + 1):
        head = (
            MAGIC
            + b"\n"
            + remark(station="2f6c", segment=n, first_line=first, previous=previous, lateness_s="0")
        )
        text = head + tag(1, T + 3600.0 * n) + b"!AIVDM,1,1,,A,x,0*24\n"
        previous = hashlib.sha256(text).hexdigest()
        end = remark("end", lines=4, sha256=previous)
        path = folder / RAW / f"{n:08d}_20261121T{9 + n}.log.zst"
        path.write_bytes(packed(text) + packed(end))
        first += 4


def test_logs_of_before_are_checked_as_far_as_they_can_be_and_go_on_with_all_links(
    tmp_path: Path,
) -> None:
    older(tmp_path)
    (one,) = check(tmp_path).findings
    assert (one.kind, one.segment) == ("unknown", 1)
    assert "segments 1 to 3 were written by a Sternlight before 0.3" in one.says
    log = RawLog(tmp_path / RAW, "2f6c")
    log.resume(mend(segments(tmp_path / RAW)[-1]))
    log.begin(T + 20_000, 0.0, b"")
    log.end()
    assert [one.kind for one in check(tmp_path).findings] == ["unknown"]
    rewritten(segments(tmp_path / RAW)[1], lambda text: text.replace(b",x,", b",y,"))
    assert changes(tmp_path)[0][0] == 2


def test_a_bit_that_means_nothing_is_held_in_logs_of_before_too(tmp_path: Path) -> None:
    older(tmp_path)
    path = segments(tmp_path / RAW)[1]
    data = bytearray(path.read_bytes())
    data[4] ^= 16  # the unused bit of a frame's descriptor: it unpacks to the same
    before = content(path)
    path.write_bytes(bytes(data))
    assert content(path) == before
    ((segment, _, says),) = changes(tmp_path)
    assert (segment, "not packed as a station packs" in says) == (2, True)


def test_the_line_that_ends_a_segment_is_itself_read_to_the_letter(tmp_path: Path) -> None:
    wrote(tmp_path, hours=1)
    path = segments(tmp_path / RAW)[0]
    whole = [text for _, text in frames(path)]
    for key, says in (
        ("sha256", "was written for"), ("root", "another tree"), ("file", "packed anew"),
        ("lines", "how many lines"), ("x", "not written as"),
    ):  # fmt: skip
        said = {k: v for k, v in values_of(whole[-1]).items() if k} | {key: "7"}
        if key == "x":
            del said["file"]
        path.write_bytes(b"".join(map(packed, [*whole[:-1], remark("end", **said)])))
        ((segment, _, told),) = changes(tmp_path)
        assert (segment, says in told) == (1, True), told


def test_a_segment_of_another_station_is_told_as_that_and_its_neighbours_stay_whole(
    tmp_path: Path,
) -> None:
    wrote(tmp_path)
    log = RawLog(tmp_path / RAW, "f00d")
    log.resume(mend(segments(tmp_path / RAW)[-1]))
    log.begin(T + 20_000, 0.0, b"")
    log.end()
    assert changes(tmp_path) == [(4, 0, "it is of another station")]


def test_lines_that_are_numbered_again_are_told_even_if_every_hash_fits(tmp_path: Path) -> None:
    log = wrote(tmp_path)
    log.line -= 5
    log.begin(T + 20_000, 0.0, b"")
    log.end()
    assert changes(tmp_path) == [(4, 2, "its lines are numbered again")]


def test_a_segment_that_was_given_another_hour_is_told_by_the_archive(tmp_path: Path) -> None:
    wrote(tmp_path)
    archived(tmp_path)
    path = segments(tmp_path / RAW)[1]
    path.rename(path.with_name(path.name.replace("T23", "T11")))
    ((segment, _, says),) = changes(tmp_path)
    assert (segment, "the archive knows it as" in says) == (2, True)


def test_what_was_mended_only_when_there_was_room_again_is_no_change(tmp_path: Path) -> None:
    wrote(tmp_path, last_ends=False)
    path = segments(tmp_path / RAW)[-1]
    with room_for(path.stat().st_size):
        whole = mend(path)
    with Archive.open(tmp_path) as archive, archive.transaction():
        archive.end_segment(whole)
    archived(tmp_path)  # which mends it now
    assert content(path).endswith(b" end\n")
    assert check(tmp_path).findings == []


def test_the_file_before_is_held_by_the_first_link_of_a_new_version(tmp_path: Path) -> None:
    older(tmp_path, hours=1)
    log = RawLog(tmp_path / RAW, "2f6c")
    log.resume(mend(segments(tmp_path / RAW)[0]))
    log.begin(T + 20_000, 0.0, b"")
    log.end()
    path = segments(tmp_path / RAW)[0]
    path.write_bytes(packed(content(path)))
    ((segment, _, says),) = changes(tmp_path)
    assert (segment, "packed anew" in says) == (2, True)


def test_an_archive_of_before_takes_over_what_it_knows_and_lacks_no_column(tmp_path: Path) -> None:
    wrote(tmp_path)
    archived(tmp_path)
    with closing(sqlite3.connect(tmp_path / ARCHIVE)) as db:
        db.executescript(
            "alter table segments drop column root; alter table segments drop column file_sha256;"
        )
        assert check(tmp_path).findings == []
        db.executescript("pragma user_version = 2;" + "".join(
            f"drop table {name};" for (name,) in db.execute(
                "select name from sqlite_master where type = 'table' and name not in"
                " ('about','segments','sources','events','event_tracks','changes','states',"
                "'snapshot','alerts') and name not like 'sqlite%'"
            ).fetchall()
        ))  # fmt: skip
    with Archive.open(tmp_path) as archive:
        assert archive.read("select count(*), count(root) from segments") == [(3, 0)]
    assert check(tmp_path).findings == []


def test_what_holds_more_than_a_station_packs_is_refused_before_it_fills_the_memory(
    tmp_path: Path,
) -> None:
    import tracemalloc

    wrote(tmp_path)
    path = segments(tmp_path / RAW)[1]
    # A size of four bytes, and blocks of one byte for 128 KiB each (RFC 8878, 3.1.1.2).
    block = (1 << 20 | 1 << 1).to_bytes(3, "little") + b"x"
    # Either in one piece, or with a window of 1 MiB.
    for descriptor, says_it_holds in ((b"\xa4", 1000), (b"\xa4", 1 << 30), (b"\x84\x50", 1000)):
        begins = b"\x28\xb5\x2f\xfd" + descriptor + says_it_holds.to_bytes(4, "little")
        path.write_bytes(begins + 8000 * block)
        tracemalloc.start()
        says = changes(tmp_path)[0][2]
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert "cannot be read" in says
        assert peak < 150e6


def test_a_log_with_more_gaps_than_anybody_reads_is_told_to_some_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_GAPS", 5)
    raw = tmp_path / RAW
    raw.mkdir()
    log = RawLog(raw, "2f6c")
    log.begin(T, 0.0, b"")
    log.add(b"".join(deaf(1, T + i, "x") + listening(1, T + i + 0.5) for i in range(8)))
    log.end()
    found = check(tmp_path)
    assert (len(found.of("gap")), found.more_gaps_count) == (5, 3)


def test_a_finding_says_for_programs_what_is_known_and_none_for_the_rest() -> None:
    assert Finding("gap", "off", 3, "x", 0, T).row() == {
        "kind": "gap", "segment": 3, "file": "x", "line": None, "t": "2026-11-21T22:26:40Z",
        "until": None, "says": "off",
    }  # fmt: skip
