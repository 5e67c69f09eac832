"""A single setting, read without checking all the others: for commands that must answer at once.

Loading and checking all settings takes as long as everything else that such a command does.
Whoever runs a station or a replay checks them all.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from sternlight.errors import SettingsError


def setting(path: Path | None, part: str, name: str, default: Any) -> Any:
    """Return a setting of a file, or `default` where it is not in it, or there is no file.

    Raises SettingsError if the file cannot be read, or the setting is of another type.
    """
    if path is None:
        return default
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {(error.strerror or '').lower()}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    found = given.get(part, {}).get(name, default)
    if not isinstance(found, type(default)):
        raise SettingsError(
            f"{path}: [{part}] {name} = {found!r} should be like {default!r};"
            " config/sternlight.toml explains it"
        )
    return found
