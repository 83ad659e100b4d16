"""Threads that a program starts by itself, and the clock as it sees it.

The class stays `threading`'s own, since programs make their own ones of it: for the time of a lab
its methods are these.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from helpers.racelab.actors import Abort, at_work, deadline, is_here, now, point, waiting
from helpers.racelab.order import hear
from helpers.racelab.workers import Op, Worker

__all__ = [
    "CLOCKS",
    "METHODS",
    "active_count",
    "current_thread",
    "enumerate_threads",
    "get_ident",
    "sleep",
]

BEGIN = 1_700_000_000.0  # what a run's clock shows at its begin, as a date
IDENT = 7_000_000  # the first worker's, as its thread's number

init, start, join, is_alive = (
    threading.Thread.__init__,
    threading.Thread.start,
    threading.Thread.join,
    threading.Thread.is_alive,
)
real_current_thread, real_get_ident = threading.current_thread, threading.get_ident
real_enumerate, real_sleep = threading.enumerate, time.sleep


class _Flag:
    """In place of the event that tells whether a thread has begun."""

    def __init__(self) -> None:
        self.flag = False

    def is_set(self) -> bool:
        return self.flag

    def set(self) -> None:
        self.flag = True


def _init(self: threading.Thread, *how: Any, **more: Any) -> None:
    init(self, *how, **more)
    if is_here():
        self._started = _Flag()  # type: ignore[attr-defined]


def _worker(thread: threading.Thread) -> Worker | None:
    found = thread.__dict__.get("_worker")
    return found if isinstance(found, Worker) else None


def _start(self: threading.Thread) -> None:
    """Add a worker that does what this thread would.

    Raises:
        RuntimeError: it was started before.
    """
    run = now.run
    if run is None or not is_here():
        start(self)
        return
    if self._started.is_set():  # type: ignore[attr-defined]
        raise RuntimeError("threads can only be started once")
    self._started.set()  # type: ignore[attr-defined]
    worker = run.add(self.name, self.run)
    worker.thread, worker.is_daemon = self, self.daemon
    self._ident = IDENT + worker.number  # type: ignore[attr-defined]
    self._worker = worker  # type: ignore[attr-defined]


def _join(self: threading.Thread, timeout: float | None = None) -> None:
    """Wait until it has come to its end.

    Raises:
        RuntimeError: it was not started, or waits for itself.
    """
    worker = _worker(self)
    if worker is None and not is_here():
        join(self, timeout)
        return
    if worker is None:
        raise RuntimeError("cannot join thread before it is started")
    if worker is at_work():
        raise RuntimeError("cannot join current thread")
    point(waiting("join", worker, False, lambda: worker.is_done, timeout))
    me = at_work()
    if me and worker.is_done:
        hear(me.clocks, worker.clocks)


def _is_alive(self: threading.Thread) -> bool:
    worker = _worker(self)
    if worker is None:
        return False if is_here() else is_alive(self)
    point(Op("is_alive", worker, False))
    return not worker.is_done


METHODS: dict[str, Callable[..., Any]] = {
    "__init__": _init,
    "start": _start,
    "join": _join,
    "is_alive": _is_alive,
}


def current_thread() -> threading.Thread:
    """Return the thread that the worker at work is for the program."""
    worker = at_work()
    return real_current_thread() if worker is None or not is_here() else _thread(worker)


def _thread(worker: Worker) -> threading.Thread:
    """Return the thread that a worker is for the program."""
    if worker.thread is None:
        thread = worker.thread = threading.Thread.__new__(threading.Thread)
        init(thread, name=worker.name, daemon=False)
        thread._started = _Flag()  # type: ignore[attr-defined]
        thread._started.set()  # type: ignore[attr-defined]
        thread._ident = IDENT + worker.number  # type: ignore[attr-defined]
        thread._worker = worker  # type: ignore[attr-defined]
    found: threading.Thread = worker.thread
    return found


def enumerate_threads() -> list[threading.Thread]:
    """Return the threads that are alive: the main one, and the workers'."""
    run = now.run
    if run is None or at_work() is None or not is_here():
        return real_enumerate()
    run.is_timed = True  # as from the clock, it can be seen whether a body has begun and ended
    point(Op("enumerate", "threads", False, also=(*run.workers,)))
    return [threading.main_thread(), *(_thread(one) for one in run.workers if not one.is_done)]


def active_count() -> int:
    """Return how many threads are alive."""
    return len(enumerate_threads())


def get_ident() -> int:
    """Return the number of that thread."""
    worker = at_work()
    return real_get_ident() if worker is None or not is_here() else IDENT + worker.number


def sleep(seconds: float) -> None:
    """Let the others go on; no time passes but on the run's own clock.

    A worker that sleeps may go on before or after any other: that it sleeps longer than another one
    says nothing. Only what waits with a time-out that comes first gives up before.
    """
    run = now.run
    if run is None or not is_here():
        real_sleep(seconds)
        return
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    until = deadline(seconds) or 0.0
    me = at_work()

    def is_first() -> bool:
        return not any(
            one.op is not None
            and one is not me
            and not one.op.is_sleep
            and one.op.deadline is not None
            and one.op.deadline < until
            and not one.is_done
            and not one.op.is_expired
            for one in run.workers
        )

    point(Op("sleep", "clock", False, is_first, until, is_sleep=True))
    run.clock.now = max(run.clock.now, until)


def _clock(begin: float, unit: float, real: Callable[[], Any]) -> Callable[[], Any]:
    """Return what tells the time of a run, in place of a clock."""

    def look() -> Any:
        run, worker = now.run, at_work()
        if run is None or not is_here():
            return real()
        if worker and run.is_aborting:
            raise Abort
        run.is_timed = True
        if worker:
            worker.visits.looked_at_clock = True
            worker.history = hash((worker.history, run.clock.now))
        time_now = (begin + run.clock.now) * unit
        return time_now if unit == 1 else int(time_now)

    look.__name__ = real.__name__
    return look


CLOCKS = {
    name: _clock(BEGIN if name.startswith("time") else 1000.0, unit, getattr(time, name))
    for name, unit in (
        ("time", 1),
        ("time_ns", 1e9),
        ("monotonic", 1),
        ("monotonic_ns", 1e9),
        ("perf_counter", 1),
        ("perf_counter_ns", 1e9),
        ("process_time", 1),
        ("process_time_ns", 1e9),
        ("thread_time", 1),
        ("thread_time_ns", 1e9),
    )
}
