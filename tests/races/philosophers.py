"""Three philosophers take the fork on their left first: each waits for the one on the right."""

from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(forks=[Lock(), Lock(), Lock()], eaten=[])


def dine(table, first, second):
    with table.forks[first], table.forks[second]:
        table.eaten.append(first)


def plato(table):
    dine(table, 0, 1)


def hypatia(table):
    dine(table, 1, 2)


def socrates(table):
    dine(table, 2, 0)


bodies = [plato, hypatia, socrates]


def holds(table):
    return len(table.eaten) == 3


KIND = "deadlock"
# One, not two: Plato is left with fork 0. Socrates takes 2 and blocks on 0; Hypatia takes 1 and
# blocks on 2; Plato blocks on 1. Whoever blocks is left for nothing.
PREEMPTIONS = 1
