"""After an error, a TaskGroup cancels the others and awaits their end before all is undone."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(rows=[], answer=None, log=[])


async def save(store, row):
    if row < 0:
        raise ValueError("no such row")
    await asyncio.sleep(0.001)
    store.rows.append(row)


async def save_all(store):
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(save(store, 1))
            group.create_task(save(store, -1))
    except* ValueError:
        store.rows.clear()
    await asyncio.sleep(0.001)  # the answer is sent
    store.answer = list(store.rows)


async def clock(store):
    store.log.append("tick")


bodies = [save_all, clock]


def holds(store):
    return store.answer == []


KIND = "ok"
PREEMPTIONS = None
