"""An event that is set stays set: it does not matter which task comes when."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(go=asyncio.Event(), started=[])


async def starter(race):
    race.go.set()


async def runner(race):
    await race.go.wait()
    race.started.append("runner")


bodies = [starter, runner, runner]


def holds(race):
    return len(race.started) == 2


KIND = "ok"
PREEMPTIONS = None
SERIAL = False
