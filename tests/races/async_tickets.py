"""Two tasks look whether a ticket is left, await the payment, then take it: it is sold twice."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(left=1, sold=[])


async def buy(office, name):
    if office.left > 0:
        await asyncio.sleep(0.001)  # the payment
        office.left -= 1
        office.sold.append(name)


async def anna(office):
    await buy(office, "Anna")


async def ben(office):
    await buy(office, "Ben")


bodies = [anna, ben]


def holds(office):
    return len(office.sold) == 1 and office.left == 0


KIND = "race"
# Who sleeps is left for nothing.
PREEMPTIONS = 0
