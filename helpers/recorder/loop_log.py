"""Writes down what event loops do, iteration by iteration; makes them tell it, and puts all back.

An event loop does the same thing over and over. It asks the operating system, through `select`,
what has happened to the sockets that it watches, and waits there if nothing else is to be done, at
most until the next timer is due. What that made ready joins the queue; then everything that stands
in the queue is run, each in one turn. Four functions are hooked for that, and put back afterwards:

    BaseEventLoop._run_once     one iteration
    SELECTOR.select             how long it waits, and what ends the waiting
    Handle._run                 one turn

Several loops, in several threads or within one another (nest-asyncio), are told apart.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from functools import partial
from threading import get_ident
from types import FrameType
from typing import Any

from helpers.recorder.iterations import Call, Iteration, Row, Turn
from helpers.recorder.log import ask
from helpers.recorder.places import is_task, place_of, state_of, task_of

__all__ = ["LoopLog"]

MOST_ITERATIONS, MOST_CALLS = 5_000, 40  # that are kept, and of one queue
HOST = "the cell"

# In the context of the code that is watched, and so of all that it schedules.
_watched_by: ContextVar[Any] = ContextVar("three_lanes_loop", default=None)


class LoopLog:
    """Writes down what every event loop does, from `begin` to `end`.

    Attributes:
        iterations: in the order in which they began.
        lost: iterations that were not kept: there were too many.
    """

    def __init__(self) -> None:
        self.iterations: list[Iteration] = []
        self.lost = 0
        self.closed = True
        self._loops: dict[int, int] = {}  # number of each loop, by its id
        self._alive: list[Any] = []  # so that no id is given twice
        self._host: Any = None  # the task that the recording began in
        self._host_loop: Any = None
        self._under_way: FrameType | None = None  # the iteration that the recording began in
        self._ours: set[Any] = set()  # tasks; kept, so that no name is given twice
        self._open: dict[int, list[tuple[Any, Iteration]]] = {}  # by thread
        self._originals: list[tuple[Any, str, Any, Any]] = []
        self._elders: set[int] = set()

    # --- begin and end -----------------------------------------------------------------------

    def begin(self) -> None:
        """Hook the loops. The iteration that this is called from, if any, is noted from now on."""
        import asyncio
        from asyncio import base_events, events

        _watched_by.set(self)
        self.began, self.closed = time.perf_counter(), False
        self._elders = {one.ident for one in threading.enumerate() if one.ident} - {get_ident()}
        for owner in _with_own(base_events.BaseEventLoop, "_run_once"):
            self._patch(owner, "_run_once", self._wrap_iteration)
        self._patch(events.Handle, "_run", self._wrap_turn)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._host_loop, self._host = loop, asyncio.current_task(loop)
        self._under_way = _innermost_iteration()
        first = self._begin_iteration(loop, whole=False)
        if first is not None:
            first.turns.append(Turn(self._call_of_task(self._host), first.start))

    def end(self) -> None:
        """Put everything back, and end what is under way."""
        if self.closed:
            return
        self.closed = True
        now = self._now()
        while self._originals:
            owner, attribute, original, ours = self._originals.pop()
            if owner.__dict__.get(attribute) is ours:
                setattr(owner, attribute, original)
        if _watched_by.get() is self:
            _watched_by.set(None)
        for stack in self._open.values():
            for _, iteration in stack:
                _finish(iteration, now)
        self._open.clear()
        self._ours.clear()
        self._alive.clear()
        self._host = self._host_loop = self._under_way = None

    def _patch(self, owner: Any, attribute: str, wrap: Callable[[Any], Any]) -> None:
        original = owner.__dict__[attribute]
        ours = wrap(original)
        self._originals.append((owner, attribute, original, ours))
        setattr(owner, attribute, ours)

    def _now(self) -> float:
        return time.perf_counter() - self.began

    # --- iterations --------------------------------------------------------------------------

    def _wrap_iteration(self, original: Any) -> Any:
        def _run_once(loop: Any) -> None:
            iteration = self._begin_iteration(loop)
            try:
                original(loop)
            finally:
                if iteration is not None:
                    self._end_iteration(iteration)

        return _run_once

    def _begin_iteration(self, loop: Any, whole: bool = True) -> Iteration | None:
        if self.closed or get_ident() in self._elders:
            return None
        stack = self._open.setdefault(get_ident(), [])
        if len(stack) == 1 and not stack[0][1].whole and not _is_running(self._under_way):
            self._end_iteration(stack[0][1])  # the one that was under way is over
        if len(self.iterations) >= MOST_ITERATIONS:
            self.lost += 1
            return None
        self._hook_selector(loop)
        iteration = Iteration(self._number(loop), self._now(), len(stack), whole)
        if whole:
            self._note_queues(loop, iteration)
        self.iterations.append(iteration)
        stack.append((loop, iteration))
        return iteration

    def _note_queues(self, loop: Any, iteration: Iteration) -> None:
        iteration.ready = self._row(loop._ready)
        timers = sorted(
            (one for one in list(loop._scheduled) if not one._cancelled and self._is_ours(one)),
            key=lambda one: one._when,
        )
        now = loop.time()
        kept = timers[:MOST_CALLS]
        iteration.timers = [(one._when - now, self._call(one)) for one in kept]
        iteration.more_timers = len(timers) - len(kept)

    def _end_iteration(self, iteration: Iteration) -> None:
        stack = self._open.get(get_ident(), [])
        while stack:
            _, last = stack.pop()
            _finish(last, self._now())
            if last is iteration:
                break

    def _number(self, loop: Any) -> int:
        if id(loop) not in self._loops:
            self._alive.append(loop)
        return self._loops.setdefault(id(loop), len(self._loops))

    # --- select ------------------------------------------------------------------------------

    def _hook_selector(self, loop: Any) -> None:
        kind = type(getattr(loop, "_selector", None))
        for owner in kind.__mro__:
            if "select" in owner.__dict__:
                if all(hooked is not owner for hooked, *_ in self._originals):
                    self._patch(owner, "select", self._wrap_select)
                return

    def _wrap_select(self, original: Any) -> Any:
        def select(selector: Any, timeout: float | None = None) -> Any:
            stack = self._open.get(get_ident())
            if self.closed or not stack or stack[-1][0]._selector is not selector:
                return original(selector, timeout)
            iteration = stack[-1][1]
            iteration.asked = timeout
            iteration.selected = self._now()
            try:
                events = original(selector, timeout)
            finally:
                iteration.waited = self._now() - iteration.selected
            self._note_events(selector, events, iteration)
            return events

        return select

    def _note_events(self, selector: Any, events: Any, iteration: Iteration) -> None:
        try:
            watched = [key for key in selector.get_map().values() if self._handles(key)]
            iteration.watched = sum(not _wakes_loop(key) for key in watched)
            for key, _ in events[:MOST_CALLS]:
                iteration.came.append(self._event(key))
        except Exception:  # a selector of another kind: what it reports is not known
            iteration.came.append("something")

    def _handles(self, key: Any) -> list[Any]:
        return [one for one in key.data or () if one is not None and self._is_ours(one)]

    def _event(self, key: Any) -> str:
        if _wakes_loop(key):
            return "a call from another thread"
        handles = self._handles(key)
        if not handles:
            return "the notebook's own"
        owner = self._owner(handles[0])
        return f"socket of {self._label(owner)}" if owner is not None else "a socket"

    # --- turns -------------------------------------------------------------------------------

    def _wrap_turn(self, original: Any) -> Any:
        def _run(handle: Any) -> None:
            stack = self._open.get(get_ident())
            if self.closed or not stack:
                original(handle)
                return
            loop, iteration = stack[-1]
            task = task_of(handle)
            turn = self._begin_turn(handle, loop, iteration)
            try:
                original(handle)
            finally:
                turn.end = self._now()
                if task is not None and turn.call.kind == "task":
                    turn.then, turn.stops = state_of(task), place_of(task)

        return _run

    def _begin_turn(self, handle: Any, loop: Any, iteration: Iteration) -> Turn:
        if not iteration.turns and iteration.whole:
            iteration.queue = self._row([handle, *loop._ready])
        if not iteration.whole:  # the turn that the recording began in is over
            _finish(iteration, self._now())
        turn = Turn(self._call(handle), self._now())
        iteration.turns.append(turn)
        return turn

    # --- calls -------------------------------------------------------------------------------

    def _row(self, handles: Iterable[Any]) -> Row:
        alive = [one for one in list(handles) if not one._cancelled]
        return Row([self._call(one) for one in alive[:MOST_CALLS]], max(0, len(alive) - MOST_CALLS))

    def _is_ours(self, handle: Any) -> bool:
        """Say whether a handle belongs to the watched code, and not to the kernel around it."""
        if handle._loop is not self._host_loop or handle._context.get(_watched_by) is self:
            return True
        return self._owner(handle) in self._ours

    def _call(self, handle: Any) -> Call:
        task = task_of(handle)
        if not self._is_ours(handle):
            return Call("notebook", "")
        if task is not None:
            return self._call_of_task(task)
        owner = self._owner(handle)
        kind = "timer" if hasattr(handle, "_when") else "callback"
        name = "" if owner is None else self._label(owner)
        return Call(kind, name, _name_of(handle._callback))

    def _call_of_task(self, task: Any) -> Call:
        return Call("task", self._label(task), place=place_of(task))

    def _owner(self, handle: Any) -> Any:
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

    def _label(self, task: Any) -> str:
        """Return what a task is called, as in the picture of a recording."""
        if task is self._host:
            return HOST
        self._ours.add(task)
        coro = task.get_coro()
        job = getattr(coro, "__qualname__", type(coro).__name__).rpartition("<locals>.")[2]
        return f"{task.get_name()} ({job})"


def _finish(iteration: Iteration, now: float) -> None:
    """End an iteration, and its last turn if that is under way."""
    if iteration.end != iteration.end:
        iteration.end = now
    for turn in iteration.turns[-1:]:
        if turn.end != turn.end:
            turn.end = now


def _frames() -> Iterator[FrameType]:
    """Give the frames that are under way in this thread, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _innermost_iteration() -> FrameType | None:
    return next((one for one in _frames() if one.f_code.co_name == "_run_once"), None)


def _is_running(frame: FrameType | None) -> bool:
    return any(one is frame for one in _frames())


def _with_own(kind: Any, attribute: str) -> list[Any]:
    """Return a class and those of its subclasses that define an attribute themselves."""
    own = [kind] if attribute in kind.__dict__ else []
    return own + [one for sub in kind.__subclasses__() for one in _with_own(sub, attribute)]


def _wakes_loop(key: Any) -> bool:
    """Say whether a watched socket is the one by which other threads wake the loop."""
    names = [_name_of(one._callback) for one in key.data or () if one is not None]
    return any(name.endswith("_read_from_self") for name in names)


def _name_of(callback: Any) -> str:
    while isinstance(callback, partial):
        callback = callback.func
    name = ask(callback, "__qualname__")
    return name if isinstance(name, str) else type(callback).__name__
