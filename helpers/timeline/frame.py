"""What stands around the lanes: title, elapsed time, legend, names, time axis, words below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path

from helpers.look import AXIS, GRID, SECONDARY, UNFINISHED, UNKNOWN, BarStyle, time_unit
from helpers.screen import size
from helpers.timeline.bars import add, draw_style, draw_tears, tear
from helpers.timeline.guesses import LINE_HIGH
from helpers.timeline.page import DPI, RIGHT, shortened, text_width, wrapped
from helpers.timeline.rows import Row

__all__ = [
    "Frame",
    "draw_axis",
    "draw_entries",
    "draw_frame",
    "draw_labels",
    "flowed",
    "round_times",
    "write",
]

ELAPSED = 1.3  # inches kept for it beside the title
TITLE, LABEL, SMALL, NOTE = 15, 12, 11, 10  # points
TITLE_HIGH, LEGEND_HIGH, NOTE_HIGH, WORDS_HIGH = 0.27, 0.25, 0.2, 0.22  # inches a line
TOP, UNDER_TITLE, OVER_LANES = 0.12, 0.08, 0.3  # inches
AXIS_HIGH, EDGE, MARGIN, BESIDE, BEFORE_NOTE = 0.68, 0.12, 0.06, 0.08, 0.03
SWATCH, AFTER_SWATCH, BETWEEN = 0.27, 0.09, 0.3  # inches of a legend's entry
SWATCH_LANE = 0.26  # inches that a lane would be high in the legend
LABELS = (LABEL, SMALL, NOTE)  # a long name may be smaller
INDENT = 0.12  # inches that a lane's name is set in under the one that it belongs to
TICKS = 7
GOES_ON = BarStyle(0, "white", "")  # of a legend's label that is longer than a line


@dataclass(eq=False)
class Frame:
    """All that is written around the lanes.

    Attributes:
        title: the sentence over the picture.
        elapsed: how long it took, in words.
        styles: those that occur, for the legend.
        torn: whether something was not finished.
        notes: sentences under the legend, on how to read the picture.
        words: the line of words below.
        small: sentences under it, each on a line of its own.
        guesses: lines over the lanes that predictions need besides the one for which room is kept.
    """

    title: str
    elapsed: str
    styles: list[BarStyle]
    torn: bool
    notes: list[str]
    words: str
    small: list[str]
    guesses: int = 0

    def __post_init__(self) -> None:
        room = size().room
        self.head = wrapped(self.title, TITLE, room - ELAPSED, bold=True)
        self.lines = wrapped(self.words, LABEL, room)
        self.below = [line for one in self.small for line in wrapped(one, SMALL, room)]
        self.legend = flowed([(style.label, style) for style in self.styles], self.torn)

    @property
    def above(self) -> float:
        """Inches over the lanes."""
        legend = LEGEND_HIGH * len(self.legend) + BEFORE_NOTE + NOTE_HIGH * len(self.notes)
        head = TITLE_HIGH * max(1, len(self.head))
        over = OVER_LANES + LINE_HIGH * self.guesses
        return round(TOP + head + UNDER_TITLE + legend + over, 2)

    @property
    def under(self) -> float:
        """Inches under the lanes."""
        words = WORDS_HIGH * len(self.lines) + NOTE_HIGH * len(self.below)
        return round(AXIS_HIGH + words + EDGE, 2)


def draw_frame(picture: Figure, frame: Frame) -> None:
    """Write title, elapsed time, legend and the words below; all in inches from the top left."""
    y, left = TOP, size().left
    write(picture, left, y, "\n".join(frame.head), fontsize=TITLE, fontweight="bold")
    write(picture, size().width - RIGHT, y, frame.elapsed, ha="right", fontsize=17, color=SECONDARY)
    y += TITLE_HIGH * max(1, len(frame.head)) + UNDER_TITLE
    for entries in frame.legend:
        draw_entries(picture, y + LEGEND_HIGH / 2, entries, left)
        y += LEGEND_HIGH
    y += BEFORE_NOTE
    for note in frame.notes:
        write(picture, left, y, note, fontsize=NOTE, color=SECONDARY)
        y += NOTE_HIGH
    y = picture.get_figheight() - frame.under + AXIS_HIGH
    for line in frame.lines:
        write(picture, left, y, line, fontsize=LABEL)
        y += WORDS_HIGH
    for line in frame.below:
        write(picture, left, y, line, fontsize=SMALL, color=SECONDARY)
        y += NOTE_HIGH


def draw_labels(picture: Figure, shown: list[Row], above: float) -> None:
    """Write the lanes' names: beside the lanes, or as an outline where lanes lie within others."""
    nested = any(row.depth for row in shown)
    for row in shown:
        right = size().names - BESIDE
        left = MARGIN + INDENT * row.depth if nested else right
        room = right - (left if nested else MARGIN)
        points = next((size for size in LABELS if text_width(row.label, size) <= room), NOTE)
        words = shortened(row.label, points, room)
        write(
            picture,
            left,
            above + row.middle,
            words,
            ha="left" if nested else "right",
            va="center_baseline",
            fontsize=points,
        )


