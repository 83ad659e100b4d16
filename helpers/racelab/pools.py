"""A thread pool of a run, in place of that of `concurrent.futures`. Its threads are workers."""

from __future__ import annotations

import concurrent.futures as futures
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from helpers.racelab.actors import (
    Abort,
    deadline,
    gives,
    is_here,
    left,
    now,
    point,
    release_to,
    takes_over,
    waiting,
)
from helpers.racelab.kinds import StandIn
from helpers.racelab.order import Clocks
from helpers.racelab.shared import RefusedError
from helpers.racelab.workers import Op, Worker

__all__ = ["METHODS", "Future", "ThreadPoolExecutor", "as_completed", "wait"]

init = futures.ThreadPoolExecutor.__init__

LOGGER = logging.getLogger("concurrent.futures")
CONDITIONS = (futures.FIRST_COMPLETED, futures.FIRST_EXCEPTION, futures.ALL_COMPLETED)
FEWEST = 5  # threads of a real pool that is not told how many: 4 more than cores, of which one is
Work = tuple["Future", Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Future(StandIn):
    """In place of `concurrent.futures.Future`.

    Attributes:
        state: 'pending', 'running', 'cancelled' or 'finished'.
    """

    kind = "future"

    def __init__(self, pool: ThreadPoolExecutor | None = None) -> None:
        self.pool = pool
        self.state = "pending"
        self.value: Any = None
        self.error: BaseException | None = None
        self.callbacks: list[Callable[[Future], Any]] = []
        self.clocks: Clocks = {}

    def is_done(self) -> bool:
        """Return whether it will not change any more; without a point."""
        return self.state in ("finished", "cancelled")

    def _look(self) -> str:
        point(Op("look", self, False, also=(self.pool,)))
        if self.is_done():
            takes_over(self.clocks)
        return self.state

    def done(self) -> bool:
        """Return whether it is finished or cancelled."""
        return self._look() in ("finished", "cancelled")

    def running(self) -> bool:
        """Return whether a thread is at it."""
        return self._look() == "running"

    def cancelled(self) -> bool:
        """Return whether it was cancelled."""
        return self._look() == "cancelled"

    def cancel(self) -> bool:
        """Cancel it unless a thread has taken it; return whether that went."""
        point(Op("cancel", self, also=(self.pool,)), moves=True)
        if self.state == "pending":
            self._ends("cancelled")
        return self.state == "cancelled"

    def result(self, timeout: float | None = None) -> Any:
        """Wait for what came of it.

        Raises:
            TimeoutError: nothing came in time.
            CancelledError: it was cancelled.
            Exception: whatever its function raised.
        """
        error = self.exception(timeout)
        if error:
            raise error
        return gives(self.value)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait until it is done, and return the error that came of it, or None."""
        point(waiting("result", self, False, self.is_done, timeout))
        if not self.is_done():
            raise TimeoutError
        takes_over(self.clocks)
        if self.state == "cancelled":
            raise futures.CancelledError
        return self.error

    def add_done_callback(self, fn: Callable[[Future], Any]) -> None:
        """Have a function called once it is done, or now if it is."""
        point(Op("add_done_callback", self))
        if self.is_done():
            self._call_back(fn)
        else:
            self.callbacks.append(fn)

    def _call_back(self, function: Callable[[Future], Any]) -> None:
        try:
            function(self)
        except Exception as error:
            if repr(error) not in now.logged:  # not again in each run
                LOGGER.exception("exception calling callback for %r", self)
            now.logged.add(repr(error))

    def set_running_or_notify_cancel(self) -> bool:
        """Say that its function is begun; return whether it is to be.

        Raises:
            RuntimeError: it was begun before.
        """
        point(Op("begin", self, also=(self.pool,)), moves=True)
        if self.state not in ("pending", "cancelled"):
            raise RuntimeError("Future in unexpected state")
        if self.state == "pending":
            self.state = "running"
        return self.state == "running"

    def set_result(self, result: Any) -> None:
        """Say what came of it."""
        point(Op("finish", self), moves=True)
        self.value = result
        self._ends("finished")

    def set_exception(self, exception: BaseException | None) -> None:
        """Say which error came of it."""
        point(Op("finish", self), moves=True)
        self.error = exception
        self._ends("finished")

    def _ends(self, state: str) -> None:
        if self.is_done():
            raise futures.InvalidStateError(f"{self.state}: {self!r}")
        self.state = state
        release_to(self.clocks)
        for one in self.callbacks:
            self._call_back(one)


class ThreadPoolExecutor(StandIn):
    """In place of `concurrent.futures.ThreadPoolExecutor`."""

    kind = "pool"

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., Any] | None = None,
        initargs: tuple[Any, ...] = (),
    ) -> None:
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        self.max_workers = max_workers or FEWEST
        self.prefix = thread_name_prefix or "pool"
        self.initializer, self.initargs = initializer, initargs
        self.work: deque[Work] = deque()
        self.workers: list[Worker] = []
        self.idle = 0
        self.is_shutdown = False
        self.clocks: Clocks = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Have a function called by one of the threads.

        Raises:
            RuntimeError: it was shut down.
        """
        point(Op("submit", self), moves=True)
        if self.is_shutdown:
            raise RuntimeError("cannot schedule new futures after shutdown")
        run = now.run
        if run is None or run.current is None:
            raise RuntimeError("a pool's work is begun by a body, not while the program is made")
        future = Future(self)
        self.work.append((future, fn, args, kwargs))
        release_to(self.clocks)
        if self.idle < len(self.work) and len(self.workers) < self.max_workers:
            worker = run.add(f"{self.prefix}_{len(self.workers)}", self._serve)
            worker.is_daemon = True
            self.workers.append(worker)
            self.idle += 1
        return gives(future)

    def _serve(self) -> None:
        """Do one piece of work after another, in a thread of the pool."""
        if self.initializer:
            self.initializer(*self.initargs)
        while True:
            point(Op("take", self, True, self._has_some), moves=True)
            takes_over(self.clocks)
            if not self.work:
                return
            future, function, args, kwargs = self.work.popleft()
            self.idle -= 1
            if future.state == "pending":
                future.state = "running"
                try:
                    value = function(*args, **kwargs)
                except Abort:
                    raise
                except BaseException as error:
                    future.set_exception(error)
                else:
                    future.set_result(value)
            self.idle += 1

    def _has_some(self) -> bool:
        return bool(self.work) or self.is_shutdown

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
    ) -> Iterator[Any]:
        """Submit a call for each item; return the results, in the items' order."""
        until = deadline(timeout)
        every = [self.submit(fn, *some) for some in zip(*iterables, strict=False)]
        return _results(every, until)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work, and wait for what was taken."""
        point(Op("shutdown", self), moves=True)
        self.is_shutdown = True
        if cancel_futures:
            for future, *_ in [*self.work]:
                future.cancel()
        if wait:
            point(Op("wait for", self, False, self._all_ended))
            for one in self.workers:
                takes_over(one.clocks)

    def _all_ended(self) -> bool:
        return all(one.is_done for one in self.workers)

    def __enter__(self) -> ThreadPoolExecutor:
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()


def _results(every: list[Future], until: float | None) -> Iterator[Any]:
    """Yield what came of futures; cancel the others if one fails, or nobody asks any more."""
    try:
        for one in every:
            yield one.result(left(until))
    finally:
        for one in every:
            if not one.is_done():
                one.cancel()


def wait(
    fs: Iterable[Future], timeout: float | None = None, return_when: str = futures.ALL_COMPLETED
) -> Any:
    """Wait for futures; return those that are `done`, and `not_done`.

    Raises:
        ValueError: of an unknown word for what is waited for.
    """
    every = [*dict.fromkeys(fs)]
    if return_when not in CONDITIONS:
        raise ValueError(f"Invalid return condition: {return_when!r}")
    is_first = return_when == futures.FIRST_COMPLETED

    def is_enough() -> bool:
        done = [one for one in every if one.is_done()]
        failed = any(one.error for one in done)
        if is_first or (failed and return_when != futures.ALL_COMPLETED):
            return bool(done)
        return len(done) == len(every)

    point(waiting("wait for", "futures", False, is_enough, timeout, (*every,)))
    done: set[Any] = {one for one in every if one.is_done()}
    for one in done:
        takes_over(one.clocks)
    return futures._base.DoneAndNotDoneFutures(done, {*every, *done} - done)


def as_completed(fs: Iterable[Future], timeout: float | None = None) -> Iterator[Future]:
    """Yield futures as they are done.

    Raises:
        TimeoutError: not all were in time.
    """
    until, open_ones = deadline(timeout), [*dict.fromkeys(fs)]
    while open_ones:
        done, _ = wait(open_ones, left(until), futures.FIRST_COMPLETED)
        if not done:
            raise TimeoutError
        for one in [one for one in open_ones if one in done]:
            open_ones.remove(one)
            yield one


def _init(self: Any, *how: Any, **more: Any) -> None:
    """Make a real pool, as for a class that a program has made of it before.

    Raises:
        RefusedError: in a thread of the lab: its real threads are no workers.
    """
    if is_here():
        raise RefusedError(
            f"{type(self).__name__} was made of the real ThreadPoolExecutor, whose threads are not"
            " the lab's: use ThreadPoolExecutor itself, or make the class in make() or in a body"
        )
    init(self, *how, **more)


METHODS: dict[str, Callable[..., Any]] = {"__init__": _init}
