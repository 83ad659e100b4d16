"""How large things are shown: at a desk, or on a projector for a room.

A picture for a room is laid out on a narrower page with the same letters and bars, and that page
is shown as large as the screen allows: all of it becomes larger, and nothing is drawn twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.lesson import Note

__all__ = ["DESK", "ROOM", "Size", "enlarge", "enlarged", "fitted", "presentation", "size"]

RIGHT = 0.3  # inches right of the lanes


@dataclass(frozen=True)
class Size:
    """The measures of a page.

    Attributes:
        width: inches.
        names: inches left of the lanes, for their names.
        left: inches left of the words over and under the lanes.
        pixels: that an inch takes on the screen, where there is room for it.
        zoom: times that notes, tables and boards are larger.
    """

    width: float
    names: float
    left: float
    pixels: int
    zoom: float

    @property
    def inside(self) -> float:
        """Inches that the time axis is long."""
        return self.width - self.names - RIGHT

    @property
    def room(self) -> float:
        """Inches that a line of words may be long."""
        return self.width - self.left - RIGHT


DESK = Size(width=9.5, names=2.0, left=2.0, pixels=100, zoom=1.0)  # a small laptop's column
ROOM = Size(width=6.4, names=1.9, left=0.12, pixels=200, zoom=1.35)
LEAST, HIGH = 125, 86  # pixels an inch, whatever the screen; of its height, in hundredths
LARGE = "three-lanes-large"
LOOK = f"<style>.{LARGE} {{ zoom: {ROOM.zoom} }}</style>"

_now = DESK


def size() -> Size:
    """Return the measures of the pictures that are drawn now."""
    return _now


def presentation(on: bool = True) -> Note:
    """Show all that is shown from now on larger, for a room; or, with False, as before.

    Args:
        on: whether for a room.

    Raises:
        TypeError: on is not True or False.
    """
    global _now
    if not isinstance(on, bool):
        raise TypeError(f"presentation(on): must be True or False, not {short(on)}")
    from helpers.lesson import OPEN, Note

    _now = ROOM if on else DESK
    if on:
        again = "What is shown from now on is larger; for what is there, run its cell again."
        return Note(OPEN, "For the room.", f"{again} `presentation(False)` goes back.")
    return Note(OPEN, "For the desk.", "What is shown from now on has its usual size.")


def enlarged(page: str) -> str:
    """Return HTML, in a room in a frame that makes all of it larger."""
    return page if _now is DESK else f'<div style="zoom:{_now.zoom:g}">{page}</div>'


def fitted(wide: float, high: float) -> str:
    """Return how large a picture of so many inches is shown, as CSS; '' at a desk.

    It is to fit the screen in both directions; but a high one is rather scrolled than too small.
    """
    if _now is DESK:
        return ""
    whole = f"calc({HIGH}vh * {wide / high:.3f})"
    return f"width: min(100%, {wide * _now.pixels:.0f}px, max({whole}, {wide * LEAST:.0f}px)); "


def enlarge(widget: Any) -> Any:
    """Return a widget; in a room, larger."""
    if _now is DESK:
        return widget
    import ipywidgets as w

    widget.add_class(LARGE)
    return w.VBox([w.HTML(LOOK), widget])
