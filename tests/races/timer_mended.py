"""A timer writes the message before it sets its event."""

from threading import Event, Timer
from types import SimpleNamespace


def make():
    return SimpleNamespace(rang=Event(), message=None, heard=None)


def ring(clock):
    clock.message = "time to get up"
    clock.rang.set()


def evening(clock):
    Timer(0.001, ring, [clock]).start()


def sleeper(clock):
    clock.rang.wait()
    clock.heard = clock.message


bodies = [evening, sleeper]


def holds(clock):
    return clock.heard == "time to get up"


KIND = "ok"
PREEMPTIONS = None
SERIAL = False
