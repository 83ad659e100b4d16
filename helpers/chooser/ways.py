"""The ways to call a function for many items: each one as plain code would do it.

What an item costs no way changes; they differ in who waits for whom. `WAYS` has them by name, the
simplest first, as `compare` prefers them where it makes no difference.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import pickle
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from helpers.chooser.packing import dumps
from helpers.recorder.log import name_of

__all__ = ["APART", "WAYS", "Job", "Outcome", "Way", "available", "chunk_size", "has_gil"]

NOT_RUN = "it returned a generator, of which nothing has run yet"
NOT_AWAITED = "it returned a coroutine; hand over the coroutine function itself"
CHUNKS = 4  # for each worker; in fewer, one that is slow has the others wait


@dataclass
class Outcome:
    """What came of one call: a value, or an error."""

    value: Any = None
    error: BaseException | None = None


@dataclass
class Job:
    """A learner's function.

    Attributes:
        function: it.
        packed: it, as cloudpickle packs it; processes unpack this once each.
        is_coroutine: whether its calls are awaited.
        name: what it is called.
    """

    function: Callable[[Any], Any]
    packed: bytes = b""
    is_coroutine: bool = field(init=False)
    name: str = field(init=False)
    _results: set[type] = field(default_factory=set, init=False, repr=False)

    def __post_init__(self) -> None:
        self.is_coroutine = is_coroutine_function(self.function)
        self.name = name_of(self.function)

    def call(self, item: Any) -> Outcome:
        """Call it for one item; a coroutine function on a loop of its own."""
        try:
            if self.is_coroutine:
                return Outcome(asyncio.run(self.function(item)))
            value = self.function(item)
            if type(value) not in self._results:  # to look closer takes longer than a short call
                _check_result(value)
                self._results.add(type(value))
            return Outcome(value)
        except BaseException as error:
            return Outcome(error=error.with_traceback(None))

    async def awaited(self, item: Any) -> Outcome:
        """Await a call of it for one item, or of a plain function in a thread."""
        if not self.is_coroutine:
            return await asyncio.to_thread(self.named(self.call), item)
        try:
            return Outcome(await self.function(item))
        except BaseException as error:
            return Outcome(error=error.with_traceback(None))

    def named(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same and has the name of the learner's: it is drawn."""

        def one(*args: Any) -> Any:
            return call(*args)

        one.__qualname__ = self.name
        return one


def _check_result(value: Any) -> None:
    """Refuse what has not run yet.

    Raises:
        TypeError: it is to be awaited, or is a generator.
    """
    if inspect.isawaitable(value) or inspect.isasyncgen(value):
        if inspect.iscoroutine(value):
            value.close()  # nobody will await it: it would warn
        raise TypeError(NOT_AWAITED)
    if inspect.isgenerator(value):
        raise TypeError(NOT_RUN)


def is_coroutine_function(function: Callable[..., Any]) -> bool:
    """Say whether calls of something are awaited: also of a partial, a method, an object."""
    while isinstance(function, partial):
        function = function.func
    called = type(function).__call__ if callable(function) else None
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


# --- the ways -------------------------------------------------------------------------------------


def in_turn(job: Job, items: Sequence[Any], workers: int) -> list[Outcome]:
    """One call after the other, in this thread."""
    if not job.is_coroutine:
        return [job.call(item) for item in items]

    async def main() -> list[Outcome]:
        return [await job.awaited(item) for item in items]

    return asyncio.run(main())


def threads(job: Job, items: Sequence[Any], workers: int) -> list[Outcome]:
    """A pool of threads."""
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(job.named(job.call), items))


def tasks(job: Job, items: Sequence[Any], workers: int) -> list[Outcome]:
    """A task for each call, of which so many run at once; a plain function runs in threads."""

    async def main() -> list[Outcome]:
        places = asyncio.Semaphore(workers)
        if not job.is_coroutine:
            pool = ThreadPoolExecutor(workers)
            asyncio.get_running_loop().set_default_executor(pool)

        async def in_place(item: Any) -> Outcome:
            async with places:
                return await job.awaited(item)

        in_place.__qualname__ = job.name  # which is drawn
        return await asyncio.gather(*[in_place(item) for item in items])

    return asyncio.run(main())


def processes(job: Job, items: Sequence[Any], workers: int) -> list[Outcome]:
    """A pool of processes, which are handed several items at a time."""
    pool = ProcessPoolExecutor(workers, initializer=_unpack, initargs=(job.packed,))
    return _in_pool(pool, job, items, chunk_size("processes", len(items), workers))


def interpreters(job: Job, items: Sequence[Any], workers: int) -> list[Outcome]:
    """A pool of threads, each with an interpreter, and so a GIL, of its own (Python 3.14)."""
    make = concurrent.futures.InterpreterPoolExecutor  # type: ignore[attr-defined]
    pool = make(workers, initializer=_unpack, initargs=(job.packed,))
    return _in_pool(pool, job, items, chunk_size("interpreters", len(items), workers))


def _in_pool(pool: Executor, job: Job, items: Sequence[Any], size: int) -> list[Outcome]:
    """Call a function in a pool that does not share the memory of this interpreter."""
    with pool:
        chunks = [items[start : start + size] for start in range(0, len(items), size)]
        calls = _Calls(job.name)
        futures = [pool.submit(calls, dumps(chunk)) for chunk in chunks]
        found: list[Outcome] = []
        for future, chunk in zip(futures, chunks, strict=True):
            try:
                found += pickle.loads(future.result())
            except Exception as error:  # the pool is broken, or the items could not be sent
                found += [Outcome(error=error)] * len(chunk)
        return found


def chunk_size(way: str, items: int, workers: int) -> int:
    """Return how many items are handed over at a time."""
    return max(1, items // (CHUNKS * workers)) if way in APART else 1


_job: Job  # in a process, and in an interpreter, of a pool


def _unpack(packed: bytes) -> None:
    global _job
    _job = Job(pickle.loads(packed))


class _Calls:
    """Calls the function for some items, in a process, under the learner's name for it."""

    def __init__(self, name: str) -> None:
        self.__qualname__ = name

    def __call__(self, items: bytes) -> bytes:
        """Return the outcomes, packed; what cannot be packed is an error of its item alone."""
        found = [_job.call(item) for item in pickle.loads(items)]
        try:
            return dumps(found)
        except Exception:
            return dumps([_sendable(one) for one in found])


def _sendable(outcome: Outcome) -> Outcome:
    try:
        pickle.loads(dumps(outcome))
    except Exception as error:
        what = "result" if outcome.error is None else "error"
        told = f"its {what} cannot be sent back from a process: {type(error).__name__}: {error}"
        return Outcome(error=TypeError(told))
    return outcome


def has_gil() -> bool:
    """Say whether one thread at a time may run Python, in this process as it is now.

    A free-threaded build has a GIL, too, once a module has been imported that needs one (PEP 703).
    """
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


Way = Callable[[Job, Sequence[Any], int], list[Outcome]]
APART = ("interpreters", "processes")  # their workers have no memory in common

WAYS: dict[str, Way] = {
    "in turn": in_turn,
    "threads": threads,
    "free-threaded": threads,
    "tasks": tasks,
    "interpreters": interpreters,
    "processes": processes,
}


def available() -> list[str]:
    """Return the names of the ways that this Python has."""
    has = {
        "free-threaded": False,  # it is what threads are called where there is no GIL
        "interpreters": sys.version_info >= (3, 14),
    }
    return [name for name in WAYS if has.get(name, True)]
