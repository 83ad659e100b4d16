"""A job that tells whether its calls overlapped, and for which no clock counts."""

from __future__ import annotations

import threading
import time

__all__ = ["LINGER", "PATIENCE", "Meeting"]

LINGER = 0.2  # seconds that a job goes on; who does not wait for it has returned by then
PATIENCE = 3.0  # seconds that one waits for the others to come; who overlaps waits for no clock
LOOK = 0.02  # seconds between two looks at whether they have


class Meeting:
    """A job that lasts until all of its calls are under way at the same time.

    If that does not come about, the first call gives up after a while, and none waits after it; a
    call by the thread that asked for the meeting is in nobody's company, and does not wait.

    Attributes:
        peak: most calls under way at one moment.
        calls: how many there were.
        here: calls by the thread that asked for the meeting.
    """

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.peak = self.inside = self.calls = self.here = 0
        self._asker = threading.get_ident()
        self._lock, self._over = threading.Lock(), threading.Event()

    def come(self, linger: float = 0.0) -> None:
        """Be one of the calls, and stay for a while after all have come.

        The second one stays longest, so that who waits for the first or the last alone is seen.
        """
        with self._lock:
            self.calls += 1
            linger *= 3 if self.calls == 2 else 1
            is_here = threading.get_ident() == self._asker
            self.here += is_here
            self.inside += 1
            self.peak = max(self.peak, self.inside)
            if self.inside == self.expected:
                self._over.set()
        if not is_here and not self._have_come():
            self._over.set()
        if self.peak == self.expected:
            time.sleep(linger)
        with self._lock:
            self.inside -= 1

    def _have_come(self) -> bool:
        """Wait for the others; return whether they come.

        Looks are counted, and no time: where all stands still for a while, that is one look.
        """
        return any(self._over.wait(LOOK) for _ in range(round(PATIENCE / LOOK)))
