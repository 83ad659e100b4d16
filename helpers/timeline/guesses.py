"""Predictions: dashed lines over the lanes, each with its words above them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from reprlib import repr as short
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.transforms import blended_transform_factory

from helpers.checks import is_number
from helpers.look import INK, SECONDARY, YOU, duration
from helpers.screen import size
from helpers.timeline.page import text_width

__all__ = [
    "Guess",
    "Guesses",
    "check_seconds",
    "draw_guesses",
    "in_words",
    "placed",
    "seconds_of",
    "told_by",
]

Guesses = float | Iterable[tuple[str, float]]

POINTS, BESIDE = 11, 0.08  # of the words; inches between them and their line, or the next words
LINE_HIGH, ABOVE = 0.2, 0.05  # inches


@dataclass
class Guess:
    """One prediction, with the place of its words: inches along the axis, and a line above it."""

    who: str
    seconds: float
    words: str
    x: float
    align: Literal["left", "right"] = "left"
    line: int = 0

    @property
    def room(self) -> tuple[float, float]:
        """The inches along the axis from which to which its words stand."""
        wide = text_width(self.words, POINTS, bold=self.who == YOU) + 2 * BESIDE
        return (self.x, self.x + wide) if self.align == "left" else (self.x - wide, self.x)


def told_by(guess: Guesses | None) -> list[tuple[str, float]]:
    """Return the predictions as (who, number); a bare number is yours."""
    if guess is None:
        return []
    if not isinstance(guess, Iterable) or isinstance(guess, str):
        return [(YOU, guess)]
    told = list(guess)
    if not all(isinstance(one, tuple | list) and len(one) == 2 for one in told):
        raise ValueError(f"timeline(guess): must be a number, or (who, number)s, not {short(told)}")
    return [(str(who), number) for who, number in told]


def seconds_of(guess: Guesses | None) -> list[tuple[str, float]]:
    """Return the predictions as (who, seconds); a bare number is yours.

    Raises:
        ValueError: one of them is not a time that can be drawn.
    """
    told = told_by(guess)
    if (unit := getattr(guess, "unit", "s")) != "s":
        raise ValueError(f"timeline(guess): must be seconds, and this one is asked in {unit}")
    for _, seconds in told:
        check_seconds("guess", seconds)
    return told


def check_seconds(argument: str, value: float | None) -> None:
    """Look whether an argument of a picture is a time that can be drawn, or None.

    Raises:
        ValueError: it is not.
    """
    if value is not None and not is_number(value, low=1e-6, high=1e6):
        right = "must be seconds, from a millionth to a million"
        raise ValueError(f"timeline({argument}): {right}, not {short(value)}")


def placed(told: list[tuple[str, float]], end: float) -> list[Guess]:
    """Find the place of each prediction's words: on the lowest line on which there is room.

    The last one comes first, so that its dashed line ends below the words of those before it.
    """
    found: list[Guess] = []
    for who, seconds in sorted(told, key=lambda one: one[1], reverse=True):
        words = f"{who}: {duration(seconds, beside=end)}{' →' if seconds > end else ''}"
        one = Guess(who, seconds, words, min(seconds / end, 1.0) * size().inside)
        if one.room[1] > size().inside:
            one.align = "right"
        while any(_overlap(one, other) for other in found):
            one.line += 1
        found.append(one)
    return found


def draw_guesses(axes: Axes, guesses: list[Guess], end: float, high: float) -> None:
    """Draw the predictions over lanes that are `high` inches high."""
    for one in guesses:
        yours = one.who == YOU
        colour = INK if yours else SECONDARY
        top = -ABOVE - one.line * LINE_HIGH
        if one.seconds <= end:
            across = blended_transform_factory(axes.transData, axes.transData)
            axes.plot(
                [one.seconds, one.seconds],
                [high, top - LINE_HIGH / 2],
                color=colour,
                linestyle=(0, (5, 4)),
                linewidth=1.6 if yours else 1.2,
                clip_on=False,
                zorder=4,
                transform=across,
            )
        left = one.align == "left"
        axes.annotate(
            one.words,
            (min(one.seconds, end), top),
            xytext=(6 if left else -6, 0),
            textcoords="offset points",
            ha=one.align,
            va="bottom",
            fontsize=POINTS,
            fontweight="bold" if yours else "normal",
            color=colour,
            bbox={"facecolor": "white", "linewidth": 0, "pad": 1},
            annotation_clip=False,
            zorder=5,
        )


def in_words(guesses: list[Guess]) -> str:
    """Return the predictions for the text alternative, or ''."""
    told = ", ".join(one.words.removesuffix(" →") for one in reversed(guesses))
    return f" Predicted: {told}." if told else ""


def _overlap(one: Guess, other: Guess) -> bool:
    same_line = one.line == other.line
    return same_line and one.room[0] < other.room[1] and other.room[0] < one.room[1]
