"""What was learned, as people read it on a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sternlight.learn.doubts import title
from sternlight.text import counted, plain

FEATURES_COUNT = 8
UNUSED_COUNT = 10


def report(row: dict[str, Any]) -> RenderableType:
    """Return what to show of a report: warnings first, then figures."""
    parts: list[RenderableType] = [
        *(_text(f"! {one}") for one in row["warnings"]),
        _text(_counts(row)),
        _figures(row),
        _singles(row),
        _bands(row),
        _importances(row),
        *_unused(row),
        _text(row["is"]),
    ]
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def _text(says: str) -> Text:
    return Text(plain(says))


def _counts(row: dict[str, Any]) -> str:
    n = row["counts"]
    left = "; ".join(f"{counted(many, 'ship')} {why}" for why, many in row["left_out"].items())
    return (
        f"Learned from {counted(n['positive_ships'], 'positive ship')} ({n['positive_rows']} times,"
        f" {counted(n['positive_sources'], 'source')}) against {n['other_ships']:,} others;"
        f" tried on {counted(n['negative_ships'], 'negative ship')} too."
        + (f" Left out: {left}." if left else "")
    )


def _figures(row: dict[str, Any]) -> Table:
    table = _table()
    flagged = f"flagged ({row['share_flagged']:.0%} of all ships)"
    table.add_row("recall: labelled cases", _share(row["recall"]), flagged)
    for one in row["recall_if_flagged"]:
        table.add_row("", _share(one["recall"]), f"if {one['share']:.0%} of all are flagged")
    table.add_row("specificity: negatives", _share(row["specificity"]), "not flagged")
    precision = row["precision"]
    table.add_row("precision", "" if precision is None else f"{precision:.2f}", row["precision_is"])
    for one in row["prevalence"]["assumed"]:
        says = f"true cases, if {one['cases_share']:.1%} of all ships were, which nobody knows"
        table.add_row("of 100 flagged", f"about {one['of_100_flagged']:.0f}", says)
    return table


def _share(one: dict[str, Any] | None) -> str:
    if one is None:
        return "not known"
    return f"{one['value']:.2f} ({one['low']:.2f} to {one['high']:.2f}; {one['ships_count']})"


def _singles(row: dict[str, Any]) -> Table:
    table = _table("one feature alone, as many flagged", "recall", "negatives not flagged")
    for one in row["single_features"][:FEATURES_COUNT]:
        specificity = one["specificity"]
        table.add_row(
            title(one["feature"]),
            f"{one['recall']['value']:.2f}",
            "" if specificity is None else f"{specificity['value']:.2f}",
        )
    return table


def _bands(row: dict[str, Any]) -> Table:
    table = _table("score", "ships", "labelled positive", "labelled negative")
    for one in reversed(row["calibration"]):
        table.add_row(f"{one['low']:.1f} to {one['high']:.1f}", f"{one['ships_count']:,}",
                      f"{one['positives_count']}", f"{one['negatives_count']}")  # fmt: skip
    return table


def _importances(row: dict[str, Any]) -> Table:
    table = _table("feature", "ranking worse by, when shuffled", "seen of positives", "of others")
    seen = {one["feature"]: one for one in row["seen"]}
    for one in row["importances"][:FEATURES_COUNT]:
        of = seen.get(one["feature"])
        shares = (f"{of['of_positives']:.0%}", f"{of['of_others']:.0%}") if of else ("", "")
        table.add_row(one["title"], f"{one['loss']:.3f}", *shares)
    return table


def _unused(row: dict[str, Any]) -> list[Text]:
    unused = row["unused_labels"]
    if not unused:
        return []
    lines = [f"{counted(len(unused), 'label')} could not be used:", *unused[:UNUSED_COUNT]]
    if len(unused) > UNUSED_COUNT:
        lines.append("The report names all of them.")
    return [Text("\n".join(map(plain, lines)))]


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, show_header=bool(names))
    for name in names:
        table.add_column(name)
    return table
