"""A time-out cancels a transfer before its two halves, between which nothing is awaited."""

import asyncio
from types import SimpleNamespace


def make():
    bank = SimpleNamespace(anna=100, ben=0, refused=0, permits=asyncio.Queue())
    bank.permits.put_nowait("one transfer")
    return bank


async def transfer(bank):
    try:
        async with asyncio.timeout(0.005):
            await bank.permits.get()
            bank.anna -= 10
            bank.ben += 10
    except TimeoutError:
        bank.refused += 1


bodies = [transfer, transfer]


def holds(bank):
    return bank.anna + bank.ben == 100 and bank.refused == 1


KIND = "ok"
PREEMPTIONS = None
