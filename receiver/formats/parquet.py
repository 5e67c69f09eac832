"""Parquet: the schema says which column means what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from receiver.decoded import BadInput, Decoded
from receiver.formats import arrow
from receiver.formats.columns import required
from receiver.formats.delimited import Fix
from receiver.formats.rows import Seen, decode
from receiver.sources.logfile import Input

MAGIC = b"PAR1"
BATCH_ROWS = 1 << 17


def read(
    recording: Input, source: int, first_line: int, fix: Fix | None = None
) -> Iterator[Decoded]:
    """Yield the reports of a Parquet file; lines are rows.

    Memory holds one row group of the columns that are read.  Raises BadInput for
    a file that is cut or damaged, since its directory stands at its end.
    """
    import pyarrow as pa
    from pyarrow import parquet

    seen = Seen()
    with recording.seekable_file() as file:
        try:
            table = parquet.ParquetFile(file)
            names = table.schema_arrow.names
            at = {q: names[i] for q, i in required(names, recording.name).items()}
            batches = table.iter_batches(
                BATCH_ROWS, columns=list(set(at.values())), use_threads=False
            )
            for batch in batches:
                columns = {q: batch.column(name) for q, name in at.items()}
                found = arrow.rows(columns, first_line)
                if fix:
                    fix(found)
                yield decode(found, source, Counter(lines=len(batch)), seen)
                first_line += len(batch)
        except (pa.ArrowException, OSError) as error:
            raise BadInput(
                f"{recording.name} is a Parquet file that cannot be read any further"
                f" ({_first_line(error)}); copy or download it again"
            ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
