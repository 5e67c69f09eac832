"""The results as the tables of docs/quality.md, which stand there between two remarks."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from _evaluate_budget import Kept
from _evaluate_gaps import (
    CAUSES,
    LEAST_H,
    OUTAGE,
    RANKINGS,
    RULES,
    Silences,
    Station,
    by_length,
    rankings,
)
from _evaluate_identity import KINDS as IDENTITY_KINDS
from _evaluate_identity import Sea
from _evaluate_meetings import KINDS, SETTINGS, Outcome
from _evaluate_metrics import (
    Counts,
    Ranking,
    average_precision,
    bootstrap,
    poisson,
    pooled,
    precision_at,
    recall_at,
    reliability,
    right_among,
    wilson,
)
from _evaluate_real import Masked, Normal

Tables = dict[str, str]
EDGES = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)
LENGTHS_H = (2.0, 4.0, 6.0, 12.0, 24.0)
STRONG = 0.5
ONE_IN = (10, 100, 1000)
FEW = 3  # of fewer seas than that no interval is told


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table in Markdown; all columns but the first are numbers."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def share(hits: int, n: int) -> str:
    """Write a share with its counts and its 95 % interval."""
    if not n:
        return "none"
    low, high = wilson(hits, n)
    return f"{hits / n:.3f} ({low:.3f} to {high:.3f}; {hits:,} of {n:,})"


def minutes(off: Sequence[np.ndarray[tuple[int], np.dtype[np.float64]]]) -> str:
    """Write the median of how far off times are."""
    every = np.concatenate(list(off))
    return f"{np.median(every):.0f} min" if len(every) else "none"


def figure(parts: Sequence[Ranking], of: Callable[[Ranking], float]) -> str:
    """Write a figure of several seas with its 95 % interval, if there are seas enough for one."""
    value = of(pooled(parts))
    if math.isnan(value) or len(parts) < FEW:
        return "none" if math.isnan(value) else f"{value:.3f}"
    low, high = bootstrap(parts, of)
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def counts_row(counts: Counts, weeks: float) -> list[str]:
    wrong = rate(counts.flagged - counts.right, weeks)
    return [share(counts.right, counts.flagged), share(counts.right, counts.true), wrong]


def rate(count: int, weeks: float) -> str:
    """Write how many there are a week, with the interval and the count."""
    low, high = (end / weeks for end in poisson(count))
    return f"{count / weeks:.1f} ({low:.1f} to {high:.1f}; {count:,})"


def of_gaps(stations: Sequence[Station]) -> Tables:
    """Return the tables of part (a)."""
    listed = pooled(rankings(stations, "Sternlight's score", LEAST_H))
    lengths = by_length(stations, LENGTHS_H)
    ends = [*(f"{h:g} h" for h in LENGTHS_H[1:]), "more"]
    return {
        **_told_apart("gaps", stations),
        "gaps-lengths": table(
            ["silent for", "silences", "truly switched off"],
            [(f"{low:g} h to {end}", f"{n:,}", share(true, n))
             for (low, (n, true)), end in zip(lengths.items(), ends, strict=True)],
        ),
        "gaps-causes": table(
            ["why it was silent", "silences", "listed", f"score {STRONG} or more"],
            _silent_because(Silences.concat([s.every for s in stations])),
        ),
        "gaps-reliability": _reliability(listed),
    }  # fmt: skip


def of_crossing(stations: Sequence[Station]) -> Tables:
    """Return the tables of the sea that ships cross, of part (a)."""
    return _told_apart("crossing", stations)


def _told_apart(name: str, stations: Sequence[Station]) -> Tables:
    """Return tables, with names that begin so, of how well seas' silences are told apart."""
    every = Silences.concat([s.silences for s in stations])
    weeks = sum(s.weeks for s in stations)
    listed = pooled(rankings(stations, "Sternlight's score", LEAST_H))
    rules = [
        ("Sternlight, all it lists", listed.flagged(0.0)),
        (f"Sternlight, score {STRONG} or more", listed.flagged(STRONG)),
        *((f"rule: {n}", _all(every).counted(rule(every))) for n, rule in RULES.items()),
    ]
    return {
        f"{name}-facts": table(["", "count"], _facts(stations, every)),
        f"{name}-rules": table(
            ["flagged by", "precision", "recall", "false alarms a week"],
            [(rule, *counts_row(c, weeks)) for rule, c in rules],
        ),
        f"{name}-rankings": table(
            ["ranked by", "average precision", "recall at precision 0.9",
             "right among one a week", "average precision, 6 h or more"],
            [_ranked(stations, by, weeks) for by in RANKINGS],
        ),
        f"{name}-chance": _chances(every),
    }  # fmt: skip


