"""A station and a replay whose events are bundled, and ZIP files that nobody means well with."""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
import struct
import tempfile
import zlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from receiver.sources.simulator import Simulation
from sternlight.evidence import keys
from sternlight.evidence.asked import Ask
from sternlight.evidence.bundle import Made, Order, make
from sternlight.evidence.unbundle import verify_file
from sternlight.evidence.verdict import Verdict
from sternlight.job import Job, run
from tests.sternlight.stations import Post

NOW = 1_795_400_000.0
PLACES = ("none",)  # so that a station of a test needs no map
SEA = Simulation(seed=3, hours=14, vessels=15, thin_s=120.0, outages=((5.0, 3.0),))


@cache
def room() -> Path:
    """Return a folder for what all tests of a process share."""
    folder = Path(tempfile.mkdtemp(prefix="sternlight-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def key() -> Path:
    """Return a folder with a station's key."""
    folder = room() / "keys"
    keys.make_key(folder)
    return folder


@cache
def station() -> Path:
    """Return the folder of a station that has heard a small sea, hour by hour, and was killed."""
    post = Post(room() / "station")
    post.start()
    lines = b"".join(SEA.lines()).splitlines(keepends=True)
    for i in range(0, len(lines), 250):
        post.hear(b"".join(lines[i : i + 250]), mark=str(i + 250), wait_s=1800.0)
    post.kill()
    return post.folder


@cache
def rows() -> dict[str, dict[str, Any]]:
    """Return the events of that station by id."""
    from sternlight.record.read import found, open_record

    with open_record(station()) as record:
        return {one.id: one.row for one in found(record)}


@cache
def replayed() -> Path:
    """Return the folder of a replay of the recording that comes with Sternlight."""
    out = room() / "replay"
    run(Job((), out))
    return out


@cache
def recording() -> Path:
    """Return the same small sea as a file."""
    path = room() / "sea.nmea"
    path.write_bytes(b"".join(SEA.lines()))
    return path


def bundled(out: Path, about: str, data: Path | None = None, **how: Any) -> Made:
    """Bundle an event of the station, or of another folder."""
    order = {"by", "reason", "settings", "places", "watchlists", "keys"}
    said = {"reason": "for a test", "keys": key(), **{k: how.pop(k) for k in order & how.keys()}}
    if data is None:
        said.setdefault("places", PLACES)
    return make(Order(Ask(data or station(), about, **how), out, **said), NOW)


@cache
def small() -> bytes:
    """Return a small bundle of lines that is signed."""
    out = room() / "small.zip"
    name = next(name for name, row in rows().items() if row["kind"] == "gap" and row["end"])
    bundled(out, name, lines_only=True)
    return out.read_bytes()


def verified(content: bytes, path: Path) -> Verdict:
    """Verify what could be a bundle."""
    path.write_bytes(content)
    return verify_file(path)


def zipped(
    files: Iterable[tuple[str, bytes]],
    method: int = 0,
    flags: int = 0,
    mode: int = 0o100644,
    says_size: int | None = None,
) -> bytes:
    """Return a ZIP file of any names and properties, as no honest program writes it."""
    body, directory, count = b"", b"", 0
    for name, content in files:
        raw = name.encode("utf-8")
        packed = content
        if method == 8:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = packer.compress(content) + packer.flush()
        size = len(content) if says_size is None else says_size
        common = struct.pack(
            "<HHHHIII", flags, method, 0, 0x21, zlib.crc32(content),
            len(packed) if method else size, size,
        )  # fmt: skip
        start = len(body)
        body += b"PK\x03\x04" + struct.pack("<H", 20) + common
        body += struct.pack("<HH", len(raw), 0) + raw + packed
        directory += b"PK\x01\x02" + struct.pack("<HH", 3 << 8 | 20, 20) + common
        directory += struct.pack("<HHHHHII", len(raw), 0, 0, 0, 0, mode << 16, start) + raw
        count += 1
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


def files_of(content: bytes) -> dict[str, bytes]:
    """Return the files of a bundle, as any program reads them."""
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def resealed(files: dict[str, bytes], folder: Path | None = None) -> bytes:
    """Return a bundle of changed files whose list says so, signed again if there is a key."""
    kept = {n: c for n, c in files.items() if not n.startswith("SHA256SUMS")}
    listed = "".join(f"{hashlib.sha256(kept[n]).hexdigest()}  {n}\n" for n in sorted(kept))
    kept["SHA256SUMS"] = listed.encode()
    if folder is not None:
        kept["SHA256SUMS.sig"] = keys.sign(folder, kept["SHA256SUMS"])
    return zipped(kept.items())


def changed_manifest(content: bytes, **values: Any) -> bytes:
    """Return a bundle whose manifest says something else, sealed by the station itself."""
    files = files_of(content)
    manifest = json.loads(files["manifest.json"]) | values
    files["manifest.json"] = json.dumps(manifest).encode()
    return resealed(files, key())
