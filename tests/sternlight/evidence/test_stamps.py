"""Stamps of real authorities (`openssl ts` with certificates made here), good and bad ones."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpAppend, OpSHA256
from opentimestamps.core.serialize import BytesSerializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

from receiver.decoded import BadInput
from sternlight.errors import ArchiveError
from sternlight.evidence.chain import check
from sternlight.evidence.head import Head
from sternlight.evidence.kept import Witness
from sternlight.evidence.said import OTHER
from sternlight.evidence.stamped import Shown, shown
from sternlight.evidence.stamps import STAMPS, attach, head_of, request, stamps
from sternlight.rawlog import segments
from tests.sternlight.evidence.authorities import Authority, authority, signed_by_no_authority
from tests.sternlight.evidence.logs import wrote


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authorities") / "clock")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a station whose head has been asked to be stamped."""
    wrote(tmp_path / "station")
    request(tmp_path / "station", head_of(tmp_path / "station"))
    return tmp_path / "station"


def query(folder: Path) -> bytes:
    return next((folder / STAMPS).glob("*.tsq")).read_bytes()


def verified(folder: Path, roots: bytes = b"") -> tuple[list[Shown], list[str]]:
    """Return what the stamps show, and what of the log was found to be changed."""
    kept = stamps(folder, roots)
    found = check(folder, {one.head.segment for one in kept})
    told = shown(found, Witness.of(folder), kept)
    return told, [one.says for one in found.of("changed")]


def test_the_head_that_is_stamped_is_the_last_segment_that_ended(tmp_path: Path) -> None:
    wrote(tmp_path, last_ends=False)
    head = head_of(tmp_path)
    assert head.segment == 2
    assert head == check(tmp_path).head
    assert Head.read(head.text()) == head


def test_a_log_without_an_end_or_with_a_broken_one_has_no_head(tmp_path: Path) -> None:
    wrote(tmp_path, hours=1, last_ends=False)
    with pytest.raises(ArchiveError, match="no segment in"):
        head_of(tmp_path)
    other = tmp_path / "other"
    wrote(other)
    path = segments(other / "raw")[-1]
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ArchiveError, match="is not as it was written"):
        head_of(other)


