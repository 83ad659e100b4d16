"""A timer sets its event before it has written the message: who is woken reads none."""

from threading import Event, Timer
from types import SimpleNamespace


def make():
    return SimpleNamespace(rang=Event(), message=None, heard=None)


def ring(clock):
    clock.rang.set()
    clock.message = "time to get up"


def evening(clock):
    Timer(0.001, ring, [clock]).start()


def sleeper(clock):
    clock.rang.wait()
    clock.heard = clock.message


bodies = [evening, sleeper]


def holds(clock):
    return clock.heard == "time to get up"


KIND = "race"
# The timer's thread has to be left between its two lines.
PREEMPTIONS = 1
SERIAL = False
