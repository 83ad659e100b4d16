"""The rest of a run of tasks: whoever is left is cancelled, and puts away what it has in hand."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from helpers.racelab.actors import Abort
from helpers.racelab.ends import End
from helpers.racelab.turns import TaskWorker
from helpers.racelab.workers import Op

if TYPE_CHECKING:
    from helpers.racelab.taskrun import TaskRun

__all__ = ["AFTER", "settle"]

AFTER = 500  # turns that are left to other tasks when all bodies have ended
STUBBORN = 10  # times that a task is cancelled at the end before it is left alone


def settle(run: TaskRun) -> None:
    """Cancel all tasks that are left, and look for errors of which nobody has heard."""
    is_whole = run.end is None and run.error is None and not run.is_aborting
    run.is_aborting, was_seen = not is_whole, run.clock.is_seen
    stood = [] if is_whole else [(one, one.is_done, _pinned(one)) for one in run.workers]
    _cancel(run)
    for agen in [*run.loop._asyncgens]:
        run.loop.create_task(agen.aclose())
        _drain(run)
    for one in run.workers:
        if not one.task.done():
            one.task._log_destroy_pending = False
            with suppress(BaseException):
                one.task.get_coro().close()
            _keep(one.task.get_coro())
    _hear(run)
    for one, is_done, op in stood:
        one.is_done, one.op = is_done, op
    if not is_whole:
        run.clock.is_seen = was_seen  # what comes after the end makes no difference


def _keep(coroutine: Any) -> None:
    """Keep a coroutine for ever that goes on whatever it is told.

    Python would tell it once more when nobody needs it any longer. What it awaits then is gone, so
    that nothing would make it give way, and whoever it was that let go of it would never go on.
    """
    if getattr(coroutine, "cr_frame", None) is not None:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(coroutine))


def _cancel(run: TaskRun) -> None:
    for _ in range(STUBBORN):
        live = [one for one in run.workers if not one.task.done()]
        for one in live:
            one.task.cancel()
        if not live:
            break
        _drain(run)


def _hear(run: TaskRun) -> None:
    """Note an error that a task ended with, if nobody has awaited it."""
    for one in run.workers:
        if not (one.task.done() and one.task._log_traceback):
            continue
        error = one.task.exception()
        is_end = run.end is None or run.end.kind in ("deadlock", "livelock")
        if is_end and not isinstance(error, Abort) and not one.is_body:
            run.end = End("exception", [one], error, " (nobody has awaited it)")


def _pinned(worker: TaskWorker) -> Op | None:
    """Return what a worker is about to do, with where it stands, before it is cancelled."""
    if worker.op and not worker.is_done:
        worker.op.frame = worker.op.frame
        worker.line = worker.op.frame.f_lineno if worker.op.frame else 0
    return worker.op


def _drain(run: TaskRun) -> None:
    """Let all go on, as it comes, until nobody can."""
    for _ in range(AFTER):
        run.loop.run_callbacks()
        able = next((one for one in run.workers if one.handle), None)
        if able:
            run.step(able)
            continue
        timers = [*run.loop.sleeps.values(), *run.loop.timeouts]
        if not timers:
            return
        run.clock.is_seen = True  # which of them comes first depends on it
        run.loop.go_off(min(timers, key=lambda one: one.when()))
