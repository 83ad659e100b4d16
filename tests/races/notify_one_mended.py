"""One condition for two kinds of waiters, and all are woken."""

from threading import Condition
from types import SimpleNamespace


def make():
    return SimpleNamespace(items=[], changed=Condition(), taken=[])


def producer(shelf):
    with shelf.changed:
        while shelf.items:  # there is room for one
            shelf.changed.wait()
        shelf.items.append("bread")
        shelf.changed.notify_all()


def consumer(shelf):
    with shelf.changed:
        while not shelf.items:
            shelf.changed.wait()
        shelf.taken.append(shelf.items.pop())
        shelf.changed.notify_all()


bodies = [producer, producer, consumer, consumer]


def holds(shelf):
    return shelf.taken == ["bread", "bread"]


KIND = "ok"
PREEMPTIONS = None
SERIAL = False
