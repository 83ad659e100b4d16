"""A semaphore lets two tasks in where there must be one: one addition gets lost."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(total=0, gate=asyncio.Semaphore(2))


async def clerk(shop):
    async with shop.gate:
        total = shop.total
        await asyncio.sleep(0)
        shop.total = total + 1


bodies = [clerk, clerk]


def holds(shop):
    return shop.total == 2


KIND = "race"
PREEMPTIONS = 1
