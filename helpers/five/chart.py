"""The picture of five lanes: what one costs to start and to keep, what it shares, has it a core.

Times and bytes stand on logarithmic scales: as many times more is as much longer. What was
measured here is a solid bar; what was recorded on another machine is an outline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil, floor, log10
from reprlib import repr as short
from typing import Any

import matplotlib
import numpy as np

from helpers.five.table import FiveLanes, Row
from helpers.look import AXIS, GRID, INK, RUNNING, SECONDARY, STYLE_OF, BarStyle, duration
from helpers.timeline.bars import draw_style
from helpers.timeline.frame import draw_entries, flowed, write
from helpers.timeline.page import DPI, WIDTH, shortened, wrapped
from helpers.timeline.picture import STYLE, Picture

__all__ = ["draw", "size"]

EDGE, TOP, END = 0.12, 0.12, 0.1  # inches of the page
TITLE, NAME, NUMBER, SMALL, TICK = 15, 13, 13, 11, 10  # points
TITLE_HIGH, LEGEND_HIGH, HEAD_HIGH, TICK_HIGH = 0.3, 0.28, 0.27, 0.26  # inches
LINE, SAID, AFTER = 0.3, 0.23, 0.16  # inches: a bar's line, words under a row, between two rows
NOTE = 0.21  # inches: a line of words under all
THICK, THIN = 0.18, 0.12  # inches that a bar is high, and that of another start method
TIME, BYTES, SHARES, CORES = 2.42, 4.8, 7.08, 8.3  # inches from the left: the columns
LONG = 1.5  # inches of a scale; a number beside the longest bar needs the rest
BOX, BOX_HIGH, BOX_GAP = 0.3, 0.24, 0.07  # inches: a core
MINOR: dict[str, Any] = {"fontsize": SMALL, "color": SECONDARY}
MEASURED = BarStyle(0.36, RUNNING.fill, "measured here")
RECORDED = BarStyle(0.36, RUNNING.fill, "recorded, not this machine", form="outline")
PALE = BarStyle(0.36, STYLE_OF["ready"].stacked, RECORDED.label)  # a core, of a recorded row
TITLE_WORDS = "What one more costs, and what it can do"
SHARED = "Shares: does who started it see what it adds to a global list, and to a list it is given?"
AT_ONCE = "Two at once: how many cores two of them, both computing, kept busy."
ABOUT = "Medians, in a Python that has imported nothing else. This is one run of many."


@dataclass
class Scale:
    """A logarithmic scale.

    Attributes:
        left: inches from the left where it begins.
        low: the power of ten at which it begins.
        high: that at which it ends.
    """

    left: float
    low: int
    high: int

    @classmethod
    def of(cls, left: float, values: Iterable[float | None]) -> Scale:
        """Return one that holds all values."""
        known = [log10(value) for value in values if value and value > 0]
        low = floor(min(known, default=0))
        return cls(left, low, max(low + 4, ceil(max(known, default=0))))

    def at(self, value: float) -> float:
        """Return inches from the left."""
        part = (log10(value) - self.low) / (self.high - self.low)
        return self.left + LONG * max(0.02, part)

    def of_power(self, power: int) -> float:
        """Return where a power of ten is, in inches from the left."""
        return self.left + LONG * (power - self.low) / (self.high - self.low)

    @property
    def ticks(self) -> list[int]:
        """The powers of ten that are written: every second one, or third where there are many."""
        step = 2 if self.high - self.low < 6 else 3
        return [*range(self.low, self.high + 1, step)]


def draw(found: FiveLanes, title: str = "") -> Picture:
    """Draw the table of five lanes.

    Args:
        found: it.
        title: the sentence over the picture; '': one that says what it is.

    Returns:
        A `Picture`, a matplotlib Figure whose `alt` is its text alternative.

    Raises:
        TypeError: title is not a str.
    """
    if not isinstance(title, str):
        raise TypeError(f"picture(title): must be words, not {short(title)}")
    with matplotlib.rc_context(STYLE):
        return _draw(found, title or TITLE_WORDS)


def size(count: float) -> str:
    """Return a number of bytes in the unit that suits: '18 KB', '7.5 MB'."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if count >= 0.9995 * scale:
            number = count / scale
            return f"{number:.{1 if number < 9.95 else 0}f} {unit}"
    return f"{count:.0f} bytes"


def lines_of(row: Row) -> list[tuple[str, float | None, float | None]]:
    """Return a row's lines: a process has one for each start method, the default first."""
    if not row.methods:
        return [("", row.start, row.memory)]
    names = sorted(row.methods, key=lambda name: name != row.default)
    told = [(name, row.methods[name][0], row.methods[name][1]) for name in names]
    return [(f"{name}{', default' * (name == row.default)}", a, b) for name, a, b in told]


