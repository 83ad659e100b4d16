"""The picture of a Recording: what was recorded -> pieces -> rows -> bars and stacks, and words."""

from __future__ import annotations

import base64
import html
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from helpers.look import (
    AXIS,
    GRID,
    INK,
    SECONDARY,
    STYLES,
    UNKNOWN,
    UNMEASURED,
    BarStyle,
    duration,
)
from helpers.screen import fitted, size
from helpers.timeline.bars import draw_boxes, draw_torn, tellable, visible
from helpers.timeline.folded import Stacks, split, stacks
from helpers.timeline.frame import Frame, draw_axis, draw_frame, draw_labels
from helpers.timeline.guesses import (
    Guess,
    Guesses,
    check_seconds,
    draw_guesses,
    in_words,
    placed,
    seconds_of,
)
from helpers.timeline.names import draw_marks, mark_rows, marks_high
from helpers.timeline.page import DPI, FAMILY
from helpers.timeline.pieces import pieces
from helpers.timeline.png import encode
from helpers.timeline.rows import Row, place, rows
from helpers.timeline.words import ONE_OF_MANY, describe, summary

if TYPE_CHECKING:
    from helpers.recorder.recording import Recording

__all__ = ["Picture", "draw"]

MOST_ROWS = 40  # more would be a wall
FINE = "Too fine for bars: as high as its share of the time, the legend's first at the bottom."
FOLDED = "Many lanes in a row: as high as its share of them, the legend's first at the bottom."
STYLE: Any = {
    "font.family": FAMILY,
    "font.size": 12,
    "text.color": INK,
    "hatch.linewidth": 1.2,
    "path.simplify": False,
    "text.hinting": "force_autohint",  # stems on whole dots: crisp, and fewer shades
}


def _rgb(colour: str, part: float = 1.0) -> tuple[int, int, int]:
    """Return red, green and blue from 0 to 255, of a colour mixed with white."""
    red, green, blue = (round(255 * (1 - part + part * one)) for one in to_rgb(colour))
    return red, green, blue


FILLS = [style.fill for style in STYLES if style.texture]  # their textures have edges, too
SHADES = [*map(_rgb, ("white", INK, SECONDARY, *FILLS)), _rgb(INK, 0.66), _rgb(INK, 0.33)]
EXACT = [*map(_rgb, ("white", INK, SECONDARY, AXIS, GRID))]
EXACT += [_rgb(colour) for style in STYLES for colour in (style.fill, style.shade)]


class Picture(Figure):
    """A Figure that carries its text alternative, `alt`, and shows it in a notebook.

    `rows` are its rows from the top, with their places on the axes; `fit` is how large it is
    shown, as CSS.
    """

    def __init__(self, inches: tuple[float, float], alt: str) -> None:
        super().__init__(figsize=inches, dpi=DPI, facecolor="white")
        self.alt = alt
        self._width, self.fit = round(inches[0] * size().pixels), fitted(*inches)
        self.rows: list[Row] = []

    def png(self) -> bytes:
        """Return the picture as a PNG, two dots for each pixel of the page.

        Colours that are not of the palette (`helpers.look`) come out as the nearest of it; use
        `savefig` for others.
        """
        canvas: Any = FigureCanvasAgg(self)
        with warnings.catch_warnings(), matplotlib.rc_context(STYLE):
            warnings.filterwarnings("ignore", "Glyph .* missing from font")  # it draws a box
            canvas.draw()
        return encode(np.asarray(canvas.buffer_rgba()), self.dpi, EXACT, SHADES)

    def html(self) -> str:
        """Return the picture as an HTML image with its text alternative."""
        return self._image(base64.b64encode(self.png()).decode("ascii"))

    def _image(self, data: str) -> str:
        return (
            f'<img class="three-lanes" src="data:image/png;base64,{data}" width="{self._width}" '
            f'style="{self.fit}max-width: 100%; height: auto" '
            f'alt="{html.escape(self.alt)}">'
        )

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        # JupyterLab shows the HTML, with its alt text; GitHub and VS Code show the PNG.
        data = base64.b64encode(self.png()).decode("ascii")
        shown = {"text/plain": "<Picture>", "text/html": self._image(data), "image/png": data}
        return shown, {"image/png": {"alt": self.alt, "width": self._width}}


