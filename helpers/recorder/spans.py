"""Records the code of a block: `record`, and `span` for a name of one's own."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any

from helpers.recorder import family, hooks, turns
from helpers.recorder.child_log import ChildLog
from helpers.recorder.errors import is_own, tolerated
from helpers.recorder.log import HERE, Log, current_task, has_own_gils
from helpers.recorder.shelf import Shelf
from helpers.recorder.turns import HOST

if TYPE_CHECKING:
    import numpy as np

    from helpers.recorder.recording import Recording
    from helpers.recorder.states import Samples

__all__ = ["Session", "record", "span", "strip"]

WITHIN = "Within another recording the states of threads are not measured anew."
NO_ROOM = (
    "nothing is recorded, for there is no room in memory for a recording ({});"
    " end what you no longer need, such as other notebooks"
)
_under_way: list[Session] = []  # in this process
_lock = threading.Lock()


@contextmanager
def record(states: bool = False) -> Iterator[Recording]:
    """Record the code of a block, `with record() as run`: who did what, and when.

    Threads, processes, the calls of executors and pools, and tasks are seen by themselves, in
    this process and in those it starts; `span` names what else is to be seen.

    Args:
        states: also measure what each thread and task was doing or waiting for. Where that cannot
            be measured, `unseen` says so and `states` is None.

    Yields:
        The `Recording`, which is filled when the block ends, also when it ends by an exception.

    Raises:
        TypeError: states is not True or False.
        RuntimeError: there is no memory for a recording.
    """
    if not isinstance(states, bool):
        raise TypeError(f"record(states): must be True or False, not {states!r}")
    session = Session(states)
    try:
        yield session.run
    except BaseException as error:
        strip(error)
        raise
    finally:
        try:
            session.finish()
        except BaseException:  # an interrupt, above all: nothing may stay hooked
            session.finish()
            raise


class Session:
    """One recording under way. The first one hooks the standard library, the last one unhooks."""

    def __init__(self, states: bool) -> None:
        from helpers.recorder.recording import Recording

        self.run, self.finished, self.unseen = Recording(), False, [""]
        self.pid = os.getpid()
        self.token: Any = None
        self.log: Log | None = None
        self.sampling = False
        try:
            self._enter(states)
        except BaseException:  # an interrupt, above all
            self._leave()
            self._release()
            raise

    def _enter(self, states: bool) -> None:
        if hooks.log is not None:
            hooks.over(hooks.log)  # a child may outlive the recording that began in its parent
        with _lock:
            self.first = hooks.log is None
            if self.first:
                _under_way.clear()  # of what an interrupt has left
            _under_way.append(self)
            self.log = _new_log(states) if self.first else hooks.log
            assert self.log is not None
            self.log.sessions += 1
            if self.first:
                _start(self.log, states)
        self.sampling = states and self._start_sampling()
        self.token = HERE.set(True)
        _mark_host(self.log)
        self.began = time.perf_counter_ns()

    def finish(self) -> None:
        """End the recording and fill `run`; once it is done, a second time does nothing.

        After an interrupt it may be called again. In a forked child, which has a copy of it, it
        does nothing.
        """
        if self.finished or self.pid != os.getpid():
            return
        ended = time.perf_counter_ns()
        if self.log is not None:
            self.log.end_done_items(ended)
        self._leave()
        self.finished = True
        try:
            self._harvest(ended)
        finally:
            self._release()

    def _leave(self) -> None:
        if self.token is not None:
            with suppress(ValueError, RuntimeError):  # in another context, or for a second time
                HERE.reset(self.token)
        with _lock:
            if _under_way == [self] and not isinstance(hooks.log, ChildLog):
                _stop()
            if self in _under_way:
                _under_way.remove(self)

    def _release(self) -> None:
        """Let go of the sampler, if it watches still, and of the shelf, if nobody needs it."""
        if self.sampling:  # an interrupt came first; it would refuse every later recording
            from helpers.recorder.states import close

            close()
        if self.log is None or isinstance(self.log, ChildLog):
            return
        with _lock:
            self.log.sessions -= 1
            if self.log.sessions <= 0:
                with tolerated(OSError):  # the code may have closed whatever was open
                    self.log.shelf.close()

    def _harvest(self, ended: int) -> None:
        from helpers.recorder.harvest import harvest

        assert self.log is not None
        stretches = self._stop_sampling() if self.sampling else None
        self.sampling = False
        harvest(self.run, self.log, self.began, ended, stretches, filter(None, self.unseen))

    def _start_sampling(self) -> bool:
        from helpers.recorder.states import only_ancestors, sampler

        if not self.first:
            self.unseen.append(WITHIN)
            return False
        threads = [one for one in threading.enumerate() if hooks.of_the_kernel(one)]
        started = sampler().start({one.native_id for one in threads if one.native_id})
        self.unseen.append(sampler().reason)
        if hooks.log is not None and only_ancestors():
            hooks.log.shelf.watcher = sampler().pid or 0
        return started

    def _stop_sampling(self) -> np.ndarray[Any, Any] | None:
        from helpers.recorder.states import sampler
        from helpers.recorder.stretches import stretches

        samples = sampler().stop()
        self.unseen.append(sampler().reason)
        if samples is None:
            return None
        self.unseen.extend(_doubts(samples))
        return stretches(samples, self._with_own_gils())

    def _with_own_gils(self) -> list[int]:
        """Return the pids of processes whose interpreters may have GILs of their own."""
        assert self.log is not None
        with tolerated(OSError):  # the code may have closed whatever was open
            others = self.log.shelf.with_own_gils()
            return [*others, os.getpid()] if has_own_gils() else others
        return [os.getpid()]


def _doubts(samples: Samples) -> Iterator[str]:
    """Yield a sentence for each thing that the sampler could not see."""
    if samples.dropped:
        yield "There was no room for the states of its last part."
    if samples.unread:
        number = len(samples.unread)
        yield f"What {number} of the processes waited for could not be read."


def _mark_host(log: Log) -> None:
    """Leave out the task in which a recording begins: what it does is told of its thread."""
    host = current_task()
    if host is not None and id(host) not in log.tasks:
        log.tasks[id(host)] = HOST


def _new_log(states: bool) -> Log:
    """Make what the spans are written on.

    Raises:
        RuntimeError: there is no memory for it.
    """
    shelf = None
    try:
        shelf = Shelf(states)
        return Log(shelf)
    except BaseException as error:
        if shelf is not None:
            shelf.close()
        if not isinstance(error, OSError) or not is_own(error):
            raise
        raise RuntimeError(NO_ROOM.format(error.strerror)) from None


def _start(log: Log, states: bool) -> None:
    for module in hooks.HOOKS:
        with suppress(ImportError):  # not on this system
            import_module(module)
    for room in ("harvest", "stretches"):  # at the end the code may have left no room for it
        import_module(f"helpers.recorder.{room}")
    family.watch_forks()
    hooks.install(log)
    family.give_ticket(log.shelf)
    if states:
        log.thread_lane()


def _stop() -> None:
    family.take_ticket()
    hooks.uninstall()


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
    if (log := hooks.log) is None:
        yield
        return
    turned, stop_watching = _watch_the_loop()
    place = log.begin("own", name, log.lane_here())
    thread, cpu = threading.get_ident(), time.thread_time_ns()
    try:
        yield
    finally:
        cpu = time.thread_time_ns() - cpu
        stop_watching()
        log.end(place, -1 if turned or thread != threading.get_ident() else cpu)


def _watch_the_loop() -> tuple[list[None], Callable[[], None]]:
    """Return a list that gets an item once this thread's event loop turns, and what ends that."""
    turned: list[None] = []
    loop = asyncio._get_running_loop()
    if loop is None:
        return turned, turned.clear
    return turned, loop.call_soon(turned.append, None).cancel


def strip(error: BaseException) -> None:
    """Take the recorder's own frames out of an exception's traceback, and of those behind it."""
    left: list[Any] = [error]
    seen: set[int] = set()
    while left:
        one = left.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        with suppress(Exception):  # an exception may be such that nothing of it can be set
            one.__traceback__ = _without_ours(one.__traceback__)
        left += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            left += one.exceptions


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    kept: list[Any] = []
    while trace is not None:
        if trace.tb_frame.f_code.co_filename not in (hooks.__file__, turns.__file__):
            kept.append(trace)
        trace = trace.tb_next
    following = None
    for one in reversed(kept):
        one.tb_next = following
        following = one
    return following


def _forget() -> None:
    """In a forked child, forget the recordings of its parent."""
    global _lock
    _under_way.clear()
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
