"""A measured curve: seconds over how many there were, on two scales in which halving is a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import log
from reprlib import repr as short
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from helpers.checks import is_number
from helpers.look import AXIS, GRID, INK, RUNNING, SECONDARY, duration
from helpers.screen import size
from helpers.timeline.frame import write
from helpers.timeline.guesses import Guesses, told_by
from helpers.timeline.page import shortened, text_width
from helpers.timeline.picture import STYLE, Picture
from helpers.timeline.words import ONE_OF_MANY

__all__ = ["curve"]

HIGH, TOP, LEFT, RIGHT, UNDER = 4.6, 0.62, 1.1, 2.3, 1.0  # inches: the picture, and around the axes
EDGE, NAME_GAP = 0.12, 0.3  # inches: around the page, and around a name beside its line
TITLE, WORDS, SMALL = 15, 12, 11  # points
SPACE = 0.1  # inches from one number under the axis to the next, at least
ROOM, LINE = 1.25, 1.4  # times: above and below the lines, and from one name to the next

Points = Mapping[int, float]
MEASURED, COMPUTED = "measured", "computed"


def curve(
    measured: Points,
    limits: Mapping[str, Points] | None = None,
    title: str = "",
    what: str = "threads",
    guess: Guesses | None = None,
    computed: bool = False,
) -> Picture:
    """Draw how long something took with 1, 2, 4, ... of something.

    Args:
        measured: seconds by number.
        limits: lines that nothing can lie below, by name: seconds by number.
        title: the sentence over the picture.
        what: what is numbered.
        guess: a predicted number, or several as (who, number).
        computed: whether it was not measured but computed: the line is called so.

    Returns:
        A `Picture`, a matplotlib Figure whose `alt` is its text alternative.

    Raises:
        TypeError: title or what is not a str.
        ValueError: there are fewer than two numbers, or what is to be drawn is not above 0, or a
            limit is called 'measured', or a guess lies beyond the numbers.
    """
    for argument, words in (("title", title), ("what", what)):
        if not isinstance(words, str):
            raise TypeError(f"curve({argument}): must be words, not {short(words)}")
    lines = _checked(measured, limits)
    if computed:
        lines = {COMPUTED: lines.pop(MEASURED), **lines}
    guesses = told_by(guess)
    for _, number in guesses:
        if not is_number(number, min(measured), max(measured)):
            right = f"from {min(measured)} to {max(measured)}, as what was measured"
            raise ValueError(f"curve(guess): must be {right}, not {short(number)}")
    wide = size().width
    picture = Picture((wide, HIGH), _in_words(lines, title, what, guesses))
    head = shortened(title, TITLE, wide - 2 * EDGE, bold=True)
    with matplotlib.rc_context(STYLE):
        write(
            picture,
            EDGE,
            EDGE,
            head,
            fontsize=TITLE,
            fontweight="bold",
        )
        axes = picture.add_axes(
            (LEFT / wide, UNDER / HIGH, 1 - (LEFT + RIGHT) / wide, 1 - (TOP + UNDER) / HIGH)
        )
        _draw_scales(axes, lines, what)
        _draw_lines(axes, lines)
        _draw_guesses(axes, guesses)
        if not computed:
            write(picture, LEFT, HIGH - 0.3, ONE_OF_MANY, fontsize=SMALL, color=SECONDARY)
    return picture


def _checked(measured: Points, limits: Mapping[str, Points] | None) -> dict[str, Points]:
    """Return all lines by name, each of them right."""
    others = {} if limits is None else limits
    if not isinstance(others, Mapping) or MEASURED in others:
        raise ValueError(
            f"curve(limits): must be lines by name, none {MEASURED!r}: {short(others)}"
        )
    lines = {MEASURED: measured, **{str(name): line for name, line in others.items()}}
    for name, line in lines.items():
        pairs = [one for xy in line.items() for one in xy] if isinstance(line, Mapping) else []
        if len(pairs) < 4 or not all(is_number(one, low=1e-9, high=1e9) for one in pairs):
            right = "must be numbers and their seconds, two at least, all above 0"
            raise ValueError(f"curve({name}): {right}, not {short(line)}")
    return lines


def _draw_lines(axes: Axes, lines: Mapping[str, Points]) -> None:
    """Draw each line and its name: at its right end, or where it leaves the axes below."""
    low, _ = axes.get_ylim()
    below = 0.0
    for name, line in sorted(lines.items(), key=lambda one: one[1][max(one[1])]):
        x, y = zip(*sorted(line.items()), strict=True)
        is_measured = name in (MEASURED, COMPUTED)
        how: dict[str, Any] = {"color": SECONDARY, "linestyle": (0, (1, 1.5)), "linewidth": 2}
        if is_measured:
            how = {"color": RUNNING.fill, "marker": "o", "markersize": 7, "linewidth": 2.5}
        axes.plot(x, y, zorder=3, clip_on=not is_measured, **how)
        words: dict[str, Any] = {
            "color": how["color"],
            "fontsize": WORDS,
            "annotation_clip": False,
            "parse_math": False,
            "textcoords": "offset points",
            "bbox": {"facecolor": "white", "linewidth": 0, "pad": 1},
        }
        if y[-1] < low:
            edge = _crossing(x, y, low)
            right = edge**2 > x[0] * x[-1]  # of the middle, on this scale
            words["ha"] = "right" if right else "left"
            axes.annotate(name, (edge, low), (-14 if right else 14, 5), va="bottom", **words)
            continue
        below = max(y[-1], below * LINE)  # names that would touch are moved apart
        shorter = shortened(name, WORDS, RIGHT - NAME_GAP)
        axes.annotate(shorter, (x[-1], below), (12, 0), va="center", **words)


def _crossing(x: Sequence[float], y: Sequence[float], low: float) -> float:
    """Return where a line leaves the axes below; between two points it is straight on them."""
    last = max((n for n, one in enumerate(y) if one >= low), default=0)
    if last == len(y) - 1 or y[last] < low:
        return x[0]
    part = log(y[last] / low) / log(y[last] / y[last + 1])
    return float(x[last] * (x[last + 1] / x[last]) ** part)


def _draw_guesses(axes: Axes, guesses: list[tuple[str, float]]) -> None:
    """Draw a dashed line at each predicted number, with the names of all who predicted it."""
    for number in dict.fromkeys(number for _, number in guesses):
        axes.axvline(number, color=INK, linestyle=(0, (5, 4)), linewidth=1.6, zorder=4)
        axes.annotate(
            ", ".join(who for who, one in guesses if one == number),
            (number, 1.01),
            xycoords=axes.get_xaxis_transform(),
            parse_math=False,
            fontsize=SMALL,
            fontweight="bold",
            ha="center",
            va="bottom",
        )


def _draw_scales(axes: Axes, lines: Mapping[str, Points], what: str) -> None:
    """Draw both axes: the numbers that were tried, and the times."""
    measured = next(iter(lines.values()))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(min(measured), max(measured))
    axes.set_xticks(sorted(measured), _labels(sorted(measured)))
    low, high = _span(lines)
    times = _times(sorted(measured), low / ROOM, high * ROOM)
    axes.set_ylim(low / ROOM, high * ROOM)
    axes.set_yticks(times, [duration(one) for one in times])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(what, parse_math=False, color=SECONDARY, fontsize=WORDS)
    axes.grid(True, color=GRID)
    axes.tick_params(colors=SECONDARY, length=0, labelsize=WORDS)
    for side in ("left", "top", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(AXIS)


def _labels(numbers: list[float]) -> list[str]:
    """Return what is written under each number: nothing where two of them would touch."""
    words = [f"{number:,}" for number in numbers]
    widths = [text_width(one, WORDS) + SPACE for one in words]
    places = [log(number / numbers[0]) for number in numbers]
    inch = (size().width - LEFT - RIGHT) / places[-1]
    for step in range(1, len(numbers)):
        kept = range(0, len(numbers), step)
        if all(
            (places[after] - places[one]) * inch >= (widths[one] + widths[after]) / 2
            for one, after in pairwise(kept)
        ):
            break
    return [one if number in kept else "" for number, one in enumerate(words)]


def _times(numbers: list[float], low: float, high: float) -> list[float]:
    """Return times for the axis: each half of the next where each number is twice the one before.

    Then a step to the right and a step down mean: twice as many, half as long.
    """
    doubles = all(n == 2 * m for m, n in pairwise(numbers))
    powers = range(-30, 31)
    round_ones = [10.0**power * one for power in powers for one in (1, 2, 5)]
    unit = max(one for one in (1e-9, 1e-6, 1e-3, 1.0) if one == 1e-9 or high >= one / 4)
    times = [2.0**power * unit for power in powers] if doubles else round_ones
    inside = [one for one in times if low <= one <= high]
    return inside if len(inside) > 1 else [low * ROOM, high / ROOM]


def _span(lines: Mapping[str, Points]) -> tuple[float, float]:
    """Return the least and the most seconds that the axis needs: a limit may leave it below."""
    first, *others = lines.values()
    measured, flat = [*first.values()], [min(line.values()) for line in others]
    return min([min(measured), *(one for one in flat if one > min(measured) / 3)]), max(measured)


def _in_words(lines: Mapping[str, Points], title: str, what: str, guesses: Any) -> str:
    """Return the picture in words."""
    told = [f"{title}." if title else "", f"Seconds by number of {what}."]
    for name, line in lines.items():
        pairs = (f"{n}: {duration(y)}" for n, y in sorted(line.items()))
        told.append(f"{name[:1].upper()}{name[1:]}: {', '.join(pairs)}.")
    told += [f"Predicted by {who}: {number:g} {what}." for who, number in guesses]
    told += [ONE_OF_MANY] * (MEASURED in lines)
    return " ".join(filter(None, told))
