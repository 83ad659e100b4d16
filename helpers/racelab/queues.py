"""Queues of a run, in place of those of `queue`. Putting and getting are one step each."""

from __future__ import annotations

import queue
import sys
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from heapq import heappop, heappush
from types import GenericAlias
from typing import Any

from helpers.racelab.actors import (
    aside,
    changes,
    gives,
    point,
    release_to,
    takes_over,
    waiting,
    who,
)
from helpers.racelab.conditions import Condition
from helpers.racelab.kinds import StandIn, StepProperty
from helpers.racelab.locks import Lock
from helpers.racelab.order import Clocks
from helpers.racelab.shared import RefusedError
from helpers.racelab.workers import Op

__all__ = ["LifoQueue", "PriorityQueue", "Queue", "SimpleQueue"]

ShutDown: type[Exception] = getattr(queue, "ShutDown", RuntimeError)  # from Python 3.13 on


class Queue(StandIn):
    """In place of `queue.Queue`: who came first goes first.

    A program's own queue may have methods in place of `_init`, `_qsize`, `_put` and `_get`.

    Attributes:
        maxsize: how many things it holds; as many as come if 0 or less.
        items: the things.
        unfinished_tasks: how many were put and not yet said to be done.
        mutex: who holds it keeps all others from the queue.
        all_tasks_done: notified when there are none unfinished.
    """

    kind = "queue"

    def __init__(self, maxsize: int = 0) -> None:
        self.maxsize = maxsize
        self.unfinished_tasks = 0
        self.is_shutdown = False
        self.clocks: Clocks = {}
        self.mutex = Lock()
        self.all_tasks_done = Condition(self.mutex)
        self.items: Any = None
        with self._alone():
            self._init(maxsize)

    __class_getitem__: Any = classmethod(GenericAlias)

    def _init(self, maxsize: int) -> None:
        self.items = deque()

    def _qsize(self) -> int:
        return len(self.items)

    def _put(self, item: Any) -> None:
        self.items.append(item)

    def _get(self) -> Any:
        return self.items.popleft()

    @StepProperty
    def queue(self) -> Any:
        """The things, which whoever asks may change."""
        self._is_reached()
        return self.items

    @queue.setter
    def queue(self, items: Any) -> None:
        self._is_reached()
        self.items = items

    def _is_reached(self) -> None:
        if self.mutex.owner is not who():
            point(Op("look", self, also=(self.mutex,)))

    @property
    def not_empty(self) -> Any:
        """Nobody waits at it here.

        Raises:
            RefusedError: always.
        """
        raise RefusedError("q.not_empty cannot be had here: q.get() waits until there is something")

    @property
    def not_full(self) -> Any:
        """Nobody waits at it here.

        Raises:
            RefusedError: always.
        """
        raise RefusedError("q.not_full cannot be had here: q.put() waits until there is room")

    # what keeps it to one worker

    def _comes(
        self,
        what: str,
        ready: Callable[[], bool] | None = None,
        timeout: float | None = None,
        writes: bool = True,
        also: tuple[Hashable, ...] = (),
    ) -> None:
        """Wait until nobody holds the mutex and, unless there is no time for it, for more."""
        is_free, also = self.mutex.is_free, (self.mutex, *also)
        op = Op(what, self, writes, is_free, also=also)
        if ready and (timeout is None or timeout > 0):
            op = waiting(what, self, writes, lambda: is_free() and ready(), timeout, also)
        point(op)
        if not is_free():
            point(Op("acquire", self.mutex, True, is_free))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others from it as long as it calls the program, which may come to points."""
        if type(self) in CALLS_NOBODY:
            yield
            return
        self.mutex._take(who())
        try:
            yield
        finally:
            self.mutex._let_go()

    def _size(self) -> int:
        """Return how many things are in it, also where it is looked at without a step."""
        if type(self)._qsize is Queue._qsize:
            return len(self.items)
        with aside():
            return self._qsize()

    def _has_room(self) -> bool:
        return self.maxsize <= 0 or self._size() < self.maxsize or self.is_shutdown

    def _has_some(self) -> bool:
        return self._size() > 0 or self.is_shutdown

    # what a program does with it

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put a thing into it.

        Raises:
            queue.Full: there is no room, and one does not wait, or has waited.
        """
        if self.maxsize > 0 and block:
            _check(timeout)
        self._comes("put", self._has_room if block else None, timeout)
        if self.is_shutdown:
            raise ShutDown
        if not self._has_room():
            raise queue.Full
        with self._alone():
            self._put(item)
        changes()
        self.unfinished_tasks += 1
        release_to(self.clocks)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the next thing out of it.

        Raises:
            queue.Empty: there is none, and one does not wait, or has waited.
        """
        if block:
            _check(timeout)
        self._comes("get", self._has_some if block else None, timeout)
        if not self._size():
            raise ShutDown if self.is_shutdown else queue.Empty
        takes_over(self.clocks)
        changes()
        with self._alone():
            return gives(self._get())

    def put_nowait(self, item: Any) -> None:
        """Put a thing into it if there is room."""
        self.put(item, block=False)

    def get_nowait(self) -> Any:
        """Take the next thing, if there is one."""
        return gives(self.get(block=False))

    def empty(self) -> bool:
        """Return whether nothing is in it."""
        return self.qsize() == 0

    def full(self) -> bool:
        """Return whether there is no room."""
        return 0 < self.maxsize <= self.qsize()

    def qsize(self) -> int:
        """Return how many things are in it."""
        self._comes("look", writes=False)
        return self._size()

    def task_done(self) -> None:
        """Say that one thing is done with.

        Raises:
            ValueError: all were.
        """
        self._comes("task_done", also=(self.all_tasks_done,))
        if self.unfinished_tasks <= 0:
            raise ValueError("task_done() called too many times")
        changes()
        self.unfinished_tasks -= 1
        release_to(self.clocks)
        if not self.unfinished_tasks:
            self.all_tasks_done.tell_all()

    def join(self) -> None:
        """Wait until all is done with."""
        self._comes("join", self._is_done, writes=False)
        takes_over(self.clocks)

    def _is_done(self) -> bool:
        return self.unfinished_tasks == 0

    if sys.version_info >= (3, 13):

        def shutdown(self, immediate: bool = False) -> None:
            """Let nobody put anything into it any more, nor get anything at once if so wished."""
            self._comes("shutdown", also=(self.all_tasks_done,))
            changes()
            self.is_shutdown = True
            if immediate:
                with self._alone():
                    while self._size():
                        self._get()
                        self.unfinished_tasks = max(0, self.unfinished_tasks - 1)
                self.all_tasks_done.tell_all()


def _check(timeout: float | None) -> None:
    if timeout is not None and timeout < 0:
        raise ValueError("'timeout' must be a non-negative number")


class LifoQueue(Queue):
    """In place of `queue.LifoQueue`: who came last goes first."""

    def _init(self, maxsize: int) -> None:
        self.items = []

    def _get(self) -> Any:
        return self.items.pop()


class PriorityQueue(Queue):
    """In place of `queue.PriorityQueue`: the least goes first."""

    def _init(self, maxsize: int) -> None:
        self.items = []

    def _put(self, item: Any) -> None:
        heappush(self.items, item)

    def _get(self) -> Any:
        return heappop(self.items)


CALLS_NOBODY = (Queue, LifoQueue)  # a PriorityQueue asks its things which of them is less


class SimpleQueue(StandIn):
    """In place of `queue.SimpleQueue`, without an end to its room.

    Attributes:
        items: the things.
    """

    kind = "queue"

    def __init__(self) -> None:
        self.items: deque[Any] = deque()
        self.clocks: Clocks = {}

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put a thing into it; one never waits for that."""
        point(Op("put", self), moves=True)
        self.items.append(item)
        release_to(self.clocks)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the next thing out of it.

        Raises:
            queue.Empty: there is none, and one does not wait, or has waited.
        """
        if block:
            _check(timeout)
        point(waiting("get", self, True, self._has_some if block else None, timeout))
        if not self.items:
            raise queue.Empty
        takes_over(self.clocks)
        changes()
        return gives(self.items.popleft())

    def _has_some(self) -> bool:
        return bool(self.items)

    def put_nowait(self, item: Any) -> None:
        """Put a thing into it."""
        self.put(item)

    def get_nowait(self) -> Any:
        """Take the next thing, if there is one."""
        return gives(self.get(block=False))

    def empty(self) -> bool:
        """Return whether nothing is in it."""
        return self.qsize() == 0

    def qsize(self) -> int:
        """Return how many things are in it."""
        point(Op("look", self, writes=False))
        return len(self.items)
