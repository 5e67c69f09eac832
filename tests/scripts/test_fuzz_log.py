"""Raw logs changed in every way we could think of: each change is found."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

import fuzz_log  # noqa: E402


def test_each_of_1500_changes_is_told_and_none_of_an_earlier_segment(tmp_path: Path) -> None:
    made = fuzz_log.run(tmp_path, 1500, 7)
    assert made.wrong == []
    assert made.power_cuts < 100
    kinds = {*fuzz_log.BYTES, *fuzz_log.WHOLE}
    lines = {f"{one.__name__}, {how}" for one in fuzz_log.LINES for how in ("lines", "forged")}
    assert made.kinds.keys() == {one.__name__ for one in kinds} | lines
