"""What goes wrong in ways that users can mend; each is told in one sentence, without a traceback.

BadInput       receiver/decoded.py   input that cannot be used
PlacesError    tracks/place.py       a file of places that cannot be used
SettingsError  here                  settings that cannot be used
DiskFull       here                  no room for what was to be written
ArchiveError   here                  a station's archive that cannot be used
ArchiveFull    here                  one that cannot grow
BundleError    here                  evidence or a bundle of it that cannot be used
"""

from __future__ import annotations

import errno

# No space, no quota left, or a file larger than may be
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class SettingsError(ValueError):
    """Settings that cannot be used; the message names every one, and the nearest known name."""


class DiskFull(Exception):
    """There is no room for what was to be written.

    The message says what was read and written; `partial` whether anything was.
    """

    def __init__(self, says: str, partial: bool = False) -> None:
        super().__init__(says)
        self.partial = partial


class ArchiveError(ValueError):
    """A station's archive cannot be used; the message says why and what to do."""


class ArchiveFull(ArchiveError):
    """An archive cannot be written, most often since the disk is full."""


class BundleError(ValueError):
    """A bundle cannot be made or used; the message says why and what to do."""


def is_full(error: OSError | ArchiveFull) -> bool:
    """Return whether `error` means that a disk is full."""
    return isinstance(error, ArchiveFull) or error.errno in _FULL
