"""Locks and semaphores of a run, in place of those of `threading`.

They do what theirs do, error by error, but nobody really waits: each operation is one step, and who
cannot do it yet is not chosen.
"""

from __future__ import annotations

import sys

from helpers.racelab.actors import changes, point, release_to, takes_over, waiting, who
from helpers.racelab.kinds import StandIn
from helpers.racelab.order import Clocks
from helpers.racelab.workers import Op, Worker

__all__ = ["BoundedSemaphore", "Lock", "RLock", "Semaphore"]


class _Latch(StandIn):
    """What one worker holds at a time.

    Attributes:
        owner: who holds it, or None.
        clocks: what is known to who takes it.
    """

    def __init__(self) -> None:
        self.owner: Worker | None = None
        self.clocks: Clocks = {}

    def is_free(self) -> bool:
        """Return whether it could be taken."""
        return self.owner is None

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it; return whether that went."""
        if not blocking and timeout != -1:
            raise ValueError("can't specify a timeout for a non-blocking call")
        if timeout < 0 and timeout != -1:
            raise ValueError("timeout value must be a non-negative number")
        ready = self.is_free if blocking else None
        point(waiting("acquire", self, True, ready, None if timeout == -1 else timeout))
        if self.owner is not None:
            return False
        self._take(who())
        return True

    def _take(self, worker: Worker) -> None:
        self.owner = worker
        worker.holds.append(self)
        takes_over(self.clocks)

    def release(self) -> None:
        """Let it go.

        Raises:
            RuntimeError: nobody holds it.
        """
        point(Op("release", self), ends=True)
        if self.owner is None:
            raise RuntimeError("release unlocked lock")
        self._let_go()

    def _let_go(self) -> None:
        if self.owner and self in self.owner.holds:
            self.owner.holds.remove(self)
        self.owner = None
        release_to(self.clocks)

    def _release_save(self) -> int:
        """Let it go for the time of a wait, without a point; return how often it was taken."""
        self._let_go()
        return 1

    def _acquire_restore(self, count: int) -> None:
        """Take it again, as often as before."""
        _Latch.acquire(self)

    def _locked(self) -> bool:
        point(Op("locked", self, writes=False))
        return self.owner is not None

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()


class Lock(_Latch):
    """In place of `threading.Lock`."""

    kind = "lock"

    def locked(self) -> bool:
        """Return whether somebody holds it."""
        return self._locked()

    acquire_lock, release_lock, locked_lock = _Latch.acquire, _Latch.release, locked  # of old


class RLock(_Latch):
    """In place of `threading.RLock`.

    Attributes:
        count: how often its owner has taken it.
    """

    kind = "rlock"

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, once more if it is one's own."""
        if self.owner is who():
            self.count += 1
            return True
        self.count = int(super().acquire(blocking, timeout)) or self.count
        return self.owner is who()

    def release(self) -> None:
        """Let it go once.

        Raises:
            RuntimeError: it is not one's own.
        """
        if self.owner is not who():
            raise RuntimeError("cannot release un-acquired lock")
        if self.count > 1:
            self.count -= 1
            return
        super().release()
        self.count = 0

    def _release_save(self) -> int:
        count, self.count = self.count, 0
        self._let_go()
        return count

    def _acquire_restore(self, count: int) -> None:
        super()._acquire_restore(count)
        self.count = count

    if sys.version_info >= (3, 14):

        def locked(self) -> bool:
            """Return whether somebody holds it."""
            return self._locked()


class Semaphore(StandIn):
    """In place of `threading.Semaphore`.

    Attributes:
        value: how many could still take it.
        most: how many at most; None if any number may let it go.
    """

    kind = "semaphore"
    most: int | None = None

    def __init__(self, value: int = 1) -> None:
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        self.value = value
        self.clocks: Clocks = {}

    def is_free(self) -> bool:
        """Return whether one more could take it."""
        return self.value > 0

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Take one of it; return whether that went."""
        if not blocking and timeout is not None:
            raise ValueError("can't specify timeout for non-blocking acquire")
        point(waiting("acquire", self, True, self.is_free if blocking else None, timeout))
        if self.value <= 0:
            return False
        self.value -= 1
        who().holds.append(self)
        takes_over(self.clocks)
        return True

    def release(self, n: int = 1) -> None:
        """Give back so many.

        Raises:
            ValueError: n is less than 1, or these are more than were there.
        """
        if n < 1:
            raise ValueError("n must be one or more")
        point(Op("release", self), ends=True)
        if self.most is not None and self.value + n > self.most:
            raise ValueError("Semaphore released too many times")
        self.value += n
        holds = who().holds
        if self in holds:
            holds.remove(self)
        else:
            changes()
        release_to(self.clocks)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()


class BoundedSemaphore(Semaphore):
    """In place of `threading.BoundedSemaphore`."""

    def __init__(self, value: int = 1) -> None:
        super().__init__(value)
        self.most = value
