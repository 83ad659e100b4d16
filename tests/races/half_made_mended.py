"""Double-checked locking that fills a dict before it shows it in one step."""

from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(colours=None, lock=Lock(), painted=[])


def colours(house):
    if house.colours is None:
        with house.lock:
            if house.colours is None:
                new = {}
                new["door"] = "blue"
                house.colours = new
    return house.colours


def painter(house):
    house.painted.append(colours(house)["door"])


bodies = [painter, painter]


def holds(house):
    return house.painted == ["blue", "blue"]


KIND = "ok"
PREEMPTIONS = None
