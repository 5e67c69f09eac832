"""What is said of alerts and of their budget, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from sternlight.text import counted, duration

DAY_S = 86_400.0


class Account(TypedDict):
    """How the budget is kept."""

    budget_per_week: float
    threshold: float | None  # the least score that alerts now; None: none does
    days_heard: float  # on which the threshold rests; older ones count less
    calibrating: bool  # so few days that nobody knows yet what is usual
    alerts: int
    held_back: int


def says(told: Account) -> str:
    """Say how the budget is kept."""
    threshold = told["threshold"]
    limit = "nothing alerts now" if threshold is None else f"threshold now {threshold:.2f}"
    text = (
        f"{counted(told['alerts'], 'alert')} (budget {told['budget_per_week']:g} a week; {limit})"
    )
    if told["held_back"]:
        text += f", {told['held_back']:,} more held back by the budget"
    if told["calibrating"]:
        text += f". Still calibrating: {duration(told['days_heard'] * DAY_S)} heard"
    return text + "."


def says_of(row: Mapping[str, Any]) -> str:
    """Say whether a row of events.jsonl is an alert, and how usual it is; empty: neither."""
    verdict = "alert" if row["alert"] else "held back by the budget" if row["held_back"] else ""
    usual = row["usual_per_week"]
    if usual is not None:
        how = f"a usual week brings about {usual:g} at least as strong"
    else:
        how = "how many a usual week brings is not known yet" if verdict else ""
    return "; ".join(text for text in (verdict, how) if text)
