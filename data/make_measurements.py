"""Measures what most machines have no Python for, and writes data/measurements/.

    python3 course.py run python data/make_measurements.py PYTHON ...

Each PYTHON is a program: one without a GIL gives the counting job and the free-threaded thread, one
from 3.14 on the subinterpreter. It needs two cores that nothing else keeps busy; as long as they
are, it measures again, for ten minutes at most.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar

from helpers.five.added import RECORD as ADDED
from helpers.five.added import added_on
from helpers.five.counted import RECORD, Counted, count_on
from helpers.five.counted import as_data as count_as_data
from helpers.five.measure import INTERPRETERS, Measuring, as_data, file_of
from helpers.five.recorded import Origin, save
from helpers.five.table import Row
from helpers.pythons import Python, python_at

PATIENCE, PAUSE = 600.0, 5.0  # seconds
BUSY = 1.85  # cores of two: then nobody else had them

Found = TypeVar("Found", Counted, Row)


def quiet(measure: Callable[[], Found]) -> Found:
    """Measure until both cores were there for it, twice running; return the last."""
    until, calm = time.monotonic() + PATIENCE, 0
    while True:
        found = measure()
        calm = calm + 1 if (found.cores or 0.0) >= BUSY else 0
        if calm == 2:
            return found
        if not calm and time.monotonic() > until:
            raise SystemExit(f"This machine was busy: {found.cores or 0:.2f} cores of 2, no more.")
        time.sleep(0 if calm else PAUSE)


def row(lane: str, python: Python) -> Row:
    """Measure a row of the table."""
    measuring = Measuring(time.monotonic() + 60)
    found = measuring.row(lane, python)
    if measuring.failed:
        raise SystemExit("\n".join(measuring.failed))
    return found


def record(python: Python) -> None:
    """Measure what a Python has, and write it down."""
    if not python.has_gil:
        added = asdict(added_on(python))
        del added["origin"]
        save(ADDED, Origin.now(python), added)
        save(RECORD, Origin.now(python), count_as_data(quiet(lambda: count_on(python))))
        lane = "free-threaded thread"
    elif python.version >= INTERPRETERS:
        lane = "subinterpreter"
    else:
        raise SystemExit(f"{python!r} has nothing that is recorded.")
    save(file_of(lane), Origin.now(python), as_data(quiet(lambda: row(lane, python))))


if __name__ == "__main__":
    for program in sys.argv[1:]:
        record(python_at(program))
