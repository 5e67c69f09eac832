"""Change a bundle in every way we could think of, and see that each change is found.

    .venv/bin/python scripts/fuzz_bundle.py FILE.zip [--changes 10000] [--seed 1]

Bits are flipped, bytes put in, taken out and cut off, stretches exchanged; and files of the
bundle are changed, taken out, put in and exchanged in a ZIP file that is well made again, as
somebody would who unpacks it and packs it again.  A change that is not told ends the run with
its number.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

from sternlight.evidence.unbundle import verify_file
from sternlight.evidence.verdict import CHANGED, SOUND
from sternlight.evidence.zips import Writer

Files = dict[str, bytes]


class Nothing(Exception):
    """A change came to nothing, as when two equal stretches were exchanged."""


# --- Changes of the bytes of the ZIP file, or of a file in it ---


def flip_a_bit(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def insert_bytes(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    data[at:at] = chance.randbytes(chance.randint(1, 12))


def delete_bytes(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randint(1, 12)]


def cut_off(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def exchange_stretches(data: bytearray, chance: random.Random) -> None:
    size = chance.randint(1, max(1, min(200, len(data) // 3)))
    a = chance.randrange(len(data) - 2 * size + 1) if len(data) > 2 * size else 0
    b = chance.randrange(a + size, len(data) - size + 1) if len(data) > 2 * size else a
    data[a : a + size], data[b : b + size] = data[b : b + size], data[a : a + size]


# --- Changes of files ---


def take_out(files: Files, chance: random.Random) -> None:
    del files[chance.choice(sorted(files))]


def put_in(files: Files, chance: random.Random) -> None:
    files[chance.choice(["raw/more.log", "stamps/more.tsr", "places/1/more.csv"])] = b"more"


def exchange_files(files: Files, chance: random.Random) -> None:
    a, b = chance.sample(sorted(files), 2)
    files[a], files[b] = files[b], files[a]


def exchange_lines(files: Files, chance: random.Random) -> None:
    name = chance.choice([n for n in sorted(files) if files[n].count(b"\n") > 1])
    lines = files[name].splitlines(keepends=True)
    a, b = chance.sample(range(len(lines)), 2)
    lines[a], lines[b] = lines[b], lines[a]
    files[name] = b"".join(lines)


BYTES = (flip_a_bit, flip_a_bit, insert_bytes, delete_bytes, cut_off, exchange_stretches)
FILES = (take_out, put_in, exchange_files, exchange_lines)


def changed(whole: bytes, chance: random.Random) -> tuple[str, bytes]:
    """Return what was done, and the bundle after it."""
    kind = chance.choice(("bytes", "file", "files"))
    if kind == "bytes":
        one = chance.choice(BYTES)
        data = bytearray(whole)
        one(data, chance)
        what, made = one.__name__, bytes(data)
    else:
        files = unpacked(whole)
        before = dict(files)
        if kind == "file":
            one, name = chance.choice(BYTES), chance.choice(sorted(files))
            data = bytearray(files[name])
            one(data, chance)
            files[name] = bytes(data)
            what = f"{one.__name__} in a file"
        else:
            many = chance.choice(FILES)
            many(files, chance)
            what = many.__name__
        made = whole if files == before else packed(files)
    if made == whole:
        raise Nothing
    return what, made


def unpacked(whole: bytes) -> Files:
    """Return the files of a bundle."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Files) -> bytes:
    """Return a ZIP file that is as well made as the bundle was."""
    out = io.BytesIO()
    writer = Writer(out)
    for name, content in files.items():
        writer.add(name, iter([content]))
    writer.end()
    return out.getvalue()


def run(whole: bytes, folder: Path, changes: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Change a bundle so many times; return how often what was done, and what was not found."""
    path = folder / "changed.zip"
    path.write_bytes(whole)
    if verify_file(path).code != SOUND:
        return Counter(), ["the bundle itself is not sound, so nothing can be said of its changes"]
    chance, made, wrong = random.Random(seed), Counter[str](), list[str]()
    while made.total() < changes:
        try:
            what, other = changed(whole, chance)
        except Nothing:
            continue
        made[what] += 1
        path.write_bytes(other)
        if verify_file(path).code != CHANGED:
            wrong.append(f"change {made.total()}, {what}, was not found")
    return made, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", type=Path, metavar="FILE.zip", help="a small one, signed")
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        made, wrong = run(asked.bundle.read_bytes(), Path(folder), asked.changes, asked.seed)
    for what, count in sorted(made.items()):
        print(f"{count:>7,} {what}")
    print(f"{made.total():,} changes in {time.monotonic() - began:.0f} s: {len(wrong)} not found")
    for says in wrong[:20]:
        print(says, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
