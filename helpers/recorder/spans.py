"""Writes down when each stretch of code began and ended: `record` and `span`.

A span's line is written when it begins and completed when it ends, so that one that never ends
is still seen. Appending to a list is a single step under the GIL and guarded by the list's own
lock without it, so threads need no lock here.

Importing this loads the standard library only; a child process that writes spans needs no more.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.recorder.recording import Recording

__all__ = ["record", "span"]


@dataclass(eq=False)
class Entry:
    """One span as it is written down; times in nanoseconds of `perf_counter_ns`."""

    doer: threading.Thread | asyncio.Task[Any]
    name: str
    start: int
    end: int | None = None
    cpu: int | None = None


@dataclass(eq=False)
class Notes:
    """What one `record()` has seen so far."""

    home: asyncio.Task[Any] | None  # the task record() was called in: a kernel runs cells in one
    entries: list[Entry]


_open_notes: list[Notes] = []


@contextmanager
def record() -> Iterator[Recording]:
    """Record the code of a block, `with record() as run`: its spans, and how long it took.

    Yields:
        The `Recording`, which is filled when the block ends, also when it ends by an exception.
    """
    from helpers.recorder.recording import Recording

    run, notes = Recording(), Notes(_current_task(), [])
    began = time.perf_counter_ns()
    _open_notes.append(notes)
    try:
        yield run
    finally:
        ended = time.perf_counter_ns()
        _open_notes.remove(notes)
        fill(run, [entry for entry in notes.entries if entry.start <= ended], began, ended)


@contextmanager
def span(name: str) -> Iterator[None]:
    """Name a stretch of your own code, `with span("parse")`, to see it in the recording.

    It is drawn on the lane of the thread or task that ran it; outside `record()` it does nothing.
    Its CPU time is that of its thread. A span in which other tasks could run has none, because
    the thread's time is not its own.

    Raises:
        TypeError: name is not a str.
    """
    if not isinstance(name, str):
        raise TypeError(f'span(name): must be words such as "parse", not {name!r}')
    turned, stop_watching = _watch_the_loop()
    entries = [_begin(notes, name) for notes in _open_notes]
    thread, cpu = threading.get_ident(), time.thread_time_ns()
    try:
        yield
    finally:
        cpu = time.thread_time_ns() - cpu
        now = time.perf_counter_ns()
        stop_watching()
        for entry in entries:
            entry.cpu = None if turned or thread != threading.get_ident() else cpu
            entry.end = now


def _watch_the_loop() -> tuple[list[None], Callable[[], None]]:
    """Return a list that gets an item once this thread's event loop turns, and what ends that."""
    turned: list[None] = []
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return turned, lambda: None
    return turned, loop.call_soon(turned.append, None).cancel


def _begin(notes: Notes, name: str) -> Entry:
    task = _current_task()
    doer = threading.current_thread() if task in (None, notes.home) else task
    entry = Entry(doer, name, time.perf_counter_ns())
    notes.entries.append(entry)
    return entry


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no event loop runs in this thread
        return None


def fill(run: Recording, entries: list[Entry], began: int, ended: int) -> None:
    """Make lanes and rows of the entries; a lane is who did it, in the order of first spans."""
    from helpers.recorder.recording import Lane

    doers = list({id(entry.doer): entry.doer for entry in entries}.values())
    lane_of = {id(doer): number for number, doer in enumerate(doers)}
    lanes = [Lane(_kind(doer), _name(doer), os.getpid()) for doer in doers]
    rows = [(lane_of[id(entry.doer)], *_row(entry, began, ended)) for entry in entries]
    run.fill(lanes, (ended - began) / 1e9, rows)


def _kind(doer: threading.Thread | asyncio.Task[Any]) -> str:
    if doer is threading.main_thread():
        return "main"
    return "thread" if isinstance(doer, threading.Thread) else "task"


def _name(doer: threading.Thread | asyncio.Task[Any]) -> str:
    return doer.name if isinstance(doer, threading.Thread) else doer.get_name()


def _row(entry: Entry, began: int, ended: int) -> tuple[str, str, float, float, float]:
    """Return (name, kind, start, end, cpu); what ended after the recording is unfinished in it."""
    start = (entry.start - began) / 1e9
    if entry.end is None or entry.end > ended:
        return entry.name, "own", start, nan, nan
    cpu = nan if entry.cpu is None else entry.cpu / 1e9
    return entry.name, "own", start, (entry.end - began) / 1e9, cpu
