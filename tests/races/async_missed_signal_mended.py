"""A task looks whether the condition holds already before it awaits it."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(open=False, changed=asyncio.Condition(), log=[])


async def doorkeeper(door):
    async with door.changed:
        door.open = True
        door.changed.notify_all()


async def guest(door):
    async with door.changed:
        while not door.open:
            await door.changed.wait()
    door.log.append("came in")


bodies = [doorkeeper, guest]


def holds(door):
    return door.open and door.log == ["came in"]


KIND = "ok"
PREEMPTIONS = None
SERIAL = False
