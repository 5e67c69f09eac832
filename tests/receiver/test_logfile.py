"""Opening input: plain and packed, whole and cut, missing and malicious."""

from __future__ import annotations

import bz2
import contextlib
import gc
import gzip
import io
import os
import random
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.decoded import BadInput
from receiver.sources import unpack
from receiver.sources.logfile import HEAD_BYTES, Input, Inputs, open_inputs

# Not compressible to nothing, and larger than any buffer on the way.
DATA = random.Random(1).randbytes(90_000).hex().encode() * 2


def zipped(data: bytes, name: str = "a/data.csv") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": lambda data: bz2.compress(data, 1),
    "zst": zstandard.ZstdCompressor().compress,
    "zip": zipped,
}
EVERY_PACKING = pytest.mark.parametrize("kind", PACK)


def read(recording: Input, n: int = 70_001) -> bytes:
    parts = []
    while part := recording.read(n):
        parts.append(part)
    return b"".join(parts)


def contents(inputs: Inputs) -> dict[str, bytes]:
    return {Path(recording.name).name: read(recording) for recording in inputs}


def test_a_plain_file_is_given_as_it_is_with_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(DATA)
    inputs = open_inputs([path])
    recording = next(inputs)
    assert recording.head == DATA[:HEAD_BYTES]
    assert (recording.path, recording.size_bytes) == (path, len(DATA))
    assert read(recording) == DATA
    assert recording.consumed_bytes() == inputs.consumed_bytes() == inputs.size_bytes == len(DATA)
    assert not recording.cut


@EVERY_PACKING
def test_a_packed_file_gives_what_was_packed_whatever_its_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(PACK[kind](DATA))
    (recording,) = list_read(open_inputs([path]))
    assert recording[1] == DATA
    assert recording[0].path is None
    assert recording[0].consumed_bytes() <= path.stat().st_size
    assert recording[0].size_bytes == path.stat().st_size


def list_read(inputs: Inputs) -> list[tuple[Input, bytes]]:
    return [(recording, read(recording)) for recording in inputs]


@pytest.mark.parametrize("kind", ["gz", "bz2", "zst"])
def test_several_packed_streams_in_one_file_are_one(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(PACK[kind](DATA[:111_111]) + PACK[kind](DATA[111_111:]) + bytes(512))
    assert list(contents(open_inputs([path])).values()) == [DATA]


@EVERY_PACKING
def test_a_packed_member_of_a_zip_archive_is_unpacked_too(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "day.zip"
    path.write_bytes(zipped(PACK[kind](DATA), "x.nmea"))
    (recording,) = list_read(open_inputs([path]))
    assert recording[1] == DATA
    assert recording[0].name.startswith(f"{path}/x.nmea")


def test_what_is_packed_three_times_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(gzip.compress(gzip.compress(DATA))))
    with pytest.raises(BadInput, match=r"a\.gz is packed more than 2 times: unpack it first"):
        next(open_inputs([path]))


@pytest.mark.parametrize("kind", ["gz", "bz2", "zst"])
@pytest.mark.parametrize("part", [0.4, 0.9, 0.99999])
def test_a_cut_file_gives_what_stands_before_the_cut(
    tmp_path: Path, kind: str, part: float
) -> None:
    path = tmp_path / "a"
    whole = PACK[kind](random.Random(2).randbytes(800_000))
    path.write_bytes(whole[: int(len(whole) * part)])
    inputs = open_inputs([path])
    recording = next(inputs)
    got = read(recording)
    assert random.Random(2).randbytes(800_000).startswith(got)
    assert len(got) >= 800_000 * part - 250_000
    assert "cut off" in recording.cut


def test_a_damaged_file_gives_what_stands_before_the_damage(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(DATA))
    packed[-8] ^= 1  # in the checksum
    path = tmp_path / "a.gz"
    path.write_bytes(packed)
    inputs = open_inputs([path])
    recording = next(inputs)
    got = read(recording)
    assert len(got) > len(DATA) // 2
    assert "damaged" in recording.cut


def test_a_member_with_a_wrong_checksum_is_called_damaged(tmp_path: Path) -> None:
    packed = bytearray(zipped(DATA))
    packed[len(packed) - 1000] ^= 255
    path = tmp_path / "a.zip"
    path.write_bytes(packed)
    inputs = open_inputs([path])
    recording = next(inputs)
    read(recording)
    assert "damaged" in recording.cut


def test_a_cut_zip_archive_is_refused_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(DATA)[:100_000])
    with pytest.raises(
        BadInput, match=r"a\.zip is a damaged or cut zip archive .*download it again"
    ):
        next(open_inputs([path]))


