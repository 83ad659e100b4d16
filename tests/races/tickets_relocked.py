"""Looking and taking are locked, but each by itself: one ticket is sold twice."""

from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(left=1, sold=[], lock=Lock())


def buy(office, name):
    with office.lock:
        found = office.left > 0
    if found:
        with office.lock:
            office.left -= 1
            office.sold.append(name)


def anna(office):
    buy(office, "Anna")


def ben(office):
    buy(office, "Ben")


bodies = [anna, ben]


def holds(office):
    return len(office.sold) == 1 and office.left == 0


KIND = "race"
PREEMPTIONS = 1
