"""Who is at work in the run that goes on, if any, and what the stand-ins ask of it."""

from __future__ import annotations

import sys
from _thread import allocate_lock, get_ident
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from helpers.racelab.order import Clocks, hear
from helpers.racelab.workers import Op, Worker

if TYPE_CHECKING:
    from helpers.racelab.run import Run

__all__ = [
    "Abort",
    "alone",
    "aside",
    "at_work",
    "changes",
    "deadline",
    "gives",
    "is_here",
    "left",
    "now",
    "point",
    "release_to",
    "takes_over",
    "waiting",
    "who",
]


T = TypeVar("T")


class Abort(BaseException):
    """Ends a worker in the middle of a run that is over."""


class _Now:
    """The run that goes on.

    Attributes:
        run: None between two runs.
        ident: of the thread in which the program is made and looked at.
        logged: what was told of errors that end nothing, since the lab was put up.
    """

    def __init__(self) -> None:
        self.run: Run | None = None
        self.ident = 0
        self.logged: set[str] = set()


now = _Now()

STRANGER = Worker(-1, "stranger", lambda: None, 0)  # who takes a lock when no run goes on
STRANGER.holds = deque(maxlen=0)  # a lock that is kept somewhere may outlive its run: not here


_busy = allocate_lock()


@contextmanager
def alone() -> Iterator[None]:
    """Keep all other labs away for the time of a block: there is one stage in a program.

    Raises:
        RuntimeError: another one is at work.
    """
    if not _busy.acquire(blocking=False):
        raise RuntimeError(
            "race is at work already: a body cannot call it, and another thread has to wait"
        )
    try:
        yield
    finally:
        _busy.release()


def is_here() -> bool:
    """Return whether the current thread belongs to the lab: all others go on as ever."""
    run = now.run
    if run is None or run.is_telling:
        return False
    ident = get_ident()
    worker = run.current
    return ident == now.ident if worker is None else ident == worker.carrier.ident


def at_work() -> Worker | None:
    """Return the worker whose thread this is; None while the program is made or looked at."""
    run = now.run
    worker = run.current if run else None
    return worker if worker and worker.carrier.ident == get_ident() else None


def who() -> Worker:
    """Return who takes now what can be held: the worker at work, or who makes the program."""
    run = now.run
    return at_work() or (run.maker if run else STRANGER)


def deadline(timeout: float | None) -> float | None:
    """Return when a time-out that begins now has passed, on the run's own clock."""
    run = now.run
    if timeout is None or run is None:
        return None
    run.is_timed = True
    if run.current:  # what it does depends on the clock from here on
        run.current.history = hash((run.current.history, run.clock.now))
    return run.clock.now + timeout


def left(until: float | None) -> float | None:
    """Return how much time there is until then; None if that is never."""
    return None if until is None else until - (deadline(0) or 0.0)


def waiting(
    what: str,
    thing: Hashable,
    writes: bool,
    ready: Callable[[], bool] | None,
    timeout: float | None,
    also: tuple[Hashable, ...] = (),
) -> Op:
    """Return the operation of who waits for at most so long.

    Without any time it does not wait, and others can go on before it: so it may come in vain.
    """
    if ready is None or (timeout is not None and timeout <= 0):
        return Op(what, thing, writes, also=also)
    return Op(what, thing, writes, ready, deadline(timeout), also=also)


def point(op: Op, moves: bool = False, ends: bool = False) -> None:
    """Let others go on before an operation.

    Args:
        op: the operation.
        moves: whether it changes more than who holds what.
        ends: whether it puts something away; a run that is over does not keep it from that.
    """
    run = now.run
    worker = run.current if run else None
    ident = worker.carrier.ident if worker else now.ident
    if run is None or run.is_telling or ident != get_ident():
        if op.ready and not op.ready():
            raise RuntimeError(f"{op.what} would wait for ever: no run of the lab goes on")
        return
    if worker is None:
        run.point(op)
    elif not (ends and run.is_aborting):
        run.watch.pause()
        try:
            run.point(op)
        finally:
            run.watch.resume()
    if moves:
        run.version += 1


@contextmanager
def aside() -> Iterator[None]:
    """Call the program in between: what it does in the block is no step."""
    run = now.run
    before = run.is_telling if run else False
    if run:
        run.is_telling = True
    try:
        yield
    finally:
        if run:
            run.is_telling = before


def changes() -> None:
    """Note that more is changed than who holds what."""
    if now.run:
        now.run.version += 1


def gives(value: T) -> T:
    """Return what a stand-in's method is about to return, once the watch knows of it."""
    run = now.run
    if run and at_work():
        run.watch.lens.gives(sys._getframe(1), value)
    return value


def takes_over(clocks: Clocks) -> None:
    """Let the worker at work know what is known to somebody else."""
    worker = at_work()
    if worker:
        hear(worker.clocks, clocks)


def release_to(clocks: Clocks) -> None:
    """Let others know what the worker at work knows."""
    worker = at_work()
    if worker:
        hear(clocks, worker.clocks)
        worker.clocks[worker.number] += 1
