"""What is too fine for bars, or many lanes in one row: the height of a colour is its share.

Each column of pixels is a stack. How much of the column's time each style takes is computed
exactly (the area it covers) and rounded to whole pixels; the rounding error is carried on to the
next column (error diffusion: Floyd and Steinberg, 1976), so that a row's shares come out right.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from helpers.look import STYLES
from helpers.screen import DESK
from helpers.timeline.bars import row_of_lane
from helpers.timeline.page import PIXELS
from helpers.timeline.pieces import CODES, Pieces
from helpers.timeline.rows import Row

__all__ = ["COLUMNS", "Stacks", "coverage", "split", "stacks"]

Array = np.ndarray[Any, Any]

COLUMNS = round(DESK.inside * PIXELS)  # along the axis
HALF_HEIGHT = 0.36  # of a lane of its own: as high as what is on a core
HALF_HEIGHT_OF_MANY = 0.45
MOST_BARS, ALL_BARS = 500, 5_000  # pieces of a lane, and of all, that can be told apart
CLEAR = 255  # the code of a pixel that nothing is drawn on
A_COLUMN = 24  # pieces of a lane that make a column at least, so that a stack has something to tell
WIDEST = 16  # pixels of a column at most
MOST_OWED, MOST_OWED_BY_MANY, MOST_PAID = 16, 2, 1.5  # pixels


class Stacks(Artist):
    """Draws rows of stacks as images without any smoothing, so that no two colours mix."""

    def __init__(self, axes: Axes, rows: list[tuple[Row, Array]]) -> None:
        super().__init__()
        self.rows = rows
        self.set_zorder(2)
        axes.add_artist(self)

    def draw(self, renderer: Any) -> None:
        """Draw each row at its place; `renderer` is matplotlib's."""
        colours = _colours()
        if not self.get_visible():
            return
        axes: Any = self.axes
        box = axes.bbox
        inches_high = axes.get_ylim()[0]
        for row, codes in self.rows:
            high = len(codes) / PIXELS
            top = box.y1 - (row.middle - high / 2) / inches_high * box.height
            size = (round(high / inches_high * box.height), round(box.width))
            image = colours[_stretched(codes, *size)]
            graphics = renderer.new_gc()
            renderer.draw_image(graphics, round(box.x0), round(top) - size[0], image[::-1])
            graphics.restore()


