"""A barrier for three is used by two: both wait for ever."""

from threading import Barrier
from types import SimpleNamespace


def make():
    return SimpleNamespace(first={}, second={}, barrier=Barrier(3))


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


KIND = "deadlock"
PREEMPTIONS = 0
SERIAL = False
