"""What a segment of the raw log is known by: hashes of its content, its lines and its file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, NamedTuple

from receiver.formats.stationlog import remark
from sternlight.evidence.merkle import Tree


class Digests(NamedTuple):
    """In hexadecimal; "" where an older Sternlight did not say.  The next segment names them."""

    sha256: str  # of what stands before the line that ends it
    root: str  # of the tree of those lines (sternlight/evidence/merkle.py)
    file_sha256: str  # of the whole file as it is on disk


UNSAID = Digests("", "", "")


def head_values(previous: Digests | None) -> dict[str, str]:
    """Return what the head of a segment says of the one before."""
    known = previous or Digests("none", "none", "none")
    return {
        "previous": known.sha256,
        "previous_root": known.root or "none",
        "previous_file": known.file_sha256 or "none",
    }


@dataclass(slots=True)
class Hashes:
    """The hashes of a segment, growing with it."""

    _content: Any = field(default_factory=hashlib.sha256)
    _tree: Tree = field(default_factory=Tree)
    _file: Any = field(default_factory=hashlib.sha256)

    def take(self, content: bytes, packed: bytes) -> None:
        """Take whole lines, and the frame of the file that holds them."""
        self._content.update(content)
        # Not splitlines, which also splits at a carriage return inside a line.
        self._tree.add(BytesIO(content))
        self._file.update(packed)

    def copy(self) -> Hashes:
        """Return others that may go on otherwise."""
        return Hashes(self._content.copy(), self._tree.copy(), self._file.copy())

    def digests(self) -> Digests:
        """Return them as they are now."""
        return Digests(self._content.hexdigest(), self._tree.root().hex(), self._file.hexdigest())

    def end_line(self) -> bytes:
        """Return the line that ends the segment; `file` is of the file before that line's frame."""
        sha256, root, file = self.digests()
        return remark("end", lines=self._tree.count + 1, sha256=sha256, root=root, file=file)

    def ended(self, packed: bytes) -> Digests:
        """Return those of a segment whose last line, which ends it, is in the frame `packed`."""
        file = self._file.copy()
        file.update(packed)
        return Digests(self._content.hexdigest(), self._tree.root().hex(), file.hexdigest())
