"""Events on disk: what stands is what was told last."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anomalies.event import Change, Event, Evidence
from sternlight.ledger import Ledger, from_json, to_json

What = Literal["opened", "updated", "closed", "withdrawn"]


def event(start: float, note: float = 0.1, end: float | None = None) -> Event:
    evidence = Evidence(
        {"duration_h": note, "away_nmi": float("nan")}, "a rule", (1, 5), ("é\x1b",)
    )
    return Event("gap", (257_000_001_001,), start, end, 1 / 3, -179.99999999, evidence)


def test_an_event_comes_back_from_json_as_it_was() -> None:
    made = event(1.5e9 + 0.1, end=1.5e9 + 7)
    again = from_json(to_json(made))
    assert again == made
    assert repr(again.evidence) == repr(made.evidence)  # repr: nan equals nan


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from(["opened", "updated", "closed", "withdrawn"])),
        max_size=30,
    )
)
def test_a_ledger_gives_what_a_dictionary_gives(
    tmp_path: Path, told: list[tuple[int, What]]
) -> None:
    standing: dict[str, Event] = {}
    with Ledger(tmp_path) as ledger:
        for note, (start, what) in enumerate(told):
            made = event(100.0 * start, float(note), 1e9 if what == "closed" else None)
            ledger.apply([Change(what, made)])
            standing.pop(made.id, None)
            if what != "withdrawn":
                standing[made.id] = made
        expected = sorted(standing.values(), key=lambda e: e.start)
        assert [repr(e) for e in ledger.events()] == [repr(e) for e in expected]
        assert len(ledger) == len(standing)
        assert all(ledger[name] == standing[name] for name in standing)
        assert list(tmp_path.iterdir()) == []