def _all(every: Silences) -> Ranking:
    return Ranking(every.truth, every.hours)


def _silent_because(every: Silences) -> list[list[str]]:
    """Return for each cause all, those listed, and those with a high score."""
    kinds = (np.ones(len(every), np.bool_), every.score > -np.inf, every.score >= STRONG)
    return [
        [cause, *(f"{np.count_nonzero(kind & (every.cause == k)):,}" for kind in kinds)]
        for k, cause in enumerate(CAUSES)
    ]


def _facts(stations: Sequence[Station], every: Silences) -> list[tuple[str, str]]:
    outage = every.take(every.cause == OUTAGE)
    listed = int((outage.score > -np.inf).sum())
    return [
        ("seas", f"{len(stations)}"),
        ("station weeks judged", f"{sum(s.weeks for s in stations):.1f}"),
        ("silences of 2 h or more", f"{len(every):,}"),
        ("truly switched off", share(int(every.truth.sum()), len(every))),
        ("gap events listed that are no silence of 2 h or more",
         f"{sum(s.elsewhere for s in stations):,}"),
        ("outages of the station", f"{sum(s.outages for s in stations)}"),
        ("innocent silences that began with an outage", f"{len(outage):,}"),
        ("of these, listed as a gap", share(listed, len(outage))),
        ("start of the right ones, median error", minutes([s.start_min for s in stations])),
        ("end of the right ones, median error", minutes([s.end_min for s in stations])),
    ]  # fmt: skip


def _ranked(stations: Sequence[Station], name: str, weeks: float) -> list[str]:
    parts, long = rankings(stations, name, LEAST_H), rankings(stations, name, 6.0)
    n = round(weeks)
    return [
        name,
        figure(parts, average_precision),
        figure(parts, lambda r: recall_at(r, 0.9)),
        f"{right_among(pooled(parts), n):.1f} of {n}",
        figure(long, average_precision),
    ]


def _reliability(ranking: Ranking) -> str:
    bins = [b for b in reliability(ranking, EDGES) if b.n]
    rows = [(f"{b.low:g} to {b.high:g}", f"{b.mean_score:.2f}", share(b.right, b.n)) for b in bins]
    return table(["score", "mean score", "truly so"], rows)


def _chances(every: Silences) -> str:
    """Write how often innocent silences are called rare.

    Who is not listed is not called so.  Shorter ones than 6 h are listed from one in a hundred
    on, so that only longer ones can be asked for less.
    """
    if np.isnan(every.chance).all():
        return "The detector gives no chance yet, so there is nothing to hold against what came."
    rows = []
    for n in ONE_IN:
        asked = every.take(every.hours > 6) if n < ONE_IN[1] else every
        innocent, made = asked.take(~asked.truth), asked.take(asked.truth)
        called, caught = (int((some.chance <= 1 / n).sum()) for some in (innocent, made))
        name = f"1 in {n:,}" + (", of those longer than 6 h" if n < ONE_IN[1] else "")
        rows.append((name, share(called, len(innocent)), f"{1 / n:g}", share(caught, len(made))))
    return table(["called", "of the innocent", "promised", "of those switched off"], rows)


Meetings = dict[str, dict[str, dict[str, list[Outcome]]]]  # by setting, rule and kind


