"""Queues of a run, in place of those of `queue`. Putting and getting are one step each."""

from __future__ import annotations

import queue
from collections import deque
from heapq import heappop, heappush
from typing import Any

from helpers.racelab.actors import changes, gives, point, release_to, takes_over, waiting
from helpers.racelab.kinds import StandIn
from helpers.racelab.order import Clocks
from helpers.racelab.workers import Op

__all__ = ["LifoQueue", "PriorityQueue", "Queue", "SimpleQueue"]

ShutDown: type[Exception] = getattr(queue, "ShutDown", RuntimeError)  # from Python 3.13 on


class Queue(StandIn):
    """In place of `queue.Queue`: who came first goes first.

    Attributes:
        maxsize: how many things it holds; as many as come if 0 or less.
        queue: the things.
        unfinished_tasks: how many were put and not yet said to be done.
    """

    kind = "queue"

    def __init__(self, maxsize: int = 0) -> None:
        self.maxsize = maxsize
        self.queue: Any = self._new()
        self.unfinished_tasks = 0
        self.is_shutdown = False
        self.clocks: Clocks = {}

    def _new(self) -> Any:
        return deque()

    def _put(self, item: Any) -> None:
        self.queue.append(item)

    def _get(self) -> Any:
        return self.queue.popleft()

    def _has_room(self) -> bool:
        return self.maxsize <= 0 or len(self.queue) < self.maxsize or self.is_shutdown

    def _has_some(self) -> bool:
        return bool(self.queue) or self.is_shutdown

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put a thing into it.

        Raises:
            queue.Full: there is no room, and one does not wait, or has waited.
        """
        _check(timeout)
        ready = self._has_room if block else None
        point(waiting("put", self, True, ready, timeout), moves=True)
        if self.is_shutdown:
            raise ShutDown
        if not self._has_room():
            raise queue.Full
        self._put(item)
        self.unfinished_tasks += 1
        release_to(self.clocks)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the next thing out of it.

        Raises:
            queue.Empty: there is none, and one does not wait, or has waited.
        """
        _check(timeout)
        ready = self._has_some if block else None
        point(waiting("get", self, True, ready, timeout))
        if not self.queue:
            raise ShutDown if self.is_shutdown else queue.Empty
        takes_over(self.clocks)
        changes()
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
        point(Op("look", self, writes=False))
        return len(self.queue)

    def task_done(self) -> None:
        """Say that one thing is done with.

        Raises:
            ValueError: all were.
        """
        point(Op("task_done", self), moves=True)
        if self.unfinished_tasks <= 0:
            raise ValueError("task_done() called too many times")
        self.unfinished_tasks -= 1
        release_to(self.clocks)

    def join(self) -> None:
        """Wait until all is done with."""
        point(Op("join", self, False, self._is_done))
        takes_over(self.clocks)

    def _is_done(self) -> bool:
        return self.unfinished_tasks == 0

    def shutdown(self, immediate: bool = False) -> None:
        """Let nobody put anything into it any more, nor get anything at once if so wished."""
        point(Op("shutdown", self), moves=True)
        self.is_shutdown = True
        if immediate:
            self.unfinished_tasks -= len(self.queue)
            self.queue.clear()


def _check(timeout: float | None) -> None:
    if timeout is not None and timeout < 0:
        raise ValueError("'timeout' must be a non-negative number")


class LifoQueue(Queue):
    """In place of `queue.LifoQueue`: who came last goes first."""

    def _new(self) -> Any:
        return []

    def _get(self) -> Any:
        return self.queue.pop()


class PriorityQueue(Queue):
    """In place of `queue.PriorityQueue`: the least goes first."""

    def _new(self) -> Any:
        return []

    def _put(self, item: Any) -> None:
        heappush(self.queue, item)

    def _get(self) -> Any:
        return heappop(self.queue)


class SimpleQueue(Queue):
    """In place of `queue.SimpleQueue`, without an end to its room."""

    def __init__(self) -> None:
        super().__init__()
