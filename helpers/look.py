"""The look of every picture and note: palette, bar styles, units.

Tall means on a core, thin means waiting; colour and texture say for what, so that a picture
reads in greyscale, to colour-blind readers and from the back of a classroom.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

__all__ = [
    "AXIS",
    "FOCUS",
    "GRID",
    "INK",
    "SECONDARY",
    "STYLES",
    "STYLE_OF",
    "UNFINISHED",
    "UNKNOWN",
    "UNMEASURED",
    "YOU",
    "BarStyle",
    "duration",
    "time_unit",
    "with_code",
]

INK = "#1f2933"
SECONDARY = "#52606d"
GRID = "#e6e9ee"
AXIS = "#9aa5b1"


@dataclass(frozen=True)
class BarStyle:
    """How a stretch of a lane is drawn, and its words.

    Attributes:
        half_height: half its height, where a lane is 1 high.
        fill: its colour.
        label: its words in the legend and in the line below.
        texture: a hatch of matplotlib, or ""; white, and in an outline of its colour.
        form: 'box', 'outline' (white inside), 'dashes', 'dots', or 'stroke' (upright, in the
            middle).
        stacked: its colour where it is finer than a pixel, too fine for texture and outline.
    """

    half_height: float
    fill: str
    label: str
    texture: str = ""
    form: str = "box"
    stacked: str = ""

    @property
    def shade(self) -> str:
        """The colour that stands for this state in a stack."""
        return self.stacked or self.fill


# JupyterLab shows by a pale line of one pixel which button has the focus.
FOCUS = (
    "button.jupyter-button.jupyter-button:focus-visible:enabled "  # twice: it outranks theirs
    "{ outline: 2px solid currentColor; outline-offset: -4px }"
)

HAIR = 0.025  # half the height of what hardly costs anything: a line that says "still there"

RUNNING = BarStyle(0.36, "#0072B2", "on a core")
PIPE = BarStyle(
    0.13, "#8A6D00", "waiting for a pipe or a child process", r"\\\\", stacked="#c2b06a"
)
UNKNOWN = BarStyle(0.22, "#7c93b2", "state not known")
UNMEASURED = "begun and not yet ended; when it ran and when it waited was not measured"
UNFINISHED = "not finished"
YOU = "you"  # at a prediction of the learner's own

STYLE_OF = {
    "running": RUNNING,
    "ready": BarStyle(0.13, "#0072B2", "waiting for a core", form="outline", stacked="#9fcbe6"),
    "turn": BarStyle(
        0.13, "#6b7785", "waiting for its turn", "||", form="outline", stacked="#d5dbe2"
    ),
    "gil": BarStyle(0.13, "#D55E00", "waiting for the GIL"),
    "lock": BarStyle(0.13, "#CC79A7", "waiting for a lock", "////"),
    "network": BarStyle(0.13, "#009E73", "waiting for the network", "..."),
    "pipe": PIPE,
    "child": PIPE,
    "disk": BarStyle(0.13, "#8A6D00", "waiting for the disk", "xxx"),
    "waiting": BarStyle(
        0.13, "#7c93b2", "waiting, for what is not known", "|||", stacked="#a9b9cf"
    ),
    "sleep": BarStyle(HAIR, "#6b7785", "sleeping"),
    "awaiting": BarStyle(HAIR, "#6b7785", "awaiting", form="dashes", stacked="#a6aeb8"),
    "unknown": UNKNOWN,
}
STYLES = tuple(dict.fromkeys(STYLE_OF.values()))  # in the order of the legend and of a stack


def time_unit(seconds: float) -> tuple[float, str, str]:
    """Return (units a second, short name, long name) of the unit that suits a length of time."""
    if seconds >= 0.9995:  # rounds to 1.00
        return 1.0, "s", "seconds"
    if seconds >= 0.9995e-3:
        return 1e3, "ms", "milliseconds"
    return 1e6, "µs", "microseconds"


def duration(seconds: float, beside: float | None = None) -> str:
    """Return a length of time in the unit that suits: '120 ms', '1.24 s'.

    Args:
        seconds: the length of time.
        beside: seconds of the scale that it stands on, whose unit it then takes: '0.31 s'.
    """
    scale, short, _ = time_unit(seconds if beside is None else beside)
    number = seconds * scale
    decimals = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:.{decimals}f} {short}"


def with_code(words: str) -> str:
    """Return words as HTML, what stands between `backticks` in the type of code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(words, quote=False))
