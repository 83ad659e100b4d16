"""Pieces as boxes: one path for each style, its edges on the dots of the picture.

One path a style, however many boxes: a path with a texture costs a drawing of the texture.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from helpers.look import INK, STYLES, BarStyle
from helpers.screen import size
from helpers.timeline.page import DPI
from helpers.timeline.pieces import NOT_SEEN, Pieces
from helpers.timeline.rows import Row

__all__ = [
    "add",
    "draw_boxes",
    "draw_style",
    "draw_tears",
    "draw_torn",
    "row_of_lane",
    "tear",
    "tellable",
]

Array = np.ndarray[Any, Any]
Sides = tuple[Array, Array, Array, Array]  # left, right, top and bottom of many boxes

THINNEST = 2  # dots that a bar is wide at least, so that it is seen
CROWDED = 60  # pieces of a lane; if there are more, they are as wide as they are
TEXTURED = 8  # dots that a bar is wide at least, so that its texture is seen
SLIVER, MUCH = 4, 0.01  # dots; of the time of one lane
LINE = 3  # dots that an outline is thick
DASHES = {"dashes": (4, 3), "dots": (1.4, 2.1)}  # points: a dash, and the gap after it
LOOKS = 2e-3  # seconds from a look of the sampler to the next but one
TEETH, TOOTH = 3, 0.05  # of a torn edge, and the inches that one is deep


def visible(done: Pieces, end: float, measured: bool, wide: float | None = None) -> Array:
    """Return which pieces are drawn (a mask); a gap between states is not if nobody can see it.

    It is no dot wide then, or shorter than the time in which states are seen at all.

    Args:
        done: all pieces.
        end: seconds at which the axis ends.
        measured: whether states were.
        wide: inches that the axis is long; None: as long as a timeline's.
    """
    if not measured:
        return np.asarray(done.start < end)
    least = max(end / ((wide or size().inside) * DPI), LOOKS)
    gap = (done.code == NOT_SEEN) & (done.end - done.start < least)
    return np.asarray((done.start < end) & ~gap)


def tellable(done: Pieces, seen: Array, end: float) -> Array:
    """Return which pieces are of a style that can be told from others on the picture (a mask).

    A style of which there are nothing but slivers would fill the legend, and could not be found.
    What is on a core is always told.
    """
    wide = seen & ((done.end - done.start) * size().inside * DPI >= SLIVER * end)
    told = np.bincount(done.code[wide], minlength=len(STYLES)) > 0
    much = np.bincount(done.code[seen], done.end[seen] - done.start[seen], len(STYLES))
    told |= (much >= MUCH * end) | (np.arange(len(STYLES)) == 0)
    return np.asarray(told[done.code])


def draw_boxes(
    axes: Axes,
    done: Pieces,
    chosen: Array,
    shown: list[Row],
    end: float,
    wide: float | None = None,
    thinnest: int | None = None,
) -> None:
    """Draw the chosen pieces (a mask), each on the row of its lane; what runs comes last.

    Args:
        axes: where.
        done: all pieces.
        chosen: which of them.
        shown: the rows.
        end: seconds at which the axis ends.
        wide: inches that it is long; None: as long as a timeline's.
        thinnest: dots that a piece is wide at least; None: enough to be seen, but where a lane is
            in so many pieces that they would hide what is between them.
    """
    least = np.full(len(done.torn), thinnest)
    if thinnest is None:
        crowded = np.bincount(done.lane[chosen], minlength=len(done.torn)) > CROWDED
        least = np.where(crowded, 0, THINNEST)
    dots = round((wide or size().inside) * DPI)
    row_of = row_of_lane(shown, len(done.torn))
    middle = np.array([row.middle for row in shown])
    lane = np.array([row.lane for row in shown])
    for code in reversed(range(len(STYLES))):
        these = np.flatnonzero(chosen & (done.code == code))
        if not len(these):
            continue
        lanes = done.lane[these]
        left, right = snapped(done.start[these], done.end[these], end, dots, least[lanes])
        row = row_of[lanes]
        half = np.maximum(np.rint(STYLES[code].half_height * lane * DPI), 2)[row] / DPI
        sides = (left * end / dots, right * end / dots, middle[row] - half, middle[row] + half)
        draw_style(axes, STYLES[code], sides, end / dots)


def draw_style(
    where: Axes | Figure,
    style: BarStyle,
    sides: Sides,
    dot: float,
    **how: Any,
) -> None:
    """Draw boxes in one style; `dot` is a dot's width on the axis."""
    if style.form in DASHES:
        line = _dashes(sides, *DASHES[style.form])
        add(where, _middles(sides), how, fill=False, edgecolor=style.fill, **line)
        return
    left, right, top, bottom = sides
    if style.form == "stroke":
        left, right = (left + right) / 2 - dot, (left + right) / 2 + dot
        sides = (left, right, top, bottom)
    narrow = right - left < TEXTURED * dot
    face, edge = style.fill, "white"
    if style.form == "outline":
        add(where, boxes(*sides), how, facecolor=style.fill)
        sides, face, edge = _inner(sides, dot), "white", style.fill
    for hatch, these in (("", narrow), (style.texture, ~narrow)):
        if these.any():
            path = boxes(*(side[these] for side in sides))
            add(where, path, how, facecolor=face, edgecolor=edge, hatch=hatch or None)


