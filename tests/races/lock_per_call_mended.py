"""Each call takes the one lock that was made with the shop."""

from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(total=0, lock=Lock())


def add(shop):
    lock = shop.lock
    with lock:
        shop.total += 1


bodies = [add, add]


def holds(shop):
    return shop.total == 2


KIND = "ok"
PREEMPTIONS = None
