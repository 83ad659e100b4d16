"""A reader sleeps as long as the writer is thought to need: no sleep is a promise."""

import time
from types import SimpleNamespace


def make():
    return SimpleNamespace(data=None, used=None)


def load(page):
    time.sleep(0.001)
    page.data = "text"


def use(page):
    time.sleep(0.01)
    page.used = page.data


bodies = [load, use]


def holds(page):
    return page.used == "text"


KIND = "race"
# Sleeps wake in any order.
PREEMPTIONS = 0
