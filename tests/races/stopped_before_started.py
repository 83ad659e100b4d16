"""A worker raises its flag when it starts: who stopped it before that is not heard."""

import time
from types import SimpleNamespace


def make():
    return SimpleNamespace(running=False, log=[])


def worker(engine):
    engine.running = True
    while engine.running:
        time.sleep(0.001)
    engine.log.append("stopped")


def stop(engine):
    engine.running = False


bodies = [worker, stop]


def holds(engine):
    return engine.log == ["stopped"]


KIND = "livelock"
PREEMPTIONS = 0
SERIAL = False
