"""Two tasks take two locks in the same order."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(files=asyncio.Lock(), index=asyncio.Lock(), log=[])


async def save(first, second, log, word):
    async with first:
        await asyncio.sleep(0)
        async with second:
            log.append(word)


async def add(store):
    await save(store.files, store.index, store.log, "added")


async def remove(store):
    await save(store.files, store.index, store.log, "removed")


bodies = [add, remove]


def holds(store):
    return sorted(store.log) == ["added", "removed"]


KIND = "ok"
PREEMPTIONS = None
