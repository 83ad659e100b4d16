"""A task raises its flag when it starts: who stopped it before that is not heard."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(running=False, log=[])


async def worker(engine):
    engine.running = True
    while engine.running:
        await asyncio.sleep(0)
    engine.log.append("stopped")


async def stop(engine):
    engine.running = False


bodies = [worker, stop]


def holds(engine):
    return engine.log == ["stopped"]


KIND = "livelock"
PREEMPTIONS = 0
SERIAL = False
