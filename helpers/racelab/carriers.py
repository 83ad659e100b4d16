"""The threads that carry the workers of one run after another. One baton goes from each to the next.

Whoever has no baton waits at the gate of its carrier, a lock that only the one before opens.
"""

from __future__ import annotations

import os
from _thread import allocate_lock, get_ident, start_new_thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.racelab.run import Worker

__all__ = ["Carrier", "Carriers", "Lost", "on_one_core"]


class Lost(Exception):
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


class Carriers:
    """All threads of a lab; `end` ends them.

    Args:
        carry: carries out a worker, and returns who goes on after it, or None.
    """

    def __init__(self, carry: Callable[[Worker], Worker | None]) -> None:
        self.carry = carry
        self.every: list[Carrier] = []
        self.home = allocate_lock()  # the gate of who began the run
        self.home.acquire()
        self.patience = 2.0
        self.used = 0  # in this run; a second worker would find what the first kept for its thread

    def give(self, worker: Worker) -> None:
        """Give a worker a carrier, which waits for its turn."""
        if self.used == len(self.every):
            self.every.append(Carrier())
            start_new_thread(self._live, (self.every[-1],))
        free = self.every[self.used]
        self.used += 1
        free.worker, worker.carrier = worker, free

    def start(self, worker: Worker) -> None:
        """Give the baton to a worker, and wait until it comes home.

        Raises:
            Lost: it does not.
        """
        worker.carrier.gate.release()
        if not self.home.acquire(timeout=self.patience):
            raise Lost

    def switch(self, worker: Worker, other: Worker) -> None:
        """Give the baton to another worker, and wait until it comes back; by the first's thread."""
        other.carrier.gate.release()
        worker.carrier.gate.acquire()

    def end(self) -> None:
        """End all threads that are at their gates."""
        for one in self.every:
            one.is_over = True
            if one.worker is None:
                one.gate.release()
        self.every.clear()

    def _live(self, carrier: Carrier) -> None:
        carrier.ident = get_ident()
        while True:
            carrier.gate.acquire()
            worker = carrier.worker
            if carrier.is_over or worker is None:
                return
            after = self.carry(worker)
            carrier.worker = None
            if carrier.is_over:
                return
            (after.carrier.gate if after else self.home).release()


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keep this thread, and those that it starts, on the core where it is, for the time of a block.

    One of them runs at a time, so more cores are of no use, and a baton that goes to another core takes
    half as long again. Only Linux lets a thread ask for that.
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
