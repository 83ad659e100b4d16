"""Two workers look how many jobs a queue has, then get one at once: one finds it empty."""

from queue import Queue
from types import SimpleNamespace


def make():
    yard = SimpleNamespace(jobs=Queue(), done=[])
    yard.jobs.put("sweep")
    return yard


def worker(yard):
    if yard.jobs.qsize() > 0:
        yard.done.append(yard.jobs.get_nowait())


bodies = [worker, worker]


def holds(yard):
    return yard.done == ["sweep"]


KIND = "exception"
PREEMPTIONS = 1
