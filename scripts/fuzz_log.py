"""Change raw logs in every way we could think of, and see that each change is found.

    .venv/bin/python scripts/fuzz_log.py [--changes 10000] [--seed 1]

Three small logs are made as a station makes them: one stopped in good order, one that is still
being written, and one without its archive; in each are a crash, a full disk and deleted segments.
Then single bits are flipped, bytes and lines put in, taken out and exchanged, frames and whole
segments swapped, packed anew, removed, doubled and forged with hashes of their own.  A change
that is not told, or is told of a segment before the changed one, ends the run with its number.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from receiver.formats.stationlog import tag
from sternlight.archive import Archive
from sternlight.evidence.chain import Checked, check
from sternlight.evidence.digests import Hashes
from sternlight.frames import packed, whole_frames
from sternlight.rawlog import RawLog, ends, mend
from sternlight.recovery import RAW
from sternlight.retention import prune
from sternlight.sqlite import ARCHIVE

T = 1_795_300_000.0
Files = dict[str, bytes]
Frames = list[list[bytes]]  # the lines of each


class Nothing(Exception):
    """A change came to nothing, as when two equal lines were exchanged."""


@dataclass(frozen=True, slots=True)
class Log:
    """A log as it was written, in a folder of a station."""

    folder: Path
    files: Files
    ended: tuple[str, ...]  # names of the segments that were ended
    archived: bool


def make(folder: Path, chance: random.Random, ended: bool, archived: bool) -> Log:
    """Write a log of six segments, of which the first is then deleted."""
    (folder / RAW).mkdir(parents=True)
    log, line = RawLog(folder / RAW, "5eed" * 8), 0
    with Archive.open(folder) as archive:
        archive.say("station", log.station)
        for hour in range(6):
            log.begin(T + 3600.0 * hour, 0.0, b"# source=01 name=roof format=nmea clock=ours\n")
            archive.begin_segment(log.number, log.name, log.line)
            for _ in range(3):
                for _ in range(chance.randint(2, 9)):
                    line += 1
                    payload = chance.randbytes(14).hex().encode()
                    t = T + 3600.0 * hour + line
                    log.add(tag(1, t) + b"!AIVDM,1,1,,A,%s,0*24\n" % payload)
                log.sync()
            if hour == 2:  # as after kill -9
                log.abandon()
                segment = mend(folder / RAW / log.name)
                log = RawLog(folder / RAW, log.station)
                log.resume(segment)
                archive.end_segment(segment)
            elif hour == 3:
                log.pause()
                log.add(b"no room\n")
            elif (ended or hour < 5) and (whole_segment := log.end()):
                archive.end_segment(whole_segment)
        log.abandon()
        archive._db.execute("insert into snapshot values (1, 2, 0, 0, 0, x'')")
        list(prune(folder, archive, log.name, 0.0, T, 1e18))
    if not archived:
        (folder / ARCHIVE).unlink()
    files = {path.name: path.read_bytes() for path in sorted((folder / RAW).iterdir())}
    whole = [name for name in files if ends(lines_of(folder / RAW / name)[-1][-1])]
    return Log(folder, files, tuple(whole), archived)


def lines_of(path: Path) -> Frames:
    """Return the lines of each frame of a segment."""
    return [list(BytesIO(frame.content)) for frame in whole_frames(path)]


def segment_of(frames: Frames) -> bytes:
    """Return the file of a segment with these lines."""
    return b"".join(packed(b"".join(lines)) for lines in frames if lines)


def forged(frames: Frames) -> bytes:
    """Return the file of a segment with these lines, whose end says what stands there now."""
    hashes = Hashes()
    *whole, last = [lines for lines in frames if lines]
    for lines in whole:
        hashes.take(b"".join(lines), packed(b"".join(lines)))
    hashes.take(b"".join(last[:-1]), b"")
    return segment_of([*whole, [*last[:-1], hashes.end_line()]])


# --- Changes of the bytes of one file ---


def flip_a_bit(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def insert_bytes(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.randbytes(chance.randint(1, 12)) + data[at:]


def delete_bytes(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randint(1, 12) :]


def cut_off(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def skip_a_frame(data: bytes, chance: random.Random) -> bytes:
    """Put in a frame that every reader skips (RFC 8878, 3.1.2), in front of one or at the end."""
    at = chance.choice([i for i in range(len(data)) if data.startswith(b"\x28\xb5\x2f\xfd", i)])
    skipped = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"junk"
    at = chance.choice([at, len(data)])
    return data[:at] + skipped + data[at:]


# --- Changes of the lines of one segment, which is packed again ---


def exchange_lines(frames: Frames, chance: random.Random) -> None:
    (a, i), (b, j) = place(frames, chance), place(frames, chance)
    frames[a][i], frames[b][j] = frames[b][j], frames[a][i]


def delete_a_line(frames: Frames, chance: random.Random) -> None:
    a, i = place(frames, chance)
    del frames[a][i]


def double_a_line(frames: Frames, chance: random.Random) -> None:
    a, i = place(frames, chance)
    frames[a].insert(i, frames[a][i])


def put_in_a_line(frames: Frames, chance: random.Random) -> None:
    a, i = place(frames, chance)
    frames[a].insert(i, tag(1, T + chance.randint(0, 20_000)) + b"!AIVDM,1,1,,A,forged,0*24\n")


def change_a_letter(frames: Frames, chance: random.Random) -> None:
    a, i = place(frames, chance)
    line = bytearray(frames[a][i])
    line[chance.randrange(len(line) - 1)] = chance.randint(33, 126)
    frames[a][i] = bytes(line)


def exchange_frames(frames: Frames, chance: random.Random) -> None:
    a, b = chance.randrange(len(frames)), chance.randrange(len(frames))
    frames[a], frames[b] = frames[b], frames[a]


def delete_a_frame(frames: Frames, chance: random.Random) -> None:
    del frames[chance.randrange(len(frames))]


def double_a_frame(frames: Frames, chance: random.Random) -> None:
    a = chance.randrange(len(frames))
    frames.insert(a, frames[a])


def join_frames(frames: Frames, chance: random.Random) -> None:
    """Pack the same lines in other frames."""
    frames[:] = [[line for lines in frames for line in lines]]


def another_station(frames: Frames, chance: random.Random) -> None:
    frames[0][1] = frames[0][1].replace(b"5eed", b"f00d")


def another_head(frames: Frames, chance: random.Random) -> None:
    words = frames[0][1].split(b" ")
    at = chance.choice([i for i, word in enumerate(words) if b"=" in word and i < 8])
    key, _, value = words[at].partition(b"=")
    words[at] = key + b"=" + chance.choice([b"none", value[::-1] + b"1", b"7"])
    frames[0][1] = b" ".join(words)


def place(frames: Frames, chance: random.Random) -> tuple[int, int]:
    a = chance.randrange(len(frames))
    return a, chance.randrange(len(frames[a]))


# --- Changes of whole segments ---


def swap_segments(files: Files, log: Log, chance: random.Random) -> None:
    a, b = chance.sample(sorted(files), 2)
    files[a], files[b] = files[b], files[a]


def replace_a_segment(files: Files, log: Log, chance: random.Random) -> None:
    a, b = chance.sample(sorted(files), 2)
    files[a] = files[b]


def remove_a_segment(files: Files, log: Log, chance: random.Random) -> None:
    names = sorted(files) if log.archived else sorted(files)[1:-1]
    del files[chance.choice(names)]


def double_a_segment(files: Files, log: Log, chance: random.Random) -> None:
    name = chance.choice(sorted(files))
    number = chance.choice([int(name[:8]), int(name[:8]) + 1, 99])
    copy = f"{number:08d}_20261122T{chance.randint(0, 23):02d}.log.zst"
    if copy in files:
        raise Nothing
    files[copy] = files[name]


BYTES = (flip_a_bit, flip_a_bit, flip_a_bit, insert_bytes, delete_bytes, cut_off, skip_a_frame)
LINES = (
    exchange_lines, delete_a_line, double_a_line, put_in_a_line, change_a_letter, exchange_frames,
    delete_a_frame, double_a_frame, join_frames, another_station, another_head,
)  # fmt: skip
WHOLE = (swap_segments, replace_a_segment, remove_a_segment, double_a_segment)


def changed(log: Log, chance: random.Random) -> tuple[str, Files, int]:
    """Return what was done, the files after it, and the first segment that it touched."""
    files = dict(log.files)
    kind = chance.choice(("bytes", "bytes", "lines", "forged", "whole"))
    name = chance.choice(sorted(files))
    if kind == "bytes":
        one = chance.choice(BYTES)
        files[name] = one(files[name], chance)
        what = one.__name__
    elif kind == "whole":
        many = chance.choice(WHOLE)
        many(files, log, chance)
        what = many.__name__
    else:
        # What no hash holds yet may be written anew by anybody.  Without an archive, so may the
        # last segment that was ended: nothing follows it.
        name = chance.choice(log.ended if log.archived or kind == "lines" else log.ended[:-1])
        lines = chance.choice(LINES)
        frames = lines_of(log.folder / RAW / name)
        lines(frames, chance)
        files[name] = forged(frames) if kind == "forged" else segment_of(frames)
        what = f"{lines.__name__}, {kind}"
    touched = [n for n in {*files, *log.files} if files.get(n) != log.files.get(n)]
    if not touched:
        raise Nothing
    return what, files, min(int(n[:8]) for n in touched)


@contextmanager
def written(log: Log, files: Files) -> Iterator[None]:
    """Let the folder hold these files for a while."""
    raw = log.folder / RAW
    try:
        for name in log.files.keys() - files.keys():
            (raw / name).unlink()
        for name, data in files.items():
            if data != log.files.get(name):
                (raw / name).write_bytes(data)
        yield
    finally:
        for name in files.keys() - log.files.keys():
            (raw / name).unlink()
        for name, data in log.files.items():
            if files.get(name) != data:
                (raw / name).write_bytes(data)


POWER_CUT = "told as the end that a power cut leaves"


def judged(log: Log, files: Files, first: int, honest: Checked) -> str:
    """Return what is wrong with how a change was told, or ""."""
    with written(log, files):
        found = check(log.folder)
    place = found.changed
    if place is None:
        last = max(log.files)
        # The end of a segment that is being written looks the same after a power cut.
        only_last = all(files.get(n) == log.files[n] for n in log.files if n != last)
        if only_last and files.keys() == log.files.keys():
            shorter = found.lines_count < honest.lines_count
            torn = found.of("open") != honest.of("open")
            if (torn or shorter) and not (log.archived and last in log.ended):
                return POWER_CUT
        return "not told"
    if place.segment < first:
        return f"told of segment {place.segment}, and {first} was changed: {place.says}"
    return ""


class Made(NamedTuple):
    """What was changed and how that was told."""

    kinds: Counter[str]
    power_cuts: int  # changes of the last end of a log that look as a power cut does
    wrong: list[str]  # not told, or told of what was not changed


def run(folder: Path, changes: int, seed: int) -> Made:
    """Change logs so many times, and check each."""
    chance, cuts = random.Random(seed), 0
    logs = [
        make(folder / name, chance, ended, archived)
        for name, ended, archived in (
            ("ended", True, True), ("open", False, True), ("alone", True, False),
        )
    ]  # fmt: skip
    honest = [check(log.folder) for log in logs]
    wrong = [f"false: {one.changed.says}" for one in honest if one.changed]
    made: Counter[str] = Counter()
    while made.total() < changes:
        at = chance.randrange(len(logs))
        try:
            what, files, first = changed(logs[at], chance)
        except Nothing:
            continue
        made[what] += 1
        says = judged(logs[at], files, first, honest[at])
        if says == POWER_CUT:
            cuts += 1
        elif says:
            wrong.append(f"change {made.total()}, {what} in {logs[at].folder.name}: {says}")
    return Made(made, cuts, wrong)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        made = run(Path(folder), asked.changes, asked.seed)
    for what, count in sorted(made.kinds.items()):
        print(f"{count:>7,} {what}")
    print(
        f"{made.kinds.total():,} changes in {time.monotonic() - began:.0f} s: {len(made.wrong)} not"
        f" found, {made.power_cuts} {POWER_CUT}"
    )
    for says in made.wrong[:20]:
        print(says, file=sys.stderr)
    return 1 if made.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
