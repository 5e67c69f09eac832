"""What others saw of one vessel: costs nothing where no detections were imported."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from sternlight.sqlite import DETECTIONS


def detections_of(folder: Path, tracks: Collection[int]) -> list[dict[str, Any]]:
    """Return the rows of detections that are these hulls, may be them, or give their identity.

    Rows are those of `sternlight detections list --json`, by time.  A silent hull that could
    have been anywhere in 2,000 square miles is not looked for.  Raises ArchiveError.
    """
    if not (folder / DETECTIONS).exists():
        return []
    from sternlight.detections.matched import matched
    from sternlight.detections.rows import row

    answer = matched(folder, tracks)
    return [row(told, answer.names) for told in answer.told]
