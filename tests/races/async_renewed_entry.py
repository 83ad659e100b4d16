"""A task that found an entry missing sets a new one: meanwhile the old one was put back."""

import asyncio


def make():
    return {"visits": 7}


async def renew(cache):
    visits = cache.pop("visits")
    await asyncio.sleep(0)
    cache["visits"] = visits + 1


async def ensure(cache):
    if "visits" not in cache:
        await asyncio.sleep(0)
        cache["visits"] = 0


bodies = [renew, ensure]


def holds(cache):
    return cache == {"visits": 8}


KIND = "race"
# The first is left while the entry is out, and the second after it has looked; both are ready.
PREEMPTIONS = 2
