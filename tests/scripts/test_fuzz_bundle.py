"""Bundles changed in every way we could think of: each change is found."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.sternlight.evidence.bundles import small

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

import fuzz_bundle  # noqa: E402


def test_each_of_a_thousand_changes_is_found(tmp_path: Path) -> None:
    made, wrong = fuzz_bundle.run(small(), tmp_path, 1000, 7)
    assert wrong == []
    assert made.keys() >= {one.__name__ for one in (*fuzz_bundle.BYTES, *fuzz_bundle.FILES)}
    assert sum(count for what, count in made.items() if what.endswith("in a file")) > 200
