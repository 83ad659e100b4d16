"""Two threads count in a global of the module with a lock of the module."""

import threading

visits = 0
lock = threading.Lock()


def make():
    global visits
    visits = 0


def visitor(_):
    global visits
    with lock:
        visits += 1


bodies = [visitor, visitor]


def holds(_):
    return visits == 2


KIND = "ok"
PREEMPTIONS = None