def draw(
    run: Recording,
    title: str = "What ran when",
    until: float | None = None,
    guess: Guesses | None = None,
) -> Picture:
    """Draw a recording as lanes over time.

    Args:
        run: what was recorded.
        title: the sentence over the picture, about what there is to see.
        until: seconds at which the axis ends, so that pictures side by side have one scale;
            by default it ends where the recording, or the guess, does.
        guess: a prediction in seconds, drawn as a dashed line with the word "you"; or those of
            several, rows of (who, seconds).

    Returns:
        A `Picture`, a matplotlib Figure whose `alt` is its text alternative.

    Raises:
        TypeError: title is not a str.
        ValueError: until or guess is not a time that can be drawn.
    """
    if not isinstance(title, str):
        raise TypeError(f"timeline(title): must be words, not {title!r}")
    check_seconds("until", until)
    told = seconds_of(guess)
    end = until or max(run.elapsed, 1e-6, *(1.1 * seconds for _, seconds in told))
    with matplotlib.rc_context(STYLE):
        return _draw_run(run, title, end, placed(told, end))


def _draw_run(run: Recording, title: str, end: float, guesses: list[Guess]) -> Picture:
    """Draw it: pieces -> rows -> frame, bars, brackets and stacks."""
    done = pieces(run)
    shown = rows(run, done.did, MOST_ROWS)
    mark_rows(run, shown, end)
    high = place(shown, marks_high)
    bars, columns = split(done, shown, end)
    seen = visible(done, end, run.states is not None)
    if run.states is not None and not columns.any():  # a stack holds slivers of all that there is
        seen &= tellable(done, seen, end)
    frame = Frame(
        title=title,
        elapsed=duration(run.elapsed, beside=end),
        styles=_styles(run, done.code[seen]),
        torn=not np.isnan(done.torn).all(),
        notes=_notes(shown, columns),
        words=summary(run, done),
        small=[*run.unseen, ONE_OF_MANY],
        guesses=max((one.line for one in guesses), default=0),
    )
    alt = describe(run, done, frame.words) + in_words(guesses)
    picture, axes = _blank(frame, high, alt)
    picture.rows = shown
    draw_axis(axes, end, high)
    draw_frame(picture, frame)
    draw_labels(picture, shown, frame.above)
    draw_boxes(axes, done, bars & seen, shown, end)
    draw_torn(axes, done, shown, end)
    draw_marks(axes, shown, end, seams=run.states is None)
    if columns.any():
        Stacks(axes, stacks(done, shown, columns, end))
    draw_guesses(axes, guesses, end, high)
    return picture


def _styles(run: Recording, codes: Any) -> list[BarStyle]:
    """Return the styles that occur; where nothing was measured, the unknown says so at length."""
    styles = [STYLES[code] for code in np.flatnonzero(np.bincount(codes))]
    if run.states is not None:
        return styles
    return [replace(one, label=UNMEASURED) if one is UNKNOWN else one for one in styles]


def _notes(shown: list[Row], columns: Any) -> list[str]:
    """Return how to read stacks, where there are any."""
    fine = any(many and not row.folded for row, many in zip(shown, columns, strict=True))
    folded = any(row.folded for row in shown)
    return [FINE] * fine + [FOLDED] * folded


def _blank(frame: Frame, high: float, alt: str) -> tuple[Picture, Axes]:
    """Return an empty picture with room for lanes of so many inches and for what is around."""
    height = round(frame.above + high + frame.under, 2)
    page = size()
    picture = Picture((page.width, height), alt)
    across = page.names / page.width, page.inside / page.width
    box = (across[0], frame.under / height, across[1], high / height)
    return picture, picture.add_axes(box)
