"""Several recordings in one picture: a row of panels for each job, a column for each way to do it.

All panels of a row have one scale, so that what took longer is longer. A panel that is not known
yet is a question mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes

from helpers.look import AXIS, INK, SECONDARY, STYLES, BarStyle, duration, time_unit
from helpers.screen import DESK, size
from helpers.timeline.bars import draw_boxes, draw_torn, visible
from helpers.timeline.folded import Stacks, split, stacks
from helpers.timeline.frame import draw_entries, flowed, round_times, write
from helpers.timeline.guesses import Guesses, check_seconds, seconds_of
from helpers.timeline.page import shortened, text_width, wrapped
from helpers.timeline.picture import FINE, STYLE, Picture
from helpers.timeline.pieces import pieces
from helpers.timeline.rows import Row, count
from helpers.timeline.words import ONE_OF_MANY, summary

if TYPE_CHECKING:
    from helpers.recorder.recording import Recording

__all__ = ["Panel", "draw_panel", "grid", "styles_of"]

MOST_PIECES = 5_000  # of a panel that are bars
EDGE, GUTTER, LABELS, GAP = 0.12, 0.34, 0.72, 0.2  # inches: page, row's name, lanes' names, panels
TOP, HEAD, TITLE_HIGH, AXIS_HIGH, LEGEND_HIGH = 0.12, 0.36, 0.34, 0.5, 0.26
LANE, LEAST, MOST_LANES = 0.3, 3, 8  # inches a lane; lanes that a panel has room for; at most
MOST_NAMED = 2  # columns, on a page for a room: beside more there is no room for lanes' names
TICK = 0.36  # inches from one time on the axis to the next, at least
NAME, TITLE, SMALL, TINY = 13, 15, 11, 9  # points
UNKNOWN_YET = "?"


def grid(
    runs: Sequence[Sequence[Recording | None]],
    rows: Sequence[str],
    columns: Sequence[str],
    title: str = "",
    guesses: Sequence[Sequence[Guesses | None]] | None = None,
) -> Picture:
    """Draw recordings side by side.

    Args:
        runs: a row of recordings for each job; None where there is none yet.
        rows: the names of the rows.
        columns: the names of the columns.
        title: the sentence over the picture.
        guesses: a prediction for each recording, or None.

    Returns:
        A `Picture`, a matplotlib Figure whose `alt` is its text alternative.

    Raises:
        ValueError: the names do not fit the recordings.
    """
    shape = [len(columns)] * len(rows)
    if not shape or not columns or [len(row) for row in runs] != shape:
        raise ValueError(f"grid(runs): must be {len(rows)} rows of {len(columns)} recordings")
    asked = guesses or [[None] * len(columns)] * len(rows)
    with matplotlib.rc_context(STYLE):
        return _draw([*map(list, runs)], rows, columns, title, asked)


class Panel:
    """One recording: its pieces, and a row for each lane that did something but main's waiting.

    Args:
        run: the recording.
        guess: a prediction, or None.
        most: rows that there may be; what is beyond is counted in `more`.
        high: inches of a row.
        kind: the kind of lanes that is shown, if there are any; None: all.
    """

    def __init__(
        self,
        run: Recording,
        guess: Guesses | None,
        most: int = MOST_LANES,
        high: float = LANE,
        kind: str | None = None,
    ) -> None:
        self.run, self.guesses = run, seconds_of(guess)
        done = pieces(run)
        did: list[int] = np.flatnonzero(done.did).tolist()
        lanes = [n for n in did if run.lanes[n].kind != "main"] or did
        lanes = [n for n in lanes if run.lanes[n].kind == kind] or lanes
        self.rows = [Row([n], _label(run, n)) for n in lanes[:most]]
        self.more = len(lanes) - len(self.rows)
        for number, row in enumerate(self.rows):
            row.lane, row.middle = high, (number + 0.5) * high
        self.done = done.only(np.isin(done.lane, lanes[:most]))

    @property
    def longest(self) -> float:
        """Seconds that its axis needs."""
        return max(self.run.elapsed, *(1.1 * seconds for _, seconds in self.guesses), 1e-6)


def _label(run: Recording, number: int) -> str:
    """Return 'thread 2': what a lane is, and which of its kind."""
    kind = run.lanes[number].kind
    if kind == "main":
        return "main"
    same = [n for n, lane in enumerate(run.lanes) if lane.kind == kind]
    return f"{kind} {same.index(number) + 1}"


def _draw(
    runs: list[list[Recording | None]],
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    guesses: Sequence[Sequence[Guesses | None]],
) -> Picture:
    panels = [
        [Panel(run, guess) if run else None for run, guess in zip(*both, strict=True)]
        for both in zip(runs, guesses, strict=True)
    ]
    styles = styles_of([panel for row in panels for panel in row if panel])
    legend = flowed([(style.label, style) for style in styles], False, size().width - 2 * EDGE)
    lanes = [max([LEAST, *(len(panel.rows) for panel in row if panel)]) for row in panels]
    head = wrapped(title, TITLE, size().width - 2 * EDGE, bold=True)
    above = TOP + TITLE_HIGH * len(head)
    highs = [HEAD + LANE * many + AXIS_HIGH for many in lanes]
    named = _has_room_for_names(len(columns))
    highs[0] += 0 if named else HEAD  # without the lanes' names, a head and a time would meet
    room = len(wrapped(f"{ONE_OF_MANY} {FINE}", SMALL, size().width - 2 * EDGE))
    under = LEGEND_HIGH * (len(legend) + room) + EDGE
    high = round(above + sum(highs) + under, 2)
    picture = Picture((size().width, high), _in_words(panels, rows, columns, title))
    write(picture, EDGE, TOP, "\n".join(head), fontsize=TITLE, fontweight="bold")
    notes = [ONE_OF_MANY]
    for number, row in enumerate(panels):
        top = above + sum(highs[:number]) + (0 if named or number else HEAD)
        heads = columns if number == 0 else ()
        if _draw_row(picture, row, rows[number], heads, top, lanes[number]):
            notes = [ONE_OF_MANY, FINE]
    for number, entries in enumerate(legend):
        y = above + sum(highs) + LEGEND_HIGH * (number + 0.5)
        draw_entries(picture, y, entries, EDGE)
    y = high - LEGEND_HIGH * room
    told = "\n".join(wrapped(" ".join(notes), SMALL, size().width - 2 * EDGE))
    write(picture, EDGE, y, told, fontsize=SMALL, color=SECONDARY)
    return picture


def _has_room_for_names(columns: int) -> bool:
    """Say whether there is room for the lanes' names beside so many panels."""
    return size() is DESK or columns <= MOST_NAMED


