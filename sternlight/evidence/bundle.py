"""`sternlight bundle`: an event and all that it rests on, in one file that others can check."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sternlight.credits import of_folder
from sternlight.data import load_places
from sternlight.errors import BundleError
from sternlight.evidence import custody, keys, sums
from sternlight.evidence.asked import Ask
from sternlight.evidence.contents import Contents
from sternlight.evidence.custody import CUSTODY
from sternlight.evidence.from_replay import of_replay
from sternlight.evidence.from_station import of_station
from sternlight.evidence.lay import readme
from sternlight.evidence.manifest import EVENTS, MANIFEST, README, SENTENCES
from sternlight.evidence.sentences import sentences
from sternlight.evidence.zips import Writer, file_pieces
from sternlight.files import whole
from sternlight.jsontext import dumps
from sternlight.record.read import open_record
from sternlight.settings import Settings
from sternlight.sqlite import ARCHIVE


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be bundled, for what reason, and what it is computed and signed with."""

    ask: Ask
    out: Path
    reason: str
    by: str = ""
    settings: Settings = field(default_factory=Settings)
    places: Sequence[str] = ()  # files
    watchlists: Sequence[str] = ()  # files, for a replay; a station's are those of its settings
    keys: Path | None = None  # the folder with the station's key; None: nobody signs


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle that was written."""

    path: Path
    events_count: int
    size_bytes: int
    sha256: str  # of its list of files, which stands for all of it
    key: str  # fingerprint; "" if nobody signed it
    notes: Sequence[str]


def make(order: Order, now: float) -> Made:
    """Write a bundle, and a line into the custody log; `now` is Unix seconds.

    Raises BundleError, ArchiveError, SettingsError, PlacesError and OSError.
    """
    if not order.reason.strip():
        raise BundleError("a bundle needs a reason; say with --reason for whom or what it is made")
    ask = credited(order)
    with tempfile.TemporaryDirectory(prefix="sternlight-") as name:
        room, folder = Path(name) / "room", Path(name) / "bundle"
        room.mkdir()
        if (ask.data / ARCHIVE).exists():
            places = load_places(order.places)
            contents = of_station(ask, order.settings, order.places, places, room)
        else:
            contents = of_replay(ask, order.places, order.watchlists, room)
        public = keys.public_pem(order.keys) if order.keys else None
        if public is not None:
            contents.manifest = replace(contents.manifest, key=keys.fingerprint(public))
            contents.files[sums.KEY] = public
        line = custody.entry(now, order.by, order.reason)
        _lay(contents, line, folder)
        listed = _written(order, folder, contents)
    made = Made(
        order.out,
        len(contents.rows),
        order.out.stat().st_size,
        hashlib.sha256(listed).hexdigest(),
        contents.manifest.key,
        contents.manifest.notes,
    )
    about = {"about": ask.about, "file": order.out.name, "sha256_of_sums": made.sha256}
    custody.append(ask.data, line | about)
    return made


def credited(order: Order) -> Ask:
    """Return what is asked for, with whose data that is."""
    ask, settings = order.ask, order.settings
    with open_record(ask.data) as record:
        used = of_folder(ask.data, record, settings.credits, settings.sources)
    return replace(ask, credits=tuple(used))


def _lay(contents: Contents, line: dict[str, Any], folder: Path) -> None:
    """Lay the files of a bundle out in a folder; large ones as links."""
    folder.mkdir()
    for name, what in contents.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(what, Path):
            path.symlink_to(what.resolve())
        else:
            path.write_bytes(what)
    rows = [json.loads(row) for row in contents.rows]
    manifest = contents.manifest
    (folder / SENTENCES).write_bytes(sentences(folder, manifest, rows))
    (folder / EVENTS).write_bytes("".join(f"{row}\n" for row in contents.rows).encode("ascii"))
    (folder / MANIFEST).write_bytes(manifest.written())
    (folder / CUSTODY).write_bytes(f"{dumps(line)}\n".encode("ascii"))
    (folder / README).write_bytes(readme(manifest, line, rows).encode("utf-8"))


FIRST = (README, MANIFEST, CUSTODY, EVENTS, SENTENCES)  # then all others by name


def _written(order: Order, folder: Path, contents: Contents) -> bytes:
    """Pack a folder; return the list of its files."""
    names = [*FIRST, *sorted(contents.files)]
    with whole(order.out) as partial, partial.open("wb+") as file:
        zip_file = Writer(file)
        for name in names:
            zip_file.add(name, file_pieces(folder / name))
        listed = sums.text_of({name: sums.digest(file_pieces(folder / name)) for name in names})
        zip_file.add(sums.SUMS, iter((listed,)))
        if order.keys and contents.manifest.key:
            zip_file.add(sums.SIGNATURE, iter((keys.sign(order.keys, listed),)))
        zip_file.end()
    return listed
