"""Double-checked locking that shows a dict before it is filled: a reader misses a key."""

from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(colours=None, lock=Lock(), painted=[])


def colours(house):
    if house.colours is None:
        with house.lock:
            if house.colours is None:
                house.colours = {}
                house.colours["door"] = "blue"
    return house.colours


def painter(house):
    house.painted.append(colours(house)["door"])


bodies = [painter, painter]


def holds(house):
    return house.painted == ["blue", "blue"]


KIND = "exception"
PREEMPTIONS = 1
