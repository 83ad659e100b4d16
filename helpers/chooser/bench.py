"""The program in which `compare` measures: fresh, with the event loop as Python made it.

It reads commands from its standard input and answers on its standard output, each a pickle behind
its length; what the learner's function prints goes nowhere. It may be killed at any moment, by the
learner's function or by who started it; what it had said by then counts.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from multiprocessing import current_process
from typing import IO, Any

from helpers.chooser import gil, prices, probe, ways
from helpers.chooser.job import Job, Outcome
from helpers.chooser.ways import WAYS, has_gil

__all__ = ["main", "receive", "send"]

LENGTH = struct.Struct("<Q")


def send(line: IO[bytes], words: Any) -> None:
    """Send one message."""
    packed = pickle.dumps(words, pickle.HIGHEST_PROTOCOL)
    line.write(LENGTH.pack(len(packed)))
    line.write(packed)
    line.flush()


def receive(line: IO[bytes]) -> Any:
    """Return the next message.

    Raises:
        EOFError: there will be none.
    """
    head = line.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    packed = line.read(length)
    if len(packed) < length:
        raise EOFError
    return pickle.loads(packed)


class Bench:
    """The learner's function and its items, and what they gave in turn.

    Attributes:
        say: sends something before the answer.
    """

    def __init__(self, say: Callable[[Any], None]) -> None:
        self.say = say
        self.job: Job
        self.items: list[Any] = []
        self.known: dict[int, probe.Result] = {}

    def load(self, places: list[str], packed: bytes, items: bytes) -> bool:
        """Unpack the function and its items; return whether its calls are awaited.

        Args:
            places: where modules are looked for.
            packed: the function.
            items: the items.
        """
        sys.path[:] = places
        self.job, self.items = Job(pickle.loads(packed), packed), pickle.loads(items)
        return self.job.is_coroutine

    def has_gil(self) -> bool:
        """Say whether there is a GIL here, now that the function's modules are imported."""
        return has_gil()

    def first(self, which: Sequence[int], seconds: float) -> None:
        """Call it for some items, one after the other, until the time is up.

        Before each item it says its number, and after it, what it cost.
        """
        until = time.perf_counter() + seconds
        for number in which:
            if time.perf_counter() > until:
                break
            self.say(number)
            cost, self.known[number] = probe.cost(self.job, self.items[number], not self.known)
            self.say(cost)

    def again(self, number: int) -> str:
        """Call it once more for an item; return how what comes of it differs, or ''."""
        return self.known[number].differs(self.job.call(self.items[number]))

    def held(self, number: int, seconds: float) -> float:
        """Return the share of a call's time in which the GIL is held."""
        return gil.held(self.job, self.items[number], seconds)

    def overheads(self, way: str, workers: int) -> tuple[float, float]:
        """Return what a way costs by itself: seconds in all, and seconds for each further item."""
        return prices.overheads(way, workers, self.job.is_coroutine)

    def cores(self, workers: int) -> tuple[float, float]:
        """Return how many cores so many processes get in fact, and the seconds a byte takes."""
        return prices.cores(workers)

    def run(self, way: str, which: Sequence[int], workers: int) -> tuple[float, dict[int, str]]:
        """Do it in one way; return the seconds, and what is wrong with an item, by its number."""
        items = [self.items[number] for number in which]
        job = self._afresh()
        began = time.perf_counter()
        found = WAYS[way](job, items, workers)
        elapsed = time.perf_counter() - began
        return elapsed, self._wrong(which, found)

    def record(self, way: str, which: Sequence[int], workers: int) -> Any:
        """Do it in one way once more, and return the recording of it."""
        from helpers.recorder import record

        items = [self.items[number] for number in which]
        if way == "dask":
            from helpers.chooser.dask_cluster import recorded

            return recorded(self._afresh(), items, workers, ways.folder)
        job = self._afresh() if way != "in turn" else probe.spanned(self._afresh())
        with record(states=True) as run:
            WAYS[way](job, items, workers)
        return run

    def _afresh(self) -> Job:
        """Return the function as it came: what one run has kept in it, the next does not find."""
        return Job(pickle.loads(self.job.packed), self.job.packed)

    def _wrong(self, which: Sequence[int], found: Sequence[Outcome]) -> dict[int, str]:
        wrong = {}
        for number, outcome in zip(which, found, strict=True):
            if number in self.known and (told := self.known[number].differs(outcome)):
                wrong[number] = told
        return wrong


def main(folder: str | None = None) -> None:
    """Do what is said, until nothing more is.

    Args:
        folder: is removed afterwards, even if this program is killed.
    """
    ways.folder = folder
    if folder:  # for the forkserver's socket, which a killed program leaves behind
        current_process()._config["tempdir"] = folder  # type: ignore[attr-defined]
    with ExitStack() as files:
        commands, answers = (files.enter_context(_own(number)) for number in (0, 1))
        home = os.getpid()

        def say(kind: str, words: Any) -> None:
            if os.getpid() != home:  # the function has forked, and this is its child
                os._exit(0)
            send(answers, (kind, words))

        bench = Bench(lambda words: say("says", words))
        say("done", None)
        os.dup2(1, 2)  # what went wrong at the beginning has been said by now
        while True:
            try:
                name, arguments = receive(commands)
            except EOFError:
                return
            try:
                answer = "done", getattr(bench, name)(*arguments)
            except BaseException as error:
                answer = "failed", probe.told(error)
            say(*answer)


def _own(number: int) -> IO[bytes]:
    """Take a standard stream for oneself, and leave one that leads nowhere."""
    own = os.fdopen(os.dup(number), "rb" if number == 0 else "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, number)
    os.close(nowhere)
    return own
