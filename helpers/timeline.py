"""Draws a Recording: a lane a line, time to the right, and one line of words on where it went."""

from __future__ import annotations

import base64
import html
import io
import textwrap
import warnings
from math import isnan
from reprlib import repr as short
from typing import TYPE_CHECKING, Any, Literal

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Polygon
from PIL import Image

from helpers.checks import is_number
from helpers.look import AXIS, GRID, INK, SECONDARY, UNKNOWN, duration, time_unit

if TYPE_CHECKING:
    from helpers.recorder.recording import Lane, Recording

__all__ = ["Picture", "describe", "draw", "summary"]

WIDTH, PIXELS = 9.5, 100  # inches, and pixels an inch: a notebook's column on a small laptop
NAMES, RIGHT = 2.0, 0.3  # inches left and right of the lanes
LETTER = 0.084  # inches that a letter takes at 11 points, about
LONGEST_LABEL, TITLE, LINE = 20, 48, 88  # letters: of a lane's name, a title, a line of words
LANE, LEAST_LANE, LANES = 0.58, 0.4, 5.2  # inches: a lane, one of many, all together if they can
ABOVE, BELOW = 1.05, 1.25  # inches over the lanes for title and legend, and under them for words
MOST_LANES = 40  # lanes that are drawn; more would be a wall
MOST_IN_WORDS = 12  # lanes told one by one in the text alternative, and spans of a lane
ONE_OF_MANY = "This is one run of many."


class Picture(Figure):
    """A Figure that carries its text alternative, `alt`, and shows it in a notebook."""

    def __init__(self, size: tuple[float, float], alt: str) -> None:
        super().__init__(figsize=size, dpi=2 * PIXELS, facecolor="white")
        self.alt = alt

    def png(self) -> bytes:
        """Return the picture as a PNG, two pixels for each one of the page."""
        canvas: Any = FigureCanvasAgg(self)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font")  # it draws a box
            canvas.draw()
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        out = io.BytesIO()
        # A few colours and their shades are all there is: a palette quarters the file's size.
        image.quantize(32, dither=Image.Dither.NONE).save(out, "png", optimize=True)
        return out.getvalue()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        # JupyterLab shows the HTML, with its alt text; GitHub and VS Code show the PNG.
        data = base64.b64encode(self.png()).decode("ascii")
        width = round(self.get_figwidth() * PIXELS)
        image = (
            f'<img class="three-lanes" src="data:image/png;base64,{data}" width="{width}" '
            f'style="max-width: 100%; height: auto" alt="{html.escape(self.alt)}">'
        )
        return {"text/plain": "<Picture>", "text/html": image, "image/png": data}


def draw(
    run: Recording,
    title: str = "What ran when",
    until: float | None = None,
    guess: float | None = None,
) -> Picture:
    """Draw a recording as lanes over time.

    Args:
        run: what was recorded.
        title: the sentence over the picture, about what there is to see.
        until: seconds at which the axis ends, so that pictures side by side have one scale;
            by default it ends where the recording, or the guess, does.
        guess: a prediction in seconds, drawn as a dashed line with the word "you".

    Returns:
        A `Picture`, a matplotlib Figure whose `alt` is its text alternative.

    Raises:
        TypeError: title is not a str.
        ValueError: until or guess is not a time that can be drawn.
    """
    if not isinstance(title, str):
        raise TypeError(f"timeline(title): must be words, not {title!r}")
    _check_seconds("guess", guess)
    _check_seconds("until", until)
    end = until or max(run.elapsed, 1.1 * (guess or 0.0), 1e-6)
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 12, "text.color": INK}):
        lanes = run.lanes[:MOST_LANES]
        head, words = textwrap.wrap(_printable(title), TITLE), textwrap.wrap(summary(run), LINE)
        picture, axes = _blank(len(lanes), len(head), len(words), describe(run))
        _draw_axes(axes, lanes, end)
        _draw_words(picture, head, duration(run.elapsed, beside=end), words)
        for row, lane in enumerate(lanes):
            _draw_lane(axes, row, run, lane, end)
        if guess is not None:
            _draw_guess(axes, guess, end)
    return picture


def summary(run: Recording) -> str:
    """Return the line under the picture: how many lanes, how many at once, where the time went."""
    if not len(run.spans):
        return "Nothing to see: no code in the recording was inside a span()."
    most = run.peak()
    at_once = f", at most {most} at once" if most > 1 else ""
    outer = [one for lane in run.lanes for one in _outermost(lane)]
    inside = sum(_stop(run, one) - one.start for one in outer)
    words = f"{_lanes_in_words(run)}{at_once}: {duration(inside)} in spans"
    cpu = sum(one.cpu for one in outer)
    if not isnan(cpu) and inside > 0:  # it is not known when one span is unfinished, or a task's
        words += f", {_share(cpu / inside)} of it on a core"
    if unfinished := sum(isnan(one.end) for one in run.spans):
        words += f"; {_count(unfinished, 'span')} not finished"
    if (hidden := len(run.lanes) - MOST_LANES) > 0:
        words += f"; {_count(hidden, 'more lane')} not drawn"
    return f"{words}."