def _draw(found: FiveLanes, title: str) -> Picture:
    here = _most(found)
    told = [(f"{MEASURED.label}, {here}", MEASURED)] if here else []
    told += [(RECORDED.label, RECORDED)] * any(row.is_recorded for row in found.rows)
    legend = flowed([*told], False, WIDTH - 2 * EDGE)
    lines = [(row, line) for row in found.rows for line in lines_of(row)]
    time = Scale.of(TIME, (start for _, (_, start, _) in lines))
    memory = Scale.of(BYTES, (weight for _, (_, _, weight) in lines))
    head = wrapped(title, TITLE, WIDTH - 2 * EDGE, bold=True)
    notes = [line for one in _notes(found) for line in wrapped(one, SMALL, WIDTH - 2 * EDGE)]
    above = TOP + TITLE_HIGH * len(head) + LEGEND_HIGH * len(legend) + 0.12
    first = above + HEAD_HIGH + TICK_HIGH + 0.04
    highs = [_high(row, here) for row in found.rows]
    below = first + sum(highs)
    size = WIDTH, round(below + NOTE * len(notes) + EDGE, 2)
    picture = Picture(size, describe(found, title))
    write(picture, EDGE, TOP, "\n".join(head), fontsize=TITLE, fontweight="bold")
    for number, entries in enumerate(legend):
        y = TOP + TITLE_HIGH * len(head) + LEGEND_HIGH * (number + 0.5)
        draw_entries(picture, y, entries, EDGE)
    _draw_heads(picture, above, (time, memory))
    y = first
    for row, high in zip(found.rows, highs, strict=True):
        _draw_row(picture, row, y, (time, memory), here)
        y += high
    for number, line in enumerate(notes):
        write(picture, EDGE, below + NOTE * number, line, fontsize=SMALL, color=SECONDARY)
    return picture


def _most(found: FiveLanes) -> str:
    """Return the Python that measured most rows."""
    names = [row.python for row in found.rows if not row.is_recorded]
    return max(names, key=names.count, default="")


def _high(row: Row, here: str) -> float:
    return LINE * len(lines_of(row)) + SAID * len(_said(row, here)) + AFTER


def _draw_heads(picture: Picture, y: float, scales: tuple[Scale, Scale]) -> None:
    """Write what the columns are, and both scales."""
    heads = {TIME: "time to start", BYTES: "memory", SHARES: "shares", CORES: "two at once"}
    for left, words in heads.items():
        write(picture, left, y, words, fontsize=SMALL, fontweight="bold")
    for scale, told in zip(scales, (_power_of_time, size_of_power), strict=True):
        for power in scale.ticks:
            x = scale.of_power(power)
            how: dict[str, Any] = {"fontsize": TICK, "color": SECONDARY}
            side = "left" if power == scale.low else "center"
            write(picture, x, y + HEAD_HIGH, told(power), ha=side, **how)


def _draw_row(picture: Picture, row: Row, y: float, scales: tuple[Scale, Scale], here: str) -> None:
    """Draw one lane, from inches from the top on; `here` is the Python of the legend."""
    time, memory = scales
    _line(picture, (EDGE, WIDTH - END), (y - AFTER / 2, y - AFTER / 2), GRID)
    for scale in scales:
        for power in scale.ticks:
            x, ends = scale.of_power(power), (y, y + LINE * len(lines_of(row)))
            _line(picture, (x, x), ends, AXIS if power == scale.low else GRID)
    style = RECORDED if row.is_recorded else MEASURED
    lines = lines_of(row)
    for number, (label, start, weight) in enumerate(lines):
        middle = y + LINE * (number + 0.5)
        if number == 0:
            _words(picture, EDGE, middle, row.lane, fontsize=NAME, fontweight="bold")
        if label:
            how: dict[str, Any] = {"ha": "right", "fontsize": TICK, "color": SECONDARY}
            _words(picture, TIME - 0.08, middle, label, **how)
        told = _bar(picture, time, start, middle, style, number == 0)
        _number(picture, told, middle, duration, start, number == 0)
        told = _bar(picture, memory, weight, middle, style, number == 0)
        _number(picture, told, middle, size, weight, number == 0)
    middle = y + LINE / 2
    how = {"fontsize": NAME} if row.shares_given is not None else MINOR
    _words(picture, SHARES, middle, row.shares, **how)
    _draw_cores(picture, row, middle)
    for number, words in enumerate(_said(row, here)):
        place = y + LINE * len(lines) + SAID * (number + 0.5)
        how = {"fontsize": SMALL, "color": SECONDARY} if number else {"fontsize": SMALL}
        _words(picture, EDGE, place, words, **how)


def _said(row: Row, here: str) -> list[str]:
    """Return the words under a row: what it is for, and where it was measured if not by `here`."""
    told = [f"for {row.what_for}"]
    if row.is_recorded:
        told.append(row.origin)
    elif row.python != here:
        told.append(f"{row.origin}, {row.python}")
    return [shortened(words, SMALL, WIDTH - EDGE - END) for words in told]


