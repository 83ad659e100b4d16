"""What a child process writes down: the same as the recording process, but on the shelf."""

from __future__ import annotations

import os
import threading
import time
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

from helpers.recorder.log import (
    HERE,
    HIDDEN,
    KIND,
    LANE,
    LONGEST,
    LOST,
    NAME_SHIFT,
    STEP,
    TASK,
    WORDS,
    Log,
    has_own_gils,
)
from helpers.recorder.shelf import CLOSED, OVERFLOW, OWN_GILS, Shelf
from helpers.recorder.turns import HOST, Entry

if TYPE_CHECKING:
    import asyncio

__all__ = ["ChildLog"]


class ChildLog(Log):
    """What a child process writes down: everything goes to its place on the shelf at once.

    Attributes:
        life: the place of the span that is the life of this process.
        lives: the places of the spans that are the lives of tasks, by the task's `id`.
        told: the names of tasks that were written down, by the task's `id`.

    Raises:
        OSError: the recording is over, or out of reach.
    """

    main = "process"

    def __init__(self, shelf: Shelf) -> None:
        self.place = shelf.place()
        super().__init__(shelf)
        self.life = LOST
        self.lives: dict[int, int] = {}
        self.told: dict[int, str] = {}

    def _memory(self) -> memoryview:
        return self.place.spans

    @property
    def closed(self) -> bool:
        """Whether the recording is over, of which the shelf tells."""
        return bool(self.place.head[CLOSED])

    def overflow(self, place: int) -> None:
        """Count a span for which there is no room."""
        self.place.head[OVERFLOW] = (place - len(self.spans)) // WORDS + 1

    def _keep(self, *row: Any) -> None:
        self.place.write(*row)

    def new_thread(self) -> None:
        """Do what the recording process does, and note what GILs there are."""
        super().new_thread()
        self._note_gils()

    def note_death(self, pid: int, code: int) -> None:
        """Note that a child of this process was found to have ended."""
        if pid not in self.elders:
            self._keep("death", pid, time.perf_counter_ns(), code)

    def _note_gils(self) -> None:
        """Note whether this process has GILs that the sampler would take for locks."""
        if self.watch and has_own_gils():
            self.place.head[OWN_GILS] = 1

    def begin_process(self, start: int) -> None:
        """Begin the lane and the life of this process, which was asked for at `start`."""
        lane = self.new_thread_lane("process", str(os.getpid()))
        self.life = self.begin("process", "", lane, start)

    def name_process(self, name: str, job: str) -> None:
        """Give the lane and the life of this process their names."""
        lane = self.threads[threading.get_ident()]
        self._keep("lane", lane, "process", name[:LONGEST], threading.get_native_id(), -1)
        self.spans[self.life + 3] = lane | self.name(job) << NAME_SHIFT | KIND["process"]

    def end_process(self) -> None:
        """End the life of this process, if it has not ended."""
        self._note_gils()
        if self.life != LOST and not self.spans[self.life + 1]:
            self.end(self.life, time.thread_time_ns())

    def begin_task(self, task: asyncio.Task[Any], start: int = 0, coroutine: Any = None) -> Entry:
        """Begin the lane and the life of a task that is new; returns what `adopt` does."""
        if not (HERE.get() or self._is_ours()):
            return HOST
        number = self.number_of(coroutine or task.get_coro())
        if number == HIDDEN:
            return HOST
        self.told[id(task)] = task.get_name()
        lane = self.lane("task", self.told[id(task)], 0, self.thread_lane())
        what = lane | number << NAME_SHIFT
        self.lives[id(task)] = self.open(what | TASK, start)
        reference = weakref.ref(task, partial(self._forget, id(task)))
        entry = self.tasks[id(task)] = what | STEP, None, start, reference
        return entry

    def _forget(self, key: int, _: Any) -> None:
        """End the life of a task that nobody kept, before another object gets its `id`."""
        self.tasks.pop(key, None)
        self.told.pop(key, None)
        if (place := self.lives.pop(key, LOST)) != LOST:
            self.spans[place + 1] = time.perf_counter_ns()

    def backdate(self, task: asyncio.Task[Any], start: int) -> None:
        """Set the start of a task's life, where it was met before its creation was over."""
        if (place := self.lives.get(id(task), LOST)) != LOST:
            self.spans[place] = start

    def bury(self, task: asyncio.Task[Any]) -> None:
        """End the life of a task that is done."""
        what, *_ = self.tasks.pop(id(task), HOST)
        if what and (name := task.get_name()) != self.told.pop(id(task), name):
            self._keep("lane", what & LANE, "task", name[:LONGEST], 0, self.thread_lane())
        if (place := self.lives.pop(id(task), LOST)) != LOST:
            self.spans[place + 1] = time.perf_counter_ns()
