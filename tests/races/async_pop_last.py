"""Two tasks look whether there is a job, await, then pop: one pops from an empty list."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(jobs=["sweep"], done=[])


async def worker(yard):
    if yard.jobs:
        await asyncio.sleep(0)
        yard.done.append(yard.jobs.pop())


bodies = [worker, worker]


def holds(yard):
    return yard.done == ["sweep"]


KIND = "exception"
PREEMPTIONS = 1