def _inner(sides: Sides, dot: float) -> Sides:
    """Return what is inside the outlines of boxes."""
    left, right, top, bottom = sides
    high = LINE / DPI * np.sign(bottom - top)
    inset = np.where(right - left > 4 * LINE * dot, LINE * dot, 0.0)  # else only over and under
    return left + inset, right - inset, top + high, bottom - high


def boxes(left: Array, right: Array, top: Array, bottom: Array) -> Path:
    """Return one path of many boxes."""
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    points = np.stack([np.column_stack(corner) for corner in corners], axis=1)
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path(points.reshape(-1, 2), np.tile(np.array(codes, Path.code_type), len(left)))


def snapped(
    start: Array, stop: Array, end: float, dots: int, thinnest: Array
) -> tuple[Array, Array]:
    """Return on which dots pieces begin and end: neighbours touch, and none is too thin."""
    left, right = (np.clip(np.rint(at * (dots / end)), 0, dots) for at in (start, stop))
    left = np.minimum(left, dots - thinnest)
    return left, np.maximum(right, left + thinnest)


def row_of_lane(shown: list[Row], lanes: int) -> Array:
    """Return for each lane the index of its row."""
    row_of = np.zeros(lanes, np.int64)
    for number, row in enumerate(shown):
        row_of[row.lanes] = number
    return row_of


def draw_torn(axes: Axes, done: Pieces, shown: list[Row], end: float) -> None:
    """Tear the right edge of each lane that was left unfinished."""
    deep = TOOTH * end / size().inside
    tears = [
        tear(float(done.torn[row.lanes[0]]), row.middle, 0.3 * row.lane, deep)
        for row in shown
        if not row.folded and done.torn[row.lanes[0]] <= end
    ]
    draw_tears(axes, tears)


def draw_tears(where: Axes | Figure, tears: list[tuple[Path, Path]], **how: Any) -> None:
    """Draw torn edges: white teeth, and a line along them."""
    if tears:
        bites, edges = (Path.make_compound_path(*paths) for paths in zip(*tears, strict=True))
        add(where, bites, how, facecolor="white", antialiased=True, clip_on=False, zorder=3)
        line = {"fill": False, "edgecolor": INK, "linewidth": 1.2, "antialiased": True}
        add(where, edges, how, **line, zorder=3)


def tear(at: float, middle: float, high: float, deep: float) -> tuple[Path, Path]:
    """Return what is white of a torn edge, and its line: `high` up and down, `deep` to the left."""
    steps = np.linspace(middle - high, middle + high, 2 * TEETH + 1)
    edge = [(at - deep * (number % 2), y) for number, y in enumerate(steps)]
    beyond = [(at + deep / 4, steps[-1]), (at + deep / 4, steps[0])]
    return Path([*edge, *beyond, edge[0]]), Path(edge)


def _middles(sides: Sides) -> Path:
    left, right, top, bottom = sides
    middle = (top + bottom) / 2
    ends = [np.column_stack((left, middle)), np.column_stack((right, middle))]
    codes = np.tile(np.array([Path.MOVETO, Path.LINETO], Path.code_type), len(left))
    return Path(np.stack(ends, axis=1).reshape(-1, 2), codes)


def _dashes(sides: Sides, long: float, gap: float) -> dict[str, Any]:
    thick = float(np.abs(sides[3] - sides[2]).max()) * 72
    return {"linewidth": thick, "linestyle": (0, (long / thick, gap / thick)), "capstyle": "butt"}


def add(where: Axes | Figure, path: Path, how: dict[str, Any], **look: Any) -> None:
    """Add a path; without smoothing unless told, because its edges lie on dots."""
    patch = PathPatch(path, **{"linewidth": 0, "antialiased": False, "snap": False, **look})
    patch.set(**how)
    where.add_artist(patch)