def of_meetings(meetings: Meetings) -> Tables:
    """Return the tables of part (b)."""
    ours = next(iter(next(iter(meetings.values()))))
    first = meetings[SETTINGS[0].name]
    return {
        "meetings": table(
            ["", "listed: precision", "recall", f"precision, score {STRONG} or more",
             "recall, the same", "average precision", "precision at recall 0.95", "start", "end"],
            [_setting(kind, name, by_rule[ours][kind])
             for kind in KINDS for name, by_rule in meetings.items()],
        ),
        "meetings-rules": table(
            ["", "precision", "recall", "false alarms a week"],
            [(f"{kind}: {rule}", *counts_row(_pool(of[kind]).flagged(0.0), _weeks(of[kind])))
             for kind in KINDS for rule, of in first.items()],
        ),
        "meetings-wrong": table(
            ["what it was", *(f"{kind}s, of these score {STRONG} or more" for kind in KINDS)],
            _causes({kind: first[ours][kind] for kind in KINDS}),
        ),
        **{
            f"{kind}-reliability": _reliability(_pool(first[ours][kind])) for kind in KINDS
        },
    }  # fmt: skip


def _pool(outcomes: Sequence[Outcome]) -> Ranking:
    return pooled(o.ranking for o in outcomes)


def _weeks(outcomes: Sequence[Outcome]) -> float:
    return sum(o.weeks for o in outcomes)


def _setting(kind: str, name: str, outcomes: Sequence[Outcome]) -> list[str]:
    parts = [o.ranking for o in outcomes]
    every = pooled(parts)
    listed, strong = every.flagged(0.0), every.flagged(STRONG)
    return [
        f"{kind}, {name}",
        share(listed.right, listed.flagged),
        share(listed.right, listed.true),
        share(strong.right, strong.flagged),
        share(strong.right, strong.true),
        figure(parts, average_precision),
        f"{precision_at(every, 0.95):.3f}",
        minutes([o.start_min for o in outcomes]),
        minutes([o.end_min for o in outcomes]),
    ]


def _causes(by_kind: dict[str, list[Outcome]]) -> list[list[str]]:
    wrong, strong = (
        {k: sum((getattr(o, name) for o in of), Counter[str]()) for k, of in by_kind.items()}
        for name in ("causes", "strong_causes")
    )
    every = sum(wrong.values(), Counter[str]())
    return [
        [cause, *(f"{wrong[kind][cause]}, {strong[kind][cause]}" for kind in by_kind)]
        for cause, _ in sorted(every.items(), key=lambda item: (-item[1], item[0]))
    ]


def of_masked(hidden: Sequence[Masked], relaid: Sequence[Masked]) -> Tables:
    """Return the table of part (c)."""
    rows = [
        _masked("windows hidden, recordings as they are", hidden),
        _masked("tracks laid around a made-up antenna, some hidden", relaid),
    ]
    head = ["", "silences", "hidden", "listed: precision", "recall", f"recall, {STRONG} or more",
            "average precision", "by length alone", "start", "end"]  # fmt: skip
    return {"masked": table(head, rows)}


def _masked(name: str, masked: Sequence[Masked]) -> list[str]:
    parts = [m.silences for m in masked]
    every = pooled(parts)
    listed, strong = every.flagged(0.0), every.flagged(STRONG)
    lengths = [Ranking(m.silences.truth, m.hours) for m in masked]
    return [
        name,
        f"{len(every.truth):,}",
        f"{every.true_count:,}",
        share(listed.right, listed.flagged),
        share(listed.right, listed.true),
        share(strong.right, strong.true),
        figure(parts, average_precision),
        figure(lengths, average_precision),
        minutes([m.start_min for m in masked]),
        minutes([m.end_min for m in masked]),
    ]


