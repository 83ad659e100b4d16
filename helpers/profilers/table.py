"""The picture of what each profiler saw: a row for each, a mark and a number for each part."""

from __future__ import annotations

from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Wedge

from helpers.look import GRID, INK, RUNNING, SECONDARY, STYLE_OF
from helpers.profilers.seen import COLUMNS, MARKS, Cell, Row, Seen
from helpers.timeline.frame import write
from helpers.timeline.page import WIDTH, shortened, text_width, wrapped
from helpers.timeline.picture import STYLE, Picture
from helpers.timeline.words import ONE_OF_MANY

__all__ = ["describe", "draw"]

EDGE, NAMES, PRICE = 0.12, 2.55, 0.8  # inches: the page's edge, the first and the last column
COLUMN = (WIDTH - 2 * EDGE - NAMES - PRICE) / len(COLUMNS)
TOP, LEGEND, HEAD, ROW, LINE = 0.12, 0.56, 0.9, 0.58, 0.21  # inches from the top, and high
FIRST = 1.42  # inches over the first row
TITLE, NAME, NUMBER, SMALL, TINY = 15, 13, 13, 11, 10  # points
DISC, BESIDE = 0.105, 0.07  # inches: half a mark's width, and from it to its number
MARK = 0.22  # inches from a cell's left to the middle of its mark
MIXED, UNSEEN = STYLE_OF["gil"].fill, STYLE_OF["sleep"].fill
TIMES = "\N{MULTIPLICATION SIGN}"
MUCH = 1.3  # times what was there; from here on a line says where the rest comes from
TITLE_WORDS = "What each profiler saw of the same program"
LEGEND_WORDS = {
    "seen": "seen",
    "partly": "in part, or not told apart",
    "unseen": "not seen",
    "mixed": "mixed up with other threads",
}
HEADS = {
    "main": ("this", "thread"),
    "thread": ("another", "thread"),
    "process": ("a worker", "process"),
    "task": ("two", "tasks"),
    "wait": ("a waiting", "thread"),
    "native": ("a thread", "in C code"),
}


def draw(seen: Seen) -> Picture:
    """Draw what each profiler saw.

    Returns:
        A `Picture`, a matplotlib Figure whose `alt` is its text alternative.
    """
    below = [line for one in _notes(seen) for line in wrapped(one, SMALL, WIDTH - 2 * EDGE)]
    high = round(FIRST + ROW * len(seen.rows) + 0.14 + LINE * len(below) + EDGE, 2)
    picture = Picture((WIDTH, high), describe(seen))
    with matplotlib.rc_context(STYLE):
        axes = picture.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(high, 0)
        axes.set_axis_off()
        title = f"{TITLE_WORDS}, on Python {seen.python}"
        write(picture, EDGE, TOP, title, fontsize=TITLE, fontweight="bold")
        _draw_legend(picture, axes, seen)
        _draw_heads(picture)
        for number, row in enumerate(seen.rows):
            _draw_row(picture, axes, row, FIRST + ROW * number)
        for number, line in enumerate(below):
            y = high - EDGE - LINE * (len(below) - number)
            write(picture, EDGE, y, line, fontsize=SMALL, color=SECONDARY)
    return picture


def _draw_legend(picture: Picture, axes: Axes, seen: Seen) -> None:
    """Draw what the marks mean, of those that occur."""
    x, y = EDGE + DISC, LEGEND
    occur = {cell.mark for row in seen.rows for cell in row.cells.values()}
    for mark, words in LEGEND_WORDS.items():
        if mark in occur:
            _draw_mark(axes, mark, x, y)
            left = x + DISC + BESIDE
            write(picture, left, y, words, fontsize=SMALL, va="center_baseline")
            x = left + text_width(words, SMALL) + 0.28 + DISC


def _draw_heads(picture: Picture) -> None:
    """Write the names of the columns, in two lines each."""
    how: dict[str, Any] = {"fontsize": SMALL, "fontweight": "bold"}
    for number, part in enumerate(COLUMNS):
        x = _left(number) + MARK - DISC
        write(picture, x, HEAD, "\n".join(HEADS[part]), **how)
    right = WIDTH - EDGE
    write(picture, right, HEAD, "times\nas long", ha="right", multialignment="right", **how)


