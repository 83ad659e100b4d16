"""Who got no place gives one back all the same: a bounded semaphore does not take it."""

from threading import BoundedSemaphore
from types import SimpleNamespace


def make():
    return SimpleNamespace(places=BoundedSemaphore(1), parked=[], away=[])


def driver(garage):
    try:
        if garage.places.acquire(blocking=False):
            garage.parked.append("car")
        else:
            garage.away.append("car")
    finally:
        garage.places.release()


bodies = [driver, driver]


def holds(garage):
    return len(garage.parked) + len(garage.away) == 2


KIND = "exception"
# The first one is left while it has the place; the second gets none, gives it back, and ends;
# then the first one gives back one too many.
PREEMPTIONS = 1
