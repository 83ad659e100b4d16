"""A consumer that waited looks again whether there is something to take."""

from threading import Condition
from types import SimpleNamespace


def make():
    return SimpleNamespace(items=[], changed=Condition(), taken=[])


def producer(shelf):
    for item in ("bread", "cheese"):
        with shelf.changed:
            shelf.items.append(item)
            shelf.changed.notify()


def consumer(shelf):
    with shelf.changed:
        while not shelf.items:
            shelf.changed.wait()
        shelf.taken.append(shelf.items.pop())


bodies = [producer, consumer, consumer]


def holds(shelf):
    return sorted(shelf.taken) == ["bread", "cheese"]


KIND = "ok"
PREEMPTIONS = None
SERIAL = False
