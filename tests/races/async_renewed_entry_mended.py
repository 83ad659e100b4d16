"""A task that found an entry missing looks again after its await."""

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
        cache.setdefault("visits", 0)


bodies = [renew, ensure]


def holds(cache):
    return cache == {"visits": 8}


KIND = "ok"
PREEMPTIONS = None
