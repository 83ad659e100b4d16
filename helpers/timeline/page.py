"""The measures of the page, in inches, and how wide words are on it."""

from __future__ import annotations

from functools import cache

from matplotlib import font_manager

from helpers.screen import DESK, RIGHT

__all__ = [
    "DPI",
    "FAMILY",
    "PIXELS",
    "RIGHT",
    "WIDTH",
    "drawable",
    "shortened",
    "text_width",
    "wrapped",
]

WIDTH, PIXELS = DESK.width, DESK.pixels  # of a table, whose columns are never narrower
DPI = 2 * PIXELS  # two dots of the PNG for each pixel of the page
HINTED = 1.02  # letters on whole dots are a little wider than they were drawn
MOST = 400  # letters of a longer name that are tried: not even i's would fit
FAMILY = "DejaVu Sans"  # it comes with matplotlib, so that a picture is the same everywhere


def text_width(words: str, points: float, bold: bool = False) -> float:
    """Return how many inches words take at a size in points; nothing is drawn for it."""
    return sum(_letter_width(letter, bold) for letter in words) * HINTED * points / 72


def shortened(words: str, points: float, inches: float, bold: bool = False) -> str:
    """Return words that fit; those that do not lose their middle: names differ at their end."""
    if text_width(words, points, bold) <= inches:
        return words
    words = words[: MOST // 2] + words[-MOST // 2 :] if len(words) > MOST else words
    for kept in range(len(words) - 1, 1, -1):
        end = max(1, round(0.55 * kept))
        shorter = f"{words[: kept - end]}…{words[-end:]}"
        if text_width(shorter, points, bold) <= inches:
            return shorter
    return "…"


def wrapped(words: str, points: float, inches: float, bold: bool = False) -> list[str]:
    """Return words as lines that fit; a word too long for a line is shortened."""
    lines: list[str] = []
    for word in drawable(words).split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, points, bold) <= inches:
            lines[-1] = longer
        elif word:
            lines.append(shortened(word, points, inches, bold))
    return lines


def drawable(text: str) -> str:
    """Return words that can be drawn: a name from the file system may hold halves of characters."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


@cache
def _letter_width(letter: str, bold: bool) -> float:
    """Return a letter's width at one point a em; a letter that the font lacks is drawn as a box."""
    font = font_manager.get_font(_font_file(bold))
    if not font.get_char_index(ord(letter)):
        return 1.0
    font.set_size(100, 72)
    return float(font.load_char(ord(letter)).linearHoriAdvance) / 65536 / 100


@cache
def _font_file(bold: bool) -> str:
    weight = "bold" if bold else "normal"
    return str(font_manager.findfont(font_manager.FontProperties(family=FAMILY, weight=weight)))
