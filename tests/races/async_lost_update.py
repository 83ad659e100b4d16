"""The old total is read before the await in the same line: what came meanwhile gets lost."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(total=0)


async def price(item):
    await asyncio.sleep(0)
    return len(item)


async def tea(till):
    till.total = till.total + await price("tea")


async def cake(till):
    till.total = till.total + await price("cake")


bodies = [tea, cake]


def holds(till):
    return till.total == 7


KIND = "race"
# After sleep(0) a task is ready, so to leave it is a preemption.
PREEMPTIONS = 1