def _draw_row(
    picture: Picture,
    panels: Sequence[Panel | None],
    name: str,
    heads: Sequence[str],
    top: float,
    lanes: int,
) -> bool:
    """Draw the panels of a row, side by side, at inches from the top; they have one scale.

    Returns:
        Whether something was too fine for bars.
    """
    pitch = (size().width - 2 * EDGE - GUTTER + GAP) / len(panels)
    named = _has_room_for_names(len(panels))
    labels = LABELS if named else 0.0
    wide = round(pitch - GAP - labels, 2)
    end = max([panel.longest for panel in panels if panel], default=1.0)
    high = LANE * lanes
    middle = top + HEAD + high / 2
    how: dict[str, Any] = {"rotation": 90, "ha": "left", "va": "center"}
    write(picture, EDGE, middle, shortened(name, SMALL, high + HEAD), fontsize=SMALL, **how)
    fine = False
    for number, panel in enumerate(panels):
        left = EDGE + GUTTER + number * pitch
        if heads:
            over = top if named else top - HEAD
            write(picture, left, over, heads[number], fontsize=NAME, fontweight="bold")
        box = (left + labels, top + HEAD, wide, high)
        if panel is None:
            x, y = left + (labels + wide) / 2, middle
            write(
                picture, x, y, UNKNOWN_YET, ha="center", va="center", fontsize=40, color=SECONDARY
            )
            continue
        elapsed = duration(panel.run.elapsed, beside=end)
        write(picture, box[0] + wide, top + 0.02, elapsed, ha="right", color=SECONDARY)
        fine |= draw_panel(picture, panel, box, end, named)
    return fine


