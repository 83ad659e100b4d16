"""After an error, a TaskGroup cancels the others and awaits their end before all is undone."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(saved={"Anna": [], "Ben": []}, told={})


async def save(rows, row):
    await asyncio.sleep(0.001)
    if row < 0:
        raise ValueError("no such row")
    rows.append(row)


async def save_all(store, name):
    rows = store.saved[name]
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(save(rows, -1))
            group.create_task(save(rows, 1))
    except* ValueError:
        rows.clear()
    await asyncio.sleep(0.001)  # the answer
    store.told[name] = list(rows)


async def anna(store):
    await save_all(store, "Anna")


async def ben(store):
    await save_all(store, "Ben")


bodies = [anna, ben]


def holds(store):
    return store.told == {"Anna": [], "Ben": []}


KIND = "ok"
PREEMPTIONS = None
