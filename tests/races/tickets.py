"""Two buyers look whether a ticket is left, then take it: one ticket is sold twice."""

from types import SimpleNamespace


def make():
    return SimpleNamespace(left=1, sold=[])


def buy(office, name):
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


KIND = "race"
PREEMPTIONS = 1
