"""Conditions, events and barriers of a run, in place of those of `threading`: who waits is told."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from helpers.racelab.actors import deadline, left, point, release_to, takes_over, waiting, who
from helpers.racelab.kinds import StandIn, StepProperty
from helpers.racelab.locks import RLock
from helpers.racelab.order import Clocks
from helpers.racelab.workers import Op

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

    if sys.version_info >= (3, 14):

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
        count = self.lock._release_save()
        self.waiting.append(ticket)
        try:
            point(waiting("be notified", self, True, ticket.is_notified, timeout), moves=True)
            takes_over(self.clocks)
        finally:
            if not ticket.notified and ticket in self.waiting:
                self.waiting.remove(ticket)
        self.lock._acquire_restore(count)
        return ticket.notified

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        """Wait until a predicate is true; return what it gave last."""
        until, rest = deadline(timeout), timeout
        found = predicate()
        while not found:
            self.wait(rest)
            found, rest = predicate(), left(until)
            if rest is not None and rest <= 0:
                break
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

    notifyAll = notify_all  # noqa: N815, as it was called of old

    def tell_all(self) -> None:
        """Let all go on who wait, as part of a step that is done to more than this."""
        release_to(self.clocks)
        while self.waiting:
            self.waiting.popleft().notified = True

    def _check(self, what: str) -> None:
        if self.lock.owner is not who():
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

    isSet = is_set  # noqa: N815, as it was called of old

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
        point(waiting("wait", self, False, self._flag, timeout))
        if self.flag:
            takes_over(self.clocks)
        return self.flag

    def _flag(self) -> bool:
        return self.flag


class Barrier(StandIn):
    """In place of `threading.Barrier`.

    Attributes:
        parties: how many it waits for.
        here: how many wait.
        is_broken: whether nobody can pass any more.
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
        self.here, self.is_broken = 0, False
        self.round = _Round()
        self.clocks: Clocks = {}

    def wait(self, timeout: float | None = None) -> int:
        """Wait until all have come; return one's number, from 0, another for each.

        Raises:
            BrokenBarrierError: somebody waited for too long, or broke it.
        """
        timeout = self.timeout if timeout is None else timeout
        point(Op("arrive", self), moves=True)
        if self.is_broken:
            raise threading.BrokenBarrierError
        number, mine = self.here, self.round
        self.here += 1
        release_to(self.clocks)
        if self.here == self.parties:
            self._open()
        else:
            point(waiting("wait", self, True, mine.is_over, timeout), moves=True)
            if not mine.over:
                self._break()
        if mine.broken:
            raise threading.BrokenBarrierError
        takes_over(self.clocks)
        return number

    def _open(self) -> None:
        try:
            if self.action:
                self.action()
        except BaseException:
            self._break()
            raise
        self._next()

    def _next(self) -> None:
        self.round.over, self.round, self.here = True, _Round(), 0

    def _break(self) -> None:
        self.is_broken = self.round.broken = True
        self._next()

    def abort(self) -> None:
        """Break it: all who wait get an error."""
        point(Op("abort", self), moves=True)
        self._break()

    @StepProperty
    def broken(self) -> bool:
        """Whether nobody can pass any more."""
        point(Op("look", self, writes=False))
        return self.is_broken

    @StepProperty
    def n_waiting(self) -> int:
        """How many wait."""
        point(Op("look", self, writes=False))
        return self.here

    def reset(self) -> None:
        """Make it new: who waits gets an error."""
        point(Op("reset", self), moves=True)
        self.round.broken = self.here > 0
        self._next()
        self.is_broken = False


class _Round:
    """One round of a barrier."""

    def __init__(self) -> None:
        self.over = self.broken = False

    def is_over(self) -> bool:
        return self.over
