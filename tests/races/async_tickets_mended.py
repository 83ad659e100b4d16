"""Two tasks take the ticket before they await the payment: nobody comes between."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(left=1, sold=[])


async def buy(office, name):
    if office.left > 0:
        office.left -= 1
        office.sold.append(name)
        await asyncio.sleep(0.001)  # the payment


async def anna(office):
    await buy(office, "Anna")


async def ben(office):
    await buy(office, "Ben")


bodies = [anna, ben]


def holds(office):
    return len(office.sold) == 1 and office.left == 0


KIND = "ok"
PREEMPTIONS = None