def _bar(
    picture: Picture,
    scale: Scale,
    value: float | None,
    middle: float,
    style: BarStyle,
    is_first: bool,
) -> float:
    """Draw one bar, the row's first one thicker; return where it ends."""
    if value is None:
        return scale.left
    right = scale.at(max(value, 1e-12))
    _box(picture, (scale.left, right), middle, THICK if is_first else THIN, style)
    return right


def _number(
    picture: Picture,
    right: float,
    middle: float,
    told: Callable[[float], str],
    value: float | None,
    is_first: bool,
) -> None:
    """Write a bar's number behind it."""
    how: dict[str, Any] = {"fontsize": NUMBER} if is_first and value is not None else MINOR
    how = {**how, "bbox": {"facecolor": "white", "linewidth": 0, "pad": 0.5}}  # over the grid
    words = "not measured" if value is None else told(value)
    _words(picture, right + 0.07, middle, words, **how)


def _draw_cores(picture: Picture, row: Row, middle: float) -> None:
    """Draw two cores, filled as far as two that computed kept them busy."""
    if row.cores is None or row.in_parallel is None:
        _words(picture, CORES, middle, _why_not(row), fontsize=SMALL, color=SECONDARY)
        return
    for number in range(2):
        left = CORES + number * (BOX + BOX_GAP)
        empty = BarStyle(0.36, STYLE_OF["sleep"].fill, "", form="outline")
        _box(picture, (left, left + BOX), middle, BOX_HIGH, empty)
        part = min(1.0, max(0.0, row.cores - number))
        if part > 0.04:
            style = PALE if row.is_recorded else MEASURED
            _box(picture, (left, left + BOX * part), middle, BOX_HIGH, style)
    x = CORES + 2 * (BOX + BOX_GAP) + 0.03
    _words(picture, x, middle, f"{row.cores:.1f}", fontsize=NUMBER)


def _why_not(row: Row) -> str:
    """Return why it is not known how many cores two kept busy."""
    if row.cores is None:
        return "not measured"
    return "one core here" if row.usable < 2 else "not seen"


def _box(
    picture: Picture, across: tuple[float, float], middle: float, high: float, style: BarStyle
) -> None:
    """Draw a box whose edges lie on dots."""
    y = picture.get_figheight() - middle
    at = np.rint(np.array([[across[0]], [across[1]], [y + high / 2], [y - high / 2]]) * DPI) / DPI
    sides = (at[0], at[1], at[2], at[3])
    draw_style(picture, style, sides, 1 / DPI, transform=picture.dpi_scale_trans)


def _line(
    picture: Picture, across: tuple[float, float], down: tuple[float, float], colour: str
) -> None:
    """Draw a thin line, from inches to inches."""
    left, right = across
    top, bottom = down
    dot = 1 / DPI
    style = BarStyle(0, colour, "")
    if left == right:
        _box(picture, (left - dot, left + dot), (top + bottom) / 2, bottom - top, style)
    else:
        _box(picture, (left, right), top, 2 * dot, style)


def _words(picture: Picture, x: float, middle: float, words: str, **how: Any) -> None:
    write(picture, x, middle, words, **{"va": "center_baseline", "color": INK, **how})


def _power_of_time(power: int) -> str:
    """Return '10 µs' for -5."""
    for unit, least in (("s", 0), ("ms", -3), ("µs", -6)):
        if power >= least:
            return f"{10 ** (power - least)} {unit}"
    return f"{10 ** (power + 9)} ns"


def size_of_power(power: int) -> str:
    """Return '10 KB' for 4."""
    for unit, least in (("GB", 9), ("MB", 6), ("KB", 3)):
        if power >= least:
            return f"{10 ** (power - least)} {unit}"
    return f"{10 ** max(0, power)} B"


def _notes(found: FiveLanes) -> list[str]:
    """Return how to read it."""
    told = [SHARED, AT_ONCE]
    if any(row.cores is not None and row.usable < 2 for row in found.rows):
        told.append("Here two threads cannot be at work at once: there is one usable core.")
    elif any(row.in_parallel is None and row.cores for row in found.rows):
        told.append(
            "Other programs kept this machine's cores busy: that two computed at once was not seen."
        )
    return [*told, *found.failed, ABOUT]


def describe(found: FiveLanes, title: str) -> str:
    """Return the picture in words."""
    told = [f"{title}. A table of {len(found.rows)} rows, on logarithmic scales."]
    for row in found.rows:
        facts = []
        for label, start, weight in lines_of(row):
            name = f"{label}: " if label else ""
            begun = "start not measured" if start is None else f"{duration(start)} to start"
            kept = "memory not measured" if weight is None else f"{size(weight)} of memory"
            facts.append(f"{name}{begun}, {kept}")
        facts.append(f"shares {row.shares}")
        busy = _why_not(row) if row.in_parallel is None else f"{row.cores:.1f} cores busy"
        facts.append(f"two at once: {busy}")
        told.append(f"{row.lane}: {'; '.join(facts)}; {'; '.join(_said(row, ''))}.")
    return " ".join([*told, *_notes(found)])
