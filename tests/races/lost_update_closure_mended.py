"""A counter made of a closure has a lock in a closure's variable, too."""

from threading import Lock
from types import SimpleNamespace


def make():
    count = 0
    lock = Lock()

    def visit():
        nonlocal count
        with lock:
            count += 1

    return SimpleNamespace(visit=visit, visits=lambda: count)


def visitor(site):
    site.visit()


bodies = [visitor, visitor]


def holds(site):
    return site.visits() == 2


KIND = "ok"
PREEMPTIONS = None
