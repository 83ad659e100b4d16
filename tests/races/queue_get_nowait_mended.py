"""Two workers look how many jobs a queue has and get one, both under one lock."""

from queue import Queue
from threading import Lock
from types import SimpleNamespace


def make():
    yard = SimpleNamespace(jobs=Queue(), done=[], lock=Lock())
    yard.jobs.put("sweep")
    return yard


def worker(yard):
    with yard.lock:
        if yard.jobs.qsize() > 0:
            yard.done.append(yard.jobs.get_nowait())


bodies = [worker, worker]


def holds(yard):
    return yard.done == ["sweep"]


KIND = "ok"
PREEMPTIONS = None
