"""Two workers get without waiting, and whoever gets nothing is told by the error."""

from queue import Empty, Queue
from types import SimpleNamespace


def make():
    yard = SimpleNamespace(jobs=Queue(), done=[])
    yard.jobs.put("sweep")
    return yard


def worker(yard):
    try:
        yard.done.append(yard.jobs.get(block=False))
    except Empty:
        return


bodies = [worker, worker]


def holds(yard):
    return yard.done == ["sweep"]


KIND = "ok"
PREEMPTIONS = None
