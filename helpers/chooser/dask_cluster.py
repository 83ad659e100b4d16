"""A function called for many items by a Dask cluster that is started for it on this machine.

Named after what it uses, and imported where somebody names it: Dask is an extra.
"""

from __future__ import annotations

import logging
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from helpers.chooser.job import Calls, Job, Outcome, dumps, unpack

__all__ = ["called", "overheads", "recorded"]

MORE, REPEATS = 100, 2  # further items, and how often, for what it costs by itself
HERE = "127.0.0.1:0"  # where the pages are that each program of it has
distributed: Any = import_module("distributed")
config: Any = import_module("dask.config")


class Takes(distributed.WorkerPlugin):  # type: ignore[misc]
    """Has each worker take the function, also one that replaces a worker that has ended."""

    def __init__(self, packed: bytes) -> None:
        self.packed = packed

    def setup(self, worker: Any) -> None:
        """Take it."""
        unpack(self.packed)


def called(job: Job, items: Sequence[Any], workers: int, folder: str | None) -> list[Outcome]:
    """Start a cluster, have it call a function for some items, and end it.

    Args:
        job: the function.
        items: its arguments.
        workers: how many processes, each with one thread.
        folder: where the cluster may keep files; None: where temporary ones are.
    """
    with _cluster(job, workers, folder) as client:
        return _called(client, job, items)


def recorded(job: Job, items: Sequence[Any], workers: int, folder: str | None) -> Any:
    """Do the same, and return the recording of it: of what Dask tells.

    The course's own recorder would show what Dask does by itself: hundreds of tasks.
    """
    from helpers.cluster import stream

    began = time.perf_counter()
    with _cluster(job, workers, folder) as client, stream(client, since=began) as run:
        _called(client, job, items)
    return run


def overheads(job: Job, workers: int, folder: str | None) -> tuple[float, float]:
    """Return the seconds that a cluster costs by itself, and those for each further item."""
    starts, more = [], []
    for _ in range(REPEATS):
        began = time.perf_counter()
        with _cluster(job, workers, folder) as client:
            _called(client, job, range(workers))
            before = time.perf_counter()
            _called(client, job, range(MORE))
            extra = time.perf_counter() - before
        starts.append(time.perf_counter() - began - extra)
        more.append(extra / MORE)
    return median(starts), median(more)


@contextmanager
def _cluster(job: Job, workers: int, folder: str | None) -> Iterator[Any]:
    """Yield a client of a cluster whose workers have the function."""
    how: dict[str, Any] = {"dashboard_address": HERE, "silence_logs": logging.CRITICAL}
    with (
        TemporaryDirectory(dir=folder, prefix="three-lanes-", ignore_cleanup_errors=True) as own,
        config.set({"temporary-directory": own}),  # else it leaves one of its own
        distributed.LocalCluster(n_workers=workers, threads_per_worker=1, **how) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.register_plugin(Takes(job.packed))
        yield client


def _called(client: Any, job: Job, items: Sequence[Any]) -> list[Outcome]:
    """Hand over item by item, as Dask's `map` does, and return what came of them."""
    calls: Callable[[bytes], bytes] = Calls(job.name)
    found: list[Outcome | None] = [None] * len(items)
    packed: dict[int, bytes] = {}
    for number, item in enumerate(items):
        try:
            packed[number] = dumps([item])
        except Exception as error:
            found[number] = Outcome(error=error)
    keys = [f"{job.name}-{number}-{time.perf_counter_ns()}" for number in packed]
    futures = client.map(calls, [*packed.values()], key=keys, pure=False)
    distributed.wait(futures)
    done = [one for one in futures if one.status == "finished"]
    values = dict(zip((one.key for one in done), client.gather(done), strict=True))
    for number, future in zip(packed, futures, strict=True):
        if future.key in values:
            (found[number],) = pickle.loads(values[future.key])
        else:  # its worker has died over it, again and again
            found[number] = Outcome(error=future.exception())
    return [one for one in found if one is not None]
