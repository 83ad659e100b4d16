"""A counter made of a closure adds to its variable without a lock: one visit gets lost."""

from types import SimpleNamespace


def make():
    count = 0

    def visit():
        nonlocal count
        count += 1

    return SimpleNamespace(visit=visit, visits=lambda: count)


def visitor(site):
    site.visit()


bodies = [visitor, visitor]


def holds(site):
    return site.visits() == 2


KIND = "race"
PREEMPTIONS = 1
