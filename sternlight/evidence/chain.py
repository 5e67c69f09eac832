"""A station's whole raw log checked as a chain: what was changed, and what is no change.

Each segment ends with the hash of what stands in it and begins with those of the one before
(receiver/formats/stationlog.py), so whoever changes one must write all that follow anew; and the
station's archive has noted what each came to.  Segments are read one after the other, so a log
of years takes no more memory than a short one, but for a line of findings each.

What this cannot show: whoever owns the station can write everything anew from some segment on,
archive and all, unless its head was stamped or written down elsewhere before.  Of a segment that
was not ended, only the frames' checksums speak.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from sternlight.evidence.digests import Digests
from sternlight.evidence.finding import Finding, Kind
from sternlight.evidence.gaps import Gaps
from sternlight.evidence.head import Head
from sternlight.evidence.kept import Kept, Witness
from sternlight.evidence.segment import Examined, examine
from sternlight.rawlog import segments
from sternlight.recovery import DAMAGED, RAW, number
from sternlight.text import counted

MOST_GAPS = 10_000  # told one by one; a hostile log could have more than memory holds
NONE = "none"


@dataclass(slots=True)
class Checked:
    """What a check of a raw log came to."""

    station: str = ""
    segments_count: int = 0
    lines_count: int = 0
    packed_bytes: int = 0
    first: int = -1  # numbers of segments; -1 without any
    last: int = -1
    first_t: float = float("nan")  # Unix seconds
    last_t: float = float("nan")
    head: Head | None = None  # of the last ended segment before the first changed place
    heads: dict[int, Head] = field(default_factory=dict)  # of segments that were asked for
    findings: list[Finding] = field(default_factory=list)
    more_gaps_count: int = 0  # than are among the findings

    def of(self, *kinds: Kind) -> list[Finding]:
        """Return the findings of these kinds, in the order of the log."""
        return [one for one in self.findings if one.kind in kinds]

    @property
    def changed(self) -> Finding | None:
        """The first place that was changed."""
        return next(iter(self.of("changed")), None)


def check(
    folder: Path,
    wanted: Collection[int] = (),
    seen: Callable[[Examined], None] = lambda _: None,
) -> Checked:
    """Check the raw log in a station's folder, or a copy of it, whether the station runs or not.

    `wanted` are segments whose heads are to be kept; `seen` is told of each segment.
    Raises ArchiveError where there is an archive that cannot be read.
    """
    witness = Witness.of(folder)  # before the files are listed: what it knows must be there
    checker = _Checker(witness, wanted)
    paths = segments(raw_of(folder))
    for path in paths:
        try:
            one = examine(path)
        except FileNotFoundError:
            continue  # deleted since, which the archive knows, or does not
        checker.take(one, number(path), path == paths[-1])
        seen(one)
    checker.end()
    aside = folder / DAMAGED
    for path in sorted(aside.iterdir()) if aside.is_dir() else []:
        says = f"its beginning could not be read when the station started; it is in {DAMAGED}/"
        checker.tell(Finding("gap", says, number(path), path.name))
    return checker.found


def raw_of(folder: Path) -> Path:
    """Return where the raw log is: in a station's folder, or this, copied without the rest."""
    return folder / RAW if (folder / RAW).is_dir() else folder


