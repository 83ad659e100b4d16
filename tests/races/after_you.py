"""Two threads each spin until the other has gone first: neither ever goes."""

from types import SimpleNamespace


def make():
    return SimpleNamespace(anna_went=False, ben_went=False)


def anna(door):
    while not door.ben_went:
        pass
    door.anna_went = True


def ben(door):
    while not door.anna_went:
        pass
    door.ben_went = True


bodies = [anna, ben]


def holds(door):
    return door.anna_went and door.ben_went


KIND = "livelock"
PREEMPTIONS = 0
SERIAL = False
