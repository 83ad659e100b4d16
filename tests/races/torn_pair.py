"""A reader comes between two writes that belong together: it sees x without y."""

from types import SimpleNamespace


def make():
    return SimpleNamespace(x=0, y=0, seen=None)


def writer(point):
    point.x += 1
    point.y += 1


def reader(point):
    point.seen = (point.x, point.y)


bodies = [writer, reader]


def holds(point):
    x, y = point.seen
    return x == y


KIND = "race"
PREEMPTIONS = 1
