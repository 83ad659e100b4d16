"""A dict gets a key while a task awaits in a loop over it: the loop raises RuntimeError."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(ages={"Anna": 31, "Ben": 27}, names=[])


async def guests(party):
    for name in party.ages:
        await asyncio.sleep(0.001)
        party.names.append(name)


async def latecomer(party):
    party.ages["Cleo"] = 45


bodies = [guests, latecomer]


def holds(party):
    return party.names[:2] == ["Anna", "Ben"]


KIND = "exception"
PREEMPTIONS = 0
