"""Writes down each turn of a task on its event loop, at the least possible cost.

There may be a million turns a second, so here alone is the log bypassed, in one of two ways. In
the recording process, appending plain numbers to a list is cheapest: what the turn is, its start,
and later its end. One list serves all loops of a thread, so turns in it nest like brackets. In a
child process, which may be killed at any moment, a turn is written to the shelf like any span.
"""

from __future__ import annotations

import sys
import time
from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from helpers.recorder.awaited import SLEEP, late_by, wait_before

if TYPE_CHECKING:
    import numpy as np

    from helpers.recorder.log import Log

__all__ = ["FLAG", "HOST", "UNKNOWN", "Entry", "Stream", "decode", "runner"]

FLAG = 1 << 62  # tells what a turn is from a moment in nanoseconds
WAIT_SHIFT = 56
Entry = tuple[Any, Any, int, Any]  # of a task: what, what notes its turns, its start, itself
HOST: Entry = (
    0,
    None,
    0,
    None,
)  # the task in which a recording began, which is not of the recorded code
UNKNOWN: Entry = None, None, 0, None
CHUNK, MOST = 100_000, 6_000_000  # numbers, three a turn: to be packed, and kept in all
SELDOM = 0xFFFF  # bits of the clock that must be 0


class Stream:
    """The turns on the event loops of one thread.

    A list has no bounds, and to ask for its length at each turn would cost too much. So that is
    done only when the clock happens to read a round number, once in 65,536 turns or so.
    """

    def __init__(self, lane: int) -> None:
        self.lane = lane  # of the thread
        self.numbers: list[int] = []
        self.note = self.numbers.append
        self.packed: list[array[int]] = []
        self.lost = 0

    def tidy(self) -> None:
        """Pack what is in the list, if that is much."""
        if len(self.numbers) > CHUNK:
            self.pack()

    def pack(self) -> None:
        """Move what is in the list to where it takes a quarter of the room, or count it lost."""
        chunk = array("q", self.numbers)
        del self.numbers[: len(chunk)]
        if sum(map(len, self.packed)) + len(chunk) <= MOST:
            self.packed.append(chunk)
        else:
            self.lost += len(chunk) // 3


def runner(original: Any, log: Log) -> Callable[[Any], None]:
    """Return what `Handle._run` is while turns are written down.

    It does what the original does by itself instead of calling it, which would cost as much again.
    """
    return _to_memory(original, log) if log.main == "process" else _to_list(original, log)


def _to_list(original: Any, log: Log) -> Callable[[Any], None]:
    find, watch, clock, types = log.tasks.get, log.watch, time.perf_counter_ns, _task_types()
    seldom = SELDOM

    def _run(self: Any) -> None:
        try:
            task: Any = getattr(self._callback, "__self__", None)
        except Exception:  # a callable that does not like to be asked
            task = None
        what, note, _, _ = find(id(task), UNKNOWN)
        if not what:
            if what is None and isinstance(task, types) and not task.done():
                what, note, _, _ = self._context.run(log.adopt, task)
            if not what:
                original(self)
                return
        late = 0
        if watch and task._fut_waiter is not None:
            what |= (wait := wait_before(task)) << WAIT_SHIFT
            late = late_by(task) if wait == SLEEP else 0
        start = clock()
        if late and len(log.late) < MOST:
            log.late.extend((start, late))
        note(what)
        note(start)
        if not start & seldom:
            log.tidy()
        try:
            if args := self._args:
                self._context.run(self._callback, *args)
            else:  # an empty row of arguments would cost a third of all
                self._context.run(self._callback)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            _report(self, error)
        finally:
            note(clock())
            if task.done():
                log.bury(task)

    return _run


def _to_memory(original: Any, log: Log) -> Callable[[Any], None]:
    find, watch, clock, types = log.tasks.get, log.watch, time.perf_counter_ns, _task_types()
    spans, take = log.spans, log.take

    def _run(self: Any) -> None:
        try:
            task: Any = getattr(self._callback, "__self__", None)
        except Exception:  # a callable that does not like to be asked
            task = None
        what, *_ = find(id(task), UNKNOWN)
        if what is None and isinstance(task, types) and not task.done():
            what, *_ = self._context.run(log.adopt, task)
        if not what:
            original(self)
            return
        late = 0
        if watch and task._fut_waiter is not None:
            what |= (wait := wait_before(task)) << WAIT_SHIFT
            late = late_by(task) if wait == SLEEP else 0
        place = take()
        if place >= len(spans):
            log.overflow(place)
            original(self)
            return
        spans[place + 3], spans[place + 2] = what, late
        spans[place] = clock()
        try:
            if args := self._args:
                self._context.run(self._callback, *args)
            else:  # an empty row of arguments would cost a third of all
                self._context.run(self._callback)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            _report(self, error)
        finally:
            spans[place + 1] = clock()
            if task.done():
                log.bury(task)

    return _run


def _task_types() -> Any:
    from asyncio import tasks

    return tasks.Task, tasks._PyTask  # type: ignore[attr-defined]


def _report(handle: Any, error: BaseException) -> None:
    """Tell the loop of an exception that left a turn, as `Handle._run` does."""
    from asyncio import format_helpers

    source: Any = format_helpers._format_callback_source
    how = {"debug": handle._loop.get_debug()} if sys.version_info >= (3, 13) else {}
    context = {
        "message": f"Exception in callback {source(handle._callback, handle._args, **how)}",
        "exception": error,
        "handle": handle,
    }
    if handle._source_traceback:
        context["source_traceback"] = handle._source_traceback
    handle._loop.call_exception_handler(context)


def decode(stream: Stream, late: array[int]) -> np.ndarray[Any, Any]:
    """Return a stream's turns as spans are written: a row each of start, end, late by, and what.

    Args:
        stream: the turns.
        late: as in `Log`, in a copy: what others look into cannot grow.
    """
    import numpy as np

    rows = _rows(stream)
    if late:
        pairs = np.frombuffer(late, np.int64).reshape(-1, 2)
        starts, by = pairs[np.argsort(pairs[:, 0])].T
        place = np.minimum(np.searchsorted(starts, rows[:, 0]), len(starts) - 1)
        rows[:, 2] = np.where(starts[place] == rows[:, 0], by[place], 0)
    return rows


def _rows(stream: Stream) -> np.ndarray[Any, Any]:
    """Return a row for each turn, late by 0."""
    import numpy as np

    parts = [*stream.packed, array("q", stream.numbers)]
    numbers = np.concatenate([np.frombuffer(part, np.int64) for part in parts])
    triples = numbers[: len(numbers) // 3 * 3].reshape(-1, 3)
    regular = (triples >= FLAG) == (True, False, False)
    if len(triples) * 3 == len(numbers) and regular.all():
        rows = np.zeros((len(triples), 4), np.int64)
        rows[:, 3], rows[:, 0], rows[:, 1] = triples.T
        return rows
    return np.array(_unnest(numbers.tolist()), np.int64).reshape(-1, 4)


def _unnest(numbers: list[int]) -> list[list[int]]:
    """Return the rows of turns within turns, as nested loops make them, and of unfinished ones."""
    rows: list[list[int]] = []
    under_way: list[list[int]] = []
    expected = iter(numbers)
    for number in expected:
        if number >= FLAG:
            row = [next(expected, 0), 0, 0, number]
            rows.append(row)
            under_way.append(row)
        elif under_way:
            under_way.pop()[1] = number
    return rows
