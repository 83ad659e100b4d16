"""A worker's flag is up before anybody could take it down."""

import time
from types import SimpleNamespace


def make():
    return SimpleNamespace(running=True, log=[])


def worker(engine):
    while engine.running:
        time.sleep(0.001)
    engine.log.append("stopped")


def stop(engine):
    engine.running = False


bodies = [worker, stop]


def holds(engine):
    return engine.log == ["stopped"]


KIND = "ok"
PREEMPTIONS = None
SERIAL = False
