"""Real recordings for the tests.  They are too large, and not ours, to stand in the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def recording(name: str) -> Path:
    """Return the recording `name`, such as "nmea/gpsd_sample.aivdm", or skip the test."""
    return _find(_recordings() / name)


def conformance(name: str) -> Path:
    """Return the published case file `name`, such as "gfw_resample.json", or skip the test."""
    return _find(_recordings().parent / "conformance" / name)


def _recordings() -> Path:
    elsewhere = os.environ.get("STERNLIGHT_RECORDINGS")
    return Path(elsewhere) if elsewhere else ROOT.parent / "shared" / "recordings"


def _find(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is not here; set STERNLIGHT_RECORDINGS to the folder of recordings")
    return path