def _draw_row(picture: Picture, axes: Axes, row: Row, top: float) -> None:
    """Draw a row: a line over it, its name, and its cells, or why there are none."""
    axes.plot([EDGE, WIDTH - EDGE], [top, top], color=GRID, linewidth=1, zorder=0)
    upper, lower = top + 0.21, top + 0.42
    how: dict[str, Any] = {"va": "center_baseline"}
    name = shortened(row.profiler, NAME, NAMES - 0.1, bold=True)
    write(picture, EDGE, upper, name, fontsize=NAME, fontweight="bold", **how)
    second = shortened(row.second, TINY, NAMES - 0.1)
    write(picture, EDGE, lower, second, fontsize=TINY, color=SECONDARY, **how)
    if row.failed:
        room = WIDTH - 2 * EDGE - NAMES - MARK
        first, *more = wrapped(f"Not run here: {row.failed.replace('`', '')}", SMALL, room)
        for y, line in ((upper, first), (lower, shortened(" ".join(more), SMALL, room))):
            write(picture, _left(0) + MARK - DISC, y, line, fontsize=SMALL, color=SECONDARY, **how)
        return
    for number, part in enumerate(COLUMNS):
        _draw_cell(picture, axes, row.cells[part], _left(number), upper, lower)
    price = f"~{max(1, round(row.price))}{TIMES}" if row.is_priced else "?"  # it is not more exact
    write(picture, WIDTH - EDGE, upper, price, fontsize=NUMBER, ha="right", **how)


def _draw_cell(
    picture: Picture, axes: Axes, cell: Cell, left: float, upper: float, lower: float
) -> None:
    """Draw a mark, beside it the share, under it the note."""
    x = left + MARK
    _draw_mark(axes, cell.mark, x, upper)
    shade = SECONDARY if cell.mark == "unseen" else INK
    how: dict[str, Any] = {"va": "center_baseline"}
    share = f"{100 * cell.share:.0f}"  # a sign at each would crowd it
    write(picture, x + DISC + BESIDE, upper, share, fontsize=NUMBER, color=shade, **how)
    write(picture, x - DISC, lower, cell.note, fontsize=TINY, color=SECONDARY, **how)


def _draw_mark(axes: Axes, mark: str, x: float, y: float) -> None:
    """Draw a full disc, a half one, a ring, or a ring with a cross."""
    edge = {"unseen": UNSEEN, "mixed": MIXED}.get(mark, RUNNING.fill)
    fill = edge if mark == "seen" else "white"
    axes.add_patch(Circle((x, y), DISC, facecolor=fill, edgecolor=edge, linewidth=2))
    if mark == "partly":
        axes.add_patch(Wedge((x, y), DISC, 90, 270, facecolor=edge, linewidth=0))
    if mark == "mixed":
        arm = DISC * 0.7
        for sign in (1, -1):
            axes.plot([x - arm, x + arm], [y - sign * arm, y + sign * arm], color=edge, lw=2)


def _left(number: int) -> float:
    """Return the inches from the left at which a column begins."""
    return EDGE + NAMES + COLUMN * number


def _notes(seen: Seen) -> list[str]:
    """Return how to read the numbers, and how exact they are."""
    notes = [
        "Numbers: percent of a part's real time, under its name. "
        f"{TIMES}: for a program that only calls small functions."
    ]
    ran = [row for row in seen.rows if not row.failed]
    samples = [row for row in ran if row.profiler.startswith("py-spy")]
    if any(cell.share >= MUCH for row in samples for cell in row.cells.values()):
        notes.append("py-spy, over 100: it took waiting for a core for computing.")
    if not all(row.is_priced for row in ran):
        notes.append("?: this machine was too busy to tell.")
    priced = [row for row in ran if row.is_priced]
    if priced:
        least, most = min(row.bare for row in priced), max(row.bare for row in priced)
        notes.append(
            f"Without a profiler, a second run of it took {least:.2f} to {most:.2f} "
            f"times as long as the first. {ONE_OF_MANY}"
        )
    return notes


def describe(seen: Seen) -> str:
    """Return the picture in words."""
    rows = [f"{_row_in_words(row)}." for row in seen.rows]
    return " ".join([f"{TITLE_WORDS}, on Python {seen.python}.", *rows, *_notes(seen)])


def _row_in_words(row: Row) -> str:
    if row.failed:
        return f"{row.profiler}: not run here: {row.failed.rstrip('.')}"
    told = []
    for part, cell in row.cells.items():
        note = f", {cell.note}" if cell.note else ""
        told.append(f"{COLUMNS[part]} {MARKS[cell.mark]}, {cell.share:.0%}{note}")
    price = f"takes about {row.price:.1f} times as long" if row.is_priced else "price not known"
    return f"{row.profiler}: {'; '.join(told)}; {price}"
