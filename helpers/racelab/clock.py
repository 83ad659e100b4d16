"""The clock of a run: it stands still but where nobody could do anything before a later time."""

from __future__ import annotations

__all__ = ["Clock"]


class Clock:
    """A clock that is put forward.

    Attributes:
        now: seconds since the begin of the run.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.leap = 1.0

    def jump(self) -> None:
        """Go further ahead each time, for who looks at the clock again and again."""
        self.now += self.leap
        self.leap *= 2
