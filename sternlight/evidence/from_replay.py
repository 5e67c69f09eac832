"""What goes into a bundle from a replay's results: the recordings that were replayed, whole.

A recording has no chain of hashes, so nothing shows what happened to it before it was bundled.
That the events come out of it again shows that it is the one that was replayed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sternlight
from receiver.sources.logfile import STDIN, files_behind
from sternlight.answers import SUMMARY
from sternlight.credits import texts
from sternlight.data import NO_PLACES
from sternlight.errors import BundleError
from sternlight.evidence.asked import Ask, wanted
from sternlight.evidence.contents import Contents, places_used, settings_told
from sternlight.evidence.manifest import LISTS, RAW, ListFile, Manifest, Recording, kept_at
from sternlight.evidence.sums import digest
from sternlight.evidence.zips import file_pieces
from sternlight.jsontext import dumps
from sternlight.text import plain

SIMULATED, FROM_STDIN = "simulated recording", "standard input"
UNCHAINED = (
    "The recordings carry no chain of hashes. Their SHA-256 says that they are the files that were"
    " bundled; where they came from and who had them before, this bundle cannot show."
)
MADE_UP = "This recording is simulated: none of these ships exists."


def of_replay(ask: Ask, given: Sequence[str], lists: Sequence[str], room: Path) -> Contents:
    """Collect it; `given` and `lists` are files of places and watch lists.  Raises BundleError."""
    if ask.lines_only:
        raise BundleError(
            "--lines is for a station's raw log, whose lines can be proven to stand in it; those of"
            " a recording cannot: leave it out, and the recording goes along whole"
        )
    found = wanted(ask)
    summary = _summary(ask.data)
    names, paths = _recordings(ask, summary, room)
    given = given or summary["places"]
    kept = _lists(summary, lists, ask.with_lists)
    how = summary.get("read_as") or {}
    manifest = Manifest(
        origin="recording",
        about=ask.about,
        events=tuple(one.id for one in found),
        settings=settings_told(summary["settings"]),
        recordings=tuple(
            Recording(name, path.stat().st_size, digest(file_pieces(path)))
            for name, path in zip(names, paths, strict=True)
        ),
        format=how.get("format") or "",
        start=how.get("start") or "",
        lists=tuple(one for one, _ in kept),
        notes=(MADE_UP, UNCHAINED) if summary["simulated"] else (UNCHAINED,),
        release=summary.get("sternlight", sternlight.__version__),
        credits=tuple(texts(ask.credits)),
        since=ask.span[0],
        until=ask.span[1],
        **places_used(given),
    )
    contents = Contents(manifest, [dumps(one.row) for one in found])
    contents.take_places(_there(given))
    for number, (one, path) in enumerate(kept, 1):
        if one.included and path is not None:
            contents.files[kept_at(LISTS, number, one.name)] = path
    for name, path in zip(names, paths, strict=True):
        contents.files[f"{RAW}/{name}"] = path
    return contents


def _summary(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / SUMMARY).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(
            f"{folder / SUMMARY} cannot be read; --data names a station's folder, or that of a"
            " replay's results"
        ) from error
    return found


def _recordings(
    ask: Ask, summary: Mapping[str, Any], room: Path
) -> tuple[Sequence[str], Sequence[Path]]:
    """Return the files that were replayed, by the names that events know them by."""
    told = [one["name"] for one in summary["inputs"]]
    if ask.unshared:
        raise BundleError(
            f"{', '.join(map(plain, ask.unshared))} must not be handed on, as the settings say"
            " ([credits]); ask its owner, and take the mark out of the settings"
        )
    if told == [SIMULATED] and not ask.recordings:
        return [SIMULATED], [_simulated(room / SIMULATED)]
    if not ask.recordings:
        raise BundleError(
            "events of a replay rest on its recording; name it with --recording PATH, as often and"
            f" in the order in which it was replayed: {', '.join(map(plain, told))}"
        )
    paths = [Path(STDIN) if path is None else path for path in files_behind(ask.recordings)]
    _hold_sizes(paths, summary)
    if told == [FROM_STDIN] and len(paths) == 1:
        return [FROM_STDIN], paths
    # Not resolved: a link has its own name, and events know it by that.
    folder = os.path.commonpath([path.absolute().parent for path in paths])
    return [path.absolute().relative_to(folder).as_posix() for path in paths], paths


def _hold_sizes(paths: Sequence[Path], summary: Mapping[str, Any]) -> None:
    """See that the files are those that were replayed, as far as sizes tell."""
    there = {path.stat().st_size for path in paths if path.is_file()}
    for one in summary["inputs"]:
        if one["size_bytes"] is not None and one["size_bytes"] not in there:
            raise BundleError(
                f"{plain(one['name'])}, which was replayed, had {one['size_bytes']:,} bytes, and"
                " none of the recordings named has; name those that were replayed, or replay"
                " again what is there"
            )


def _simulated(path: Path) -> Path:
    from receiver.sources.simulator import EMBEDDED

    with path.open("wb") as out:
        out.writelines(EMBEDDED.lines())
    return path


def _there(given: Sequence[str]) -> Sequence[str]:
    for name in given:
        if name != NO_PLACES and not Path(name).is_file():
            raise BundleError(
                f"the file of places {plain(name)}, with which was replayed, is not there; name it"
                " with --places"
            )
    return given


def _lists(
    summary: Mapping[str, Any], paths: Sequence[str], with_lists: bool
) -> list[tuple[ListFile, Path | None]]:
    """Return the watch lists that were used, and where those are that go along."""
    parts = summary["settings"]["watchlists"]
    part_of = [part for part in ("files", "authorised") for _ in parts[part]]
    there = {digest(file_pieces(Path(path))): Path(path) for path in paths}
    found = []
    for one, part in zip(summary["watchlists"], part_of, strict=True):
        path = there.get(one["sha256"]) if with_lists else None
        if with_lists and path is None:
            raise BundleError(
                f"--with-lists needs the watch list {plain(one['name'])} that was used; name it"
                " with --watchlist FILE"
            )
        found.append((ListFile(one["name"], part, one["sha256"], path is not None), path))
    return found
