"""The names of spans: above the bars, over a bracket from begin to end, where there is room.

A task's long turn is marked, too: whatever it does meanwhile, no other task has a turn.

Where no states were measured and no span lies in another, a lane's bars are plain: the names
stand on them, or beside them, and no bracket is needed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.path import Path

from helpers.look import AXIS, INK
from helpers.screen import size
from helpers.timeline.bars import add
from helpers.timeline.page import DPI, drawable, shortened, text_width

if TYPE_CHECKING:
    from helpers.recorder.recording import Recording
    from helpers.timeline.rows import Row

__all__ = ["Mark", "draw_marks", "mark_rows", "marks_high"]

POINTS = 10
NAMED, BARE, FOOT = 0.23, 0.09, 0.05  # inches: a level with names, one without, a bracket's foot
SHORTENED = 0.8  # inches of a bracket over which a long name is written in part
LEVELS = 3  # nested deeper, a span is not marked
BESIDE = 0.025  # inches between a name and the end of a bar
NARROW = 0.06  # inches that a bracket must be wide
MOST = 5_000  # brackets looked at
TURN, LONG_TURN = "one turn", 0.03  # seconds from which on a task's turn is marked


@dataclass(eq=False)
class Mark:
    """The bracket of one span, in inches along the axis; `align` is '' if its name has no room."""

    name: str
    left: float
    right: float
    level: int = 0
    x: float = 0.0
    align: Literal["", "center", "left", "right"] = ""


def mark_rows(run: Recording, shown: list[Row], end: float) -> None:
    """Give each row of one lane the marks of its own spans and items that are wide enough."""
    of_lane = _marks_of_lanes(run, end)
    for row in shown:
        if not row.folded:
            row.marks = _levelled(of_lane.get(row.lanes[0], []))
            row.plain = run.states is None and not any(mark.level for mark in row.marks)
            if row.plain:
                _find_room_on_bars(row.marks)
                continue
            for level in range(LEVELS):
                _find_room([mark for mark in row.marks if mark.level == level])


def marks_high(row: Row) -> float:
    """Return the inches that the marks of a row take above its bars."""
    return sum(_level_heights(row))


def draw_marks(axes: Axes, shown: list[Row], end: float, seams: bool) -> None:
    """Draw the brackets of all rows as one path, and their names.

    Args:
        axes: where.
        shown: the rows, with their marks.
        end: seconds at which the axis ends.
        seams: whether to part the bars where a span begins, since no state does.
    """
    brackets = []
    for row in shown:
        foot = _feet(row)
        if row.plain:
            for mark in row.marks:
                if mark.align:
                    _write(axes, mark, row.middle, end, "center_baseline")
            continue
        for mark in row.marks:
            brackets.append(_bracket(mark, foot[mark.level], end))
            if mark.align:
                _write(axes, mark, foot[mark.level] - FOOT - 0.05, end, "baseline")
    if brackets:
        path = Path.make_compound_path(*brackets)
        add(axes, path, {}, fill=False, edgecolor=AXIS, linewidth=1, snap=True)
    if seams:
        _draw_seams(axes, shown, end)


def _marks_of_lanes(run: Recording, end: float) -> dict[int, list[Mark]]:
    spans, per_second = run.spans, size().inside / end
    stop = np.minimum(run.ends(), end)
    wide = (stop - spans["start"]) * per_second >= NARROW
    chosen = np.flatnonzero(wide)
    kinds = spans["kind"][chosen]
    held = (kinds == "step") & (stop[chosen] - spans["start"][chosen] >= LONG_TURN)
    chosen = chosen[(kinds == "own") | (kinds == "item") | held][:MOST]
    of_lane: dict[int, list[Mark]] = defaultdict(list)
    for one, last in zip(spans[chosen], stop[chosen].tolist(), strict=True):
        name = TURN if one.kind == "step" else drawable(one.name)
        mark = Mark(name, one.start * per_second, last * per_second)
        of_lane[int(one.lane)].append(mark)
    return of_lane


def _levelled(marks: list[Mark]) -> list[Mark]:
    """Return the marks with their levels: one inside another stands nearer to the bar."""
    free = [0.0] * LEVELS
    kept = []
    for mark in sorted(marks, key=lambda one: (one.left, -one.right)):
        level = next((n for n in range(LEVELS) if free[n] <= mark.left + 1e-6), None)
        if level is None:
            continue
        mark.level, free[level] = level, mark.right
        kept.append(mark)
    return kept


def _find_room(marks: list[Mark]) -> None:
    """Find each name's place: over its bracket, else on to the right of it, else to the left."""
    limits = [*(mark.left for mark in marks), size().inside][1:]
    before = 0.0
    for mark, after in zip(marks, limits, strict=True):
        wide = text_width(mark.name, POINTS) + 0.04
        if wide <= mark.right - mark.left:
            mark.align, mark.x, before = "center", (mark.left + mark.right) / 2, mark.right
        elif wide <= after - mark.left:
            mark.align, mark.x, before = "left", mark.left, mark.left + wide
        elif wide <= mark.right - before:
            mark.align, mark.x, before = "right", mark.right, mark.right
        elif mark.right - mark.left >= SHORTENED:
            mark.name = shortened(mark.name, POINTS, mark.right - mark.left - 0.04)
            mark.align, mark.x, before = "center", (mark.left + mark.right) / 2, mark.right
        else:
            before = mark.right


