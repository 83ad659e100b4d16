"""Two tasks await, then look whether there is a job and pop: nobody comes between."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(jobs=["sweep"], done=[])


async def worker(yard):
    await asyncio.sleep(0)
    if yard.jobs:
        yard.done.append(yard.jobs.pop())


bodies = [worker, worker]


def holds(yard):
    return yard.done == ["sweep"]


KIND = "ok"
PREEMPTIONS = None
