"""The lane of the loop itself, under the picture and on its scale: its turns, and where one is.

As in the picture, tall is on a core; a turn that was mostly off its core is thin.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

from helpers.look import AXIS, INK, STYLE_OF, duration
from helpers.screen import size
from helpers.timeline.page import PIXELS

if TYPE_CHECKING:
    from helpers.recorder.iterations import Iteration, Turn

__all__ = ["Strip"]

TOUCH = 0.6  # pixels: bars no further apart are one
TALL, THIN, MIDDLE = 20, 8, 20  # pixels: of bars, and where they stand
RUNNING, WAITING = STYLE_OF["running"].fill, STYLE_OF["waiting"].fill


class Strip:
    """Draws the lane, as an SVG, with a mark at one iteration."""

    def __init__(self, iterations: list[Iteration], elapsed: float) -> None:
        page = size()
        self.left, self.long, self.wide = (
            PIXELS * inches for inches in (page.names, page.inside, page.width)
        )
        self.iterations, self.scale = iterations, self.long / max(elapsed, 1e-9)

    def svg(self, number: int, fit: str = "") -> str:
        """Return the lane with its mark at iteration `number`, from 0.

        Args:
            number: of the iteration.
            fit: how large the picture is shown, as CSS.
        """
        one = self.iterations[number]
        x, x2 = self.left + one.start * self.scale, self.left + one.end * self.scale
        label = f"The lane of the loop: iteration {number + 1} of {len(self.iterations)}, from "
        label += f"{duration(one.start)} to {duration(one.end)}, in it {len(one.turns)} turns"
        return (
            f'<svg viewBox="0 0 {self.wide:g} 36" width="{self.wide:g}" role="img" '
            f'aria-label="{label}" style="{fit}max-width: 100%; display: block; background: white">'
            f'<rect x="{x:.1f}" y="7" width="{max(x2 - x, 1):.1f}" height="27" '
            f'fill="{RUNNING}" fill-opacity="0.18"/>{self._lane}'
            f'<path d="M{x - 6:.1f} 0h12l-6 9z" fill="{INK}"/></svg>'
        )

    @cached_property
    def _lane(self) -> str:
        """What is the same whichever iteration is marked."""
        turns = _apart(self.iterations)
        off_core = [turn for turn in turns if turn.cpu < turn.took / 2]
        on_core = [turn for turn in turns if not turn.cpu < turn.took / 2]  # or not known
        bars = self._bars(off_core, THIN, WAITING) + self._bars(on_core, TALL, RUNNING)
        return (
            f'<path d="M{self.left:g} {MIDDLE}H{self.left + self.long:g}" stroke="{AXIS}"/>{bars}'
            f'<text x="{self.left - 8:g}" y="{MIDDLE + 5}" text-anchor="end" font-size="15" '
            f'font-family="\'DejaVu Sans\', sans-serif" fill="{INK}">the loop</text>'
        )

    def _bars(self, turns: list[Turn], high: int, fill: str) -> str:
        """Return a bar for each turn; those that would touch become one."""
        bars: list[list[float]] = []
        for turn in turns:
            x = self.left + turn.start * self.scale
            x2 = max(self.left + turn.end * self.scale, x + 1)
            if bars and x <= bars[-1][1] + TOUCH:
                bars[-1][1] = max(bars[-1][1], x2)
            else:
                bars.append([x, x2])
        return "".join(
            f'<rect x="{x:.1f}" y="{MIDDLE - high / 2:g}" width="{x2 - x:.1f}" height="{high}" '
            f'fill="{fill}"/>'
            for x, x2 in bars
        )


def _apart(iterations: list[Iteration]) -> list[Turn]:
    """Return the turns in their order, without those within which other iterations ran.

    Under nest-asyncio there are such; the turns of the iterations within stand there. A loop in
    another thread begins its iterations meanwhile too, but not at a deeper level.
    """
    levels = range(1, 2 + max((one.level for one in iterations), default=0))
    deeper = [sorted(one.start for one in iterations if one.level >= level) for level in levels]
    turns = [
        turn
        for one in iterations
        for turn in one.turns
        if bisect_right(deeper[one.level], turn.end) == bisect_right(deeper[one.level], turn.start)
    ]
    return sorted(turns, key=lambda turn: turn.start)
