"""Two workers look at the length of a list, then pop: one of them pops from an empty list."""

from types import SimpleNamespace


def make():
    return SimpleNamespace(jobs=["sweep"], done=[])


def worker(yard):
    if len(yard.jobs) > 0:
        job = yard.jobs.pop()
        yard.done.append(job)


bodies = [worker, worker]


def holds(yard):
    return yard.done == ["sweep"]


KIND = "exception"
PREEMPTIONS = 1
