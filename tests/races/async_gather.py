"""After an error, gather lets the others go on: one writes after all has been undone."""

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
        await asyncio.gather(save(rows, -1), save(rows, 1))
    except ValueError:
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


KIND = "race"
# The row's sleep ends while the answer's lasts: sleeps wake in any order.
PREEMPTIONS = 0
