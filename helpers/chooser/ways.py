"""The ways to call a function for many items: each one as plain code would do it.

What an item costs no way changes; they differ in who waits for whom. `WAYS` has them by name, the
simplest first, as `compare` prefers them where it makes no difference.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import pickle
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

from helpers.chooser.job import Calls, Job, Outcome, dumps, unpack

__all__ = ["APART", "NAMED", "WAYS", "Way", "available", "chunk_size", "has_gil"]

CHUNKS = 4  # for each worker; in fewer, one that is slow has the others wait


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
    pool = ProcessPoolExecutor(workers, initializer=unpack, initargs=(job.packed,))
    return _in_pool(pool, job, items, chunk_size("processes", len(items), workers))


def interpreters(job: Job, items: Sequence[Any], workers: int) -> list[Outcome]:
    """A pool of threads, each with an interpreter, and so a GIL, of its own (Python 3.14)."""
    make = concurrent.futures.InterpreterPoolExecutor  # type: ignore[attr-defined]
    pool = make(workers, initializer=unpack, initargs=(job.packed,))
    return _in_pool(pool, job, items, chunk_size("interpreters", len(items), workers))


def dask(job: Job, items: Sequence[Any], workers: int) -> list[Outcome]:
    """A Dask cluster of processes on this machine, which are handed one item at a time."""
    from helpers.chooser.dask_cluster import called

    return called(job, items, workers, folder)


def _in_pool(pool: Executor, job: Job, items: Sequence[Any], size: int) -> list[Outcome]:
    """Call a function in a pool that does not share the memory of this interpreter."""
    with pool:
        chunks = [items[start : start + size] for start in range(0, len(items), size)]
        calls = Calls(job.name)
        futures = [_submitted(pool, calls, chunk) for chunk in chunks]
        found: list[Outcome] = []
        for future, chunk in zip(futures, chunks, strict=True):
            try:
                found += pickle.loads(future.result())
            except Exception as error:  # the pool is broken, or the items could not be sent
                found += [Outcome(error=error)] * len(chunk)
        return found


def _submitted(pool: Executor, calls: Calls, chunk: Sequence[Any]) -> Future[bytes]:
    """Hand a chunk to a pool; if that goes wrong at once, so does the future."""
    try:
        return pool.submit(calls, dumps(chunk))
    except Exception as error:  # as when a worker has died over the chunk before
        future: Future[bytes] = Future()
        future.set_exception(error)
        return future


def chunk_size(way: str, items: int, workers: int) -> int:
    """Return how many items are handed over at a time."""
    return max(1, items // (CHUNKS * workers)) if way in APART and way not in NAMED else 1


def has_gil() -> bool:
    """Say whether one thread at a time may run Python, in this process as it is now.

    A free-threaded build has a GIL, too, once a module has been imported that needs one (PEP 703).
    """
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


Way = Callable[[Job, Sequence[Any], int], list[Outcome]]
APART = ("interpreters", "processes", "dask")  # their workers have no memory in common
NAMED = ("dask",)  # used only where somebody names them: they need more than Python, and time
folder: str | None = None  # where they may keep files; None: where temporary files are

WAYS: dict[str, Way] = {
    "in turn": in_turn,
    "threads": threads,
    "free-threaded": threads,
    "tasks": tasks,
    "interpreters": interpreters,
    "processes": processes,
    "dask": dask,
}


def available() -> list[str]:
    """Return the names of the ways that this Python has by itself."""
    has = {
        **dict.fromkeys(NAMED, False),
        "free-threaded": False,  # it is what threads are called where there is no GIL
        "interpreters": sys.version_info >= (3, 14),
    }
    return [name for name in WAYS if has.get(name, True)]