def draw_axis(
    axes: Axes, end: float, high: float, words: str = "{} since the recording began"
) -> None:
    """Draw the time axis: faint lines at round times, the times, and words with their unit."""
    scale, _, unit = time_unit(end)
    axes.set_xlim(0, end)
    axes.set_ylim(high, 0)
    axes.set_axis_off()
    times = round_times(end * scale) / scale
    lines = Path.make_compound_path(*(Path([(x, 0), (x, high)]) for x in times))
    line: dict[str, Any] = {"fill": False, "linewidth": 1, "snap": True, "clip_on": False}
    add(axes, lines, {}, edgecolor=GRID, zorder=0, **line)
    add(axes, Path([(0, high), (end, high)]), {}, edgecolor=AXIS, zorder=2.5, **line)
    under: dict[str, Any] = {"textcoords": "offset points", "va": "top", "color": SECONDARY}
    for x in times:
        axes.annotate(f"{x * scale:.6g}", (x, high), (0, -6), ha="center", fontsize=12, **under)
    axes.annotate(words.format(unit), (0, high), (0, -23), ha="left", fontsize=SMALL, **under)


def round_times(end: float, most: int = TICKS) -> Any:
    """Return multiples of 1, 2 or 5 times a power of ten from 0 to the end, `most` and one."""
    power = 10.0 ** np.floor(np.log10(end / most))
    step = next(power * one for one in (1, 2, 5, 10) if power * one * most >= end)
    return np.arange(0, np.floor(end / step * (1 + 1e-9)) + 1) * step


def flowed(
    entries: list[tuple[str, BarStyle | None]], torn: bool, room: float | None = None
) -> list[list[tuple[float, str, BarStyle | None]]]:
    """Return lines of the legend: each entry with its inches from the left, as many as fit."""
    lines: list[list[tuple[float, str, BarStyle | None]]] = [[]]
    x, room = 0.0, room or size().room
    for label, style in [*entries, *([(UNFINISHED, None)] if torn else [])]:
        for part in wrapped(label, SMALL, room - SWATCH - AFTER_SWATCH):
            wide = SWATCH + AFTER_SWATCH + text_width(part, SMALL)
            if x and x + wide > room:
                lines.append([])
                x = 0.0
            lines[-1].append((x, part, style if label.startswith(part) else GOES_ON))
            x += wide + BETWEEN
    return [line for line in lines if line]


def draw_entries(
    picture: Figure, y: float, entries: list[tuple[float, str, BarStyle | None]], begin: float
) -> None:
    """Draw a line of the legend, whose middle and whose begin are at inches from top and left."""
    for x, label, style in entries:
        left = begin + x
        if style is not GOES_ON:
            _draw_swatch(picture, left, picture.get_figheight() - y, style)
        words = {"va": "center_baseline", "fontsize": SMALL}
        write(picture, left + SWATCH + AFTER_SWATCH, y, label, **words)


def _draw_swatch(picture: Figure, left: float, y: float, style: BarStyle | None) -> None:
    """Draw a small bar as it stands on the lanes; None is a torn one."""
    right, how = left + SWATCH, {"transform": picture.dpi_scale_trans}
    half = SWATCH_LANE * (UNKNOWN if style is None else style).half_height
    at = np.rint(np.array([[left], [right], [y + half], [y - half]]) * DPI) / DPI
    sides = (at[0], at[1], at[2], at[3])
    if style is not None:
        draw_style(picture, style, sides, 1 / DPI, **how)
        return
    draw_style(picture, BarStyle(UNKNOWN.half_height, AXIS, ""), sides, 1 / DPI, **how)
    draw_tears(picture, [tear(right, y, 1.4 * half, 0.05)], **how)


def write(picture: Figure, x: float, y: float, words: str, **how: Any) -> None:
    """Write words at inches from the left and from the top."""
    place = (x, picture.get_figheight() - y)
    how = {"va": "top", "transform": picture.dpi_scale_trans, "parse_math": False, **how}
    picture.text(*place, words, **how)
