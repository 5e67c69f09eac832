"""Stamps in bundles: of what is in them, and of a head later on, to which links lead."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sternlight.evidence.head import Head
from sternlight.evidence.recompute import Means
from sternlight.evidence.segment import examine
from sternlight.evidence.stamps import STAMPS, attach, request
from sternlight.evidence.unbundle import verify_file
from sternlight.evidence.verdict import SOUND
from sternlight.rawlog import segments
from tests.sternlight.evidence import bundles
from tests.sternlight.evidence.authorities import Authority, authority
from tests.sternlight.evidence.bundles import bundled, files_of, key, resealed, rows, verified


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authorities") / "clock")


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory, clock: Authority) -> Path:
    """Return a station whose last head but one was stamped."""
    folder = tmp_path_factory.mktemp("stamped") / "station"
    shutil.copytree(bundles.station(), folder)
    made = request(folder, Head.of(examine(segments(folder / "raw")[-2])))
    attach(folder, "answer.tsr", clock.answer(made.query.read_bytes()), clock.root)
    return folder


def first() -> str:
    """Return an event that was over long before the last hours."""
    over = {n: row for n, row in rows().items() if row["end"]}
    return min(over, key=lambda n: over[n]["end"])


@pytest.mark.parametrize("lines_only", [False, True])
def test_links_lead_from_what_is_in_a_bundle_to_the_head_that_was_stamped(
    tmp_path: Path, stamped: Path, clock: Authority, lines_only: bool
) -> None:
    out = tmp_path / "b.zip"
    bundled(out, first(), stamped, lines_only=lines_only, places=bundles.PLACES)
    verdict = verify_file(out)
    text = "\n".join(verdict.lines())
    assert verdict.code == SOUND, text
    assert verdict.manifest is not None
    links = verdict.manifest.links
    assert [one.number for one in links] == list(
        range(verdict.manifest.segments[-1].number + 1, links[-1].number + 1)
    )
    assert f"the raw log up to segment {links[-1].number} existed at 20" in text
    assert "A trusted clock" in text
    assert "A trusted clock" in "\n".join(verify_file(out, Means(roots=clock.root)).lines())


def test_a_stamp_that_is_not_of_this_log_is_found(
    tmp_path: Path, stamped: Path, clock: Authority
) -> None:
    out = tmp_path / "b.zip"
    bundled(out, first(), stamped, places=bundles.PLACES)
    files = files_of(out.read_bytes())
    manifest = json.loads(files["manifest.json"])
    shorter, moved = dict(manifest), json.loads(json.dumps(manifest))
    shorter["links"] = manifest["links"][:-1]
    moved["links"][-1]["first_line"] += 1  # which only the head that was stamped tells
    without = {n: c for n, c in files.items() if n != "lines.jsonl"}
    for other in (
        files | {"manifest.json": json.dumps(shorter).encode()},
        files | {"manifest.json": json.dumps(moved).encode()},
        without,
        files | {"lines.jsonl": files["lines.jsonl"].replace(b"previous_root=", b"previous_r00t=")},
    ):
        verdict = verified(resealed(other, key()), tmp_path / "c.zip")
        assert verdict.was_changed


def test_a_stamp_by_another_root_shows_nothing_and_says_so(tmp_path: Path, stamped: Path) -> None:
    out = tmp_path / "b.zip"
    bundled(out, first(), stamped, places=bundles.PLACES)
    other = authority(tmp_path / "other")
    text = "\n".join(verify_file(out, Means(roots=other.root)).lines())
    assert "shows nothing here" in text
    assert "existed at" not in text


def test_without_a_stamp_there_are_no_links(tmp_path: Path) -> None:
    out = tmp_path / "b.zip"
    bundled(out, first())
    files = files_of(out.read_bytes())
    assert json.loads(files["manifest.json"])["links"] == []
    assert not any(name.startswith((STAMPS, "lines")) for name in files)
