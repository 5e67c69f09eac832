"""A small chart of an event, drawn offline: the coast, the ships' ways, the place.

The coast comes from the map of distances to shore (`tracks.shore`), whose nodes stand 6 nmi
apart: it is off by a mile or two, and without islets and harbours.  Never navigate by it.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from sternlight.telling.frame import COAST_NMI, Frame, nearest_coast
from sternlight.telling.story import Line, Story
from sternlight.text import iso, plain
from tracks.batch import F64, I64
from tracks.geodesy import NMI_M, destination, distance_m
from tracks.places import Places
from tracks.shore import Shore

WIDTH_INCHES, DPI = 3.4, 200  # 680 pixels, for the 340 of a phone
HEIGHT_INCHES, ROW_INCHES = 3.3, 0.21  # of the chart, and of each line below it
ARROWS_COUNT = 3  # on each way
NAMES_COUNT = 3  # of ports
NAME_CHARACTERS = 26
COLOURS_COUNT = 64
SEA, LAND, COAST, INK = "#eef5f9", "#e6dfcf", "#8a7f68", "#1a1a1a"
WAYS = ("#0060a8", "#c8500a")  # told apart by those who see no red or green, and in grey
PLACE = "#b0005a"


def draw(story: Story, places: Places) -> bytes:
    """Return the chart of an event as PNG, 680 pixels wide.

    Raises whatever the drawing library raises.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(matplotlib.rcParamsDefault):
        height = HEIGHT_INCHES + ROW_INCHES * len(story.ships[: len(WAYS)])
        figure = Figure(figsize=(WIDTH_INCHES, height), dpi=DPI, facecolor="white")
        canvas: Any = FigureCanvasAgg(figure)
        frame = _frame(story, places)
        axes = _axes(figure, frame)
        if places.shore is not None:
            _coast(axes, frame, places.shore)
        _ports(axes, frame, places)
        for line, colour in zip(story.lines, WAYS, strict=False):
            _way(axes, frame, line, story, colour)
        _place(axes, frame, story)
        _scale(axes, frame)
        _legend(figure, story)
        canvas.draw()
        return _packed(canvas.buffer_rgba())


