"""A semaphore lets one in at a time."""

from threading import Semaphore
from types import SimpleNamespace


def make():
    return SimpleNamespace(total=0, gate=Semaphore(1))


def clerk(shop):
    with shop.gate:
        shop.total += 1


bodies = [clerk, clerk]


def holds(shop):
    return shop.total == 2


KIND = "ok"
PREEMPTIONS = None
