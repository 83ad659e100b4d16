"""One condition for two kinds of waiters, of which notify wakes the wrong one: all wait."""

from threading import Condition
from types import SimpleNamespace


def make():
    return SimpleNamespace(items=[], changed=Condition(), taken=[])


def producer(shelf):
    with shelf.changed:
        while shelf.items:  # there is room for one
            shelf.changed.wait()
        shelf.items.append("bread")
        shelf.changed.notify()


def consumer(shelf):
    with shelf.changed:
        while not shelf.items:
            shelf.changed.wait()
        shelf.taken.append(shelf.items.pop())
        shelf.changed.notify()


bodies = [producer, producer, consumer, consumer]


def holds(shelf):
    return shelf.taken == ["bread", "bread"]


KIND = "deadlock"
# Both consumers wait; a producer wakes the first and ends; the other finds no room and waits;
# the first consumer takes the bread and wakes the second, who finds none. All of it is free.
PREEMPTIONS = 0
SERIAL = False
