"""Two clerks add to one attribute without a lock: what one has added gets lost."""

from types import SimpleNamespace


def make():
    return SimpleNamespace(total=0)


def clerk(shop):
    shop.total += 1


bodies = [clerk, clerk]


def holds(shop):
    return shop.total == 2


KIND = "race"
PREEMPTIONS = 1
