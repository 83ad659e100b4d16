"""A barrier for two is used by two: each reads what the other has written before it."""

from threading import Barrier
from types import SimpleNamespace


def make():
    return SimpleNamespace(first={}, second={}, barrier=Barrier(2))


def step(grid, me, other):
    grid.first[me] = 1
    grid.barrier.wait()
    grid.second[me] = grid.first[other] + 1


def left(grid):
    step(grid, "left", "right")


def right(grid):
    step(grid, "right", "left")


bodies = [left, right]


def holds(grid):
    return grid.second == {"left": 2, "right": 2}


KIND = "ok"
PREEMPTIONS = None
SERIAL = False
