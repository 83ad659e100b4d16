"""Runs profilers one after the other, each in a process of its own."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from reprlib import repr as short
from typing import Any

from helpers.extras import lacking
from helpers.profilers.readings import Reading
from helpers.profilers.runs import PROFILERS
from helpers.profilers.seen import Row, Seen, cells
from helpers.program import run_program

__all__ = ["profiler_table"]

TOTAL = 45.0  # seconds for all of them; they take some twenty on a quiet machine
PROGRAM = """
from helpers.profilers.runs import drive

if __name__ == "__main__":
    drive({!r})
"""


def profiler_table(profilers: Sequence[str] | None = None) -> Seen:
    """Run one program under each profiler, and see what each of them tells of it.

    Args:
        profilers: the names of some of them, as in the table; None runs all.

    Returns:
        A `Seen`, which a notebook shows as a picture.

    Raises:
        ValueError: there is no such profiler.
    """
    chosen = list(PROFILERS) if profilers is None else profilers
    if not _are_known(chosen):
        right = f"must be a list with some of {', '.join(map(repr, PROFILERS))}"
        raise ValueError(f"profiler_table(profilers): {right}, not {short(profilers)}")
    python = ".".join(map(str, sys.version_info[:2]))
    until = time.monotonic() + TOTAL
    return Seen([_row(name, _told(name, until)) for name in chosen], python)


def _are_known(names: object) -> bool:
    return (
        isinstance(names, list | tuple)
        and len(names) > 0
        and all(isinstance(name, str) and name in PROFILERS for name in names)
    )


def _row(name: str, told: dict[str, Any] | str) -> Row:
    """Return the row of a profiler, from what its process told: data, or why there is none."""
    profiler = PROFILERS[name]
    if isinstance(told, str):
        return Row(name, profiler.second, failed=told)
    found = cells(Reading(**told["reading"]), told["true"], profiler.clock)
    before, after = told["bare"]
    return Row(name, profiler.second, found, 2 * told["seconds"] / (before + after), after / before)


def _told(name: str, until: float) -> dict[str, Any] | str:
    """Run a profiler; return what its process told, or why it told nothing.

    Args:
        name: the profiler's.
        until: when the time is up, on the clock of `time.monotonic`.
    """
    extra = PROFILERS[name].extra
    why = lacking(extra) if extra else ""
    return why or _run(name, max(0.0, until - time.monotonic()))


def _run(name: str, seconds: float) -> dict[str, Any] | str:
    ended = run_program(PROGRAM.format(name), seconds)
    if ended.status is None:
        return f"the {TOTAL:g} seconds for the whole table were over"
    if ended.status:
        said = ended.errors[-1:] or [f"it ended with status {ended.status}"]
        return said[0].removeprefix("RuntimeError: ")
    told: dict[str, Any] = json.loads(ended.printed.splitlines()[-1])
    return told