def _packed(pixels: Any) -> bytes:
    """Return pixels of shape (height, width, 4) as PNG, in few colours: a third of the bytes."""
    from PIL import Image

    image = Image.fromarray(np.asarray(pixels)[:, :, :3].copy())
    out = io.BytesIO()
    image.quantize(COLOURS_COUNT, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _frame(story: Story, places: Places) -> Frame:
    """Return a view that holds the place, the ways and, if they are near, a coast and a port."""
    positions = [(np.array([story.lat]), np.array([story.lon]))]
    positions += [(line.lat, line.lon) for line in story.lines]
    positions += [_area(story), _nearest_port(story, places)]
    if coast := places.shore and nearest_coast(places.shore, story.lat, story.lon):
        positions.append((np.array(coast[:1]), np.array(coast[1:])))
    return Frame.around(*(np.concatenate(column) for column in zip(*positions, strict=True)))


def _nearest_port(story: Story, places: Places) -> tuple[F64, F64]:
    """Return where the nearest port with a name is; none if it is farther than a near coast."""
    lat, lon = places.at(_named(places))
    away_m = distance_m(story.lat, story.lon, lat, lon)
    nearest = np.argsort(away_m)[:1]
    near = nearest[away_m[nearest] <= COAST_NMI * NMI_M]
    return lat[near], lon[near]


def _named(places: Places) -> I64:
    return np.flatnonzero([place.named for place in places.harbours])


def _area(story: Story) -> tuple[F64, F64]:
    """Return positions around an event about an area; none if it is about ships."""
    radius_nmi = story.measured.get("radius_nmi") if story.kind == "interference" else None
    courses = np.linspace(0, 360, 73) if radius_nmi else np.empty(0)
    return destination(story.lat, story.lon, courses, (radius_nmi or 0.0) * NMI_M)


def _axes(figure: Any, frame: Frame) -> Any:
    """Return where to draw, with parallels and meridians at its edges; in nmi."""
    side, height = 0.85 * WIDTH_INCHES, figure.get_figheight()
    axes = figure.add_axes((0.13, 1 - (side + 0.1) / height, 0.85, side / height))
    axes.set(xlim=(-frame.half_nmi, frame.half_nmi), ylim=(-frame.half_nmi, frame.half_nmi))
    axes.set_facecolor(SEA)
    for axis, ticks in zip((axes.xaxis, axes.yaxis), frame.ticks(), strict=True):
        axis.set_ticks([t.at_nmi for t in ticks], [t.says for t in ticks], fontsize=6.5)
        axis.set_tick_params(color=COAST, labelcolor=INK, width=0.5, length=2, pad=2)
    axes.yaxis.set_tick_params(labelrotation=90)
    for label in axes.get_yticklabels():
        label.set_verticalalignment("center")
    axes.grid(color=COAST, linewidth=0.3, alpha=0.4)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set(color=COAST, linewidth=0.6)
    return axes


def _coast(axes: Any, frame: Frame, shore: Shore) -> None:
    land = frame.land(shore)
    if land.height.max() > 0:
        axes.contourf(*land, levels=[0, math.inf], colors=[LAND])
    if land.height.min() < 0 < land.height.max():
        axes.contour(*land, levels=[0], colors=[COAST], linewidths=0.7)


def _ports(axes: Any, frame: Frame, places: Places) -> None:
    """Name the ports nearest to the middle, none over another."""
    named = _named(places)
    x, y = frame.xy(*places.at(named))
    inside = np.flatnonzero(np.maximum(abs(x), abs(y)) < 0.93 * frame.half_nmi)
    told: list[float] = []
    for i in inside[np.argsort(np.hypot(x, y)[inside])].tolist():
        if len(told) < NAMES_COUNT and all(abs(y[i] - t) > 0.15 * frame.half_nmi for t in told):
            told.append(float(y[i]))
            axes.plot(x[i], y[i], "s", color=INK, markersize=2.2)
            _write(axes, x[i], y[i], places.harbours[named[i]].name, right=x[i] > 0)


def _way(axes: Any, frame: Frame, line: Line, story: Story, colour: str) -> None:
    """Draw a way: thick while the event lasted, dashed where a ship was silent, and its course."""
    x, y = frame.xy(line.lat, line.lon)
    if not frame.polar:  # a way around the world ends at one edge and comes in at the other
        jump = np.flatnonzero(np.abs(np.diff(x)) > 180 * 60 * math.cos(math.radians(frame.lat)))
        x[jump] = np.nan
    during = (line.t >= story.start) & (line.t <= (story.end or math.inf))
    axes.plot(x, y, color=colour, linewidth=1.1, solid_capstyle="round")
    axes.plot(np.where(during, x, np.nan), y, color=colour, linewidth=2.8, alpha=0.55)
    for tail, head in _courses(x, y, 0.05 * frame.half_nmi):
        style = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 0, "linewidth": 0}
        axes.annotate("", head, tail, arrowprops={**style, "mutation_scale": 13})
    if story.kind == "gap":
        _silence(axes, frame, line, story, colour)


def _courses(x: F64, y: F64, least: float) -> Iterator[tuple[tuple[float, float], ...]]:
    """Yield from where to where to draw arrows, evenly along a way that is longer than `least`."""
    step = np.nan_to_num(np.hypot(np.diff(x), np.diff(y)))
    gone = np.cumsum(step)
    if not len(gone) or gone[-1] < least:
        return
    at = np.searchsorted(gone, gone[-1] * (np.arange(ARROWS_COUNT) + 0.6) / ARROWS_COUNT)
    for i in np.unique(at).tolist():
        if step[i] > 0:
            yield (x[i], y[i]), (x[i + 1], y[i + 1])


