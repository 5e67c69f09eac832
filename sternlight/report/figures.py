"""The figures of events, as what a template draws: panels with curves, rules and axes.

Times run across; every panel has its own values.  A curve is never drawn over a silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sternlight.report.around import Around
from sternlight.report.axes import Axis, Tick, moments, roof, values
from sternlight.report.series import DISTANCE_OFF_M, Curve, distance, over, silence, speed
from sternlight.telling.story import Story
from sternlight.text import iso
from tracks.batch import BIN_S, F64
from tracks.geodesy import NMI_M

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 420, 46, 10, 8, 34
PANEL, STRIP, BETWEEN = 110, 16, 26  # heights
_AWAY = 4.0  # times the rule's distance: what is farther off is not drawn
_FAR_M = 2 * NMI_M  # from here on distances are told in miles
_STILL_KN = 6.0  # of a figure of speed, at least


class Rule(NamedTuple):
    """A value that a rule asks for, or that was measured: a line across."""

    at: float
    says: str
    kind: str  # rule, measured


class Panel(NamedTuple):
    """Curves over one axis of values; `curves` are what stands in `d` of an SVG path."""

    top: float
    bottom: float
    says: str  # what is shown, with its unit
    curves: tuple[tuple[str, str], ...]  # class and path
    rules: tuple[Rule, ...]
    ticks: tuple[Tick, ...]


class Figure(NamedTuple):
    """A figure; all positions are on paper, from the upper left."""

    title: str
    says: str  # the same for those who do not see it
    note: str  # below: how it was made, and how exact it is
    width: float
    height: float
    left: float
    right: float
    span: tuple[float, float]  # while the event lasted
    panels: tuple[Panel, ...]
    ticks: tuple[Tick, ...]
    times: str  # what the axis of times says


def figures(
    story: Story, around: Around, settings: Mapping[str, Any], relative: bool = False
) -> list[Figure]:
    """Return the figures of an event; `relative` tells times as hours since it began."""
    kind = story.kind
    if kind == "gap":
        made = _silence(story, around, settings["gap"]["witness_radius_nmi"], relative)
    elif kind == "loitering":
        made = _speed(story, settings["loitering"]["max_speed_kn"], relative)
    else:
        limit_m = settings["encounter"]["max_distance_m"] if kind == "encounter" else None
        made = _distance(story, limit_m, relative)
    return [made] if made else []


def _distance(story: Story, limit_m: float | None, relative: bool) -> Figure | None:
    """Draw how far apart two ships were."""
    curve = distance(story)
    if curve is None:
        return None
    meanwhile = curve.value[_during(curve.t, story)]
    known = meanwhile[np.isfinite(meanwhile)]
    most = float(known.max()) if len(known) else float(np.nanmax(curve.value))
    top = roof(most, _AWAY * limit_m if limit_m else DISTANCE_OFF_M * 5)
    rules = [(limit_m, f"rule: at most {limit_m:g} m", "rule")] if limit_m else []
    median_m = story.measured.get("median_distance_m")
    if median_m is not None and limit_m:
        rules.append((median_m, f"measured: median {median_m:,.0f} m", "measured"))
    unit_m, unit = (NMI_M, "nmi") if top > _FAR_M else (1.0, "m")
    shown = Curve(curve.t, np.where(curve.value <= top, curve.value, np.nan) / unit_m)
    paper = _Paper(story, curve, relative)
    panel = paper.panel(
        [("a", shown)], top / unit_m, f"distance between the two ships, {unit}",
        [(at / unit_m, says, what) for at, says, what in rules],
    )  # fmt: skip
    says = f"Distance between the two ships from {paper.span_says}."
    if len(known):
        says += f" While it lasted it was {_metres(known.min())} to {_metres(known.max())}"
        says += f", and half of the time under {_metres(float(np.median(known)))}."
    return paper.figure(
        "Distance between the two ships", says, (panel,),
        "At ten-minute marks, from the record of their ways, which is within 100 m of each: a"
        f" distance is off by {DISTANCE_OFF_M:.0f} m at most. The measured values come from the"
        f" log itself. Farther than {_metres(top)} is not drawn.",
    )  # fmt: skip


def _speed(story: Story, limit_kn: float, relative: bool) -> Figure | None:
    """Draw how fast a ship was."""
    curve = speed(story.lines[0]) if story.lines else None
    if curve is None:
        return None
    top = roof(float(np.nanmax(curve.value)), max(_STILL_KN, 2 * limit_kn))
    paper = _Paper(story, curve, relative)
    panel = paper.panel(
        [("a", curve)], top, "speed, kn", [(limit_kn, f"rule: under {limit_kn:g} kn", "rule")]
    )
    known = curve.value[_during(curve.t, story)]
    known = known[np.isfinite(known)]
    says = f"Speed of the ship from {paper.span_says}."
    if len(known):
        says += f" While it lasted: {known.min():.1f} to {known.max():.1f} knots."
    return paper.figure(
        "Speed of the ship", says, (panel,),
        "Each value is the way of one hour, half before and half after, over the ground; only where"
        " all of the hour was heard.",
    )  # fmt: skip


def _silence(story: Story, around: Around, radius_nmi: float, relative: bool) -> Figure | None:
    """Draw who was heard while a ship was silent."""
    found = silence(story, around, radius_nmi)
    if found is None:
        return None
    paper = _Paper(story, found.all, relative)
    near = roof(float(found.near.value.max()), 3)
    every = roof(float(found.all.value.max()), 3)
    panels = (
        paper.strip(found.itself, "this ship: heard where the bar is"),
        paper.panel([("area", found.near)], near, f"other ships heard within {radius_nmi:g} nmi of"
                    " its last position", [], steps=True),
        paper.panel([("b", found.all)], every, "other ships heard anywhere", [], steps=True),
    )  # fmt: skip
    silent = _during(found.all.t, story)
    near_share = float((found.near.value[silent] > 0).mean()) if silent.any() else 0.0
    deaf_share = float((found.all.value[silent] == 0).mean()) if silent.any() else 0.0
    says = (
        f"Who was heard from {paper.span_says}. While the ship was silent, other ships were heard"
        f" within {radius_nmi:g} nmi of its last position in {near_share:.0%} of the ten-minute"
        f" marks, and nobody at all in {deaf_share:.0%} of them."
    )
    return paper.figure("Silence, and who else was heard", says, panels, _chance(story))


def _chance(story: Story) -> str:
    """Say what the station would have heard, by what it had learned."""
    surprise = story.measured.get("silence_surprise")
    if surprise is None:
        return "How well such ships are heard there had not been learned."
    one_in = 10.0 ** float(surprise)
    share = story.measured.get("silence_known_share")
    of = "" if share is None else f" ({share:.0%} of its likeliest way was known)"
    return (
        "By what had been learned of reception there, of the silences of ships that went on"
        f" transmitting about one in {_round(one_in)} is as surprising{of}."
    )


def _round(one_in: float) -> str:
    """Write a number to one digit: 2,000 for 1,873."""
    digits = 10 ** max(0, len(str(int(one_in))) - 1)
    return f"{max(1, round(one_in / digits) * digits):,}"


def _during(t: F64, story: Story) -> Any:
    return (t >= story.start) & (t <= over(story))


def _metres(value: float) -> str:
    return f"{value:,.0f} m" if value <= _FAR_M else f"{value / NMI_M:,.1f} nmi"


class _Paper:
    """Where things lie on the paper of one figure; panels are laid from its top down."""

    def __init__(self, story: Story, curve: Curve, relative: bool) -> None:
        self._since = story.start if relative else None
        low, high = float(curve.t[0]), float(curve.t[-1])
        self._times = Axis(low, max(high, low + BIN_S), LEFT, WIDTH - RIGHT)
        self._story, self._below = story, float(TOP)
        hours = (low - story.start) / 3600, (high - story.start) / 3600
        self.span_says = (
            f"{hours[0]:+.0f} h to {hours[1]:+.0f} h of its beginning"
            if relative
            else f"{iso(low)} to {iso(high)}"
        )

    def panel(
        self, curves: Sequence[tuple[str, Curve]], top: float, says: str,
        rules: Sequence[tuple[float, str, str]], steps: bool = False,
    ) -> Panel:  # fmt: skip
        """Lay a panel of values from 0 to `top`."""
        upper = self._below + BETWEEN - 8
        lower = upper + PANEL * (0.6 if steps else 1)
        axis = Axis(0.0, top, lower, upper)
        self._below = lower
        return Panel(
            upper, lower, says,
            tuple((kind, self._path(curve, axis, steps, kind == "area")) for kind, curve in curves),
            tuple(Rule(axis.of(at), text, kind) for at, text, kind in rules if at <= top),
            tuple(values(axis)),
        )  # fmt: skip

    def strip(self, curve: Curve, says: str) -> Panel:
        """Lay a bar that is there where a curve is over 0."""
        upper = self._below + BETWEEN - 8
        lower = self._below = upper + STRIP
        on = Curve(curve.t, np.where(curve.value > 0, 1.0, 0.0))
        path = self._path(on, Axis(0.0, 1.0, lower, upper), True, True)
        return Panel(upper, lower, says, (("bar", path),), (), ())

    def figure(self, title: str, says: str, panels: tuple[Panel, ...], note: str) -> Figure:
        """Return the whole."""
        began = max(self._story.start, self._times.low)
        return Figure(
            title, says, note, WIDTH, self._below + BOTTOM, LEFT, WIDTH - RIGHT,
            (self._times.of(began), self._times.of(min(over(self._story), self._times.high))),
            panels, tuple(moments(self._times, self._since)),
            "hours since it began" if self._since is not None else "UTC",
        )  # fmt: skip

    def _path(self, curve: Curve, axis: Axis, steps: bool, filled: bool) -> str:
        x, y = self._times.at(curve.t), axis.at(curve.value)
        if steps:
            return _stepped(x, y, axis.begin, filled)
        known = np.isfinite(y)
        begins = known & ~np.concatenate([[False], known[:-1]])
        return "".join(
            f"{'M' if new else 'L'}{a:.4g},{b:.4g}"
            for a, b, new in zip(
                x[known].tolist(), y[known].tolist(), begins[known].tolist(), strict=True
            )
        )


def _stepped(x: F64, y: F64, ground: float, filled: bool) -> str:
    """Return a path that changes at marks only, and no point that lies on a level one."""
    turns = np.flatnonzero(np.diff(y) != 0) + 1
    begin = f"M{x[0]:.4g},{ground:.4g}V{y[0]:.4g}" if filled else f"M{x[0]:.4g},{y[0]:.4g}"
    steps = "".join(
        f"H{a:.4g}V{b:.4g}" for a, b in zip(x[turns].tolist(), y[turns].tolist(), strict=True)
    )
    return f"{begin}{steps}H{x[-1]:.4g}" + (f"V{ground:.4g}Z" if filled else "")
