"""Three philosophers take the fork with the lower number first, so they cannot wait in a ring."""

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
    dine(table, 0, 2)


bodies = [plato, hypatia, socrates]


def holds(table):
    return len(table.eaten) == 3


KIND = "ok"
PREEMPTIONS = None
