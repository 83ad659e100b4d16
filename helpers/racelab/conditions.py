"""Conditions, events and barriers of a run, in place of those of `threading`: who waits is told."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from helpers.racelab.actors import at_work, point, release_to, takes_over
from helpers.racelab.kinds import StandIn
from helpers.racelab.locks import Lock, RLock, deadline
from helpers.racelab.order import Clocks
from helpers.racelab.workers import MAKER, Op

__all__ = ["Barrier", "Condition", "Event"]


class Condition(StandIn):
    """In place of `threading.Condition`.

    Attributes:
        waiting: a ticket of each worker that waits, first come first.
    """

    kind = "condition"

    def __init__(self, lock: Any = None) -> None:
        self.lock = RLock() if lock is None else lock
        self.waiting: deque[_Ticket] = deque()
        self.clocks: Clocks = {}

    def acquire(self, *how: Any, **more: Any) -> bool:
        """Take the lock."""
        return bool(self.lock.acquire(*how, **more))

    def release(self) -> None:
        """Let the lock go."""
        self.lock.release()

    def locked(self) -> bool:
        """Return whether somebody holds the lock."""
        return bool(self.lock.locked())

    def __enter__(self) -> bool:
        return bool(self.lock.__enter__())

    def __exit__(self, *error: object) -> None:
        self.lock.__exit__(*error)

    def wait(self, timeout: float | None = None) -> bool:
        """Let the lock go and wait to be notified, in one step; then take the lock again.

        Raises:
            RuntimeError: the lock is not one's own.
        """
        self._check("wait on")
        ticket = _Ticket()
        point(Op("wait", self.lock))
        count, self.lock.count = getattr(self.lock, "count", 0), 0
        self.lock._let_go()
        self.waiting.append(ticket)
        try:
            point(Op("be notified", self, True, ticket.is_notified, deadline(timeout)), moves=True)
            takes_over(self.clocks)
        finally:
            if not ticket.notified and ticket in self.waiting:
                self.waiting.remove(ticket)
        Lock.acquire(self.lock)
        self.lock.count = count
        return ticket.notified

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        """Wait until a predicate is true; return what it gave last."""
        until = deadline(timeout)
        while not (found := predicate()):
            left = None if until is None else until - (deadline(0) or 0)
            if left is not None and left <= 0:
                break
            self.wait(left)
        return found

    def notify(self, n: int = 1) -> None:
        """Notify those who have waited longest.

        Raises:
            RuntimeError: the lock is not one's own.
        """
        self._check("notify on")
        point(Op("notify" if n < ALL else "notify_all", self), moves=True)
        release_to(self.clocks)
        for _ in range(min(n, len(self.waiting))):
            self.waiting.popleft().notified = True

    def notify_all(self) -> None:
        """Notify all who wait."""
        self.notify(ALL)

    def _check(self, what: str) -> None:
        if self.lock.owner is not (at_work() or MAKER):
            raise RuntimeError(f"cannot {what} un-acquired lock")


ALL = 1 << 30


class _Ticket:
    """Of one worker that waits to be notified."""

    def __init__(self) -> None:
        self.notified = False

    def is_notified(self) -> bool:
        return self.notified


class Event(StandIn):
    """In place of `threading.Event`."""

    kind = "event"

    def __init__(self) -> None:
        self.flag = False
        self.clocks: Clocks = {}

    def is_set(self) -> bool:
        """Return whether it is set."""
        point(Op("is_set", self, writes=False))
        if self.flag:
            takes_over(self.clocks)
        return self.flag

    def set(self) -> None:
        """Set it: all who wait go on."""
        point(Op("set", self), moves=not self.flag)
        self.flag = True
        release_to(self.clocks)

    def clear(self) -> None:
        """Clear it."""
        point(Op("clear", self), moves=self.flag)
        self.flag = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set; return whether it is."""
        point(Op("wait", self, False, self._flag, deadline(timeout)))
        if self.flag:
            takes_over(self.clocks)
        return self.flag

    def _flag(self) -> bool:
        return self.flag


class Barrier(StandIn):
    """In place of `threading.Barrier`.

    Attributes:
        parties: how many it waits for.
        n_waiting: how many wait.
        broken: whether nobody can pass any more.
    """

    kind = "barrier"

    def __init__(
        self,
        parties: int,
        action: Callable[[], Any] | None = None,
        timeout: float | None = None,
    ) -> None:
        if parties < 1:
            raise ValueError("parties must be > 0")
        self.parties, self.action, self.timeout = parties, action, timeout
        self.n_waiting, self.broken = 0, False
        self.round = _Round()
        self.clocks: Clocks = {}

    def wait(self, timeout: float | None = None) -> int:
        """Wait until all have come; return one's number, from 0, another for each.

        Raises:
            BrokenBarrierError: somebody waited for too long, or broke it.
        """
        timeout = self.timeout if timeout is None else timeout
        point(Op("arrive", self), moves=True)
        if self.broken:
            raise threading.BrokenBarrierError
        number, mine = self.n_waiting, self.round
        self.n_waiting += 1
        release_to(self.clocks)
        if self.n_waiting == self.parties:
            self._open()
        else:
            point(Op("wait", self, True, mine.is_over, deadline(timeout)), moves=True)
            if not mine.over:
                self.abort()
        if mine.broken:
            raise threading.BrokenBarrierError
        takes_over(self.clocks)
        return number

    def _open(self) -> None:
        try:
            if self.action:
                self.action()
        except BaseException:
            self.abort()
            raise
        self._next()

    def _next(self) -> None:
        self.round.over, self.round, self.n_waiting = True, _Round(), 0

    def abort(self) -> None:
        """Break it: all who wait get an error."""
        self.broken = self.round.broken = True
        self._next()

    def reset(self) -> None:
        """Make it new: who waits gets an error."""
        point(Op("reset", self), moves=True)
        self.round.broken = self.n_waiting > 0
        self._next()
        self.broken = False


class _Round:
    """One round of a barrier."""

    def __init__(self) -> None:
        self.over = self.broken = False

    def is_over(self) -> bool:
        return self.over
