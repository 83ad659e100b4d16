"""Tells where a task stands, in which line of the learner's own code, and what it does next."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import lru_cache
from typing import Any

from helpers.recorder.awaited import WAITS, wait_before
from helpers.recorder.iterations import Place
from helpers.recorder.log import ask

__all__ = ["is_task", "place_of", "state_of", "task_of"]

LIBRARIES = tuple(
    {path for name, path in sysconfig.get_paths().items() if name.endswith(("lib", "stdlib"))}
)
ROOMS = tuple(
    os.path.join(os.path.dirname(os.path.dirname(__file__)), room)  # noqa: PTH118, PTH120
    for room in ("recorder", "board", "magic.py", "notebook.py")
)


def place_of(task: Any) -> Place | None:
    """Return where a suspended task stands, in the innermost code that is not a library's."""
    found, coroutine = None, task.get_coro()
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is not None and _is_users(frame.f_code.co_filename):
            found = frame.f_code.co_filename, frame.f_lineno
        coroutine = getattr(coroutine, "cr_await", None)
    return found


def state_of(task: Any) -> str:
    """Return what a task does after a turn: see `Turn.then`."""
    if task.done():
        if task.cancelled():
            return "cancelled"
        return "failed" if getattr(task, "_exception", None) else "finished"
    if task._fut_waiter is None:
        return "ready"
    return WAITS[wait_before(task)]


@lru_cache(maxsize=1024)
def _is_users(file: str) -> bool:
    return bool(file) and not file.startswith((*LIBRARIES, *ROOMS, "<frozen"))


def is_task(one: Any) -> bool:
    """Say whether something is a task, of whichever kind."""
    return isinstance(one, _task_types())


@lru_cache(maxsize=1)
def _task_types() -> tuple[Any, ...]:
    """Return the kinds of task: nest-asyncio puts the one in Python in the place of that in C."""
    from asyncio import tasks

    in_c = getattr(sys.modules.get("_asyncio"), "Task", tasks.Task)
    return tasks.Task, tasks._PyTask, in_c  # type: ignore[attr-defined]


def task_of(handle: Any) -> Any:
    """Return the task whose next turn a handle is, or None."""
    task = ask(handle._callback, "__self__")
    return task if is_task(task) else None
