"""A body starts a thread and joins it before it reads its result."""

from threading import Thread
from types import SimpleNamespace


def make():
    return SimpleNamespace(lengths={})


def measure(text, found):
    found.append(len(text))


def report(desk, text):
    found = []
    helper = Thread(target=measure, args=(text, found))
    helper.start()
    helper.join()
    desk.lengths[text] = sum(found)


def first(desk):
    report(desk, "one")


def second(desk):
    report(desk, "three")


bodies = [first, second]


def holds(desk):
    return desk.lengths == {"one": 3, "three": 5}


KIND = "ok"
PREEMPTIONS = None
