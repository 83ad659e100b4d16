"""Who waits looks first whether it has happened already, under the condition's lock."""

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
        while not door.open:
            door.changed.wait()
    door.log.append("came in")


bodies = [doorkeeper, guest]


def holds(door):
    return door.open and door.log == ["came in"]


KIND = "ok"
PREEMPTIONS = None
SERIAL = False