def _silence(axes: Any, frame: Frame, line: Line, story: Story, colour: str) -> None:
    """Draw where a ship fell silent and, if it did, where it was heard again."""
    x, y = map(float, frame.xy(story.lat, story.lon))
    _write(axes, x, y, f"{iso(story.start)[5:16].replace('T', ' ')}", right=x > 0)
    again = np.flatnonzero((line.t >= (story.end or math.inf)) & np.isfinite(line.lat))
    if story.end is None or not len(again):
        return
    to_x, to_y = map(float, frame.xy(line.lat[again[0]], line.lon[again[0]]))
    axes.plot([x, to_x], [y, to_y], "--", color=colour, linewidth=1.0)
    axes.plot(to_x, to_y, "o", color=colour, markersize=4)
    _write(axes, to_x, to_y, f"{iso(story.end)[5:16].replace('T', ' ')}", right=to_x > 0)


def _place(axes: Any, frame: Frame, story: Story) -> None:
    """Mark the place of an event, or the area that it is about."""
    x, y = frame.xy(story.lat, story.lon)
    around = _area(story)
    if len(around[0]):
        axes.fill(*frame.xy(*around), color=PLACE, alpha=0.2, linewidth=0)
        axes.plot(*frame.xy(*around), color=PLACE, linewidth=1.2)
        axes.plot(x, y, "+", color=PLACE, markersize=7)
    else:
        axes.plot(
            x, y, "o", color=PLACE, markersize=11, markerfacecolor="none", markeredgewidth=1.6
        )


def _scale(axes: Any, frame: Frame) -> None:
    """Draw a bar of so many miles, and an arrow to the north."""
    bar, half = frame.bar_nmi(), frame.half_nmi
    left, low = -0.94 * half, -0.93 * half
    ends = [left, left, left + bar, left + bar]
    tip = 0.03 * half
    axes.plot(ends, [low + tip, low, low, low + tip], color=INK, linewidth=1.0)
    _write(axes, left + bar, low, f"{bar:g} nmi")
    style = {"arrowstyle": "-|>", "color": INK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (0.9 * half, 0.94 * half), (0.9 * half, 0.76 * half), arrowprops=style)
    _write(axes, 0.9 * half, 0.8 * half, "N", right=True)


def _legend(figure: Any, story: Story) -> None:
    """Say below whose the ways are."""
    for row, (ship, colour) in enumerate(zip(story.ships, WAYS, strict=False)):
        low = (len(story.ships[: len(WAYS)]) - row - 0.7) * ROW_INCHES / figure.get_figheight()
        figure.add_artist(_bar(low + 0.012, colour))
        says = f"{_drawable(ship.name)}  {ship.mmsi}".strip()
        figure.text(0.15, low, says, fontsize=7.5, color=INK, parse_math=False)


def _bar(low: float, colour: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([0.05, 0.12], [low, low], color=colour, linewidth=2.4)


def _write(axes: Any, x: float, y: float, says: str, right: bool = False) -> None:
    """Write beside a position, to its left if it lies on the right."""
    from matplotlib.patheffects import withStroke

    axes.annotate(
        _drawable(says), (x, y), (-4 if right else 4, 0), textcoords="offset points",
        ha="right" if right else "left", va="center", fontsize=6.5, color=INK,
        parse_math=False, path_effects=[withStroke(linewidth=2, foreground="white")],
        annotation_clip=True,
    )  # fmt: skip


def _drawable(text: str) -> str:
    """Return a stranger's text as far as the font has letters for it, and not too long."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties()))
    shown = "".join(c if font.get_char_index(ord(c)) else "?" for c in plain(text))
    return shown if len(shown) <= NAME_CHARACTERS else shown[: NAME_CHARACTERS - 1] + "…"
