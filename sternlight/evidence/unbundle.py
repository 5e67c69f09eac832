"""`sternlight verify FILE.zip`: nothing but the bundle, held against itself and computed again.

A bundle may come from anybody.  So it is looked at from outside before anything is unpacked, into a
folder of its own; what is not as Sternlight writes it is refused, and nothing in it is run.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from receiver.decoded import BadInput
from sternlight.errors import ArchiveError, BundleError, SettingsError
from sternlight.evidence import chain, keys, stamped_later, sums
from sternlight.evidence.custody import CUSTODY
from sternlight.evidence.lines import Lines, shown_by_lines
from sternlight.evidence.manifest import (
    EVENTS,
    LINES,
    LISTS,
    MANIFEST,
    PLACES,
    RAW,
    README,
    SENTENCES,
    STATE,
    Manifest,
    data_hashes,
    raw_paths,
    unpacked,
    versions,
)
from sternlight.evidence.recompute import Means, lists_missing, recompute
from sternlight.evidence.segment import LARGEST_BYTES, Examined
from sternlight.evidence.sentences import sentences
from sternlight.evidence.stamps import STAMPS
from sternlight.evidence.verdict import Event, Verdict, compared, compared_by_lines
from sternlight.evidence.zips import content, entries, file_pieces, fit_name
from sternlight.frames import BadFrame, whole_frames
from sternlight.text import counted, plain
from tracks.place import PlacesError

FILES = frozenset({README, MANIFEST, CUSTODY, EVENTS, SENTENCES, STATE, LINES, sums.KEY, sums.SUMS,
                   sums.SIGNATURE})  # fmt: skip
FOLDERS = (RAW, PLACES, LISTS, STAMPS)
# What is heard packs to a fifth of its size, what is repeated to a twentieth.
MOST_RATIO, LEAST_BYTES = 100, 1 << 20


def verify_file(path: Path, means: Means = Means()) -> Verdict:  # noqa: B008 - it is frozen
    """Check a bundle, in a ZIP file or the folder that it was unpacked into.

    Raises OSError if it cannot be read.
    """
    verdict = Verdict(path.name)
    try:
        with _opened(path) as (folder, names):
            _check(folder, names, means, verdict)
    except BundleError as error:
        verdict.changed(f"{path.name} is not a bundle as Sternlight wrote it: {error}")
    return verdict


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Path, list[str]]]:
    """Give the folder with the files of a bundle, and their names.  Raises BundleError."""
    if path.is_dir():
        yield path, list(_names_in(path))
        return
    with tempfile.TemporaryDirectory(prefix="sternlight-") as name, path.open("rb") as file:
        found = entries(file)
        folder = Path(name)
        for entry in found:
            _hold_name(entry.name)
        for entry in found:
            to = folder / entry.name
            to.parent.mkdir(parents=True, exist_ok=True)
            with to.open("xb") as out:
                out.writelines(content(file, entry))
        yield folder, [entry.name for entry in found]


def _names_in(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            if stat.S_ISLNK(path.lstat().st_mode) or not (path.is_dir() or path.is_file()):
                raise BundleError(f"{plain(name)} is no file, but leads elsewhere")
        for name in files:
            known = Path(parent, name).relative_to(folder).as_posix()
            _hold_name(known)
            yield known


def _hold_name(name: str) -> None:
    """Raise BundleError for a name that no file of a bundle has."""
    top, _, rest = name.partition("/")
    if not fit_name(name) or not ((top in FOLDERS and rest) or name in FILES):
        raise BundleError(f"{plain(name)!r} is no file of a bundle")


def _check(folder: Path, names: Sequence[str], means: Means, verdict: Verdict) -> None:
    """Look at everything in turn; what was changed ends it, since nothing then rests on it."""
    for needed in (sums.SUMS, MANIFEST, EVENTS, SENTENCES, README, CUSTODY):
        if needed not in names:
            raise BundleError(f"{needed} is missing")
    if (folder / sums.SUMS).stat().st_size > sums.MOST_SUMS_BYTES:
        raise BundleError(f"{sums.SUMS} is longer than any that Sternlight writes")
    text = (folder / sums.SUMS).read_bytes()
    verdict.sha256_of_sums = hashlib.sha256(text).hexdigest()
    for says in sums.differing(folder, sums.read(text), names):
        verdict.changed(says)
    _check_signature(folder, names, text, means, verdict)
    if verdict.was_changed:
        return
    verdict.good(f"{counted(len(names), 'file')}: none was changed since the bundle was made")
    manifest = verdict.manifest = unpacked(folder)
    if manifest.key != verdict.key:
        verdict.changed("it is not signed by the key that it says it is signed by")
    _tell_custody(folder, verdict)
    _check_raw(folder, names, manifest, verdict)
    stamped_later.check(folder, names, manifest, means.roots, verdict)
    if verdict.was_changed:
        return
    rows = _rows(folder, manifest)
    if sentences(folder, manifest, rows) != (folder / SENTENCES).read_bytes():
        verdict.changed(f"{SENTENCES} does not tell what stands in the evidentiary copy")
    _compute(folder, manifest, rows, means, verdict)


def _tell_custody(folder: Path, verdict: Verdict) -> None:
    """Tell who handed the bundle on, as its maker wrote it down."""
    try:
        said = json.loads((folder / CUSTODY).read_bytes())
        by = f" by {said['by']}" if said["by"] else ""
        verdict.note(f"It was bundled {said['when']}{by}, for this reason: {said['why']}")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BundleError(f"{CUSTODY} cannot be read: {error}") from error


def _check_signature(
    folder: Path, names: Sequence[str], text: bytes, means: Means, verdict: Verdict
) -> None:
    if not {sums.SIGNATURE, sums.KEY} & set(names):
        verdict.note(
            "It is not signed: an accident would be found, and a forgery would not. Whoever changes"
            " a file can make all that is checked here anew."
        )
        return
    if not {sums.SIGNATURE, sums.KEY} <= set(names):
        verdict.changed("its signature, or the key for that, is missing")
        return
    public = (folder / sums.KEY).read_bytes()
    if not keys.verify(public, text, (folder / sums.SIGNATURE).read_bytes()):
        verdict.changed("the signature is not that of its list of files: one of them was changed")
        return
    verdict.key = keys.fingerprint(public)
    if not means.key:
        verdict.good(f"it is signed by the key {verdict.key}")
        verdict.note(
            "Compare this fingerprint with the one that the station's owner tells you by another"
            " way, or say it with --key: anybody can make a key."
        )
    elif _same(verdict.key, means.key):
        verdict.good(f"it is signed by the key that you named, {verdict.key}")
    else:
        verdict.changed(f"it is signed by {verdict.key}, and not by the key that you named")


def _same(fingerprint: str, other: str) -> bool:
    return "".join(fingerprint.split()).lower() == "".join(other.split()).lower()


def _check_raw(folder: Path, names: Sequence[str], manifest: Manifest, verdict: Verdict) -> None:
    """Hold the evidentiary copy against the manifest, and a raw log against itself."""
    if manifest.lines_only:
        _check_lines(folder, names, manifest, verdict)
        return
    raw = {name.partition("/")[2] for name in names if name.startswith(f"{RAW}/")}
    if raw != {path.relative_to(folder / RAW).as_posix() for path in raw_paths(folder, manifest)}:
        verdict.changed(f"the files in {RAW}/ are not those that {MANIFEST} names")
    elif manifest.origin == "station":
        _check_log(folder, manifest, verdict)
    else:
        for one in manifest.recordings:
            if sums.digest(file_pieces(folder / RAW / one.name)) != one.sha256:
                verdict.changed(f"{plain(one.name)} is not the recording that {MANIFEST} names")
        says = f"{counted(len(manifest.recordings), 'file')} of a recording"
        verdict.good_if_unchanged(f"the evidentiary copy: {says}, as bundled")


def _check_lines(folder: Path, names: Sequence[str], manifest: Manifest, verdict: Verdict) -> None:
    if any(name.startswith(f"{RAW}/") for name in names) or manifest.origin != "station":
        verdict.changed(f"more stands in {RAW}/ than {MANIFEST} says")
    lines = Lines.read(folder)
    for says in lines.wrong((*manifest.segments, *manifest.links)):
        verdict.changed(says)
    if old_count := lines.old_count():
        verdict.note(
            f"{counted(old_count, 'segment was', 'segments were')} written by a Sternlight before"
            " 0.3, whose chain does not hold the tree of lines: that these lines stand there is"
            " shown by the signature alone. Whole segments show it by the chain."
        )
    count = sum(map(len, lines.of.values()))
    verdict.good_if_unchanged(
        f"the evidentiary copy: {counted(count, 'line')} of the raw log, each proven to stand in"
        f" one of {counted(len(manifest.segments), 'segment')}"
    )


def _check_log(folder: Path, manifest: Manifest, verdict: Verdict) -> None:
    seen: dict[str, Examined] = {}

    def look(one: Examined) -> None:
        seen[one.name] = one

    for segment in manifest.segments:
        _hold_size(folder / RAW / segment.name)
    try:
        checked = chain.check(folder, seen=look)
    except ArchiveError as error:
        raise BundleError(str(error)) from error
    for finding in checked.of("changed"):
        verdict.changed(f"{finding.name}: {finding.says}")
    for finding in checked.of("gap", "open", "unknown"):
        verdict.note(f"{finding.says[:1].upper()}{finding.says[1:]}.")
    for one in manifest.segments:
        there = seen.get(one.name)
        told = (one.number, one.first_line, one.lines, one.sha256, one.root, one.file_sha256)
        if there is None or told != (
            there.number, there.first_line, there.lines, *there.digests
        ):  # fmt: skip
            verdict.changed(f"{one.name} is not the segment that {MANIFEST} names")
    if checked.station != manifest.station:
        verdict.changed("the raw log is that of another station")
    if manifest.links:
        for says in Lines.read(folder).wrong(manifest.links, manifest.segments[-1]):
            verdict.changed(says)
    verdict.good_if_unchanged(
        f"the evidentiary copy: {counted(checked.lines_count, 'line')} in"
        f" {counted(checked.segments_count, 'segment')} of the raw log, each linked to the one"
        " before by its hash"
    )


def _hold_size(path: Path) -> None:
    """Raise BundleError if a segment unpacks to more than a station would have packed into it."""
    with suppress(BadFrame):  # of which the check of the log tells more
        for frame in whole_frames(path, LARGEST_BYTES):
            if len(frame.content) > LEAST_BYTES + MOST_RATIO * len(frame.packed):
                raise BundleError(f"{path.name} unpacks to far more than a station writes")


def _rows(folder: Path, manifest: Manifest) -> list[dict[str, Any]]:
    """Read the events as they were told.  Raises BundleError."""
    try:
        rows = [json.loads(line) for line in (folder / EVENTS).read_text("ascii").splitlines()]
        named = tuple(row["id"] for row in rows)
        for row in rows:
            shown_by_lines(row)  # all that is compared must be there
            for line in row["lines"]:
                line["file"], line["line"] = str(line["file"]), int(line["line"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BundleError(f"{EVENTS} cannot be read: {error}") from error
    if named != manifest.events:
        raise BundleError(f"{EVENTS} holds other events than {MANIFEST} names")
    return rows


def _compute(
    folder: Path,
    manifest: Manifest,
    rows: Sequence[dict[str, Any]],
    means: Means,
    verdict: Verdict,
) -> None:
    """Compute the events again, and compare."""
    _tell_differences_of_makers(manifest, verdict)
    missing = [plain(one.name) for one in lists_missing(folder, manifest, means)]
    try:
        found = recompute(folder, manifest, means)
    except (BundleError, BadInput, SettingsError, PlacesError) as error:
        verdict.events = [Event(row["id"], None) for row in rows]
        verdict.unknown(f"the events cannot be computed here: {error}")
        return
    except (ArithmeticError, LookupError, MemoryError, TypeError, ValueError):
        if not manifest.state_before:
            raise
        # What a stranger's state makes of a computation cannot be foreseen.
        verdict.events = [Event(row["id"], None) for row in rows]
        verdict.unknown("what the station is said to have known before makes no sense")
        return
    compare = compared_by_lines if manifest.lines_only else compared
    verdict.events = [compare(row, found.get(row["id"]), missing) for row in rows]


def _tell_differences_of_makers(manifest: Manifest, verdict: Verdict) -> None:
    """Say in what this Sternlight is another than the one that computed the events."""
    here = versions()
    import sternlight

    if manifest.release != sternlight.__version__:
        verdict.note(
            f"The events were computed by Sternlight {plain(manifest.release)}, and this is"
            f" {sternlight.__version__}: a difference may be one between the two."
        )
    others = [
        f"{name} {plain(str(was))} (here {here[name]})"
        for name, was in manifest.versions.items()
        if here.get(name, was) != was
    ]
    if others:
        verdict.note(f"They were computed with {', '.join(others)}.")
    data = data_hashes()
    if changed := [n for n, was in manifest.data.items() if data.get(n) != was]:
        verdict.note(
            f"Data that comes with Sternlight is another here: {', '.join(map(plain, changed))}."
        )
