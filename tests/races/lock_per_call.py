"""Each call makes a lock of its own, which keeps nobody out: one addition gets lost."""

from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(total=0)


def add(shop):
    lock = Lock()
    with lock:
        shop.total += 1


bodies = [add, add]


def holds(shop):
    return shop.total == 2


KIND = "race"
PREEMPTIONS = 1
