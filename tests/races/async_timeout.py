"""A time-out cancels a transfer between its two halves: the money is gone."""

import asyncio
from types import SimpleNamespace


def make():
    bank = SimpleNamespace(anna=100, ben=0, refused=0, permits=asyncio.Queue())
    bank.permits.put_nowait("one transfer")
    return bank


async def transfer(bank):
    try:
        async with asyncio.timeout(0.005):
            bank.anna -= 10
            await bank.permits.get()
            bank.ben += 10
    except TimeoutError:
        bank.refused += 1


bodies = [transfer, transfer]


def holds(bank):
    return bank.anna + bank.ben == 100 and bank.refused == 1


KIND = "race"
# In every order one of them gets no permit, and nothing but its time-out can go on then.
PREEMPTIONS = 0