class _Checker:
    """A fold over the segments."""

    def __init__(self, witness: Witness, wanted: Collection[int]) -> None:
        self.found = Checked(station=witness.station)
        self._witness = witness
        self._wanted = wanted
        self._before: Examined | None = None
        self._doubted = False  # the one before was told to be changed
        self._joined = False  # the one taken last stands behind the one before it
        self._changed = False
        self._gaps = Gaps()
        self._older: list[Examined] = []  # the first and last of a run of an older format

    def take(self, one: Examined, named: int, last: bool) -> None:
        """Take the next segment; `named` is the number in its file's name."""
        headless, self._joined = one.number < 0, False
        if headless:
            one.number = named
        torn = self._torn(one, last)
        itself = () if torn else self._itself(one, named)
        problem = next(chain(itself, () if headless else self._linked(one)), None)
        if problem:
            self.tell(problem)
            if problem.says in STRAYS:
                return
        self._count(one)
        if not one.broken:
            self._unbroken(one, last, good=problem is None)
        self._before, self._doubted = one, problem is not None

    def end(self) -> None:
        """Take note that no segment follows."""
        last = self._before.number if self._before else 0
        for gone in self._gone(last, max(self._witness.segments, default=0) + 1):
            self.tell(gone)
        begun = self._witness.begun_last()
        if begun and begun.number > last:
            says = "it is missing: the archive knows that it was being written"
            self.tell(Finding("changed", says, begun.number, begun.name))
        for gap in self._gaps.end():
            self.tell(gap)
        self._tell_older()

    def tell(self, finding: Finding) -> None:
        """Keep a finding, but for gaps beyond all measure."""
        self._changed |= finding.kind == "changed"
        if finding.kind == "gap" and len(self.found.findings) >= MOST_GAPS:
            self.found.more_gaps_count += 1
        else:
            self.found.findings.append(finding)

    def _count(self, one: Examined) -> None:
        found = self.found
        found.segments_count += 1
        found.lines_count += one.lines
        found.packed_bytes += one.packed_bytes
        found.first = one.number if found.first < 0 else found.first
        found.last = max(found.last, one.number)
        found.station = found.station or one.station
        found.first_t = one.first_t if found.first_t != found.first_t else found.first_t
        found.last_t = one.last_t if one.last_t == one.last_t else found.last_t

    def _unbroken(self, one: Examined, last: bool, good: bool) -> None:
        for gap in self._gaps.take(one, self._joined and good):
            self.tell(gap)
        if one.ended and not self._changed:
            self.found.head = Head.of(one)
        if one.number in self._wanted:
            self.found.heads[one.number] = Head.of(one)
        if one.ended and not one.rooted:
            self._older = [*self._older[:1], one]
        elif one.ended:
            self._tell_older()
        if last and good and not one.ended:
            says = (
                "it is still being written, or the station ended without a goodbye: what stands in"
                " it is whole, but no hash holds it yet"
            )
            self.tell(Finding("open", says, one.number, one.name))

    def _torn(self, one: Examined, last: bool) -> bool:
        """Tell, and return, whether damage is that of a power cut or a segment being written."""
        broken = one.broken
        noted = self._witness.segments.get(one.number)
        if not last or broken is None or not broken.torn or one.ended:
            return False
        if noted and noted.lines is not None:
            return False
        says = (
            f"{broken.says}. Nothing stands behind it, as a power cut leaves a file; the next start"
            f" of the station keeps what is whole, {counted(one.lines, 'line')}"
        )
        self.tell(Finding("open", says, one.number, one.name, broken.line, broken.t))
        return True

    def _itself(self, one: Examined, named: int) -> Iterator[Finding]:
        """Yield what is wrong with a segment by itself, or with its place."""
        if one.broken:
            number_ = one.number if one.number >= 0 else named
            yield Finding(
                "changed", one.broken.says, number_, one.name, one.broken.line, one.broken.t
            )
        elif one.number != named:
            yield Finding("changed", MISNAMED, named, one.name)
        elif self._before and one.number == self._before.number:
            yield Finding("changed", TWICE, one.number, one.name)
        elif one.station != (self.found.station or one.station):
            yield Finding("changed", FOREIGN, one.number, one.name)
        elif (noted := self._witness.segments.get(one.number)) and (why := noted.differs(one)):
            cut = " (its end was cut off)" if noted.lines is not None and not one.ended else ""
            yield Finding("changed", why + cut, one.number, one.name)

    def _linked(self, one: Examined) -> Iterator[Finding]:
        """Yield what is wrong between a segment and those before it."""
        before = self._before
        for finding in list(self._gone(before.number if before else 0, one.number)):
            if finding.kind == "changed":
                yield finding
            else:
                self.tell(finding)
        known = self._witness.between(before.number if before else 0, one.number)
        if known:
            yield from self._follows(one, known[-1].digests, known[-1].number)
        elif before is None:
            yield from self._begins(one)
        elif not self._doubted:
            self._joined = True
            yield from self._follows(one, before.digests, before.number)
            behind = one.first_line - before.first_line - before.lines
            if behind < 0:
                yield Finding("changed", "its lines are numbered again", one.number, one.name, 2)

    def _follows(self, one: Examined, digests: Digests, number: int) -> Iterator[Finding]:
        """Compare what a segment says of the one before with what that one is."""
        pairs = list(zip(one.previous, digests, strict=True))
        if all(named == there for named, there in pairs if "" not in (named, there)):
            return
        if one.number > number + 1 and one.previous.sha256 != digests.sha256:
            gone = f"segment {number + 1}"
            if one.number > number + 2:
                gone = f"segments {number + 1} to {one.number - 1}"
            says = f"{gone} between {number} and {one.number} are missing, or were exchanged"
        elif one.previous.sha256 != digests.sha256:
            says = (
                f"segment {one.number} was written behind another segment {number} than stands"
                f" there: segment {number} was exchanged or written anew as a whole, or the head"
                f" of segment {one.number} was"
            )
        elif pairs[1][0] != pairs[1][1]:
            says = f"it names another tree of lines of segment {number} than stands there"
        else:
            says = f"segment {number} holds the same lines in another file: it was packed anew"
        yield Finding("changed", says, one.number, one.name, 2)

    def _begins(self, one: Examined) -> Iterator[Finding]:
        """Say what the first segment that is there leaves unsaid."""
        if one.previous.sha256 == NONE and one.number == 1:
            return
        if one.number <= 1:
            yield Finding("changed", "the first segment names one before it", one.number, one.name)
            return
        says = f"the log begins with segment {one.number}; of those before nothing can be said"
        if one.previous.sha256 == NONE:
            says += (
                ", and it names none: the disk was full, or they were taken away before it began"
            )
        self.tell(Finding("unknown", says, one.number, one.name))

    def _gone(self, before: int, number: int) -> Iterator[Finding]:
        """Yield the segments that the archive knows between two, and that are not there."""
        if not all(one.pruned for one in self._witness.between(before, number)):
            self._witness = self._witness.again()  # they may have been deleted meanwhile
        for some in _runs(self._witness.between(before, number)):
            what, verb = f"segment {some[0].number}", "is"
            if len(some) > 1:
                what, verb = f"segments {some[0].number} to {some[-1].number}", "are"
            if some[0].pruned:
                says = f"{what} {verb} gone: deleted by the station to make room, as it was told to"
                yield Finding("pruned", says, some[0].number, some[0].name)
            else:
                says = f"{what} {verb} missing: the archive knows them, and of no deletion"
                yield Finding("changed", says, some[0].number, some[0].name)

    def _tell_older(self) -> None:
        if self._older:
            first, last = self._older[0], self._older[-1]
            what = f"segment {first.number} was"
            if first is not last:
                what = f"segments {first.number} to {last.number} were"
            says = (
                f"{what} written by a Sternlight before 0.3: their content is held by the chain;"
                " their files' own bytes and the trees of their lines are not"
            )
            self.tell(Finding("unknown", says, first.number, first.name))
        self._older = []


MISNAMED = "its name says another number than its head: it was renamed, or put in another's place"
TWICE = "there are two segments of this number"
FOREIGN = "it is of another station"
STRAYS = (MISNAMED, TWICE, FOREIGN)  # which the ones behind them do not follow


def _runs(some: list[Kept]) -> Iterator[list[Kept]]:
    """Yield runs of segments that follow one another and were deleted alike."""
    run: list[Kept] = []
    for one in some:
        if run and (one.number != run[-1].number + 1 or one.pruned != run[-1].pruned):
            yield run
            run = []
        run.append(one)
    if run:
        yield run
