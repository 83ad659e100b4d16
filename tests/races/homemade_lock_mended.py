"""Peterson's lock: each raises its flag, then lets the other go first if both want to."""

import time
from types import SimpleNamespace


def make():
    return SimpleNamespace(inside={"Anna": False, "Ben": False}, turn=None, total=0)


def add(room, me, other):
    room.inside[me] = True
    room.turn = other
    while room.inside[other] and room.turn == other:
        time.sleep(0)
    room.total += 1
    room.inside[me] = False


def anna(room):
    add(room, "Anna", "Ben")


def ben(room):
    add(room, "Ben", "Anna")


bodies = [anna, ben]


def holds(room):
    return room.total == 2


KIND = "ok"
PREEMPTIONS = None
