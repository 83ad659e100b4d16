"""The tasks of a run: what each is about to do, what it is called, and which locks it holds."""

from __future__ import annotations

from asyncio import events
from collections.abc import Sequence
from types import FrameType
from typing import Any

from helpers.racelab.awaits import frame_of
from helpers.racelab.workers import Op, Worker

__all__ = ["TaskWorker", "Turn", "name_tasks", "note_holder"]


class Turn(Op):
    """A task's next turn; where the task stands is looked up when it is asked for."""

    __slots__ = ("_frame", "task")

    def __init__(self, task: Any, is_sleep: bool = False) -> None:
        self.task = task
        super().__init__("turn", "loop", is_sleep=is_sleep)

    @property
    def frame(self) -> FrameType | None:
        """The innermost frame of the program, where the task stands."""
        return self._frame or frame_of(self.task)

    @frame.setter
    def frame(self, frame: FrameType | None) -> None:
        self._frame = frame


class TaskWorker(Worker):
    """One task.

    Attributes:
        handle: of its next step, if it can go on.
        timer: of the sleep that it is in.
        is_body: whether it is one of the program's bodies.
        line: where it stood when the run ended before it did; 0 otherwise.
        places: where it stood after its turns.
        rounds: how many turns ago it last came to a new place.
        is_poller: whether it has gone round and round before.
    """

    def __init__(self, number: int, name: str, task: Any) -> None:
        super().__init__(number, name, task.get_coro, 0)
        self.task = task
        self.handle: events.Handle | None = None
        self.timer: events.TimerHandle | None = None
        self.is_body = False
        self.line = self.rounds = 0
        self.is_poller = False
        self.places: set[tuple[Any, ...]] = set()
        self.op = Turn(task)


def name_tasks(workers: Sequence[TaskWorker], named: int) -> None:
    """Give the tasks that the program has started names, each only once.

    Args:
        workers: all of the run.
        named: how many of them have names already.
    """
    names = {one.name for one in workers[:named]}
    for one in workers[named:]:
        name = one.task.get_name()
        if name.startswith("Task-"):
            name = getattr(one.task.get_coro(), "__name__", "task")
        one.name, n = name, 2
        while one.name in names:
            one.name, n = f"{name} {n}", n + 1
        names.add(one.name)


def note_holder(lock: Any, worker: TaskWorker, workers: Sequence[TaskWorker]) -> None:
    """Note who holds a lock: in whose turn it was taken.

    Args:
        lock: one of asyncio's.
        worker: who has had the turn.
        workers: all of the run.
    """
    holder = next((one for one in workers if lock in one.holds), None)
    if lock._locked and holder is None:
        worker.holds.append(lock)
    elif holder and not lock._locked:
        holder.holds.remove(lock)
