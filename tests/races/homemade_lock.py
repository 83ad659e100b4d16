"""A lock made of two flags: each looks at the other's, then raises its own; both get in."""

import time
from types import SimpleNamespace


def make():
    return SimpleNamespace(inside={"Anna": False, "Ben": False}, turn=None, total=0)


def add(room, me, other):
    while room.inside[other]:
        time.sleep(0)
    room.inside[me] = True
    room.total += 1
    room.inside[me] = False


def anna(room):
    add(room, "Anna", "Ben")


def ben(room):
    add(room, "Ben", "Anna")


bodies = [anna, ben]


def holds(room):
    return room.total == 2


KIND = "race"
# One is left after it has looked, the other within `+=`. Left within `+=` only, a body has its
# flag up, and the other does not get in.
PREEMPTIONS = 2
