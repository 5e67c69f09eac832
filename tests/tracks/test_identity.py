"""Dated claims of identity, against a slow twin that keeps lists."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracks.batch import StaticBatch
from tracks.identity import Claims, Identities, imo_valid
from tracks.ship_types import ship_type_name
from tracks.state import State, dump, load

ANNA, BELLA = 211_000_001, 211_000_002

Told = Mapping[str, object]


def statics(rows: Iterable[Told]) -> StaticBatch:
    batches = [StaticBatch.make(1, **{"line": i} | dict(row)) for i, row in enumerate(rows)]
    return StaticBatch.concat(batches)


def run(
    batch: StaticBatch, cuts: Iterable[float] = (), fold: Identities | None = None
) -> tuple[State, Counter[str]]:
    fold = fold or Identities()
    state, counts, begin = fold.start(), Counter[str](), -math.inf
    for cut in [*sorted(cuts), math.inf]:
        step = batch.take((batch.t >= begin) & (batch.t < cut))
        state, count = fold.step(load(dump(state)), step, cut)
        counts += count
        begin = cut
    return state, counts


def values_of(b: StaticBatch, i: int) -> dict[str, str | int]:
    texts = {
        n: getattr(b, n)[i].decode().rstrip(" @") for n in ("name", "call_sign", "destination")
    }
    return {
        **texts,
        "imo": int(b.imo[i]),
        "ship_type": int(b.ship_type[i]),
        "length_m": int(b.to_bow_m[i]) + int(b.to_stern_m[i]),
        "beam_m": int(b.to_port_m[i]) + int(b.to_starboard_m[i]),
    }


def twin(
    b: StaticBatch, most: int = 64
) -> tuple[dict[tuple[int, str], list[tuple[float, str | int]]], int]:
    """Return the changes by vessel and field, and how many there was no room for."""
    kept: dict[tuple[int, str], list[tuple[float, str | int]]] = {}
    present: dict[tuple[int, str], str | int] = {}
    left_out = 0
    for i in np.lexsort((b.line, b.t)).tolist():
        for field, value in values_of(b, i).items():
            key = int(b.mmsi[i]), field
            if not value or present.get(key) == value:
                continue
            present[key] = value
            if len(kept.setdefault(key, [])) < most:
                kept[key].append((float(b.t[i]), value))
            else:
                left_out += 1
    return kept, left_out


told = st.fixed_dictionaries(
    {"t": st.integers(0, 20).map(float), "mmsi": st.sampled_from([ANNA, BELLA])},
    optional={
        "name": st.sampled_from([b"ANNA", b"ANNA@", b"BELLA", b"BELLA  ", b""]),
        "call_sign": st.sampled_from([b"DABC", b""]),
        "imo": st.sampled_from([0, 9_074_729]),
        "ship_type": st.sampled_from([0, 30, 70]),
        "to_bow_m": st.integers(0, 2),
        "to_port_m": st.integers(0, 1),
        "destination": st.sampled_from([b"KIEL", b"OSLO"]),
    },
)


@given(st.lists(told, max_size=30), st.lists(st.floats(0, 20), max_size=4), st.integers(1, 4))
@settings(deadline=None)
def test_changes_are_those_of_the_slow_twin_wherever_the_stream_is_cut(
    rows: list[Told], cuts: list[float], most: int
) -> None:
    fold, batch = Identities(max_changes_count=most), statics(rows)
    state, counts = run(batch, cuts, fold)
    kept, left_out = twin(batch, most)
    assert counts["identity: changes beyond what is kept"] == left_out
    for mmsi in (ANNA, BELLA):
        found: dict[tuple[int, str], list[tuple[float, str | int]]] = {}
        for change in fold.history(state, mmsi):
            found.setdefault((mmsi, change.field), []).append((change.since, change.value))
        assert found == {key: value for key, value in kept.items() if key[0] == mmsi}


@given(st.lists(told, max_size=20), st.floats(-1, 21))
@settings(deadline=None)
def test_what_was_claimed_at_a_time_does_not_depend_on_what_was_heard_later(
    rows: list[Told], t: float
) -> None:
    batch, fold = statics(rows), Identities()
    whole, then = run(batch)[0], run(batch.take(batch.t <= t))[0]
    for mmsi in (ANNA, BELLA):
        assert fold.at(whole, mmsi, t) == fold.at(then, mmsi, t) == fold.ever(then, mmsi)


def test_claims_hold_from_when_they_were_heard() -> None:
    state, _ = run(
        statics(
            [
                {"t": 10.0, "mmsi": ANNA, "name": b"ANNA", "to_bow_m": 80, "to_stern_m": 20},
                {"t": 20.0, "mmsi": ANNA, "ship_type": 70, "imo": 9_074_729},
                {"t": 30.0, "mmsi": ANNA, "name": b"OTHER"},
            ]
        )
    )
    fold = Identities()
    assert fold.at(state, ANNA, 9.9) == Claims()
    assert fold.at(state, ANNA, 10) == Claims(name="ANNA", length_m=100)
    assert fold.at(state, ANNA, 29) == Claims("ANNA", imo=9_074_729, ship_type=70, length_m=100)
    assert fold.ever(state, ANNA).name == "OTHER"
    assert fold.ever(state, BELLA) == Claims()


def test_what_is_repeated_adds_nothing_to_the_state() -> None:
    row = {"t": 1.0, "mmsi": ANNA, "name": b"ANNA", "destination": b"KIEL"}
    once, many = (
        run(statics([row]))[0],
        run(statics([row | {"t": float(k)} for k in range(1, 50)]))[0],
    )
    assert dump(once) == dump(many)


def test_hostile_characters_are_left_for_the_writer_to_escape() -> None:
    state, _ = run(statics([{"t": 1.0, "mmsi": ANNA, "name": b'=A1"<B>\r\n\xff'}]))
    assert Identities().ever(state, ANNA).name == '=A1"<B>\r\n�'


@pytest.mark.parametrize("imo", [9_074_729, 9_319_466, 1_000_019])
def test_an_imo_number_with_its_check_digit_is_valid(imo: int) -> None:
    assert imo_valid(imo)


@pytest.mark.parametrize("imo", [9_074_728, 0, -9_074_729, 907_472, 90_747_290, 1_234_568])
def test_any_other_number_is_not(imo: int) -> None:
    assert not imo_valid(imo)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (30, "fishing"),
        (52, "tug"),
        (50, "pilot vessel"),
        (60, "passenger"),
        (78, "cargo"),
        (84, "tanker"),
        (99, "other"),
        (0, ""),
        (38, ""),
        (255, ""),
        (15, ""),
    ],
)
def test_ship_types_are_said_in_plain_words(raw: int, words: str) -> None:
    assert ship_type_name(raw) == words