def of_normal(normals: Sequence[Normal]) -> Tables:
    """Return the tables of part (d)."""

    def row(one: Normal) -> list[str]:
        listed = ", ".join(f"{n} {kind}" for kind, n in one.listed.items()) or "nothing"
        return [f"{one.name}", f"{one.hours:.1f}", f"{one.vessels:,}", listed, f"{one.strong}",
                f"{one.alerts}"]  # fmt: skip

    head = ["recording", "hours heard", "vessels", "listed", f"score {STRONG} or more", "alerts"]
    quiet = [n for n in normals if not n.known]
    weeks = sum(n.hours for n in quiet) / (7 * 24)
    alerts = sum(n.alerts for n in quiet)
    listed, strong, alerted = (
        rate(n, weeks)
        for n in (sum(sum(n.listed.values()) for n in quiet), sum(n.strong for n in quiet), alerts)
    )
    total = ["all of them", f"{sum(n.hours for n in quiet):.1f}",
             f"{sum(n.vessels for n in quiet):,}", f"{sum(sum(n.listed.values()) for n in quiet)}",
             f"{sum(n.strong for n in quiet)}", f"{alerts}"]  # fmt: skip
    a_week = ["a week", "", "", listed, strong, alerted]
    return {
        "normal": table(head, [*map(row, quiet), total, a_week]),
        "known": table([*head, "known of it"], [[*row(n), n.known] for n in normals if n.known]),
    }


def of_budget(seas: Sequence[Sequence[Kept]]) -> Tables:
    """Return the table of the budget of alerts; each sea has the same budgets in the same order."""

    def row(of: Sequence[Kept]) -> list[str]:
        weeks, alerts = sum(k.weeks for k in of), sum(k.alerts for k in of)
        right, partly = sum(k.right for k in of), sum(k.partly for k in of)
        name = f"score {STRONG} or more" if of[0].budget is None else f"{of[0].budget:g} a week"
        return [
            name,
            rate(alerts, weeks),
            f"{max(k.most for k in of)}",
            f"{sum(k.held_back for k in of) / weeks:.1f}",
            share(right, alerts - partly),
        ]

    head = ["budget", "alerts a week", "most in any seven days", "held back a week", "right"]
    return {"budget": table(head, [row(of) for of in zip(*seas, strict=True)])}


_BLOCK = r"(<!-- table: {} -->\n).*?(<!-- end of table -->)"


def of_identity(seas: Sequence[Sea]) -> Tables:
    """Return the tables of part (f)."""
    rows = []
    for kind in IDENTITY_KINDS:
        some = [sea.outcomes[kind] for sea in seas]
        true, listed, right, strong, strong_right = (
            sum(int(count) for count in counts)
            for counts in zip(*(o[:5] for o in some), strict=True)
        )
        times = [minutes([np.array(o[i]) for o in some]) for i in (-2, -1)]
        rows.append(
            (kind, share(right, listed), share(right, true), share(strong_right, strong),
             share(strong_right, true), *times)
        )  # fmt: skip
    calm, before, after, ships = (sum(sea.silenced[i] for sea in seas) for i in range(4))
    head = ["", "listed: precision", "recall", f"precision, score {STRONG} or more"]
    return {
        "identity": table([*head, "recall, the same", "start", "end"], rows),
        "silenced": table(
            ["events about ships that begin in the jammed area and time", "count"],
            [
                ("ships displaced", f"{ships:,}"),
                ("events, had nobody been jammed", f"{calm:,}"),
                ("events, if interference silenced nothing", f"{before:,}"),
                ("events listed", f"{after:,}"),
            ],
        ),
    }


def names_in(page: str) -> list[str]:
    """Return the names of the tables that a page has room for, in order."""
    return re.findall(r"<!-- table: ([a-z-]+) -->", page)


def fill(page: str, tables: Tables) -> str:
    """Return the page with these tables in it; others stay as they are.

    Raises ValueError where there is no room for one.
    """
    for name, text in tables.items():
        block = re.compile(_BLOCK.format(re.escape(name)), re.DOTALL)
        if len(block.findall(page)) != 1:
            raise ValueError(f"the page must have one block <!-- table: {name} -->")
        page = block.sub(lambda found, text=text: f"{found[1]}\n{text}\n\n{found[2]}", page)  # type: ignore[misc]
    return page
