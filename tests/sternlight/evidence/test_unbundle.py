"""What a check of a bundle must find, and what it must not let itself be made to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sternlight.evidence import keys
from sternlight.evidence.merkle import leaf_hash
from sternlight.evidence.segment import examine
from sternlight.evidence.unbundle import verify_file
from sternlight.evidence.verdict import CHANGED, SOUND
from sternlight.frames import frames, packed
from tests.sternlight.evidence import bundles
from tests.sternlight.evidence.bundles import (
    bundled,
    changed_manifest,
    files_of,
    key,
    resealed,
    rows,
    small,
    verified,
    zipped,
)


def test_files_taken_out_put_in_or_exchanged_are_found(tmp_path: Path) -> None:
    files = files_of(small())
    for name in files:
        without = {n: c for n, c in files.items() if n != name}
        assert verified(zipped(without.items()), tmp_path / "b.zip").code == CHANGED, name
    for more in ("raw/more.log", "stamps/x.tsr", "state.zst", "places/1/x.csv"):
        assert verified(zipped([*files.items(), (more, b"x")]), tmp_path / "b.zip").was_changed
    exchanged = files | {"events.jsonl": files["sentences.txt"]}
    assert verified(zipped(exchanged.items()), tmp_path / "b.zip").was_changed


@pytest.mark.parametrize(
    "name",
    ["archive.sqlite3", "raw", "raw/../x", "other/x", "run.sh", "README.txt/x", "config/x.toml"],
)
def test_a_file_that_no_bundle_has_is_never_unpacked(tmp_path: Path, name: str) -> None:
    content = zipped([*files_of(small()).items(), (name, b"x")])
    verdict = verified(content, tmp_path / "b.zip")
    assert verdict.code == CHANGED
    assert "is not a bundle as Sternlight wrote it" in verdict.told[0][1]


def test_nothing_is_left_behind_wherever_a_check_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(room))
    for content in (small(), small()[:-1], zipped([("../x", b"x")]), b""):
        verified(content, tmp_path / "b.zip")
        assert not list(room.iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.zip", "room"]


def test_a_folder_is_checked_like_the_zip_file_that_it_was_unpacked_from(tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    for name, content in files_of(small()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    assert verify_file(folder).code == SOUND
    (folder / "raw").mkdir()
    (folder / "raw" / "x").symlink_to("/etc/passwd")
    assert verify_file(folder).was_changed
    (folder / "raw" / "x").unlink()
    (folder / "raw").rmdir()
    (folder / "note.txt").write_text("mine", "ascii")
    assert verify_file(folder).was_changed


def whole() -> dict[str, bytes]:
    out = bundles.room() / "whole.zip"
    if not out.exists():
        bundled(out, next(name for name, row in rows().items() if row["kind"] == "gap"))
    return files_of(out.read_bytes())


def test_a_segment_packed_anew_by_the_station_itself_is_found(tmp_path: Path) -> None:
    """Whoever has the key can sign anything; the log's own hashes still speak."""
    files = whole()
    name = sorted(n for n in files if n.startswith("raw/"))[1]
    path = tmp_path / "segment"
    path.write_bytes(files[name])
    content = b"".join(content for _, content in frames(path))
    lines = content.split(b"\n")
    lines[9], lines[10] = lines[10], lines[9]
    for other in (packed(content), packed(b"\n".join(lines))):
        path.write_bytes(other)
        manifest = json.loads(files["manifest.json"])  # which tells of it as it is now
        sha256, root, file_sha256 = examine(path).digests
        manifest["segments"][1] |= {"sha256": sha256, "root": root, "file_sha256": file_sha256}
        forged = {name: other, "manifest.json": json.dumps(manifest).encode()}
        verdict = verified(resealed(files | forged, key()), tmp_path / "b.zip")
        assert verdict.was_changed


def test_segments_that_are_exchanged_or_missing_are_found(tmp_path: Path) -> None:
    files = whole()
    first, second, third, *_ = sorted(n for n in files if n.startswith("raw/"))
    exchanged = files | {first: files[second], second: files[first]}
    without = {n: c for n, c in files.items() if n != second}
    renamed = {**without, third.replace("0003", "0002"): files[third]}
    for other in (exchanged, without, renamed):
        assert verified(resealed(other, key()), tmp_path / "b.zip").was_changed


def test_a_segment_that_unpacks_to_far_more_than_a_station_writes_is_refused(
    tmp_path: Path,
) -> None:
    files = whole()
    name = sorted(n for n in files if n.startswith("raw/"))[-1]
    path = tmp_path / "segment"
    path.write_bytes(files[name])
    head = next(content for _, content in frames(path))
    bomb = packed(head + b"#\n" * 2_000_000)
    assert len(bomb) < 20_000
    verdict = verified(resealed(files | {name: bomb}, key()), tmp_path / "b.zip")
    assert verdict.was_changed
    assert "far more than a station writes" in verdict.told[-1][1]


def test_a_manifest_cannot_ask_for_more_memory_than_there_is(tmp_path: Path) -> None:
    segments = json.loads(files_of(small())["manifest.json"])["segments"]
    segments[0]["lines"] = 10**12
    verdict = verified(changed_manifest(small(), segments=segments), tmp_path / "b.zip")
    assert verdict.was_changed
    assert "cannot have" in verdict.told[-1][1]


def test_heads_of_segments_that_do_not_follow_one_another_are_found(tmp_path: Path) -> None:
    """A line may be proven to be in a segment that is no part of the log."""
    manifest = json.loads(files_of(small())["manifest.json"])
    segments = manifest["segments"]
    assert len(segments) > 2
    segments[0]["sha256"] = leaf_hash(b"other").hex()
    verdict = verified(changed_manifest(small(), segments=segments), tmp_path / "b.zip")
    assert verdict.was_changed
    assert "was not written behind" in verdict.told[-1][1]


@pytest.mark.parametrize("name", ["events.jsonl", "custody.jsonl", "manifest.json", "station.pub"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b"null\n", b'{"id": 1}\n'])
def test_files_that_make_no_sense_are_told_and_never_a_crash(
    tmp_path: Path, name: str, content: bytes
) -> None:
    verdict = verified(resealed(files_of(small()) | {name: content}, key()), tmp_path / "b.zip")
    assert verdict.code == CHANGED


def test_what_ships_and_people_say_cannot_write_on_the_terminal(tmp_path: Path) -> None:
    files = files_of(small())
    row = json.loads(files["events.jsonl"])
    row["place"] = "\x1b[2J\u202e<script>"
    files["events.jsonl"] = json.dumps(row).encode() + b"\n"
    text = "\n".join(verified(resealed(files, key()), tmp_path / "b.zip").lines())
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_key_that_is_not_the_manifests_is_found(tmp_path: Path) -> None:
    other = tmp_path / "keys"
    keys.make_key(other)
    public = keys.public_pem(other) or b""
    files = files_of(small()) | {"station.pub": public}
    verdict = verified(resealed(files, other), tmp_path / "b.zip")
    assert "not signed by the key" in "\n".join(verdict.lines())
