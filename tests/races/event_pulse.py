"""An event is cleared as soon as it is set: who comes a moment later waits for ever."""

from threading import Event
from types import SimpleNamespace


def make():
    return SimpleNamespace(go=Event(), started=[])


def starter(race):
    race.go.set()
    race.go.clear()


def runner(race):
    race.go.wait()
    race.started.append("runner")


bodies = [starter, runner, runner]


def holds(race):
    return len(race.started) == 2


KIND = "deadlock"
PREEMPTIONS = 0
SERIAL = False
