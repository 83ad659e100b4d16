"""The look of every picture: palette, bar styles, units.

Tall means on a core, thin means waiting; colour and texture say for what, so that a picture
reads in greyscale, to colour-blind readers and from the back of a classroom.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AXIS", "GRID", "INK", "SECONDARY", "UNKNOWN", "BarStyle", "duration", "time_unit"]

INK = "#1f2933"
SECONDARY = "#52606d"
GRID = "#e6e9ee"
AXIS = "#9aa5b1"


@dataclass(frozen=True)
class BarStyle:
    """How a stretch of a lane is drawn: half its height (a lane is 1 high), its fill, its words."""

    half_height: float
    fill: str
    label: str


UNKNOWN = BarStyle(
    0.22, "#7c93b2", "begun and not yet ended; when it ran and when it waited was not measured"
)


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
