"""Two workers pop, which is one step, and whoever finds nothing is told by the error."""

from types import SimpleNamespace


def make():
    return SimpleNamespace(jobs=["sweep"], done=[])


def worker(yard):
    try:
        job = yard.jobs.pop()
    except IndexError:
        return
    yard.done.append(job)


bodies = [worker, worker]


def holds(yard):
    return yard.done == ["sweep"]


KIND = "ok"
PREEMPTIONS = None
