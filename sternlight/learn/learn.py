"""From a file of labels and a record to a table of ships and a report on it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from anomalies.event import track_name
from anomalies.features import SHIP_KINDS, Features
from receiver.decoded import BadInput
from sternlight.data import data_folder
from sternlight.jsontext import dumps, measurement, replacing
from sternlight.learn.cases import NEGATIVE, OTHER, POSITIVE, Table, table
from sternlight.learn.forests import Method, Scored, scored
from sternlight.learn.labels import read
from sternlight.learn.numbers import learned_from, numbers
from sternlight.learn.report import judge
from sternlight.record.features import EVER, Asked, reach_nmi
from sternlight.record.read import open_record
from sternlight.record.ships import ships
from sternlight.text import counted, harmless, iso, plain
from tracks.batch import F64
from tracks.flags import Flags

LEAST_POSITIVES = 20  # McDonald et al. 2021 had 21 vessel-years; of 20, .9 is .70 to .97
LEAST_SOURCES = 5  # ours: fewer leave nothing to try on that is not told by the same people
LEAST_OTHERS = 100  # ours: of fewer, a share flagged is not known to a hundredth
WORDS = {POSITIVE: "positive", NEGATIVE: "negative", OTHER: ""}


class Question(NamedTuple):
    """What to learn from, and where to write it."""

    labels: Path
    data: Path  # a station's folder, or that of a replay's results
    out: Path  # .csv; the report stands beside it, as .json
    method: Method


class Answer(NamedTuple):
    """What was learned."""

    report: dict[str, Any]
    out: Path
    report_path: Path


def learn(question: Question) -> Answer:
    """Learn, and write the table and the report.

    Raises BadInput for labels that cannot be used or are too few, and ArchiveError.
    """
    out, report_path = _places(question)
    labels = read(question.labels)
    with open_record(question.data) as record:
        flags = Flags.load(data_folder() / "flags.csv")
        asked = Asked(flags, reach_nmi=reach_nmi(record))
        made = table(record, ships(record), labels, asked, question.labels)
        ((last,),) = record.read("select max(last) from hulls")
    _require(made)
    method = question.method
    result = scored(numbers(made.features), made.label, made.group, method)
    judged = judge(made, result, method)
    _write(out, _rows(made, result, judged.threshold))
    report = {**judged.row, "labels": plain(question.labels.name),
              "record_until": iso(last), "table": out.name}  # fmt: skip
    with replacing(report_path) as file:
        file.write(dumps(report, indented=True) + "\n")
    return Answer(report, out, report_path)


def _places(question: Question) -> tuple[Path, Path]:
    out = question.out
    if out.suffix.lower() != ".csv":
        raise BadInput(f"--out {out}: the name must end in .csv; the report gets the same in .json")
    report = out.with_suffix(".json")
    if question.labels.resolve() in (out.resolve(), report.resolve()):
        raise BadInput(f"--out {out} would overwrite the labels; give another name")
    return out, report


def _require(made: Table) -> None:
    """Refuse what nothing can be learned from.  Raises BadInput that says what is missing."""
    label, ship = made.label, made.ship
    n = len(np.unique(ship[label == POSITIVE]))
    others = len(np.unique(ship[label == OTHER]))
    sources = len(np.unique(made.group[label == POSITIVE]))
    why = ""
    if n < LEAST_POSITIVES:
        why = (
            f"{counted(n, 'ship')} of the record can be learned from as positive, and"
            f" {LEAST_POSITIVES} are needed: with fewer nobody could tell skill from chance"
            f" (the published model had 21 vessel-years). Label {LEAST_POSITIVES - n} more that"
            " were heard, or look at `sternlight vessels`, which needs no labels"
        )
    elif sources < LEAST_SOURCES:
        why = (
            f"all positives come from {counted(sources, 'source')}, and {LEAST_SOURCES} are needed,"
            " so that some can be left out to try on"
        )
    elif others < LEAST_OTHERS:
        why = (
            f"{counted(others, 'ship')} of the record can be held against the positives (of their"
            f" kinds, not labelled, heard long enough), and {LEAST_OTHERS} are needed; let the"
            " station listen on"
        )
    if why:
        told = [f"; {one}" for one in made.unused[:5]]
        more = len(made.unused) - len(told)
        raise BadInput(why + "".join(told) + (f"; and {more} more" if more > 0 else ""))


def _rows(made: Table, result: Scored, threshold: float) -> list[dict[str, Any]]:
    """Return a row for each case, the most alike first."""
    order = np.lexsort((np.arange(len(made.cases)), -result.score)).tolist()
    return [
        _row(made, row, rank, float(result.score[row]), threshold)
        for rank, row in enumerate(order, 1)
    ]


def _row(made: Table, row: int, rank: int, score: float, threshold: float) -> dict[str, Any]:
    case, features = made.cases[row], made.features
    ship = case.ship
    return {
        "rank": rank,
        "ship": track_name(ship.tracks[0]),
        "learned_score": round(score, 4),
        "over_threshold": "yes" if score >= threshold else "no",
        "label": WORDS[case.label],
        "from": _date(case.span.since, EVER.since),
        "to": _date(case.span.until, EVER.until),
        "name": ship.last_said("name"),
        "imo": ship.last_said("imo"),
        "call_sign": ship.last_said("call_sign"),
        "mmsis": " ".join(map(str, ship.mmsis)),
        "kind": SHIP_KINDS[features.kind[row]],
        "heard_days": int(made.heard_days[row]),
        "memory_days": _cell(features, "memory_days", row),
        **{name: _cell(features, name, row) for name in learned_from()},
    }


def _date(t: float, unlimited: float) -> str:
    return "" if t == unlimited else iso(t)


def _cell(features: Features, name: str, row: int) -> float | int | None:
    column: F64 = getattr(features, name)
    return measurement(name, float(column[row]))


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with replacing(path) as out:
        written = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        written.writeheader()
        for row in rows:
            cells = {n: harmless(v) if isinstance(v, str) else v for n, v in row.items()}
            written.writerow(cells)