def test_an_encrypted_member_is_refused_with_advice(tmp_path: Path) -> None:
    packed = bytearray(zipped(DATA))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flags of member and directory
        packed[packed.index(mark) + at] |= 1
    path = tmp_path / "a.zip"
    path.write_bytes(packed)
    with pytest.raises(BadInput, match=r"data\.csv is encrypted: unpack it with its password"):
        next(open_inputs([path]))


def test_a_member_whose_name_leads_out_of_the_archive_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../etc/evil.csv", DATA)
        archive.writestr("good.csv", b"x")
        archive.writestr("__MACOSX/._good.csv", b"y")
    inputs = open_inputs([path])
    assert contents(inputs) == {"good.csv": b"x"}
    assert list(inputs.skipped.values()) == [
        "has a name that leads out of its archive; it was left alone"
    ]


@pytest.mark.parametrize("kind", ["gz", "bz2", "zst"])
def test_a_file_that_explodes_is_stopped(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "RATIO_FROM_BYTES", 4 << 20)
    monkeypatch.setattr(unpack, "RATIO_MAX", 20)
    path = tmp_path / "a"
    path.write_bytes(PACK[kind](DATA + bytes(40 << 20)))
    inputs = open_inputs([path])
    recording = next(inputs)
    assert len(read(recording)) < 30 << 20
    assert "unpacks to more than 20 times its size" in recording.cut


def test_an_exploding_member_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(bytes(100 << 20)))
    with pytest.raises(BadInput, match=r"would unpack to over 400 times its size"):
        next(open_inputs([path]))


def test_a_folder_is_read_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b/2.csv", "a.csv", "b/1.csv", ".hidden", ".git/config", "c/.x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    names = [recording.name for recording in open_inputs([tmp_path])]
    assert names == [str(tmp_path / name) for name in ("a.csv", "b/1.csv", "b/2.csv")]


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x")
    assert len(list_read(open_inputs([path, tmp_path, str(path)]))) == 1


def test_progress_counts_bytes_on_disk_over_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(DATA))
    (tmp_path / "b.csv").write_bytes(DATA)
    (tmp_path / "c.zip").write_bytes(zipped(DATA))
    inputs = open_inputs([tmp_path])
    seen = []
    for recording in inputs:
        read(recording)
        seen.append(inputs.consumed_bytes())
    total = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert inputs.size_bytes == total
    assert seen == sorted(seen)
    assert inputs.consumed_bytes() == total


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_is_read_like_a_file(monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    stream = io.TextIOWrapper(io.BytesIO(zipped(DATA) if packed else DATA))
    monkeypatch.setattr(sys, "stdin", stream)
    inputs = open_inputs(["-"])
    recording = next(inputs)
    assert recording.name.startswith("standard input")
    assert read(recording) == DATA
    assert inputs.size_bytes is None


@pytest.mark.parametrize("packed", [False, True])
def test_a_format_that_must_seek_gets_a_file(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(DATA) if packed else DATA)
    inputs = open_inputs([path])
    with next(inputs).seekable_file() as file:
        file.seek(-10, os.SEEK_END)
        assert file.read() == DATA[-10:]
        file.seek(0)
        assert file.read(100) == DATA[:100]


def test_a_full_disk_while_unpacking_is_said_with_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(DATA))
    monkeypatch.setattr("tempfile.TemporaryFile", Full)
    inputs = open_inputs([path])
    with pytest.raises(BadInput, match=r"no space left on device; make room in .* or set TMPDIR"):
        next(inputs).seekable_file()