def draw_panel(
    picture: Picture,
    panel: Panel,
    box: tuple[float, float, float, float],
    end: float,
    named: bool = True,
) -> bool:
    """Draw one recording in a box of inches: left, top, wide, high; say whether it was too fine.

    Args:
        picture: where.
        panel: the recording.
        box: its place.
        end: seconds at which the axis ends.
        named: whether its lanes' names are written beside it.
    """
    left, top, wide, high = box
    total = float(picture.get_figheight())
    place = (left / size().width, 1 - (top + high) / total, wide / size().width, high / total)
    axes = picture.add_axes(place)
    _draw_axis(axes, end, high, wide)
    for row in panel.rows if named else ():
        how: dict[str, Any] = {"ha": "right", "va": "center_baseline", "fontsize": TINY}
        write(picture, left - 0.06, top + row.middle, row.label, **how)
    if panel.more and named:
        words = f"and {panel.more} more"
        write(picture, left - 0.06, top + high, words, ha="right", fontsize=TINY, color=SECONDARY)
    done, run = panel.done, panel.run
    bars, columns = split(done, panel.rows, end, most=MOST_PIECES)
    seen = visible(done, end, run.states is not None, wide)
    # What is shorter than a dot is left out here: there is so much of it that it would hide all.
    draw_boxes(axes, done, bars & seen, panel.rows, end, wide, thinnest=0)
    draw_torn(axes, done, panel.rows, end)
    if columns.any():
        Stacks(axes, stacks(done, panel.rows, columns, end))
    for who, seconds in panel.guesses:
        check_seconds("guess", seconds)
        axes.axvline(seconds, color=INK, linestyle=(0, (5, 4)), linewidth=1.4, zorder=4)
        side = "right" if seconds > end / 2 else "left"
        offset = (-3 if side == "right" else 3, 1)
        how = {"fontsize": TINY, "fontweight": "bold", "ha": side, "va": "bottom"}
        axes.annotate(who, (seconds, 0), offset, textcoords="offset points", **how)
    return bool(columns.any())


def _draw_axis(axes: Axes, end: float, high: float, wide: float) -> None:
    """Draw a small time axis: a few round times, and their unit at the last one."""
    scale, short, _ = time_unit(end)
    axes.set_xlim(0, end)
    axes.set_ylim(high, 0)
    axes.set_axis_off()
    times = round_times(end * scale, most=max(2, int(wide / TICK))) / scale
    axes.plot([0, end], [high, high], color=AXIS, linewidth=1, clip_on=False, zorder=2.5)
    how: dict[str, Any] = {"textcoords": "offset points", "va": "top", "color": SECONDARY}
    told = [f"{x * scale:.6g}" for x in times]
    told[-1] += f" {short}"
    at_edge = times[-1] > 0.95 * end
    if len(told) > 2 and at_edge:  # the last one reaches back: is there room for the one before it?
        needed = text_width(told[-1], TINY) + text_width(told[-2], TINY) / 2
        if (times[-1] - times[-2]) * wide / end < needed:
            told[-2] = ""
    for x, words in zip(times, told, strict=True):
        side = "right" if words is told[-1] and at_edge else "center"
        axes.annotate(words, (x, high), (0, -4), ha=side, fontsize=TINY, **how)


def styles_of(panels: list[Panel]) -> list[BarStyle]:
    """Return the styles for the legend: those that take a hundredth of a panel's time or more."""
    told: set[int] = set()
    for panel in panels:
        spent = np.bincount(panel.done.code, panel.done.end - panel.done.start, len(STYLES))
        told.update(np.flatnonzero(spent >= panel.run.elapsed / 100).tolist())
    return [STYLES[code] for code in sorted(told)]


def _in_words(
    panels: list[list[Panel | None]], rows: Sequence[str], columns: Sequence[str], title: str
) -> str:
    """Return the picture in words: a sentence for each panel."""
    many = count(len(rows) * len(columns), "panel")
    told = [f"{title}. {many}." if title else f"{many}."]
    for name, row in zip(rows, panels, strict=True):
        for column, panel in zip(columns, row, strict=True):
            what = "not run yet."
            if panel:
                what = f"{duration(panel.run.elapsed)}. {summary(panel.run)}"
            told.append(f"{name}, {column}: {what}")
    return " ".join([*told, ONE_OF_MANY])
