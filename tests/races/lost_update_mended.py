"""Two clerks add to one attribute, and each does so with the lock of the shop."""

from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(total=0, lock=Lock())


def clerk(shop):
    with shop.lock:
        shop.total += 1


bodies = [clerk, clerk]


def holds(shop):
    return shop.total == 2


KIND = "ok"
PREEMPTIONS = None
