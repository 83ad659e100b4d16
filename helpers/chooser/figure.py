"""The picture of a comparison: for each way what was predicted, measured, and what it did.

All ways stand on one time axis. Above a way's lanes lies the stretch in which its time was
expected, with a stroke for each round in which it was measured; the lanes are of one more run.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.path import Path

from helpers.chooser.comparison import Comparison, Row
from helpers.chooser.words import sentences
from helpers.look import INK, SECONDARY, STYLE_OF, STYLES, YOU, BarStyle, duration
from helpers.screen import DESK, size
from helpers.timeline.bars import add, boxes, draw_boxes, draw_style, visible
from helpers.timeline.folded import Stacks, split, stacks
from helpers.timeline.frame import draw_axis, draw_entries, flowed, write
from helpers.timeline.grid import Panel
from helpers.timeline.page import shortened, text_width, wrapped
from helpers.timeline.picture import STYLE, Picture
from helpers.timeline.rows import count
from helpers.timeline.words import ONE_OF_MANY

__all__ = ["draw"]

EDGE, LEFT, RIGHT = 0.12, 1.25, 0.3  # inches: the page's, and beside the axis
TOP, TITLE_HIGH, LINE_HIGH, LEGEND_HIGH, AXIS_HIGH = 0.12, 0.36, 0.23, 0.26, 0.68
OVER = 0.22  # inches: over the first way
HEAD, STRIP, LANE, AFTER = (
    0.3,
    0.22,
    0.2,
    0.2,
)  # inches of a way: words, times, a lane, what follows
BAND, STROKE = 0.05, 0.09  # inches: half the height of what was predicted, and of what was measured
MOST_LANES, MOST_LANES_OF_ROOM, MOST_PIECES = 4, 2, 5_000
TITLE, NAME, WORDS, SMALL, TINY = 15, 13, 12, 11, 9  # points
PREDICTED = BarStyle(0.24, STYLE_OF["sleep"].fill, "expected", form="outline")
MEASURED = BarStyle(0.36, INK, "measured, in each round", form="stroke")
LEAST = BarStyle(0.03, SECONDARY, "bound: about the least, with any number of workers", form="dots")


@dataclass
class Band:
    """A way's place on the picture, in inches from the axis's top.

    Attributes:
        row: the way.
        top: where it begins.
        panel: its lanes; None where no run of it was recorded.
        pace: seconds of the quickest round in turn for each that was expected, at most 1: single
            calls were made in other moments, in which this machine may have been slower.
    """

    row: Row
    top: float
    panel: Panel | None
    pace: float

    @property
    def strip(self) -> float:
        """The middle of its times."""
        return self.top + HEAD + STRIP / 2

    @property
    def bottom(self) -> float:
        """Where it ends."""
        if not self.row.seconds:
            return self.top + HEAD
        lanes = len(self.panel.rows) + bool(self.panel.more) if self.panel else 0
        return self.top + HEAD + STRIP + LANE * lanes


def draw(found: Comparison, guess: str = "") -> Picture:
    """Draw a comparison.

    Args:
        found: it.
        guess: words that begin with the name of the way that somebody has chosen, or ''.

    Returns:
        A `Picture`, a matplotlib Figure whose `alt` is its text alternative.
    """
    with matplotlib.rc_context(STYLE):
        return _draw(found, guess)


def _draw(found: Comparison, guess: str) -> Picture:
    bands = _bands(found)
    end = max([1e-6, *(_longest(band) for band in bands)]) * 1.04
    inside = size().width - LEFT - RIGHT
    legend = flowed([(one.label, one) for one in _styles(bands)], False, size().width - 2 * EDGE)
    words = [
        line for one in sentences(found) for line in wrapped(one, WORDS, size().width - 2 * EDGE)
    ]
    above = TOP + TITLE_HIGH + LEGEND_HIGH * len(legend) + OVER
    high = bands[-1].bottom + 0.08 if bands else 0.0
    under = (AXIS_HIGH if bands else 0.1) + LINE_HIGH * (len(words) + 1) + EDGE
    total = round(above + high + under, 2)
    picture = Picture((size().width, total), describe(found))
    _draw_head(picture, found, legend)
    if bands:
        place = (
            LEFT / size().width,
            1 - (above + high) / total,
            inside / size().width,
            high / total,
        )
        axes = picture.add_axes(place)
        draw_axis(axes, end, high, f"{{}} for {count(found.measured, 'item')}")
        for band in bands:
            _draw_band(picture, axes, band, above, end, band.row.way == found.best)
            if guess.startswith(band.row.way):
                _draw_you(picture, band, above)
    y = total - under + (AXIS_HIGH if bands else 0.1)
    for line in words:
        write(picture, EDGE, y, line, fontsize=WORDS)
        y += LINE_HIGH
    write(picture, EDGE, y, ONE_OF_MANY, fontsize=SMALL, color=SECONDARY)
    return picture


def _bands(found: Comparison) -> list[Band]:
    bands: list[Band] = []
    in_turn = [row for row in found.rows if row.way == "in turn" and row.seconds]
    most = MOST_LANES if size() is DESK else MOST_LANES_OF_ROOM  # or it would not fit the screen
    pace = min([1.0, *(min(row.seconds) / row.part.seconds for row in in_turn)])
    for row in found.rows:
        top = bands[-1].bottom + AFTER if bands else 0.0
        # Not the task that waits for a thread is drawn, but the thread; not a process's tasks.
        kind, run = "process" if row.way in ("processes", "dask") else "thread", row.recording
        panel = Panel(run, None, most, LANE, kind) if run else None
        bands.append(Band(row, top, panel, pace))
    return bands


def _longest(band: Band) -> float:
    ran = band.panel.run.elapsed if band.panel else 0.0
    return max([ran, *band.row.seconds, band.row.part.high])


def _styles(bands: list[Band]) -> list[BarStyle]:
    """Return the styles of the legend: those of a hundredth of a run's time or more."""
    told: set[int] = set()
    for band in bands:
        if band.panel:
            done = band.panel.done
            spent = np.bincount(done.code, done.end - done.start, len(STYLES))
            told.update(np.flatnonzero(spent >= band.panel.run.elapsed / 100).tolist())
    return [PREDICTED, MEASURED, LEAST, *(STYLES[code] for code in sorted(told))]


