"""The program that every profiler is run on. It measures itself how long each of its parts takes.

Its main thread, another thread and a worker process compute while one more thread waits; then a
thread compresses, and two tasks take turns. Each part has a function of its own, whose name is
looked for in what a profiler tells. How much a part does is fixed in seconds on a core, so that
it is the same under a slow profiler and on a busy machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import zlib
from collections.abc import Callable
from multiprocessing import Pool
from pathlib import Path
from threading import Thread
from time import perf_counter, sleep, thread_time
from typing import Any

__all__ = ["TASKS", "main", "price", "run"]

COMPUTING, WAITING = 0.25, 0.8  # seconds: on a core, and in a wait
TASKS = {"long": 0.2, "short": 0.1}  # seconds on a core
SLICES = 10  # turns of a task
BLOCK = os.urandom(100_000) * 5
CALLS, TRIES = 22, 5  # fibonacci(22) is 57,313 calls

Times = tuple[float, float]  # seconds: by the clock, and of those on a core


def compute(seconds: float) -> None:
    """Compute in plain Python until this thread was on a core for so long."""
    end, total = thread_time() + seconds, 0
    while thread_time() < end:
        for n in range(2_000):
            total += n


def in_main() -> None:
    """Compute: in the main thread."""
    compute(COMPUTING)


def in_thread() -> None:
    """Compute: in another thread."""
    compute(COMPUTING)


def in_process() -> None:
    """Compute: in a worker of a pool."""
    compute(COMPUTING)


def in_wait() -> None:
    """Wait, and compute nothing."""
    sleep(WAITING)


def in_native() -> None:
    """Have C code compute."""
    end = thread_time() + COMPUTING
    while thread_time() < end:
        zlib.compress(BLOCK)


async def in_task(seconds: float) -> Times:
    """Compute in turns with other tasks."""
    turns = []
    for _ in range(SLICES):
        turns.append(timed(compute, seconds / SLICES))
        await asyncio.sleep(0)
    return sum(wall for wall, _ in turns), sum(cpu for _, cpu in turns)


def timed(part: Callable[..., object], *how: Any) -> Times:
    """Call a part; return the seconds that it took, and those of them on a core."""
    wall, cpu = perf_counter(), thread_time()
    part(*how)
    return perf_counter() - wall, thread_time() - cpu


async def in_tasks() -> dict[str, Times]:
    """Run both tasks."""
    async with asyncio.TaskGroup() as group:
        tasks = {
            name: group.create_task(in_task(seconds), name=name) for name, seconds in TASKS.items()
        }
    return {name: task.result() for name, task in tasks.items()}


def run(wrap: Callable[[Any], Any] = lambda function: function) -> dict[str, Any]:
    """Run the parts; return for each how long it really took, for 'tasks' each task by its name.

    Args:
        wrap: what is put around each function that calls a part; it may make something else of
            what is returned.
    """
    true: dict[str, Any] = {}

    def note(name: str, part: Callable[[], object]) -> None:
        true[name] = wrap(timed)(part)

    parts = {"thread": in_thread, "wait": in_wait, "native": in_native}
    other, waiting, native = (
        Thread(target=note, args=(name, part), name=part.__name__) for name, part in parts.items()
    )
    with Pool(1) as pool:
        process = pool.apply_async(wrap(timed), [in_process])
        other.start()
        waiting.start()
        note("main", in_main)
        other.join()
        true["process"] = process.get()
        native.start()  # no more than two of them need a core at the same time
        native.join()
        waiting.join()
        pool.close()  # it ends by itself: what is stopped can tell nothing any more
        pool.join()
    return true | {"tasks": wrap(in_turns)()}


def in_turns() -> dict[str, Times]:
    """Run both tasks on an event loop."""
    return asyncio.run(in_tasks())


def price() -> float:
    """Return the seconds that many calls of a small function take, at the least."""
    return min(timed(fibonacci, CALLS)[0] for _ in range(TRIES))


def fibonacci(n: int) -> int:
    """Return a Fibonacci number, the slow way."""
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def main(path: str) -> None:
    """Run it all, and write into a file what it measured."""
    told = {"true": run(), "seconds": price()}
    Path(path).write_text(json.dumps(told))
