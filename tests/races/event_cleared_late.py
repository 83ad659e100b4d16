"""An event is cleared after what it told of is taken: what came in between is never told."""

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
        while box.letters:
            box.read.append(box.letters.pop(0))
        box.arrived.clear()


bodies = [postman, reader]


def holds(box):
    return box.read == ["from Anna", "from Ben"]


KIND = "deadlock"
# The postman is left between two letters, else the reader finds both; and the reader is left
# before it clears, else the second letter's set comes after that. Neither of them blocks there.
PREEMPTIONS = 2
SERIAL = False
