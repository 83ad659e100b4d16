"""The jobs that the judges of notebook 03 hand out, and what is told of them to the judge.

A job is an object of a class in this module, so that a process of any start method finds it. What
it has to tell is kept as files in a folder: any process can write there, and nothing is lost with
a process that is ended. Every child imports this module, so it loads little.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.queues import Queue

__all__ = ["Answers", "Divides", "Job", "Puts", "Trace", "traces"]

NAP = 0.01  # seconds between two looks


class Trace(NamedTuple):
    """What a job has told.

    Attributes:
        kind: a word for what happened.
        pid: of the process in which it happened.
        thread: the number of the thread.
    """

    kind: str
    pid: int
    thread: int


@dataclass(frozen=True)
class Job:
    """What the jobs have in common.

    Attributes:
        folder: where it leaves its traces.
        asker: the pid of the judge, whose process is the wrong one.
        patience: the seconds that one waits for others to come.
        linger: the seconds that one goes on; who does not wait for it has returned by then.
    """

    folder: str
    asker: int
    patience: float
    linger: float

    def tell(self, kind: str) -> None:
        """Leave a trace."""
        name = f"{kind} {os.getpid()} {threading.get_ident()} {os.urandom(8).hex()}"
        Path(self.folder, name).touch()

    def is_here(self) -> bool:
        """Say whether this runs in the judge's own process."""
        return os.getpid() == self.asker


def traces(folder: str) -> list[Trace]:
    """Return what jobs have told, in no order."""
    names = (path.name.split() for path in Path(folder).iterdir())
    return [Trace(kind, int(pid), int(thread)) for kind, pid, thread, _ in names]


class Divides(Job):
    """A job that fails for some items, and lasts until another process is at it too.

    Where that does not come about, the first one gives up after a while, and none waits after it.
    """

    def __call__(self, item: int) -> int:
        """Wait for another process, then do the work."""
        self.tell("called")
        if not self.is_here():
            self.meet()
        return self.work(item)

    def meet(self) -> None:
        """Wait until two processes are here; where all stands still, that is one look."""
        for _ in range(round(self.patience / NAP)):
            told = traces(self.folder)
            if any(one.kind in ("met", "alone") for one in told):
                return
            if len({one.pid for one in told if one.kind == "called"} - {self.asker}) > 1:
                self.tell("met")
                return
            time.sleep(NAP)
        self.tell("alone")

    @staticmethod
    def work(item: int) -> int:
        """Return what the job returns, or raise what it raises."""
        if item < 0:
            raise ValueError(f"{item} is less than nothing")
        return 5040 // item


class Puts(Job):
    """A job that puts two things for each number into a queue, then None."""

    def __call__(self, numbers: Iterable[int], queue: Queue[Any]) -> None:
        """Put them, and go on for a while."""
        self.tell("came")
        for item in self.items(numbers):
            time.sleep(NAP)  # for a moment the queue is empty
            queue.put(item)
            self.tell("put")
        queue.put(None)
        self.tell("all")
        time.sleep(self.linger)
        self.tell("ended")

    @staticmethod
    def items(numbers: Iterable[int]) -> list[int | str]:
        """Return what is put for these numbers."""
        return [item for number in numbers for item in (number, "x" * number)]


class Answers(Job):
    """A job that answers each question that comes through a pipe, until None comes."""

    def __call__(self, connection: Connection[Any, Any]) -> None:
        """Answer them, and go on for a while."""
        self.tell("came")
        if self.is_here():  # where nobody could ask while it listens
            return
        number = 0
        while (question := connection.recv()) is not None:
            number += 1
            self.tell("asked")
            connection.send(self.answer(number, question))
        self.tell("all")
        time.sleep(self.linger)
        self.tell("ended")

    @staticmethod
    def answer(number: int, question: str) -> str:
        """Return the answer to a question, which was this many-th."""
        return f"{number}: {question} Yes!"