def describe(run: Recording) -> str:
    """Return the picture in words, from the data: what somebody who cannot see it needs to know."""
    sentences = [f"Timeline of {duration(run.elapsed)}. {summary(run)}"]
    for lane in run.lanes[:MOST_IN_WORDS]:
        sentences.append(f"{_label(lane)}: {_spans_in_words(lane)}.")
    if (untold := len(run.lanes) - MOST_IN_WORDS) > 0:
        sentences.append(f"And {_count(untold, 'more lane')}.")
    return " ".join([*sentences, ONE_OF_MANY])


def _check_seconds(argument: str, value: float | None) -> None:
    if value is None:
        return
    if not is_number(value, low=1e-6, high=1e6):
        right = "must be seconds, from a millionth to a million"
        raise ValueError(f"timeline({argument}): {right}, not {short(value)}")


def _blank(lanes: int, titles: int, words: int, alt: str) -> tuple[Picture, Axes]:
    """Return an empty picture with room for so many lanes, lines of title and lines of words."""
    above = ABOVE + 0.27 * (max(titles, 1) - 1)
    below = BELOW + 0.22 * (words - 1)
    inside = max(lanes, 1) * min(LANE, max(LEAST_LANE, LANES / max(lanes, 1)))
    height = above + inside + below
    picture = Picture((WIDTH, height), alt)
    box = (NAMES / WIDTH, below / height, 1 - (NAMES + RIGHT) / WIDTH, inside / height)
    return picture, picture.add_axes(box)


def _draw_axes(axes: Axes, lanes: list[Lane], end: float) -> None:
    scale, _, unit = time_unit(end)
    axes.set_xlim(0, end)
    axes.set_ylim(max(1, len(lanes)) - 0.5, -0.5)
    axes.set_yticks(range(len(lanes)), [_label(lane) for lane in lanes], parse_math=False)
    axes.tick_params(axis="y", length=0, pad=8, labelcolor=INK)
    axes.tick_params(axis="x", length=0, pad=6, labelcolor=SECONDARY)
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(7))
    axes.xaxis.set_major_formatter(lambda seconds, _: f"{seconds * scale:g}")
    axes.set_xlabel(f"{unit} since the recording began", loc="left", color=SECONDARY, fontsize=11)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=GRID, linewidth=1)
    axes.set_axisbelow(True)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(AXIS)


def _draw_words(picture: Picture, head: list[str], elapsed: str, words: list[str]) -> None:
    """Write the title, the elapsed time, the legend and the line of words below."""
    height, right = picture.get_figheight(), 1 - RIGHT / WIDTH
    left = NAMES / WIDTH
    top = 1 - 0.12 / height
    picture.text(
        left, top, "\n".join(head), va="top", fontsize=15, fontweight="bold", parse_math=False
    )
    picture.text(right, top, elapsed, va="top", ha="right", fontsize=17, color=SECONDARY)
    picture.legend(
        handles=[Patch(color=UNKNOWN.fill, label=UNKNOWN.label)],
        loc="upper left",
        bbox_to_anchor=(left, 1 - (0.47 + 0.27 * (len(head) - 1)) / height),
        borderaxespad=0,
        borderpad=0,
        frameon=False,
        fontsize=11,
        handlelength=1.6,
    )
    picture.text(left, 0.4 / height, "\n".join(words), va="bottom")
    picture.text(left, 0.12 / height, ONE_OF_MANY, va="bottom", fontsize=11, color=SECONDARY)


def _draw_lane(axes: Axes, row: int, run: Recording, lane: Lane, end: float) -> None:
    """Draw one lane's spans: boxes, kept apart by white edges, and their names."""
    top, bottom = row - UNKNOWN.half_height, row + UNKNOWN.half_height
    boxes = []
    for one in lane.spans:
        left, right = one.start, min(_stop(run, one), end)
        boxes.append([(left, top), (right, top), (right, bottom), (left, bottom)])
        if isnan(one.end):
            _draw_torn_edge(axes, row, right, end)
    axes.add_collection(PolyCollection(boxes, facecolors=UNKNOWN.fill, edgecolors="white"))
    _draw_names(axes, row, run, lane, end)


