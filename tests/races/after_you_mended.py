"""Two threads each go, then spin until the other has gone: a fair scheduler lets both end."""

from types import SimpleNamespace


def make():
    return SimpleNamespace(anna_went=False, ben_went=False)


def anna(door):
    door.anna_went = True
    while not door.ben_went:
        pass


def ben(door):
    door.ben_went = True
    while not door.anna_went:
        pass


bodies = [anna, ben]


def holds(door):
    return door.anna_went and door.ben_went


KIND = "ok"
PREEMPTIONS = None
SERIAL = False
