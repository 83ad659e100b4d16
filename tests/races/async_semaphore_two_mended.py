"""A semaphore lets one task in at a time, and keeps the others out while it awaits."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(total=0, gate=asyncio.Semaphore(1))


async def clerk(shop):
    async with shop.gate:
        total = shop.total
        await asyncio.sleep(0)
        shop.total = total + 1


bodies = [clerk, clerk]


def holds(shop):
    return shop.total == 2


KIND = "ok"
PREEMPTIONS = None
