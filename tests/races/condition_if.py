"""A consumer that waited does not look again: another has taken what it was woken for."""

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
        if not shelf.items:
            shelf.changed.wait()
        shelf.taken.append(shelf.items.pop())


bodies = [producer, consumer, consumer]


def holds(shelf):
    return sorted(shelf.taken) == ["bread", "cheese"]


KIND = "exception"
# A consumer waits (free); the producer is left after the bread (one); the other consumer, who
# never waited, takes it and ends (free); the first one wakes and pops from an empty list.
# Without leaving the producer there are always two items for two consumers.
PREEMPTIONS = 1
SERIAL = False
