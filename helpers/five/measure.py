"""Has five lanes measured: each figure in a process of its own, in a Python without packages.

What this Python does not have is measured with another one of this machine, and where there is
none, it is taken from what was recorded on another machine; the row says so.
"""

from __future__ import annotations

import os
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from helpers.cores import usable_cores
from helpers.five.recorded import load
from helpers.five.table import LANES, ONE_GIL, FiveLanes, Row
from helpers.pythons import Python, pythons, this_python
from helpers.pythons import free_threaded as without_gil

__all__ = ["five_lanes"]

SCRIPT = Path(__file__).with_name("lane_script.py")
LIMIT, TOTAL = 8.0, 18.0  # seconds for one figure, and for all
LOOKS, ENOUGH = 3, 1.8  # more, until two are seen on so many: another program may have had one
RESERVE = 9.0  # seconds left for what has to be measured; with less, nothing is measured again
INTERPRETERS = (3, 14)  # the first Python that has them in its library
KINDS = {"subinterpreter": "interpreter", "free-threaded thread": "thread"}


def five_lanes(free_threaded: str | os.PathLike[str] | None = None) -> FiveLanes:
    """Measure a thread, a process, a task, a subinterpreter and a free-threaded thread.

    It takes about five seconds, and not more than twenty.

    Args:
        free_threaded: the program of a Python without a GIL; None: the newest that is found.

    Raises:
        TypeError: free_threaded is not a path.
        ValueError: there is no Python, or one with a GIL.
    """
    begin = time.monotonic()
    named = without_gil(free_threaded) if free_threaded is not None else None
    measuring = Measuring(begin + TOTAL)
    rows = []
    for lane, python in _chosen(named).items():
        rows.append(measuring.row(lane, python) if python else recorded_row(lane))
    return FiveLanes(rows, measuring.failed, time.monotonic() - begin)


class Measuring:
    """Measures rows until its time is up.

    Args:
        until: when that is, on the clock of `time.monotonic`.

    Attributes:
        failed: a sentence for each figure that could not be measured.
    """

    def __init__(self, until: float) -> None:
        self.until = until
        self.failed: list[str] = []

    def row(self, lane: str, python: Python) -> Row:
        """Measure a lane with a Python."""
        options = ("-X", "gil=1") if lane == "thread" and python.free_threaded else ()
        as_run = replace(python, has_gil=True) if options else python
        row = Row(lane, repr(as_run), usable_cores())
        if lane == "process":
            row = self._with_methods(row, python)
        else:
            start = self._told(python, options, lane, "start")
            row = replace(row, start=start, memory=self._told(python, options, lane, "memory"))
        shared = self._told(python, options, lane, "shared") or {}
        facts: dict[str, Any] = self._cores(python, options, lane, row.usable)
        return replace(
            row,
            shares_globals=shared.get("global"),
            shares_given=shared.get("given"),
            cores=facts.get("cores"),
            two=facts.get("rows", []),
        )

    def _with_methods(self, row: Row, python: Python) -> Row:
        """Measure a process by each start method."""
        names = self._told(python, (), "process", "methods") or []
        methods = {
            name: [self._told(python, (), "process", what, name) for what in ("start", "memory")]
            for name in names
        }
        if not methods:
            return row
        start, memory = methods[names[0]]
        return replace(row, start=start, memory=memory, methods=methods, default=names[0])

    def _cores(
        self, python: Python, options: tuple[str, ...], lane: str, usable: int
    ) -> dict[str, Any]:
        """Look at two that compute at once; again, if they might have had two cores and had not."""
        best: dict[str, Any] = self._told(python, options, lane, "cores") or {}
        if lane in ONE_GIL or usable < 2 or not best:
            return best
        for _ in range(LOOKS):
            if best["cores"] > ENOUGH or self.until - time.monotonic() < RESERVE:
                break
            told = self._told(python, options, lane, "cores")
            best = max(best, told or best, key=lambda one: one["cores"])
        return best

    def _told(self, python: Python, options: tuple[str, ...], lane: str, *words: str) -> Any:
        """Have one figure measured; None if that went wrong."""
        what, *method = words
        left = self.until - time.monotonic()
        if left <= 0:
            self.failed.append(f"{lane}, {what}: not measured, {TOTAL:g} seconds were over")
            return None
        kind = KINDS.get(lane, lane)
        limit = min(LIMIT, left)
        try:
            return python.run(SCRIPT, what, kind, *method, limit=limit, options=options)
        except RuntimeError as error:
            self.failed.append(f"{lane}, {what}: {error}")
            return None


def recorded_row(lane: str) -> Row:
    """Return what was recorded of a lane on another machine."""
    origin, data = load(file_of(lane))
    return Row(**{**data, "origin": str(origin)})


def file_of(lane: str) -> str:
    """Return the name of the file in which a lane is recorded."""
    return lane.replace(" ", "_").replace("-", "_")


def as_data(row: Row) -> dict[str, Any]:
    """Return a row as what a file can hold, but for its origin."""
    data = asdict(row)
    del data["origin"]
    return data


def _chosen(named: Python | None) -> dict[str, Python | None]:
    """Return for each lane the Python that measures it, or None: nobody here can."""
    here = this_python()
    chosen: dict[str, Python | None] = dict.fromkeys(LANES, here)
    found = [here] if here.version >= INTERPRETERS and (named or not here.has_gil) else pythons()
    recent = [one for one in found if one.version >= INTERPRETERS]
    with_gil = [one for one in recent if one.has_gil] or recent
    chosen["subinterpreter"] = here if here in recent else next(iter(with_gil), None)
    without = [one for one in [named, *found] if one and not one.has_gil]
    chosen["free-threaded thread"] = next(iter(without), None)
    return chosen