def split(done: Pieces, shown: list[Row], end: float, most: int = MOST_BARS) -> tuple[Array, Array]:
    """Return which pieces are drawn as boxes (a mask), and how many columns each row's stacks have.

    A row needs stacks if it stands for many lanes, or if its lane is in so many pieces that bars
    would hide one another; its columns are then wide enough for a few pieces each. What is at
    least a column long is a box there too. 0 columns: the row needs no stacks.

    Args:
        done: all pieces.
        shown: the rows.
        end: seconds at which the axis ends.
        most: pieces of a lane that are bars.
    """
    row_of = row_of_lane(shown, len(done.torn))[done.lane]
    pieces = np.bincount(row_of, minlength=len(shown))
    columns = 1 << np.floor(np.log2(np.clip(pieces / A_COLUMN, 1, COLUMNS))).astype(np.int64)
    widest = np.clip(COLUMNS // np.maximum(columns, 1), 1, WIDEST)
    columns = COLUMNS // (1 << np.floor(np.log2(widest)).astype(np.int64))
    folded = np.array([row.folded for row in shown], bool)
    columns[folded] = COLUMNS
    columns[~folded & (pieces <= min(most, ALL_BARS / max(1, len(shown))))] = 0
    if not columns.any():
        return np.ones(len(done.lane), bool), columns
    long = (done.end - done.start) * columns[row_of] >= end
    return (columns == 0)[row_of] | (long & ~folded[row_of]), columns


def stacks(done: Pieces, shown: list[Row], columns: Array, end: float) -> list[tuple[Row, Array]]:
    """Return the rows with stacks, each with its picture: a code for each pixel, top first."""
    stacked = [row for row, many in zip(shown, columns, strict=True) if many]
    columns = columns[columns > 0]
    row_of = np.full(len(done.torn), -1)
    for number, row in enumerate(stacked):
        row_of[row.lanes] = number
    line = row_of[done.lane]
    inside = (line >= 0) & (done.start < end)
    if not inside.all():
        done = done.only(inside)
        line = line[inside]
    scale = (columns / end)[line]
    left = done.start * scale
    right = np.minimum(done.end * scale, columns[line])
    shares = coverage(line * CODES + done.code, left, right, len(stacked) * CODES)
    drawn = _fine(line, left, right, len(stacked))
    drawn |= np.array([row.folded for row in stacked])[:, None]
    drawn &= np.arange(COLUMNS) < columns[:, None]
    high = np.array([_pixels_high(row) for row in stacked])
    tops = np.cumsum(shares.reshape(len(stacked), CODES, COLUMNS), axis=1)
    tops *= (high / [len(row.lanes) for row in stacked])[:, None, None]
    calm = np.where([row.folded for row in stacked], MOST_OWED_BY_MANY, MOST_OWED)
    tops = _rounded(tops, drawn, high, calm)
    return [
        (row, _stack(row, tops[number, :, :many], drawn[number, :many]))
        for number, (row, many) in enumerate(zip(stacked, columns, strict=True))
    ]


def coverage(line: Array, left: Array, right: Array, lines: int) -> Array:
    """Return how much of each column is covered on each line, by pieces given in columns.

    Args:
        line: for each piece the line it lies on, below `lines`.
        left: where it begins, from 0 to COLUMNS.
        right: where it ends, from left to COLUMNS.
        lines: how many lines there are.

    Returns:
        An array of lines x COLUMNS; 1 is a column covered once.
    """
    wide = COLUMNS + 1
    first, last = left.astype(np.int64), right.astype(np.int64)
    at = line * wide + first
    cover = np.bincount(at, np.minimum(right, first + 1) - left, lines * wide)
    across = np.flatnonzero(last > first)
    if len(across):
        to = line[across] * wide + last[across]
        cover += np.bincount(to, right[across] - last[across], lines * wide)
        inner = np.bincount(at[across] + 1, minlength=lines * wide) - np.bincount(
            to, minlength=lines * wide
        )
        cover += np.cumsum(inner)
    return cover.reshape(lines, wide)[:, :COLUMNS]


def _fine(row: Array, left: Array, right: Array, rows: int) -> Array:
    """Return (rows x COLUMNS) which columns are touched by a piece shorter than a column."""
    short = np.flatnonzero(right - left < 1)
    fine = np.zeros((rows, COLUMNS + 1), bool)
    begin = row[short] * (COLUMNS + 1)
    fine.ravel()[begin + left[short].astype(np.int64)] = True
    last = np.maximum(right[short] - 1e-6, left[short])  # its last digit is no column
    fine.ravel()[begin + last.astype(np.int64)] = True
    return fine[:, :COLUMNS]


def _pixels_high(row: Row) -> int:
    half = HALF_HEIGHT_OF_MANY if row.folded else HALF_HEIGHT
    return 2 * round(half * row.lane * PIXELS)


def _stack(row: Row, tops: Array, shown: Array) -> Array:
    """Return the picture of one row, from the tops of the colours in each column."""
    high = _pixels_high(row)
    level = np.arange(high)[::-1, None]
    above = np.zeros((high, tops.shape[1]), np.uint8)
    for top in tops:
        if top.any():
            above += top <= level
        else:
            above += 1
    codes = np.array([*range(CODES), CLEAR if row.folded else CODES], np.uint8)[above]
    return np.where(shown, codes, np.uint8(CLEAR))


def _rounded(tops: Array, shown: Array, high: Array, most_owed: Array) -> Array:
    """Return the tops of the colours (rows x codes x columns) in whole pixels.

    What rounding took from the columns so far, or gave them, is owed: a top stays where it is
    until it owes more than a few pixels, and then is rounded up or down to pay. So the picture is
    calm, and the area of each colour is right to those few pixels of a whole row.
    """
    rounded = np.zeros_like(tops)
    full = tops >= high[:, None, None] - 1e-6
    absent = np.diff(tops, axis=1, prepend=0.0) <= 0
    now, owed = np.rint(tops[:, :, 0]), np.zeros(tops.shape[:2])
    for column in np.flatnonzero(shown.any(axis=0)):
        exact, counts = tops[:, :, column], shown[:, column, None]
        moves = counts & (np.abs(owed + exact - now) > most_owed[:, None])
        pays = np.clip(np.rint(exact + np.clip(owed, -MOST_PAID, MOST_PAID)), 0, high[:, None])
        now = np.maximum.accumulate(np.where(moves, pays, now), axis=1)
        thick = np.diff(now, axis=1, prepend=0.0)
        thick[absent[:, :, column]] = 0.0  # what is not there pays no debts
        now = np.where(full[:, :, column], high[:, None], np.cumsum(thick, axis=1))
        owed += counts * (exact - now)
        rounded[:, :, column] = now
    return rounded


def _stretched(codes: Array, high: int, wide: int) -> Array:
    """Return a picture in another size, its pixels repeated or left out."""
    down = np.arange(high) * len(codes) // high
    along = np.arange(wide) * codes.shape[1] // wide
    return codes[down][:, along]


def _colours() -> Array:
    """Return red, green, blue and opacity for each code, from 0 to 255."""
    table = np.zeros((256, 4), np.uint8)
    for code, style in enumerate(STYLES):
        table[code] = [round(255 * part) for part in (*to_rgb(style.shade), 1)]
    table[CODES] = 255
    return table
