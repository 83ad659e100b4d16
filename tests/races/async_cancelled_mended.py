"""A task that is cancelled puts back the letter that it has taken."""

import asyncio
from types import SimpleNamespace


def make():
    return SimpleNamespace(letters=["to Anna", "to Ben"], sent=[], task=None, stopped=False)


async def send(post):
    while post.letters:
        letter = post.letters.pop()
        try:
            await asyncio.sleep(0.001)  # the network
        except asyncio.CancelledError:
            post.stopped = True
            post.letters.append(letter)
            raise
        post.sent.append(letter)


async def sender(post):
    post.task = asyncio.create_task(send(post))
    await asyncio.wait([post.task])


async def stop(post):
    if post.task:
        post.task.cancel()


bodies = [sender, stop]


def holds(post):
    return sorted(post.letters + post.sent) == ["to Anna", "to Ben"]


KIND = "ok"
PREEMPTIONS = None
