"""A semaphore lets two in where there must be one: one addition gets lost."""

from threading import Semaphore
from types import SimpleNamespace


def make():
    return SimpleNamespace(total=0, gate=Semaphore(2))


def clerk(shop):
    with shop.gate:
        shop.total += 1


bodies = [clerk, clerk]


def holds(shop):
    return shop.total == 2


KIND = "race"
PREEMPTIONS = 1
