"""A reader waits for an event that the writer sets."""

import time
from threading import Event
from types import SimpleNamespace


def make():
    return SimpleNamespace(data=None, used=None, loaded=Event())


def load(page):
    time.sleep(0.001)
    page.data = "text"
    page.loaded.set()


def use(page):
    page.loaded.wait()
    page.used = page.data


bodies = [load, use]


def holds(page):
    return page.used == "text"


KIND = "ok"
PREEMPTIONS = None
SERIAL = False
