"""Who writes into a station's folder: its owner alone, also when root asks for something."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from sternlight.alerts.credentials import hold

CACHE = Path("/var/cache/sternlight")  # CacheDirectory= of the service
UMASK = 0o027  # as the service has it


def as_owner(folder: Path, keys: Path) -> None:
    """Become whoever owns a folder, for good, if root runs this and somebody else owns it.

    What root wrote there, the station could not write any more.  The secrets in the folder
    `keys`, which root alone may read, are read before.  A folder that is not there belongs to
    nobody.
    """
    if os.geteuid() != 0 or not folder.exists():
        return
    stat = folder.stat()
    if stat.st_uid == 0:
        return
    hold(keys)
    try:
        user = pwd.getpwuid(stat.st_uid)
    except KeyError:  # no name, and so no groups
        os.setgroups([])
        os.setgid(stat.st_gid)
    else:
        os.initgroups(user.pw_name, user.pw_gid)
        os.setgid(user.pw_gid)
        os.environ["HOME"] = user.pw_dir
    os.setuid(stat.st_uid)
    os.umask(UMASK)
    if os.access(CACHE, os.W_OK):
        os.environ["MPLCONFIGDIR"] = str(CACHE / "matplotlib")
