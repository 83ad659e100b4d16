"""An answer that starts processes: given up if it hangs, and nothing of it is left at work."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing import active_children
from multiprocessing.connection import Connection
from multiprocessing.pool import ApplyResult, Pool
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue, SimpleQueue
from tempfile import TemporaryDirectory
from threading import Thread
from types import FrameType
from typing import Any

from helpers.exercises import meeting
from helpers.exercises.interrupts import catch, throw
from helpers.exercises.jobs import Job, Trace, traces

__all__ = ["Outcome", "attempt"]

STUCK = 10.0  # seconds after which an answer, of which nothing has been heard, never comes back
LONGEST = 25.0  # seconds for all of it: less than `check` waits, so that there is time to end it
MOMENT = 1.0  # seconds in which processes that nobody waits for may still end by themselves
LOOK = 0.02  # seconds between two looks at an answer

PLACES = {
    BaseProcess.join.__code__: "join",
    Queue.get.__code__: "get",
    SimpleQueue.get.__code__: "get",
    Connection.recv.__code__: "recv",
}


@dataclass
class Outcome:
    """What became of an answer.

    Attributes:
        found: what it returned.
        error: what it raised.
        stuck: where it waits for ever: 'join', 'get', 'recv' or 'somewhere'; '' if it came back.
        alive: how many of its processes were still at work when it returned.
        traces: what its jobs have told.
        thread: the number of the thread that called it.
    """

    found: Any = None
    error: BaseException | None = None
    stuck: str = ""
    alive: int = 0
    traces: list[Trace] = field(default_factory=list)
    thread: int | None = None

    def count(self, kind: str) -> int:
        """Return how many traces there are of a kind."""
        return sum(one.kind == kind for one in self.traces)

    def here(self) -> list[Trace]:
        """Return the traces of jobs that ran in this process."""
        return [one for one in self.traces if one.pid == os.getpid()]


def attempt(
    answer: Callable[..., Any], kind: type[Job], *arguments: Any, quiet: float | None = None
) -> Outcome:
    """Call an answer with a job and arguments, and return what became of it.

    It is given up where it waits for a process, or for something from one, while nothing has been
    heard of its jobs for a while.

    Args:
        answer: what a learner made.
        kind: of the job that it is given first.
        arguments: what it is given besides.
        quiet: the seconds of that while; None for the patience of a meeting.
    """
    before = set(active_children())
    with TemporaryDirectory(prefix="three-lanes-", ignore_cleanup_errors=True) as folder:
        job = kind(folder, os.getpid(), meeting.PATIENCE, meeting.LINGER)
        call = Outcome()
        thread = Thread(
            target=_call,
            args=(call, answer, (job, *arguments), before),
            name="answer",
            daemon=True,
        )
        thread.start()
        try:
            stuck = _stuck(thread, folder, meeting.PATIENCE if quiet is None else quiet)
            # What is given up and let go of raises an error, which is no fault of the answer's.
            outcome = Outcome(stuck=stuck) if stuck else call
            if not stuck:
                _let_end(before)
            outcome.traces, outcome.thread = traces(folder), thread.ident
        finally:
            _end(thread, before)
    return outcome


def _call(
    outcome: Outcome,
    answer: Callable[..., Any],
    arguments: tuple[Any, ...],
    before: set[BaseProcess],
) -> None:
    try:
        outcome.found = answer(*arguments)
    except BaseException as error:  # an exit() too
        outcome.error = error
    outcome.alive = len(_children(before))  # at once, for they may end any moment


def _children(before: set[BaseProcess]) -> list[BaseProcess]:
    return [child for child in active_children() if child not in before]


def _stuck(thread: Thread, folder: str, quiet: float) -> str:
    """Wait for an answer; return where it is if it never comes back, else ''.

    Looks are counted while nothing is heard: where all stands still for a while, that is one look.
    """
    begun = time.monotonic()
    looks = heard = 0
    while thread.is_alive():
        thread.join(LOOK)
        looks += 1
        if (number := len(traces(folder))) != heard:
            heard, looks = number, 0
        place = _place(thread)
        patience = quiet if heard and place else STUCK
        is_long = looks * LOOK > patience or time.monotonic() - begun > LONGEST
        if thread.is_alive() and is_long:
            return place or "somewhere"
    return ""


def _place(thread: Thread) -> str:
    """Return in which of the calls that may wait for ever a thread is, or ''."""
    return next((PLACES[one.f_code] for one in _frames(thread) if one.f_code in PLACES), "")


def _frames(thread: Thread) -> Iterator[FrameType]:
    """Yield what a thread is in, from the innermost; nothing once it has ended."""
    frame = sys._current_frames().get(thread.ident or 0) if thread.is_alive() else None
    while frame:
        yield frame
        frame = frame.f_back


def _let_end(before: set[BaseProcess]) -> None:
    """Leave a moment to processes that are about to end."""
    until = time.monotonic() + MOMENT
    while _children(before) and time.monotonic() < until:
        time.sleep(LOOK)


def _end(thread: Thread, before: set[BaseProcess]) -> None:
    """End the processes of an answer, and its thread too where that can be done."""
    looks = round(MOMENT / LOOK)
    for look in range(2 * looks):  # counted, for one that stands still for long has done nothing
        if not thread.is_alive() and not _children(before):
            break
        _let_go(thread)
        if thread.is_alive() and look >= looks:  # it waits for nobody
            throw(thread)
        for child in _children(before):
            child.kill()
            child.join(LOOK)
        thread.join(LOOK)
    if thread.is_alive():  # it has not heard
        catch()


def _let_go(thread: Thread) -> None:
    """Close what a thread that is stuck could still be sent by: it gets an error, and goes on.

    A pool starts a new process for each that is ended, so it must be ended itself; who waits for
    its result is told that there is one.
    """
    frames = [*_frames(thread)]
    held = [one for frame in frames for one in frame.f_locals.values()]
    listens = [frame.f_locals.get("self") for frame in frames if frame.f_code in PLACES]
    for one in held:
        if isinstance(one, Pool):
            # It empties its queue of calls, and would trip over one that cannot be unpacked.
            one._inqueue._reader.recv = one._inqueue._reader.recv_bytes  # type: ignore[attr-defined]
            one.terminate()
        elif isinstance(one, ApplyResult):
            one._event.set()  # type: ignore[attr-defined]
        elif isinstance(one, Queue | SimpleQueue):
            one._writer.close()  # type: ignore[union-attr]
        elif isinstance(one, Connection) and one not in listens:
            one.close()
