"""Two buyers look whether a ticket is left and take it, both under one lock."""

from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(left=1, sold=[], lock=Lock())


def buy(office, name):
    with office.lock:
        if office.left > 0:
            office.left -= 1
            office.sold.append(name)


def anna(office):
    buy(office, "Anna")


def ben(office):
    buy(office, "Ben")


bodies = [anna, ben]


def holds(office):
    return len(office.sold) == 1 and office.left == 0


KIND = "ok"
PREEMPTIONS = None
