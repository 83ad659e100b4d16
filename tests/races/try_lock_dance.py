"""Two threads try for each other's lock and back off politely: that can go on for ever."""

import time
from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(left=Lock(), right=Lock(), through=[])


def step(name, mine, other, through):
    while True:
        with mine:
            time.sleep(0.001)  # looks up
            if other.acquire(blocking=False):
                through.append(name)
                other.release()
                return
        time.sleep(0.001)  # lets the other one pass


def anna(hall):
    step("Anna", hall.left, hall.right, hall.through)


def ben(hall):
    step("Ben", hall.right, hall.left, hall.through)


bodies = [anna, ben]


def holds(hall):
    return len(hall.through) == 2


KIND = "livelock"
# Each looks up while the other has its lock again: all switches are at sleeps, so they are free.
PREEMPTIONS = 0
