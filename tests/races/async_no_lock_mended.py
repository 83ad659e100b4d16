"""Two tasks look for a token and log in under a lock, which is kept while one awaits."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(token=None, logins=0, lock=asyncio.Lock())


async def log_in(site):
    site.logins += 1
    await asyncio.sleep(0.001)
    return f"token {site.logins}"


async def fetch(site):
    async with site.lock:
        if site.token is None:
            site.token = await log_in(site)


bodies = [fetch, fetch]


def holds(site):
    return site.token == "token 1"


KIND = "ok"
PREEMPTIONS = None
