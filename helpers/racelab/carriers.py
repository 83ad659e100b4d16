"""The threads that carry the workers of one run after another, and the baton that they pass on.

Whoever has no baton waits at the gate of its carrier, a lock that only the one before opens.
"""

from __future__ import annotations

import ctypes
import os
from _thread import allocate_lock, get_ident, start_new_thread
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.racelab.actors import Abort

if TYPE_CHECKING:
    from helpers.racelab.workers import Worker

__all__ = ["GRACE", "Carrier", "Carriers", "LostError", "on_one_core"]


LOOK = 0.05  # seconds between two looks at whether the user has interrupted
PATIENCE = 2.0  # seconds of looks after which a run that comes to no point is given up
NO_THREAD = (
    "race: the system gives no further thread; end what you no longer need, then run this again"
)
GRACE = 1.0  # seconds in which an ended run puts away what it has in hand


class LostError(Exception):
    """The baton does not come back: a worker is in something that the lab cannot look into."""


class Carrier:
    """One thread.

    Attributes:
        gate: closed until it is this carrier's turn.
        worker: whom it carries; None if it is free.
        ident: the thread's.
    """

    def __init__(self) -> None:
        self.gate = allocate_lock()
        self.gate.acquire()
        self.worker: Worker | None = None
        self.ident = 0
        self.is_over = False
        self.life = allocate_lock()  # free once the thread has come to its end
        self.life.acquire()


class Carriers:
    """All threads of a lab; `end` ends them.

    Args:
        heard: not empty once the user has interrupted the kernel.
    """

    def __init__(self, heard: Sequence[object] = ()) -> None:
        self.heard = heard
        self.every: list[Carrier] = []
        self.home = allocate_lock()  # the gate of who began the run
        self.home.acquire()
        self.patience = PATIENCE
        self.used = 0  # in this run; a second worker would find what the first kept for its thread

    def give(self, worker: Worker) -> None:
        """Give a worker a carrier, which waits for its turn.

        Raises:
            RuntimeError: the system gives no further thread.
        """
        if self.used == len(self.every):
            self.every.append(Carrier())
            try:
                start_new_thread(self._live, (self.every[-1],))
            except RuntimeError:
                self.every.pop()
                raise RuntimeError(NO_THREAD) from None
        free = self.every[self.used]
        self.used += 1
        free.worker, worker.carrier = worker, free

    def start(self, worker: Worker, choices: Sequence[int] = ()) -> None:
        """Give the baton to a worker, and wait until it comes home.

        Args:
            worker: the first that goes on.
            choices: grow with each point that is reached.

        Raises:
            LostError: it does not, and no more points are reached.
        """
        worker.carrier.gate.release()
        if not self.comes_home(self.patience, choices):
            raise LostError

    def comes_home(self, seconds: float, choices: Sequence[int] = ()) -> bool:
        """Wait until the baton comes home; return whether it does so in time.

        On a busy machine a run may take long; only what comes to no point for so long is given up.
        Looks are counted, and no time: where all stands still for a while, that is one look.
        """
        looks = before = 0
        while not self.home.acquire(timeout=LOOK):
            looks += 1
            if len(choices) > before:
                looks, before = 0, len(choices)
            if looks * LOOK > seconds or (self.heard and seconds > GRACE):
                return False
        return True

    def renewed(self) -> Carriers:
        """Return others in the places of these, of which one may still be on its way back."""
        self.end()
        return Carriers(self.heard)

    def call_back(self, carrier: Carrier) -> bool:
        """Call one back that does not come by itself; return whether it has come.

        If it has not, it is ended as soon as it is in Python again, wherever that is.
        """
        for _ in range(10):
            _throw(carrier)
            if self.comes_home(0.1):
                return True
        return False

    def switch(self, worker: Worker, other: Worker) -> None:
        """Give the baton to another worker, and wait until it comes back; by the first's thread."""
        other.carrier.gate.release()
        worker.carrier.gate.acquire()

    def end(self) -> None:
        """End all threads; one that is away ends when it comes back."""
        for one in self.every:
            one.is_over = True
        free = [one for one in self.every if one.worker is None]
        for one in free:
            one.gate.release()
        for one in free:
            one.life.acquire(timeout=GRACE)
        self.every.clear()

    def _live(self, carrier: Carrier) -> None:
        carrier.ident = get_ident()
        while True:
            carrier.gate.acquire()
            if carrier.worker is None:
                break
            after = carrier.worker.run.carry(carrier.worker)
            carrier.worker = None
            if after:
                after.carrier.gate.release()
            elif not carrier.is_over:
                self.home.release()
            if carrier.is_over:
                break
        carrier.life.release()


def _throw(carrier: Carrier) -> None:
    """Let an Abort come out of whatever a carrier's thread is in, once that is Python again."""
    ident, error = ctypes.c_ulong(carrier.ident), ctypes.py_object(Abort)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, error)


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keep this thread, and those that it starts, on the core where it is, for the time of a block.

    One of them runs at a time, so more cores are of no use, and a baton that goes to another core
    takes half as long again. Only Linux lets a thread ask for that.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    with suppress(OSError, ValueError, IndexError):
        stat = Path("/proc/thread-self/stat").read_text().rpartition(")")[2].split()
        os.sched_setaffinity(0, {int(stat[36])})
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, before)
