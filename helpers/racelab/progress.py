"""How far a worker has come in what does not show it in any variable.

A `for` loop keeps its iterator to itself, and so does a function of C that calls one of the
program's for each of its items. Who is at the same place with the same variables has still come
further, and does not go round and round.
"""

from __future__ import annotations

from collections.abc import Hashable
from types import FrameType

__all__ = ["Progress"]


class Progress:
    """The rounds of a run's loops.

    Attributes:
        loops: how often each `for` of a frame has taken an item, by the frame's id and the `for`.
        calls: how often a function of C has called back: from where, by its frame's id.
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget the run before."""
        self.loops: dict[int, dict[int, int]] = {}
        self.calls: dict[int, tuple[int, int]] = {}

    def enter(self, frame: FrameType) -> None:
        """Note that a function begins; one that had the same frame before is over."""
        self.loops.pop(id(frame), None)
        self.calls.pop(id(frame), None)

    def take(self, frame: FrameType) -> None:
        """Note that a `for` is about to take an item."""
        loops = self.loops.setdefault(id(frame), {})
        loops[frame.f_lasti] = loops.get(frame.f_lasti, 0) + 1

    def again(self, frame: FrameType, to: int) -> None:
        """Note that a `while` begins again: the loops that are within are over."""
        loops = self.loops.get(id(frame))
        if loops:
            self.loops[id(frame)] = {
                at: n for at, n in loops.items() if not to <= at <= frame.f_lasti
            }

    def call(self, frame: FrameType) -> None:
        """Note that a function of C is about to be called."""
        self.calls[id(frame)] = frame.f_lasti, 0

    def call_back(self, caller: FrameType) -> None:
        """Note that the function of C that a frame has called calls back."""
        at, n = self.calls.get(id(caller), (-1, 0))
        self.calls[id(caller)] = caller.f_lasti, n + 1 if at == caller.f_lasti else 1

    def of(self, frame: FrameType) -> Hashable:
        """Return how far a function has come that calls another one, or is at work."""
        at, n = self.calls.get(id(frame), (-1, 0))
        loops = self.loops.get(id(frame), {})
        return n if at == frame.f_lasti else 0, *sorted(loops.items())
