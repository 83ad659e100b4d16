"""An event is cleared before what it told of is taken: what comes later sets it again."""

from threading import Event
from types import SimpleNamespace


def make():
    return SimpleNamespace(letters=[], arrived=Event(), read=[])


def postman(box):
    for letter in ("from Anna", "from Ben"):
        box.letters.append(letter)
        box.arrived.set()


def reader(box):
    while len(box.read) < 2:
        box.arrived.wait()
        box.arrived.clear()
        while box.letters:
            box.read.append(box.letters.pop(0))


bodies = [postman, reader]


def holds(box):
    return box.read == ["from Anna", "from Ben"]


KIND = "ok"
PREEMPTIONS = None
SERIAL = False
