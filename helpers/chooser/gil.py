"""For how long a call holds the GIL: a thread beside the call asks for it, again and again."""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path
from typing import Any

from helpers.chooser.job import Job

__all__ = ["held", "ready_here"]

PAUSES = 5e-4, 2e-3  # seconds from one asking to the next: by chance, so as to keep no step
IDLE, NOTICED = 20, 3  # askings while nobody holds the GIL; times their lateness that counts
LEAST = 1.5e-4  # seconds of a wait that counts, at least
MOST = 2.5e-3  # and at most: half of what one waits at least for a thread that computes in Python
SCHEDSTAT = "/proc/self/task/{}/schedstat"


def held(job: Job, item: Any, seconds: float) -> float:
    """Return the share of a call's time in which the GIL is held.

    A thread beside the call sleeps for a moment, asks for the GIL, and sees whether it has to wait,
    again and again. When it waited for a core, another program had that.

    Args:
        job: the function.
        item: what it is called for, as often as there is time.
        seconds: for how long.
    """
    asker = _Asker()
    asker.start()
    asker.ready.wait()
    try:
        until = time.perf_counter() + seconds
        while True:
            job.call(item)
            if time.perf_counter() > until:
                break
    finally:
        asker.over = True
        asker.join()
    return asker.waited / asker.lasted if asker.lasted else 1.0


class _Asker(threading.Thread):
    """Asks for the GIL every millisecond or so.

    Attributes:
        ready: set once it knows how late it is when nobody holds the GIL.
        over: set to have it stop.
        lasted: seconds from one time to the next, in all.
        waited: those of them at whose end it had to wait.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ready, self.over = threading.Event(), False
        self.lasted = self.waited = 0.0

    def run(self) -> None:
        """Ask."""
        path = Path(SCHEDSTAT.format(threading.get_native_id()))
        counters = os.open(path, os.O_RDONLY) if path.exists() else None
        try:
            idle = sorted(_asked(counters)[1] for _ in range(IDLE))
            noticed = min(MOST, max(LEAST, NOTICED * idle[IDLE // 2]))
            self.ready.set()
            while not self.over:
                lasted, late = _asked(counters)
                self.lasted += lasted
                self.waited += lasted * (late > noticed)
        finally:
            if counters is not None:
                os.close(counters)


def _asked(counters: int | None) -> tuple[float, float]:
    """Sleep, and ask for the GIL; return the seconds, and those in which it waited for that."""
    pause, before, began = random.uniform(*PAUSES), _ready(counters), time.perf_counter()
    time.sleep(pause)  # at its end it asks
    lasted = time.perf_counter() - began
    return lasted, lasted - pause - (_ready(counters) - before)


def _ready(counters: int | None) -> float:
    """Return the seconds for which a thread has waited for a core, from its open `schedstat`."""
    return int(os.pread(counters, 64, 0).split()[1]) / 1e9 if counters is not None else 0.0


def ready_here() -> float:
    """Return the seconds for which this thread has waited for a core; 0 where nobody tells."""
    try:
        counters = os.open(SCHEDSTAT.format(threading.get_native_id()), os.O_RDONLY)
    except OSError:
        return 0.0
    try:
        return _ready(counters)
    finally:
        os.close(counters)
