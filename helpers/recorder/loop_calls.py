"""Tells what stands in a loop's queue: whose turn each call is, and what it is called.

A notebook's loop runs the kernel's own calls beside those of the cell. The cell's carry a mark in
their context, as does all that they schedule, or they work for a task that does.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from functools import partial
from typing import Any

from helpers.recorder.iterations import Call, Row
from helpers.recorder.log import ask
from helpers.recorder.places import is_task, place_of, task_of

__all__ = ["HOST", "MOST_CALLS", "Calls", "wakes_loop"]

HOST = "the cell"  # what the task is called in which the recording began
MOST_CALLS = 40  # that are kept of one queue
_watched_by: ContextVar[Any] = ContextVar("three_lanes_loop", default=None)


class Calls:
    """The calls of the code that is watched from `begin` to `end`, in its words.

    Attributes:
        host: the task that the recording began in, or None.
        host_loop: its loop.
    """

    def __init__(self) -> None:
        self.host: Any = None
        self.host_loop: Any = None
        self._ours: dict[Any, int] = {}  # tasks and their numbers; kept, so that all differ

    def begin(self) -> None:
        """Mark the context of the code that is watched."""
        _watched_by.set(self)

    def end(self) -> None:
        """Take the mark away, and let go of the tasks."""
        if _watched_by.get() is self:
            _watched_by.set(None)
        self._ours.clear()
        self.host = self.host_loop = None

    def row(self, handles: Iterable[Any]) -> Row:
        """Return a queue, cut where it is long."""
        alive = [one for one in list(handles) if not one._cancelled]
        return Row([self.call(one) for one in alive[:MOST_CALLS]], max(0, len(alive) - MOST_CALLS))

    def is_ours(self, handle: Any) -> bool:
        """Say whether a handle belongs to the watched code, and not to the kernel around it."""
        if handle._loop is not self.host_loop or handle._context.get(_watched_by) is self:
            return True
        return _owner(handle) in self._ours

    def call(self, handle: Any) -> Call:
        """Return what a handle will run."""
        if not self.is_ours(handle):
            return Call("notebook", "")
        if (task := task_of(handle)) is not None:
            return self.of_task(task)
        owner = _owner(handle)
        kind = "timer" if hasattr(handle, "_when") else "callback"
        name = "" if owner is None else self._label(owner)
        return Call(kind, name, _name_of(handle._callback))

    def of_task(self, task: Any) -> Call:
        """Return a task's next turn."""
        label = self._label(task)
        return Call("task", label, place=place_of(task), task=self._ours.get(task, 0))

    def handles(self, key: Any) -> list[Any]:
        """Return what of the watched code waits for a socket."""
        return [one for one in key.data or () if one is not None and self.is_ours(one)]

    def event(self, key: Any) -> str:
        """Return in words what select reported."""
        if wakes_loop(key):
            return "a call from another thread"
        handles = self.handles(key)
        if not handles:
            return "the notebook's own"
        owner = _owner(handles[0])
        return f"socket of {self._label(owner)}" if owner is not None else "a socket"

    def _label(self, task: Any) -> str:
        """Return what a task is called, as in the picture of a recording."""
        if task is self.host:
            return HOST
        self._ours.setdefault(task, len(self._ours) + 1)
        coro, name = task.get_coro(), task.get_name()
        job = getattr(coro, "__qualname__", type(coro).__name__).rpartition("<locals>.")[2]
        return name if job in name else f"{name} ({job})"


def _owner(handle: Any) -> Any:
    """Return the task that a callback works for, if it can be told."""
    callback = handle._callback
    for one in (ask(callback, "__self__"), *(handle._args or ())):
        if is_task(one):
            return one
        if is_task(task := ask(one, "_task")):  # a time-out
            return task
        if isinstance(waiting := ask(one, "_callbacks"), list):  # a future
            for task in (ask(callback, "__self__") for callback, *_ in waiting):
                if is_task(task):
                    return task
    return None


def wakes_loop(key: Any) -> bool:
    """Say whether a watched socket is the one by which other threads wake the loop."""
    names = [_name_of(one._callback) for one in key.data or () if one is not None]
    return any(name.endswith("_read_from_self") for name in names)


def _name_of(callback: Any) -> str:
    while isinstance(callback, partial):
        callback = callback.func
    name = ask(callback, "__qualname__")
    return name if isinstance(name, str) else type(callback).__name__
