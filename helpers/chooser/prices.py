"""What this machine charges for having calls done elsewhere: what each way costs by itself."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from statistics import median
from typing import Any

from helpers.chooser.job import Job
from helpers.chooser.ways import WAYS, chunk_size

__all__ = ["cores", "overheads"]

MORE, REPEATS = 100, 5  # further items, and how often, for what a way costs by itself
ENOUGH = (
    3.0  # seconds after which it is not measured again: processes that are spawned start slowly
)
SPIN = 400_000  # rounds of a loop, some 20 ms
SENT = 8_000_000  # bytes


def nothing(item: Any) -> None:
    """Do nothing."""


async def nothing_awaited(item: Any) -> None:
    """Do nothing, and be awaited."""


def overheads(way: str, workers: int, is_coroutine: bool) -> tuple[float, float]:
    """Return what a way costs by itself: seconds in all, and seconds for each handing over.

    Measured with a function that does nothing, for one item a worker and for a hundred more.
    """
    function: Callable[[Any], Any] = nothing_awaited if is_coroutine else nothing
    job = Job(function, pickle.dumps(function))
    if way == "dask":  # in one cluster: from one to another, its start differs by more than items
        from helpers.chooser import dask_cluster, ways

        return dask_cluster.overheads(job, workers, ways.folder)
    numbers = workers, workers + MORE
    tries: list[list[float]] = []
    until = time.perf_counter() + ENOUGH
    while not tries or (len(tries) < REPEATS and time.perf_counter() < until):
        tries.append([_elapsed(way, job, n, workers) for n in numbers])
    start, more = (median(times) for times in zip(*tries, strict=True))
    first, last = (-(-n // chunk_size(way, n, workers)) for n in numbers)
    return start, max(0.0, more - start) / (last - first)


def _elapsed(way: str, job: Job, items: int, workers: int) -> float:
    began = time.perf_counter()
    WAYS[way](job, range(items), workers)
    return time.perf_counter() - began


def cores(workers: int) -> tuple[float, float]:
    """Return how many cores so many processes get in fact, and the seconds a byte takes to them."""
    alone, together, sent = [], [], []
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(spin, [1] * workers))
        for _ in range(REPEATS):
            alone.append(_spun(pool, 1))
            together.append(_spun(pool, workers))
            sent.append(_sent(pool))
    got = workers * median(alone) / median(together)
    return min(float(workers), max(1.0, got)), median(sent)


def _sent(pool: ProcessPoolExecutor) -> float:
    data = bytes(SENT)
    began = time.perf_counter()
    pool.submit(len, data).result()
    return (time.perf_counter() - began) / SENT


def _spun(pool: ProcessPoolExecutor, times: int) -> float:
    began = time.perf_counter()
    list(pool.map(spin, [SPIN] * times))
    return time.perf_counter() - began


def spin(rounds: int) -> None:
    """Compute in a plain loop."""
    for _ in range(rounds):
        pass
