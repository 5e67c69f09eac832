"""Any table whose columns have names that are recognised: CSV, JSON lines, Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from receiver.decoded import Decoded
from receiver.formats import delimited, jsonlines, parquet
from receiver.formats.blocks import text_head
from receiver.formats.records import first_objects
from receiver.formats.rows import Rows
from receiver.formats.words import squeezed
from receiver.sources.logfile import Input


class Table:
    """Reads by the names of the columns; those with names of their own build on it.

    Example: `mmsi,timestamp,lat,lon,sog` and then `235070762,2016-01-12
    13:02:11.218,50.773013,-1.092935,5.9`.
    """

    name = "table"
    header: ClassVar[frozenset[str]] = frozenset()  # columns that only this kind of table has

    def recognises(self, head: bytes, name: str, /) -> bool:
        """Return whether it looks like a table; what its columns mean, `read` finds out."""
        if head.startswith(parquet.MAGIC):
            return not self.header
        names = self._names(head)
        return names is not None and self.header <= names

    def read(self, recording: Input, source: int, first_line: int, /) -> Iterator[Decoded]:
        """Yield the reports; raises BadInput that names the columns when they mean nothing."""
        if recording.head.startswith(parquet.MAGIC):
            return parquet.read(recording, source, first_line, self.fix)
        if text_head(recording.head).lstrip().startswith(b"{"):
            return jsonlines.read(recording, source, first_line, self.fix)
        return delimited.read(recording, source, first_line, self.fix)

    def fix(self, rows: Rows) -> None:
        """Correct what this kind of table is known to write wrongly; nothing here."""

    def _names(self, head: bytes) -> set[str] | None:
        if text_head(head).lstrip().startswith(b"{"):
            objects = first_objects(head, 10)
            return {squeezed(name) for o in objects for name in o} if objects else None
        if b"\0" in head[:4096] and head == text_head(head):
            return None
        found = delimited.header(head)
        return {squeezed(name) for name in found.names} if found else None
