"""Where the data files that come with Sternlight stand."""

from __future__ import annotations

from pathlib import Path


def data_folder() -> Path:
    """Return the folder `config`: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "config"
    return installed if installed.is_dir() else package.parent / "config"