def _draw_names(axes: Axes, row: int, run: Recording, lane: Lane, end: float) -> None:
    """Write each span's name on its bar, else to the right or left of it, where there is room."""
    following = [*(one.start for one in lane.spans), end][1:]
    before, gap = 0.0, 0.006 * end
    for one, after in zip(lane.spans, following, strict=True):
        left, right = one.start, min(_stop(run, one), end)
        if after >= right and _fits(one.name, (right - left) / end):
            _write(axes, (left + right) / 2, row, one.name, "center")
        elif _fits(one.name, (after - right) / end):
            _write(axes, right + gap, row, one.name, "left")
        elif _fits(one.name, (left - before) / end):
            _write(axes, left - gap, row, one.name, "right")
        before = right


def _write(
    axes: Axes, x: float, row: int, name: str, align: Literal["center", "left", "right"]
) -> None:
    axes.text(
        x,
        row,
        _printable(name),
        ha=align,
        va="center_baseline",
        fontsize=11,
        clip_on=True,
        parse_math=False,
    )


def _draw_torn_edge(axes: Axes, row: int, now: float, end: float) -> None:
    """Bite white teeth out of a bar's right end: it was not finished."""
    high, tooth = UNKNOWN.half_height, 0.006 * end
    for number in range(3):
        top = row - high + number * 2 * high / 3
        bite = [(now, top), (now - tooth, top + high / 3), (now, top + 2 * high / 3)]
        axes.add_patch(Polygon(bite, closed=True, color="white", zorder=3))


def _draw_guess(axes: Axes, guess: float, end: float) -> None:
    """Draw a prediction; one that lies beyond the axis is only told, at its end."""
    words, left = f"you: {duration(guess, beside=end)}", guess > 0.85 * end
    if guess > end:
        words += " →"
    else:
        axes.axvline(guess, color=INK, linestyle=(0, (5, 4)), linewidth=1.6, zorder=4)
    axes.annotate(
        words,
        (min(guess, end), 1),
        xycoords=("data", "axes fraction"),
        xytext=(-6 if left else 6, 2),
        textcoords="offset points",
        ha="right" if left else "left",
        va="bottom",
        fontsize=11,
        fontweight="bold",
    )


def _fits(name: str, share: float) -> bool:
    """Say whether a name at 11 points has room on a bar that takes this share of the axis."""
    return len(name) * LETTER + 0.06 < (WIDTH - NAMES - RIGHT) * share


def _printable(text: str) -> str:
    """Return words that can be drawn: a name from the file system may hold halves of characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _label(lane: Lane) -> str:
    if lane.kind == "main":
        return "main"
    told = lane.name.lower().startswith(lane.kind)  # as in Thread-3
    label = _printable(lane.name if told else f"{lane.kind} {lane.name}")
    if len(label) <= LONGEST_LABEL:
        return label
    return f"{label[: LONGEST_LABEL - 12]}…{label[-11:]}"  # names of a kind differ at their end


def _outermost(lane: Lane) -> list[Any]:
    """Return a lane's spans that do not lie inside an earlier one."""
    chosen: list[Any] = []
    for one in lane.spans:
        if not chosen or one.start >= chosen[-1].end:
            chosen.append(one)
    return chosen


def _stop(run: Recording, one: Any) -> float:
    """Return when a span ends in the picture: an unfinished one is drawn to the recording's end."""
    return run.elapsed if isnan(one.end) else float(one.end)


def _lanes_in_words(run: Recording) -> str:
    kinds = [lane.kind for lane in run.lanes]
    others = [_count(kinds.count(kind), kind) for kind in dict.fromkeys(kinds) if kind != "main"]
    return " and ".join((["main"] if "main" in kinds else []) + others)


def _spans_in_words(lane: Lane) -> str:
    told = [_span_in_words(one) for one in lane.spans[:MOST_IN_WORDS]]
    if (untold := len(lane.spans) - MOST_IN_WORDS) > 0:
        told.append(f"and {_count(untold, 'more span')}, the last {_span_in_words(lane.spans[-1])}")
    return ", ".join(told)


def _span_in_words(one: Any) -> str:
    if isnan(one.end):
        return f"{_printable(one.name)} from {duration(one.start)}, not finished"
    return f"{_printable(one.name)} from {duration(one.start)} to {duration(one.end)}"


def _share(part: float) -> str:
    return f"{100 * part:.0f}%" if part >= 0.01 else "under 1%"


def _count(number: int, noun: str) -> str:
    plural = "es" if noun.endswith("s") else "s"
    return f"{number} {noun}" if number == 1 else f"{number} {noun}{plural}"
