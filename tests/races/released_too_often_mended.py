"""Only who got a place of a bounded semaphore gives it back."""

from threading import BoundedSemaphore
from types import SimpleNamespace


def make():
    return SimpleNamespace(places=BoundedSemaphore(1), parked=[], away=[])


def driver(garage):
    if garage.places.acquire(blocking=False):
        try:
            garage.parked.append("car")
        finally:
            garage.places.release()
    else:
        garage.away.append("car")


bodies = [driver, driver]


def holds(garage):
    return len(garage.parked) + len(garage.away) == 2


KIND = "ok"
PREEMPTIONS = None