def test_anybody_can_check_a_stamp_without_sternlight(folder: Path, clock: Authority) -> None:
    answer = clock.answer(query(folder))
    attach(folder, "answer.tsr", answer, clock.root)
    (kept,) = (folder / STAMPS).glob("*.tsr")
    openssl = shutil.which("openssl") or ""
    command = f"ts -verify -data head-00000003.txt -in {kept.name} -CAfile {kept.stem}.pem"
    done = subprocess.run([openssl, *command.split()], cwd=folder / STAMPS, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_a_good_stamp_says_when_by_whom_and_whom_to_believe(folder: Path, clock: Authority) -> None:
    attach(folder, "answer.tsr", clock.answer(query(folder)), clock.root)
    (one,), changed = verified(folder)
    assert changed == []
    assert one.holds
    for part in ("up to segment 3 existed at 20", "says CN=A trusted clock", "SHA-256"):
        assert part in one.says


def test_a_stamp_made_before_the_log_was_written_anew_shows_that_it_was(
    folder: Path, clock: Authority
) -> None:
    attach(folder, "answer.tsr", clock.answer(query(folder)), clock.root)
    shutil.rmtree(folder / "raw")
    wrote(folder, lines=11)  # whole and well linked, with a line less
    (one,), changed = verified(folder)
    assert not one.holds
    (says,) = changed
    assert "was written anew since" in says


def test_a_stamp_holds_up_to_its_segment_whatever_comes_behind(
    folder: Path, clock: Authority
) -> None:
    attach(folder, "answer.tsr", clock.answer(query(folder)), clock.root)
    assert len(segments(folder / "raw")) == 3
    shutil.rmtree(folder / "raw")
    wrote(folder, hours=5)
    last = segments(folder / "raw")[-1]
    last.write_bytes(last.read_bytes()[:-9])
    (one,), changed = verified(folder)
    assert one.holds == (head_of_third(folder) == one.stamp.head)
    assert one.holds
    assert changed == []  # the last one looks as after a power cut


def head_of_third(folder: Path) -> Head:
    return check(folder, {3}).heads[3]


def test_another_root_certificate_does_not_do(
    folder: Path, clock: Authority, tmp_path: Path
) -> None:
    answer, other = clock.answer(query(folder)), authority(tmp_path / "other")
    for roots, says in (
        (b"", "nothing says whom to believe"),
        (other.root, "was not made by an authority below 1 root"),
        (b"nonsense", "no certificates in PEM"),
        ((clock.folder / "tsa.pem").read_bytes(), "nothing says whom to believe"),
    ):
        with pytest.raises(BadInput, match=says):
            attach(folder, "answer.tsr", answer, roots)
    attach(folder, "answer.tsr", answer, other.root + clock.root)
    (one,), changed = verified(folder, other.root)  # whoever checks believes another
    assert not one.holds
    assert changed == []


def test_a_certificate_that_had_expired_or_is_for_something_else_does_not_do(
    folder: Path, clock: Authority, tmp_path: Path
) -> None:
    late = authority(tmp_path / "late", years=1)
    with pytest.raises(BadInput, match="was not made by an authority"):
        attach(folder, "a.tsr", late.answer(query(folder)), late.root)
    answer = clock.answer(query(folder))
    forged = signed_by_no_authority(clock, answer)
    with pytest.raises(BadInput, match="was not made by an authority"):
        attach(folder, "a.tsr", forged, clock.root)


def test_a_stamp_of_something_else_or_a_refusal_is_not_kept(
    folder: Path, clock: Authority, tmp_path: Path
) -> None:
    wrote(tmp_path / "other", lines=5)
    made = request(tmp_path / "other", head_of(tmp_path / "other"))
    with pytest.raises(BadInput, match=OTHER):
        attach(folder, "a.tsr", clock.answer(made.query.read_bytes()), clock.root)
    with pytest.raises(BadInput, match="refused"):
        attach(folder, "a.tsr", clock.answer(b"\x30\x03\x02\x01\x01"), clock.root)
    for answer in (b"", b"<html>404</html>", clock.root):
        with pytest.raises(BadInput, match="no answer of a time-stamping authority"):
            attach(folder, "a.tsr", answer, clock.root)
    with pytest.raises(BadInput, match=r"\.tsr \(RFC 3161\) or \.ots"):
        attach(folder, "a.txt", b"", b"")
    assert not list((folder / STAMPS).glob("*.tsr"))


def test_no_bit_of_what_an_authority_signed_can_be_changed(folder: Path, clock: Authority) -> None:
    answer, chance = clock.answer(query(folder)), random.Random(1)
    good = attach(folder, "a.tsr", answer, clock.root)
    for _ in range(300):
        at = chance.randrange(len(answer))
        flipped = answer[:at] + bytes([answer[at] ^ 1 << chance.randrange(8)]) + answer[at + 1 :]
        try:
            told = attach(folder, "a.tsr", flipped, clock.root)
        except BadInput:
            continue
        assert told.said == good.said  # as in the copy of the root, which nobody asks


def test_a_stamp_that_was_changed_in_its_place_shows_nothing(
    folder: Path, clock: Authority
) -> None:
    kept = attach(folder, "a.tsr", clock.answer(query(folder)), clock.root)
    path = folder / STAMPS / kept.name
    path.write_bytes(path.read_bytes()[:-20])
    (one,), changed = verified(folder)
    assert "shows nothing" in one.says
    assert (one.holds, changed) == (False, [])
    (folder / STAMPS / "head-00000003.txt").write_bytes(b"# segment=3\n")
    with pytest.raises(BadInput, match="no head of a raw log"):
        stamps(folder)


def proof(digest: bytes, height: int | None) -> bytes:
    """Return a proof as the calendars make them."""
    stamp = Timestamp(digest)
    end = stamp.ops.add(OpAppend(b"their others")).ops.add(OpSHA256())
    if height is None:
        end.attestations.add(PendingAttestation("https://calendar.example"))
    else:
        end.attestations.add(BitcoinBlockHeaderAttestation(height))
    out = BytesSerializationContext()
    DetachedTimestampFile(OpSHA256(), stamp).serialize(out)
    return bytes(out.getbytes())


def test_a_proof_of_opentimestamps_says_which_block_must_hold_what(folder: Path) -> None:
    import hashlib

    digest = head_of(folder).digest
    attach(folder, "a.ots", proof(digest, None), b"")
    attach(folder, "a.ots", proof(digest, 840_000), b"")
    told, changed = verified(folder)
    assert changed == []
    root = hashlib.sha256(digest + b"their others").digest()[::-1].hex()
    says = " ".join(one.says for one in told)
    assert f"block 840000 of Bitcoin must have the Merkle root {root}" in says
    assert "not yet in a block" in says


def test_a_proof_of_something_else_or_that_is_damaged_is_refused(folder: Path) -> None:
    with pytest.raises(BadInput, match=OTHER):
        attach(folder, "a.ots", proof(bytes(32), 1), b"")
    good, chance = proof(head_of(folder).digest, 840_000), random.Random(2)
    for _ in range(300):
        bad = bytearray(good)
        bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
        try:
            told = attach(folder, "a.ots", bytes(bad), b"")
        except BadInput:
            continue
        assert told.said is not None
        assert "not checked here" in told.said.trust or "not yet" in told.said.by