def _draw_head(picture: Picture, found: Comparison, legend: list[Any]) -> None:
    title = f"{found.name}, {count(found.items, 'item')}: {found.best}"
    words = shortened(title, TITLE, size().width - 2 * EDGE, bold=True)
    write(picture, EDGE, TOP, words, fontsize=TITLE, fontweight="bold")
    for number, entries in enumerate(legend):
        draw_entries(picture, TOP + TITLE_HIGH + LEGEND_HIGH * (number + 0.5), entries, EDGE)


def _draw_band(
    picture: Picture, axes: Axes, band: Band, above: float, end: float, is_best: bool
) -> None:
    """Draw one way: its words, its times, its lanes."""
    row, top = band.row, above + band.top
    weight = "bold" if is_best else "normal"
    write(picture, EDGE, top, row.way, fontsize=NAME, fontweight=weight)
    told = duration(median(row.seconds)) if row.seconds else ""
    write(picture, size().width - RIGHT, top, told, fontsize=NAME, fontweight=weight, ha="right")
    workers = f"{row.workers} at a time: " if row.workers > 1 else ""
    why = f"not usable: {row.failed}" if row.failed else workers + row.predicted.why
    room = size().width - LEFT - RIGHT - text_width(told, NAME) - 0.2
    words = shortened(why, SMALL, room)
    write(picture, LEFT, top + 0.02, words, fontsize=SMALL, color=SECONDARY)
    if row.seconds:
        _draw_times(axes, band, end)
    if band.panel:
        _draw_lanes(picture, axes, band, above, end)


def _draw_you(picture: Picture, band: Band, above: float) -> None:
    """Mark a way as the one that was chosen."""
    how: dict[str, Any] = {"fontsize": SMALL, "fontweight": "bold", "ha": "left"}
    write(picture, EDGE, above + band.top + HEAD - 0.05, YOU, **how)


def _draw_times(axes: Axes, band: Band, end: float) -> None:
    """Draw what was predicted, what was measured, and what nothing beats."""
    part, dot = band.row.part, end / (size().width - LEFT - RIGHT) / 200
    flat = np.array([[part.low], [part.high], [band.strip - BAND], [band.strip + BAND]])
    draw_style(axes, PREDICTED, (flat[0], flat[1], flat[2], flat[3]), dot, zorder=1)
    times = np.array(band.row.seconds)
    ends = np.full(len(times), band.strip - STROKE), np.full(len(times), band.strip + STROKE)
    add(axes, boxes(times - dot, times + dot, *ends), {}, facecolor=INK, zorder=3)
    if band.row.way == "in turn":
        return
    bound: dict[str, Any] = {"edgecolor": SECONDARY, "linewidth": 1.4, "linestyle": (0, (1, 1.5))}
    at = part.bound * band.pace
    line = Path([(at, band.strip - STROKE), (at, band.bottom)])
    add(axes, line, {}, fill=False, antialiased=True, zorder=3, **bound)


def _draw_lanes(picture: Picture, axes: Axes, band: Band, above: float, end: float) -> None:
    panel = band.panel
    assert panel
    for number, row in enumerate(panel.rows):
        row.middle = band.top + HEAD + STRIP + (number + 0.5) * LANE
        how: dict[str, Any] = {"ha": "right", "va": "center_baseline", "fontsize": TINY}
        write(picture, LEFT - 0.06, above + row.middle, row.label, **how)
    if panel.more:
        how = {"ha": "right", "va": "center_baseline", "fontsize": TINY, "color": SECONDARY}
        y = above + band.bottom - LANE / 2
        write(picture, LEFT - 0.06, y, f"and {panel.more} more", **how)
    wide = size().width - LEFT - RIGHT
    bars, columns = split(panel.done, panel.rows, end, most=MOST_PIECES)
    seen = visible(panel.done, end, panel.run.states is not None, wide)
    draw_boxes(axes, panel.done, bars & seen, panel.rows, end, wide, thinnest=0)
    if columns.any():
        Stacks(axes, stacks(panel.done, panel.rows, columns, end))


def describe(found: Comparison) -> str:
    """Return the picture in words."""
    told = [f"{found.name}, {count(found.items, 'item')}."]
    for row in found.rows:
        part = f"expected {duration(row.part.low)} to {duration(row.part.high)}"
        if row.seconds:
            least, most = min(row.seconds), max(row.seconds)
            part += f", measured {duration(least)} to {duration(most)} in {len(row.seconds)} rounds"
        failed = f"; not usable: {row.failed}" if row.failed else ""
        told.append(f"{row.way}: {part}{failed}.")
    return " ".join([*told, *sentences(found), ONE_OF_MANY])
