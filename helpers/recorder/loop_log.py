"""Writes down what event loops do, iteration by iteration; makes them tell it, and puts all back.

An event loop does the same thing over and over. It asks the operating system, through `select`,
what has happened to the sockets that it watches, and waits there if nothing else is to be done, at
most until the next timer is due. What that made ready joins the queue; then everything that stands
in the queue is run, each in one turn. Three functions are hooked for that, and put back afterwards:

    BaseEventLoop._run_once     one iteration
    SELECTOR.select             how long it waits, and what ends the waiting
    Handle._run                 one turn

Several loops, in several threads or within one another (nest-asyncio), are told apart.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from threading import get_ident
from types import FrameType
from typing import Any

from helpers.recorder.iterations import Iteration, Turn
from helpers.recorder.loop_calls import MOST_CALLS, Calls, wakes_loop
from helpers.recorder.places import place_of, state_of, task_of

__all__ = ["LoopLog"]

MOST_ITERATIONS = 5_000  # that are kept
EXACT = sys.platform != "win32"  # there a thread's time on a core goes in steps of 16 ms


class LoopLog:
    """Writes down what every event loop does, from `begin` to `end`.

    Attributes:
        iterations: in the order in which they began.
        lost: iterations that were not kept: there were too many.
        replaced: whether the code put functions of its own in the place of those hooked, as
            `nest_asyncio2.apply()` does; what ran by them was not seen.
    """

    def __init__(self) -> None:
        self.iterations: list[Iteration] = []
        self.lost = 0
        self.replaced = False
        self.closed = True
        self._loops: dict[int, int] = {}  # number of each loop, by its id
        self._alive: list[Any] = []  # so that no id is given twice
        self._calls = Calls()
        self._host_cpu = 0.0
        self._under_way: FrameType | None = None  # the iteration that the recording began in
        self._open: dict[int, list[tuple[Any, Iteration]]] = {}  # by thread
        self._queued: dict[int, deque[Any]] = {}  # what each iteration has still to run, by its id
        self._originals: list[tuple[Any, str, Any, Any]] = []
        self._elders: set[int] = set()

    # --- begin and end -----------------------------------------------------------------------

    def begin(self, since: float | None = None) -> None:
        """Hook the loops. The iteration that this is called from, if any, is noted from now on.

        Args:
            since: the moment of `perf_counter` that times are counted from, if not this one.
        """
        import asyncio
        from asyncio import base_events, events

        self._calls.begin()
        self.began, self.closed = time.perf_counter() if since is None else since, False
        self._elders = {one.ident for one in threading.enumerate() if one.ident} - {get_ident()}
        for owner in _with_own(base_events.BaseEventLoop, "_run_once"):
            self._patch(owner, "_run_once", self._wrap_iteration)
        self._patch(events.Handle, "_run", self._wrap_turn)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._calls.host_loop, self._calls.host = loop, asyncio.current_task(loop)
        self._under_way = _innermost_iteration()
        first = self._begin_iteration(loop, whole=False)
        if first is not None:
            first.turns.append(Turn(self._calls.of_task(self._calls.host), first.start))
            self._host_cpu = time.thread_time()

    def end(self) -> None:
        """Put everything back, and end what is under way."""
        if self.closed:
            return
        self.closed = True
        now = self._now()
        self.replaced = not self._hooks_hold()
        while self._originals:
            owner, attribute, original, ours = self._originals.pop()
            if owner.__dict__.get(attribute) is ours:
                setattr(owner, attribute, original)
        for stack in list(self._open.values()):  # another thread's loop may begin just now
            for _, iteration in stack:
                _finish(iteration, now)
        self._open.clear()
        self._queued.clear()
        self._alive.clear()
        self._calls.end()
        self._under_way = None

    def _hooks_hold(self) -> bool:
        """Say whether what was hooked still is, and no kind of loop got an iteration of its own."""
        from asyncio import base_events

        hooked = [owner for owner, attribute, *_ in self._originals if attribute == "_run_once"]
        own = _with_own(base_events.BaseEventLoop, "_run_once")
        return all(one in hooked for one in own) and all(
            owner.__dict__.get(attribute) is ours for owner, attribute, _, ours in self._originals
        )

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
                if iteration is not None:
                    self._leave_out_late(loop, iteration)
            finally:
                if iteration is not None:
                    self._end_iteration(iteration)

        return _run_once

    def _begin_iteration(self, loop: Any, whole: bool = True) -> Iteration | None:
        if self.closed or get_ident() in self._elders:
            return None
        stack = self._open.setdefault(get_ident(), [])
        if len(stack) == 1 and not stack[0][1].whole and not _is_running(self._under_way):
            self._leave_host(stack[0][1])
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

    def _leave_host(self, iteration: Iteration) -> None:
        """End the turn that the recording began in, and note where its task now stands."""
        turn = iteration.turns[0]
        if turn.end == turn.end:
            return
        turn.end = self._now()
        turn.then, turn.stops = state_of(self._calls.host), place_of(self._calls.host)
        if EXACT:
            turn.cpu = time.thread_time() - self._host_cpu

    def _note_queues(self, loop: Any, iteration: Iteration) -> None:
        iteration.ready = self._calls.row(loop._ready)
        alive = [one for one in loop._scheduled if not one._cancelled]
        timers = sorted(filter(self._calls.is_ours, alive), key=lambda one: one._when)
        now = loop.time()
        kept = timers[:MOST_CALLS]
        iteration.timers = [(one._when - now, self._calls.call(one)) for one in kept]
        iteration.more_timers = len(timers) - len(kept)

    def _leave_out_late(self, loop: Any, iteration: Iteration) -> None:
        """Take back from an iteration's queue what came too late for it, from another thread."""
        waiting = {id(one) for one in list(loop._ready)}
        late = sum(id(one) in waiting for one in self._queued.get(id(iteration), ()))
        iteration.queue.cut(late)

    def _end_iteration(self, iteration: Iteration) -> None:
        stack = self._open.get(get_ident(), [])
        while stack:
            _, last = stack.pop()
            self._queued.pop(id(last), None)
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
            watched = [key for key in selector.get_map().values() if self._calls.handles(key)]
            iteration.watched = sum(not wakes_loop(key) for key in watched)
            for key, _ in events[:MOST_CALLS]:
                iteration.came.append(self._calls.event(key))
        except Exception:  # a selector of another kind: what it reports is not known
            iteration.came.append("something")

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
            cpu = time.thread_time()
            try:
                original(handle)
            finally:
                if not self.closed:
                    turn.end = self._now()
                    if EXACT:
                        turn.cpu = time.thread_time() - cpu
                    if task is not None and turn.call.kind == "task":
                        turn.then, turn.stops = state_of(task), place_of(task)

        return _run

    def _begin_turn(self, handle: Any, loop: Any, iteration: Iteration) -> Turn:
        queued = self._queued.get(id(iteration))
        while queued and queued.popleft() is not handle:  # a cancelled one has no turn
            pass
        if not iteration.turns and iteration.whole:
            queue = [handle, *loop._ready]
            iteration.queue = self._calls.row(queue)
            self._queued[id(iteration)] = deque(queue[1:])
        if not iteration.whole:  # the turn that the recording began in is over
            self._leave_host(iteration)
        turn = Turn(self._calls.call(handle), self._now())
        iteration.turns.append(turn)
        return turn


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