def test_a_missing_file_is_said_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    with pytest.raises(BadInput, match=r"b\.csv does not exist; check the spelling"):
        open_inputs([tmp_path / "a.csv", tmp_path / "b.csv"])


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a folder without any file in it"):
        open_inputs([tmp_path])


@pytest.mark.parametrize("content", [b"", gzip.compress(b"", mtime=0), bz2.compress(b"")])
def test_an_empty_file_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(BadInput, match="a is empty"):
        list(open_inputs([tmp_path / "a"]))


def test_a_file_that_cannot_be_read_is_skipped_beside_one_that_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_open = Path.open

    def refusing(self: Path, *args: object, **kwargs: object) -> object:
        if self.name == "secret.csv" and args == ("rb",):
            raise PermissionError(13, "Permission denied")
        return whole_open(self, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refusing)
    (tmp_path / "good.csv").write_text("x")
    (tmp_path / "secret.csv").write_text("y")
    inputs = open_inputs([tmp_path])
    assert contents(inputs) == {"good.csv": b"x"}
    assert inputs.skipped == {str(tmp_path / "secret.csv"): "cannot be opened: permission denied"}
    with pytest.raises(BadInput, match=r"secret\.csv cannot be opened: permission denied"):
        next(open_inputs([tmp_path / "secret.csv"]))


def test_a_disk_that_fails_while_reading_cuts_the_input() -> None:
    def pieces() -> object:
        yield b"abc"
        raise OSError(5, "Input/output error")

    recording = Input("a", pieces())  # type: ignore[arg-type]
    assert read(recording) == b"abc"
    assert "input/output error" in recording.cut


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"\xfd7zXZ\x00....", "an xz file"), (b"7z\xbc\xaf\x27\x1c..", "a 7-Zip archive")],
)
def test_a_packing_that_is_not_read_is_named(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(BadInput, match=f"is {what}: unpack it first"):
        next(open_inputs([tmp_path / "a"]))


def test_a_broken_link_in_a_folder_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text("x")
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere")
    inputs = open_inputs([tmp_path])
    assert contents(inputs) == {"good.csv": b"x"}
    assert "no such file" in inputs.skipped[str(tmp_path / "gone.csv")]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.binary(max_size=300), max_size=20),
    st.lists(st.integers(0, 400), max_size=40),
)
def test_however_it_is_read_it_is_the_same(pieces: list[bytes], sizes: list[int]) -> None:
    recording = Input("a", iter(pieces))
    whole = b"".join(pieces)
    assert recording.head == whole[:HEAD_BYTES]
    got = b"".join(recording.read(n) for n in sizes)
    assert got == whole[: sum(sizes)]
    assert recording.consumed_bytes() == len(got)
    buffer = bytearray(7)
    n = recording.readinto(buffer)
    assert got + bytes(buffer[:n]) + recording.read() == whole


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(PACK)), st.binary(min_size=1, max_size=60), st.integers(0, 10**6))
def test_mutated_packed_files_never_crash(
    tmp_path_factory: pytest.TempPathFactory, kind: str, noise: bytes, at: int
) -> None:
    packed = bytearray(PACK[kind](DATA[:5000]))
    at %= len(packed)
    packed[at : at + len(noise)] = noise
    path = tmp_path_factory.getbasetemp() / "mutated"
    path.write_bytes(packed)
    with contextlib.suppress(BadInput):
        for recording in open_inputs([path]):
            read(recording)


def test_a_file_is_closed_at_once_when_nobody_holds_its_inputs(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(DATA * 10)
    gc.disable()  # what only the garbage collector closes, would stay open
    try:
        inputs = open_inputs([tmp_path])
        recording = next(inputs)
        del inputs
        with pytest.raises(ValueError, match="closed"):
            read(recording)
    finally:
        gc.enable()
