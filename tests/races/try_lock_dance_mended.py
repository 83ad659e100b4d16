"""Two threads take the same lock first, so who has it finds the second one free."""

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
    step("Ben", hall.left, hall.right, hall.through)


bodies = [anna, ben]


def holds(hall):
    return len(hall.through) == 2


KIND = "ok"
PREEMPTIONS = None
