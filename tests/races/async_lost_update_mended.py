"""The await comes first in the line, then the old total is read: nobody comes between."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(total=0)


async def price(item):
    await asyncio.sleep(0)
    return len(item)


async def tea(till):
    till.total = await price("tea") + till.total


async def cake(till):
    till.total = await price("cake") + till.total


bodies = [tea, cake]


def holds(till):
    return till.total == 7


KIND = "ok"
PREEMPTIONS = None
