"""ZIP files of which every byte is accounted for, and those that mean harm."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternlight.errors import BundleError
from sternlight.evidence.zips import BadZipError, Writer, content, entries, fit_name
from tests.sternlight.evidence.bundles import small, verified, zipped

FILES = {"README.txt": b"read me\n", "raw/a b.log": b"\0" * 3000, "places/1/é.csv": b"", "z": b"z"}


def written(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    writer = Writer(out)
    for name, told in files.items():
        writer.add(name, iter([told[:1], told[1:]]))
    writer.end()
    return out.getvalue()


def read(data: bytes) -> dict[str, bytes]:
    file = io.BytesIO(data)
    return {entry.name: b"".join(content(file, entry)) for entry in entries(file)}


def test_what_is_written_is_read_and_is_the_same_every_time() -> None:
    assert read(written(FILES)) == FILES
    assert written(FILES) == written(FILES)


def test_every_program_that_knows_zip_reads_it() -> None:
    with zipfile.ZipFile(io.BytesIO(written(FILES))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
        assert archive.testzip() is None


def test_the_form_is_that_of_the_zip_files_that_others_make_by_hand() -> None:
    ascii_only = {name: told for name, told in FILES.items() if name.isascii()}
    assert written(ascii_only) == zipped(ascii_only.items())


def test_every_flipped_bit_is_found_wherever_it_is() -> None:
    whole = written({"README.txt": b"read me", "raw/a.log": b"12"})
    for at in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(BadZipError):
            read(bytes(changed))


def test_every_cut_and_every_byte_more_is_found() -> None:
    whole = written({"README.txt": b"read me", "raw/a.log": b"12"})
    for at in range(len(whole)):
        for other in (whole[:at], whole[:at] + b"\0" + whole[at:], whole[:at] + whole[at + 1 :]):
            with pytest.raises(BadZipError):
                read(other)
    with pytest.raises(BadZipError, match="more stands in it"):
        read(whole + b"\0")


@pytest.mark.parametrize(
    "name",
    ["../x", "raw/../../x", "/etc/x", "raw//x", "./x", "C:/x", "C:x", "raw\\x", "..", "a\nb", "",
     "raw/", "x" * 401, "a\u202eb", "a\x1b[2J"],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_neither_written_nor_read(name: str) -> None:
    assert not fit_name(name)
    with pytest.raises(BundleError):
        Writer(io.BytesIO()).add(name, iter([b"x"]))
    with pytest.raises(BadZipError):
        read(zipped([(name, b"x")]))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (zipped([("a", b"x"), ("a", b"y")]), "twice"),
        (zipped([("a", b"x"), ("A", b"y")]), "twice"),
        (zipped([("raw", b"x"), ("raw/a", b"y")]), "lie in a file"),
        (zipped([("a", b"x")], flags=1), "encrypted"),
        (zipped([("a", b"0" * 9_000_000)], method=8), "is packed"),
        (zipped([("a", b"/etc/passwd")], mode=0o120777), "its list of files"),
        (zipped([("a", b"x")], says_size=1 << 31), "cut off"),
        (zipped([("a", b"x")], says_size=0), "not as Sternlight writes it|more stands|cut off"),
        (b"", "no ZIP file"),
        (b"PK\x05\x06" + bytes(18), "no ZIP file"),
        (b"#!/bin/sh\n" + written(FILES), "no ZIP file"),
    ],
)  # fmt: skip
def test_what_means_harm_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(BadZipError, match=says):
        read(data)


def test_files_that_overlap_are_refused() -> None:
    """As in the bombs of Fifield (2019), whose files share the bytes that they unpack from."""
    whole = bytearray(zipped([("a", b"x" * 100), ("b", b"x" * 100)]))
    second = whole.rfind(b"PK\x01\x02")
    whole[second + 42 : second + 46] = bytes(4)  # where the second begins
    with pytest.raises(BadZipError):
        read(bytes(whole))


def test_a_file_larger_than_a_zip_file_takes_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sternlight.evidence.zips._MOST_32", 100)
    with pytest.raises(BundleError, match="--lines"):
        Writer(io.BytesIO()).add("raw/large.nmea", iter([b"0" * 101]))


def test_files_that_begin_far_behind_are_found_by_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Zip64 at a border that a test can reach; Python's zipfile is the authority."""
    monkeypatch.setattr("sternlight.evidence.zips._MOST_32", 500)
    files = {"a": b"0" * 400, "b": b"1" * 400, "c": b"2" * 400}
    whole = written(files)
    assert read(whole) == files
    # Others take the border for what it is: put the real one where ours stood.
    other = whole.replace((500).to_bytes(4, "little"), b"\xff\xff\xff\xff")
    with zipfile.ZipFile(io.BytesIO(other)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files


@settings(max_examples=30)
@given(st.dictionaries(st.text(max_size=12).filter(fit_name), st.binary(max_size=300), min_size=1))
def test_any_files_come_back(files: dict[str, bytes]) -> None:
    try:
        whole = written(files)
    except BundleError:  # two names that some systems take for one
        assert len({name.casefold() for name in files}) < len(files)
        return
    names = {name.casefold() for name in files}
    if any(name.startswith(f"{other}/") for name in names for other in names):
        with pytest.raises(BadZipError, match="lie in a file"):
            read(whole)
        return
    assert read(whole) == files


def test_a_list_of_files_that_is_far_too_long_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verified(small(), tmp_path / "b.zip").code == 0
    monkeypatch.setattr("sternlight.evidence.sums.MOST_SUMS_BYTES", 10)
    verdict = verified(small(), tmp_path / "b.zip")
    assert verdict.code == 1
    assert any("SHA256SUMS is longer than any" in line for line in verdict.lines())