def _find_room_on_bars(marks: list[Mark]) -> None:
    """Find each name's place: on its bar, else to the right of it, else to the left."""
    limits = [*(mark.left for mark in marks), size().inside][1:]
    before = 0.0
    for mark, after in zip(marks, limits, strict=True):
        wide = text_width(mark.name, POINTS) + 2 * BESIDE
        if wide <= mark.right - mark.left:
            mark.align, mark.x = "center", (mark.left + mark.right) / 2
        elif wide <= after - mark.right:
            mark.align, mark.x = "left", mark.right + BESIDE
        elif wide <= mark.left - before:
            mark.align, mark.x = "right", mark.left - BESIDE
        elif mark.right - mark.left >= SHORTENED:
            mark.name = shortened(mark.name, POINTS, mark.right - mark.left - 2 * BESIDE)
            mark.align, mark.x = "center", (mark.left + mark.right) / 2
        before = mark.right + (wide if mark.align == "left" else 0)


def _level_heights(row: Row) -> list[float]:
    if row.plain:
        return []
    deepest = max((mark.level for mark in row.marks), default=-1)
    named = {mark.level for mark in row.marks if mark.align}
    return [NAMED if level in named else BARE for level in range(deepest + 1)]


def _feet(row: Row) -> list[float]:
    """Return for each level how many inches from the top its brackets stand."""
    heights = _level_heights(row)
    bottom = row.middle - row.lane / 2
    return [bottom - sum(heights[level + 1 :]) for level in range(len(heights))]


def _bracket(mark: Mark, foot: float, end: float) -> Path:
    """Return the bracket; a dot of air at each end keeps it from the next one."""
    air = min(2 / DPI, (mark.right - mark.left) / 4)
    left, right = ((x * end / size().inside) for x in (mark.left + air, mark.right - air))
    return Path([(left, foot), (left, foot - FOOT), (right, foot - FOOT), (right, foot)])


def _draw_seams(axes: Axes, shown: list[Row], end: float) -> None:
    seams = [
        Path([(x * end / size().inside, row.middle + side * 0.23 * row.lane) for side in (-1, 1)])
        for row in shown
        for mark in row.marks
        for x in (mark.left, mark.right)
    ]
    if seams:
        path = Path.make_compound_path(*seams)
        add(axes, path, {}, fill=False, edgecolor="white", linewidth=1, snap=True)


def _write(
    axes: Axes, mark: Mark, y: float, end: float, align: Literal["baseline", "center_baseline"]
) -> None:
    axes.text(
        mark.x * end / size().inside,
        y,
        mark.name,
        ha=mark.align or "center",
        va=align,
        fontsize=POINTS,
        color=INK,
        clip_on=True,
        parse_math=False,
    )
