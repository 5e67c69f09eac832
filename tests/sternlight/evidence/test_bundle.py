"""Bundles: every event comes out again from its own, and nothing else does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from zstandard import ZstdDecompressor

from receiver.sources.simulator import EMBEDDED
from sternlight.cli import main
from sternlight.errors import BundleError
from sternlight.evidence import from_station, keys
from sternlight.evidence.recompute import Means
from sternlight.evidence.unbundle import verify_file
from sternlight.evidence.verdict import CHANGED, SOUND, UNKNOWN, Verdict
from sternlight.frames import packed
from sternlight.guidance import SAYS_NOT
from sternlight.job import Job, run
from sternlight.live import Live
from sternlight.settings import Settings
from tests.recordings import recording as real
from tests.sternlight.evidence import bundles
from tests.sternlight.evidence.bundles import (
    bundled,
    changed_manifest,
    files_of,
    key,
    resealed,
    rows,
    station,
    verified,
)
from tracks.places import Places
from tracks.state import dump, load


def told(verdict: Verdict) -> str:
    return "\n".join(verdict.lines())


def test_every_event_of_the_embedded_recording_comes_out_of_its_bundle_again(
    tmp_path: Path,
) -> None:
    out = tmp_path / "all.zip"
    made = bundled(out, "all", bundles.replayed())
    verdict = verify_file(out)
    assert verdict.code == SOUND, told(verdict)
    archived = (bundles.replayed() / "events.jsonl").read_text("ascii")
    assert made.events_count == len(verdict.events) == archived.count("\n") > 40
    assert all(event.equal for event in verdict.events)
    files = files_of(out.read_bytes())
    assert files["events.jsonl"].decode("ascii") == archived
    assert files["raw/simulated recording"].startswith(next(iter(EMBEDDED.lines())))
    assert b"none of these ships exists" in files["README.txt"]


def test_every_event_of_a_station_comes_out_of_its_bundle_again(tmp_path: Path) -> None:
    out = tmp_path / "all.zip"
    bundled(out, "all")
    verdict = verify_file(out)
    assert verdict.code == SOUND, told(verdict)
    assert {event.id for event in verdict.events} == rows().keys()
    assert {row["state"] for row in rows().values()} == {"open", "closed"}
    files = files_of(out.read_bytes())
    for row in map(json.loads, files["events.jsonl"].splitlines()):
        assert row == rows()[row["id"]] or row["state"] == "open"


@pytest.mark.parametrize("kind", ["gap", "loitering"])
def test_an_event_comes_out_of_the_last_hours_of_a_log_and_what_was_known_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(from_station, "WHOLE_LOG_BYTES", 0)
    began = {n: row["lines"][0]["file"] for n, row in rows().items() if row["kind"] == kind}
    out, name = tmp_path / "b.zip", max(began, key=lambda n: began[n])
    bundled(out, name)
    verdict = verify_file(out)
    assert verdict.code == SOUND, told(verdict)
    assert verdict.manifest is not None
    assert verdict.manifest.state_before == verdict.manifest.segments[0].number > 1
    assert "begins with segment" in told(verdict)
    if kind == "gap":  # which is surprising only to whom has heard how others are heard
        unknowing = Live(Settings(), Places.none()).save()
        forged = resealed(files_of(out.read_bytes()) | {"state.zst": unknowing}, key())
        assert "measured.silence_surprise" in told(verified(forged, out))
    live = Live(Settings(), Places.none())
    parts = dict(load(ZstdDecompressor().decompressobj().decompress(live.save())))
    odd = {**parts, "positions/t": np.ones((3, 2)), "positions/mmsi": np.array([b"x"])}
    for state in (
        b"",
        b"junk",
        packed(dump(odd)),
        packed(dump({})),
        packed(b"PK\3\4"),
        packed(bytes(1 << 29)),
    ):
        broken = resealed(files_of(out.read_bytes()) | {"state.zst": state}, key())
        assert verified(broken, tmp_path / "c.zip").code == UNKNOWN


def test_an_event_comes_out_of_its_lines_alone_and_no_address_is_told(tmp_path: Path) -> None:
    out = tmp_path / "b.zip"
    bundled(out, "all", lines_only=True)
    verdict = verify_file(out)
    assert verdict.code == SOUND, told(verdict)
    assert all(event.equal for event in verdict.events)
    assert "as far as" in told(verdict)
    files = files_of(out.read_bytes())
    assert not any(name.startswith("raw/") for name in files)
    assert b"address" not in files["lines.jsonl"] + files["manifest.json"]
    some = out.parent / "some.zip"
    bundled(some, next(iter(rows())), lines_only=True)
    assert some.stat().st_size < out.stat().st_size / 3


def test_lines_of_a_ship_without_an_event_are_handed_on_with_their_proofs(tmp_path: Path) -> None:
    with_events = {mmsi for row in rows().values() for mmsi in row["mmsis"]}
    content = b"".join(bundles.SEA.lines())
    mmsi = next(m for m in _heard(content) if m not in with_events)
    made = bundled(
        tmp_path / "b.zip", str(mmsi), since=1_772_323_200.0 + 3600, until=1_772_323_200.0 + 9000
    )
    verdict = verify_file(tmp_path / "b.zip")
    assert made.events_count == 0
    assert verdict.code == SOUND
    assert "No event is told in it" in told(verdict)
    assert verdict.manifest is not None
    assert 1 < len(verdict.manifest.segments) < 8
    with pytest.raises(BundleError, match="--from and --to"):
        bundled(tmp_path / "c.zip", str(mmsi))


def _heard(content: bytes) -> list[int]:
    from receiver.formats import by_name
    from receiver.sources.logfile import Input

    decoded = next(iter(by_name("nmea").read(Input.of_bytes("sea", content), 0, 0)))
    return sorted({*decoded.positions.mmsi.tolist()})


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("nmea/aislib_small_cb_example.txt", 2),
        ("nmea/aistools_type1-bad-bitcount.nmea", 7),
        ("nmea/dma_aisabnormal_212123000_drift_1.ais", 1),
        ("nmea/formats", 5),  # a folder of 31 files
        ("nmea/libais_test.aivdm", 6),
        ("nmea/libais_typeexamples.nmea", 4),
    ],
)
def test_events_of_real_recordings_come_out_again(tmp_path: Path, name: str, count: int) -> None:
    """All of these recordings in which there are any events at all."""
    recorded = str(real(name))
    run(Job((recorded,), tmp_path / "out"))
    made = bundled(tmp_path / "b.zip", "all", tmp_path / "out", recordings=(recorded,))
    verdict = verify_file(tmp_path / "b.zip")
    assert verdict.code == SOUND, told(verdict)
    assert made.events_count == count


def test_another_event_than_the_raw_log_tells_differs_field_by_field(tmp_path: Path) -> None:
    """Somebody with the station's own key makes a day of silence of an hour's."""
    bundled(tmp_path / "b.zip", next(n for n, row in rows().items() if row["kind"] == "gap"))
    files = files_of((tmp_path / "b.zip").read_bytes())
    row = json.loads(files["events.jsonl"])
    row["measured"]["duration_h"] = 24.5
    row["for"][0]["says"] += "!"
    files["events.jsonl"] = json.dumps(row).encode() + b"\n"
    verdict = verified(resealed(files, key()), tmp_path / "c.zip")
    assert verdict.code == CHANGED
    assert not verdict.was_changed
    assert [one.field for one in verdict.events[0].differences] == [
        "measured.duration_h", "for[0].says",
    ]  # fmt: skip
    assert "measured.duration_h: told 24.5, computed" in told(verdict)


def test_a_line_of_another_log_is_not_proven(tmp_path: Path) -> None:
    files = files_of(bundles.small())
    lines = [json.loads(line) for line in files["lines.jsonl"].splitlines()]
    text = lines[-1]["text"]
    lines[-1]["text"] = text[:-1] + ("1" if text.endswith("0") else "0")
    files["lines.jsonl"] = "".join(map(_compact, lines)).encode()
    verdict = verified(resealed(files, key()), tmp_path / "b.zip")
    assert verdict.was_changed
    assert f"line {lines[-1]['line']} of" in told(verdict)
    assert "is not proven to stand there" in told(verdict)


@pytest.mark.parametrize(
    "change",
    [
        {"line": 3}, {"line": 0}, {"line": 10**12}, {"segment": 99}, {"proof": []}, {"proof": 7},
        {"text": "a\nb"}, {"text": None}, {"line": True}, {"more": 1}, {"base64": "!"},
    ],
)  # fmt: skip
def test_lines_that_make_no_sense_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    files = files_of(bundles.small())
    first, *rest = files["lines.jsonl"].splitlines(keepends=True)
    files["lines.jsonl"] = _compact(json.loads(first) | change).encode() + b"".join(rest)
    assert verified(resealed(files, key()), tmp_path / "b.zip").was_changed


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"


def test_the_sentences_to_read_are_those_of_the_raw_files(tmp_path: Path) -> None:
    name = next(n for n, row in rows().items() if row["kind"] == "gap")
    bundled(tmp_path / "b.zip", name)
    files = files_of((tmp_path / "b.zip").read_bytes())
    told_ = files["sentences.txt"].decode("utf-8").splitlines()
    shown = [line.split("\t") for line in told_ if line.count("\t") == 2]
    assert [(f, int(n)) for f, n, _ in shown] == [
        (line["file"], line["line"]) for line in rows()[name]["lines"]
    ]
    assert all("!AIVDM," in text for *_, text in shown)
    files["sentences.txt"] = files["sentences.txt"].replace(b"!AIVDM", b"!AIVDO", 1)
    assert verified(resealed(files, key()), tmp_path / "c.zip").was_changed


def test_the_reader_without_sternlight_comes_to_the_same(tmp_path: Path) -> None:
    """Types what README.txt says into a shell, and flips a bit to see that it would be found."""
    bundled(tmp_path / "b.zip", "all")
    folder = tmp_path / "unpacked"
    folder.mkdir()
    for name, content in files_of((tmp_path / "b.zip").read_bytes()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    page = (folder / "README.txt").read_text("utf-8")
    words = " ".join(page.split())
    assert all(" ".join(one.split()) in words for one in SAYS_NOT)
    for term in ("Evidentiary copy", "Working copy", "integrity", "authenticity", "handed"):
        assert term in page
    typed = re.findall(r"^  ((?:sha256sum|openssl|zstd) .*)$", page, re.M)
    assert len(typed) == 5
    for command in typed:
        if shutil.which(command.partition(" ")[0]) is None:
            pytest.skip(f"{command.partition(' ')[0]} is not installed")
    said = [_typed(command.replace("| less", "| cat"), folder) for command in typed]
    sums, signed, fingerprint, log, before = said
    assert sums.count(": OK") == len(files_of((tmp_path / "b.zip").read_bytes())) - 2
    assert "Signature Verified Successfully" in signed
    public = (folder / "station.pub").read_bytes()
    assert fingerprint.split()[0] == keys.fingerprint(public).replace(" ", "")
    assert "# Sternlight raw log 1" in log
    assert re.match("[0-9a-f]{64}", before)
    flipped = bytearray((folder / "events.jsonl").read_bytes())
    flipped[7] ^= 1
    (folder / "events.jsonl").write_bytes(flipped)
    assert "events.jsonl: FAILED" in _typed(typed[0], folder, fails=True)
    assert verify_file(folder).code == CHANGED


def _typed(command: str, folder: Path, fails: bool = False) -> str:
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True)
    assert fails == (done.returncode != 0), done.stderr
    return done.stdout


def test_a_bundle_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    name = next(iter(rows()))
    made = [bundled(tmp_path / f"{i}.zip", name) for i in range(2)]
    assert (tmp_path / "0.zip").read_bytes() == (tmp_path / "1.zip").read_bytes()
    assert made[0].sha256 == made[1].sha256


def test_the_custody_log_says_who_handed_on_what_and_why(tmp_path: Path) -> None:
    folder = tmp_path / "station"
    shutil.copytree(station(), folder)
    name = next(iter(rows()))
    for by, why in (("A. Person", "for the court\nof Example"), ("", "for a check")):
        made = bundled(tmp_path / "b.zip", name, folder, by=by, reason=why, places=bundles.PLACES)
    log = (folder / "custody.jsonl").read_text("ascii").splitlines()
    kept = [json.loads(line) for line in log[-2:]]
    assert [one["by"] for one in kept] == ["A. Person", None]
    assert kept[0]["why"] == "for the court\ufffdof Example"
    assert kept[1]["sha256_of_sums"] == made.sha256
    files = files_of((tmp_path / "b.zip").read_bytes())
    assert b"A. Person" not in b"".join(files.values())  # nor whom it was handed to before
    assert json.loads(files["custody.jsonl"])["why"] == "for a check"
    with pytest.raises(BundleError, match="--reason"):
        bundled(tmp_path / "c.zip", name, reason=" ")


def test_unsigned_bundles_say_so_and_a_wrong_key_is_found(tmp_path: Path) -> None:
    name = next(iter(rows()))
    bundled(tmp_path / "b.zip", name, keys=None, lines_only=True)
    verdict = verify_file(tmp_path / "b.zip")
    assert verdict.code == SOUND
    assert "not signed" in told(verdict)
    signed = bundles.small()
    fingerprint = keys.fingerprint(keys.public_pem(key()) or b"")
    path = tmp_path / "c.zip"
    path.write_bytes(signed)
    assert "that you named" in told(verify_file(path, Means(key=fingerprint.upper())))
    assert verify_file(path, Means(key="00" + fingerprint[2:])).code == CHANGED
    other = tmp_path / "keys"
    keys.make_key(other)
    for forged in (
        resealed(files_of(signed), other),  # signed by another, with the station's public key
        resealed({n: c for n, c in files_of(signed).items() if n != "station.pub"}, other),
        resealed(files_of(signed)),  # the signature left out
        resealed(
            files_of(signed) | {"station.pub": keys.public_pem(other) or b""}, other
        ),  # and with its own: the manifest names the station's
        resealed(files_of(signed) | {"station.pub": b"no key"}, other),
    ):
        assert verified(forged, path).was_changed


def test_watch_lists_stay_at_home_unless_they_are_asked_for(tmp_path: Path) -> None:
    mmsi = next(iter(rows().values()))["mmsis"][0]
    lists = tmp_path / "mine.csv"
    lists.write_text(f"mmsi,name,why\n{mmsi},EXAMPLE,a secret reason\n", "utf-8")
    folder = tmp_path / "out"
    run(Job((str(bundles.recording()),), folder, places=("none",), watchlists=(str(lists),)))
    recorded = {"recordings": (str(bundles.recording()),)}
    bundled(tmp_path / "b.zip", "all", folder, **recorded)
    assert b"mine.csv" in (tmp_path / "b.zip").read_bytes()
    verdict = verify_file(tmp_path / "b.zip")
    if any(event.id.startswith("listed") for event in verdict.events):
        assert verdict.code == UNKNOWN
        assert "name them with --watchlist" in told(verdict)
    assert verify_file(tmp_path / "b.zip", Means((str(lists),))).code == SOUND
    bundled(
        tmp_path / "c.zip", "all", folder, with_lists=True, watchlists=(str(lists),), **recorded
    )
    assert verify_file(tmp_path / "c.zip").code == SOUND
    assert (
        b"a secret reason" in files_of((tmp_path / "c.zip").read_bytes())["watchlists/1/mine.csv"]
    )
    with pytest.raises(BundleError, match="--watchlist"):
        bundled(tmp_path / "d.zip", "all", folder, with_lists=True, **recorded)


def test_places_of_the_user_go_along(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("name,lat,lon\nHome,14.6,-17.9\n", "utf-8")
    folder = tmp_path / "out"
    run(Job((str(bundles.recording()),), folder, places=(str(own),)))
    bundled(tmp_path / "b.zip", "all", folder, recordings=(str(bundles.recording()),))
    assert "places/1/own.csv" in files_of((tmp_path / "b.zip").read_bytes())
    own.unlink()
    assert verify_file(tmp_path / "b.zip").code == SOUND
    with pytest.raises(BundleError, match="--places"):
        bundled(tmp_path / "c.zip", "all", folder, recordings=(str(bundles.recording()),))


def test_what_cannot_be_bundled_is_said_in_words(tmp_path: Path) -> None:
    out, name = tmp_path / "b.zip", next(iter(rows()))
    with pytest.raises(BundleError, match="there is no event gap-1"):
        bundled(out, "gap-1")
    with pytest.raises(BundleError, match="--lines is for a station"):
        bundled(out, "all", bundles.replayed(), lines_only=True)
    folder = tmp_path / "out"
    run(Job((str(bundles.recording()),), folder, places=("none",)))
    with pytest.raises(BundleError, match="--recording"):
        bundled(out, "all", folder)
    other = tmp_path / "other.nmea"
    other.write_bytes(bundles.recording().read_bytes()[:-100])
    with pytest.raises(BundleError, match="bytes"):
        bundled(out, "all", folder, recordings=(str(other),))
    pruned = tmp_path / "station"
    shutil.copytree(station(), pruned)
    sorted((pruned / "raw").iterdir())[0].unlink()
    with pytest.raises(BundleError, match="was deleted"):
        bundled(out, name, pruned, places=bundles.PLACES)
    assert not out.exists()


def test_what_must_not_be_handed_on_is_left_out_or_nothing_is(tmp_path: Path) -> None:
    out, name = tmp_path / "b.zip", next(iter(rows()))
    marked = Settings(
        credits={"shore": "no redistribution: Example Ltd", "sim*": "no redistribution"}
    )
    with pytest.raises(BundleError, match="shore heard must not be handed on"):
        bundled(out, name, settings=marked)
    with pytest.raises(BundleError, match="must not be handed on"):
        bundled(out, "all", bundles.replayed(), settings=marked)
    made = bundled(out, name, settings=marked, lines_only=True)
    assert "What was heard by shore is left out" in made.notes[-1]
    assert b"!AIVDM," not in files_of(out.read_bytes())["lines.jsonl"]
    assert verify_file(out).code == UNKNOWN


def test_whose_data_it_is_goes_along(tmp_path: Path) -> None:
    out, name = tmp_path / "b.zip", next(iter(rows()))
    bundled(out, name, settings=Settings(credits={"shore": "Heard by Example Trust, CC BY 4.0"}))
    assert verify_file(out).code == SOUND
    files = files_of(out.read_bytes())
    assert b"shore: Heard by Example Trust, CC BY 4.0" in files["README.txt"]
    assert b"Heard by Example Trust" in files["manifest.json"]


def test_other_settings_than_those_of_the_event_are_found_out(tmp_path: Path) -> None:
    """A user who changed a threshold since cannot bundle an event as if nothing had been."""
    settings = Settings()
    settings = replace(settings, gap=replace(settings.gap, min_duration_h=5.0))
    name = next(n for n, row in rows().items() if row["kind"] == "gap" and row["end"])
    made = bundled(tmp_path / "b.zip", name, settings=settings)
    assert any("settings" in note for note in made.notes)
    assert verify_file(tmp_path / "b.zip").code == CHANGED


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"origin": "elsewhere"}, "origin"),
        ({"events": "x"}, "list of texts"),
        ({"segments": [{}]}, "missing"),
        ({"sternlight_bundle": 2}, "version"),
        ({"settings": []}, "an object"),
        ({"unheard_of": 1}, "not known"),
        ({"state_before": -1}, "0 or more"),
        ({"places": ["../../etc"]}, "no name of a file"),
        ({"station": "0" * 32}, "another station"),
        ({"events": []}, "other events"),
    ],
)  # fmt: skip
def test_a_manifest_that_makes_no_sense_is_refused(
    tmp_path: Path, values: dict[str, object], says: str
) -> None:
    bundle = tmp_path / "whole.zip"
    bundled(bundle, next(iter(rows())))
    verdict = verified(changed_manifest(bundle.read_bytes(), **values), tmp_path / "b.zip")
    assert verdict.code == CHANGED
    assert says in told(verdict)


def test_settings_of_another_release_leave_the_events_unchecked(tmp_path: Path) -> None:
    other = json.loads(files_of(bundles.small())["manifest.json"])["settings"]
    other["gap"]["unheard_of"] = 1.0
    changed = changed_manifest(bundles.small(), settings=other, release="9.9")
    verdict = verified(changed, tmp_path / "b.zip")
    assert verdict.code == UNKNOWN
    assert "9.9" in told(verdict)
    assert "unheard_of" in told(verdict)


def test_the_commands_bundle_and_verify(tmp_path: Path) -> None:
    settings = tmp_path / "sternlight.toml"
    settings.write_text(f'[mail]\nkeys = "{key()}"\n', "utf-8")
    said = ["bundle", next(iter(rows())), "--data", station(), "--places", "none"]
    said += ["--config", settings, "--reason", "for a test", "--out", tmp_path / "b.zip"]
    done = CliRunner().invoke(main, list(map(str, said)))
    assert done.exit_code == SOUND, done.output
    assert "SOUND" in done.output
    assert "addresses of its sources" in done.output
    done = CliRunner().invoke(main, ["verify", str(tmp_path / "b.zip"), "--json"])
    assert done.exit_code == SOUND
    told_ = json.loads(done.output)
    assert told_["result"] == "sound"
    assert told_["key"] == keys.fingerprint(keys.public_pem(key()) or b"")
    assert [event["equal"] for event in told_["events"]] == [True]
    (tmp_path / "b.zip").write_bytes(b"PK nothing")
    done = CliRunner().invoke(main, ["verify", str(tmp_path / "b.zip")])
    assert done.exit_code == CHANGED
    assert "do not rely on this file" in done.output
    assert SAYS_NOT[0] in done.output
