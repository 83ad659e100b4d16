"""Who waits does not look whether it has happened already: notify came before wait."""

from threading import Condition
from types import SimpleNamespace


def make():
    return SimpleNamespace(open=False, changed=Condition(), log=[])


def doorkeeper(door):
    with door.changed:
        door.open = True
        door.changed.notify_all()


def guest(door):
    with door.changed:
        door.changed.wait()
    door.log.append("came in")


bodies = [doorkeeper, guest]


def holds(door):
    return door.open and door.log == ["came in"]


KIND = "deadlock"
PREEMPTIONS = 0
SERIAL = False
