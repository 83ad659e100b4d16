"""Who is at work in the run that goes on, if any, and what the stand-ins ask of it."""

from __future__ import annotations

import sys
from _thread import allocate_lock, get_ident
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from helpers.racelab.order import Clocks, hear

if TYPE_CHECKING:
    from helpers.racelab.run import Run
    from helpers.racelab.workers import Op, Worker

__all__ = [
    "Abort",
    "alone",
    "at_work",
    "changes",
    "gives",
    "is_here",
    "now",
    "point",
    "release_to",
    "takes_over",
]


T = TypeVar("T")


class Abort(BaseException):
    """Ends a worker in the middle of a run that is over."""


class _Now:
    """The run that goes on.

    Attributes:
        run: None between two runs.
        ident: of the thread in which the program is made and looked at.
    """

    run: Run | None = None
    ident = 0


now = _Now()


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
