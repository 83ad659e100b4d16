"""What a worker has done is reported when all is in the queue, not when all is done."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(jobs=asyncio.Queue(), done=[], report=None)


async def boss(office):
    for job in ("sweep", "paint"):
        await office.jobs.put(job)
    office.report = list(office.done)


async def worker(office):
    for _ in range(2):
        job = await office.jobs.get()
        office.done.append(job)
        office.jobs.task_done()


bodies = [boss, worker]


def holds(office):
    return office.report == ["sweep", "paint"]


KIND = "race"
PREEMPTIONS = 0
SERIAL = False
