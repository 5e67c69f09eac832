"""The same sea as NMEA and as a table that nobody sorted."""

import json
import random
from pathlib import Path

from click.testing import CliRunner

from receiver.sources.simulator import Simulation
from sternlight.cli import main


def run(*words: object) -> None:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output


def events(folder: Path) -> list[tuple[str, str | None, float]]:
    """Return what does not hang on the sixth decimal of a position, where tables end."""
    rows = [json.loads(line) for line in (folder / "events.jsonl").read_text("utf-8").splitlines()]
    return [(row["id"], row["end"], round(row["score"], 2)) for row in rows]


def test_a_table_of_our_own_in_any_order_gives_the_events_of_the_recording(tmp_path: Path) -> None:
    recording, table = tmp_path / "sea.nmea", tmp_path / "sea.csv"
    recording.write_bytes(b"".join(Simulation(seed=5, hours=20.0, vessels=50).lines()))
    run("decode", recording, "--out", table)
    head, *rows = table.read_text("utf-8").splitlines()
    random.Random(3).shuffle(rows)
    table.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    run("replay", recording, "--out", tmp_path / "a")
    run("replay", table, "--out", tmp_path / "b")
    found = events(tmp_path / "a")
    assert {name.partition("-")[0] for name, _, _ in found} == {"gap", "loitering", "encounter"}
    assert events(tmp_path / "b") == found
