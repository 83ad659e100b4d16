"""An event is cleared as soon as it is set: a task that comes later awaits it for ever."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(go=asyncio.Event(), started=[])


async def starter(race):
    race.go.set()
    race.go.clear()


async def runner(race):
    await race.go.wait()
    race.started.append("runner")


bodies = [starter, runner, runner]


def holds(race):
    return len(race.started) == 2


KIND = "deadlock"
PREEMPTIONS = 0
SERIAL = False
