"""Two workers look whether a queue is empty, then get: one waits for a job that is gone."""

from queue import Queue
from types import SimpleNamespace


def make():
    yard = SimpleNamespace(jobs=Queue(), done=[])
    yard.jobs.put("sweep")
    return yard


def worker(yard):
    if not yard.jobs.empty():
        yard.done.append(yard.jobs.get())


bodies = [worker, worker]


def holds(yard):
    return yard.done == ["sweep"]


KIND = "deadlock"
PREEMPTIONS = 1
