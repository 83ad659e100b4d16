"""The writes that belong together have a lock, and the reader takes it, too."""

from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(x=0, y=0, seen=None, lock=Lock())


def writer(point):
    with point.lock:
        point.x += 1
        point.y += 1


def reader(point):
    with point.lock:
        point.seen = (point.x, point.y)


bodies = [writer, reader]


def holds(point):
    x, y = point.seen
    return x == y


KIND = "ok"
PREEMPTIONS = None
