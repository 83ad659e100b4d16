"""A task is created, and awaited before its result is read."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(lengths={})


async def measure(text, found):
    found.append(len(text))


async def report(desk, text):
    found = []
    task = asyncio.create_task(measure(text, found))
    await task
    desk.lengths[text] = sum(found)


async def first(desk):
    await report(desk, "one")


async def second(desk):
    await report(desk, "three")


bodies = [first, second]


def holds(desk):
    return desk.lengths == {"one": 3, "three": 5}


KIND = "ok"
PREEMPTIONS = None
