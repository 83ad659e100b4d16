"""A task's flag is up before anybody could take it down; a fair loop lets both end."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(running=True, log=[])


async def worker(engine):
    while engine.running:
        await asyncio.sleep(0)
    engine.log.append("stopped")


async def stop(engine):
    engine.running = False


bodies = [worker, stop]


def holds(engine):
    return engine.log == ["stopped"]


KIND = "ok"
PREEMPTIONS = None
SERIAL = False
