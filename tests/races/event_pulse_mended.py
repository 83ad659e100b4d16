"""An event that is set stays set: it does not matter who comes when."""

from threading import Event
from types import SimpleNamespace


def make():
    return SimpleNamespace(go=Event(), started=[])


def starter(race):
    race.go.set()


def runner(race):
    race.go.wait()
    race.started.append("runner")


bodies = [starter, runner, runner]


def holds(race):
    return len(race.started) == 2


KIND = "ok"
PREEMPTIONS = None
SERIAL = False
