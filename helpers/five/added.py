"""What is left of additions that two threads make at once: `counter += 1`, without a lock."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from helpers.five.recorded import HERE, load
from helpers.pythons import Python, free_threaded, this_python

__all__ = ["RECORD", "Added", "added_on", "added_without_gil"]

SCRIPT = Path(__file__).parent / "add_script.py"
RECORD = "add_without_gil"
TIMES, LIMIT = 500_000, 60.0  # additions of each thread, and seconds for all


@dataclass(frozen=True)
class Added:
    """What two threads added, and what the counter showed in the end; `print` tells both.

    Attributes:
        python: what it is: 'Python 3.14.0, free-threaded'.
        added: how many additions there were.
        counter: how many of them it held in the end.
        origin: 'measured here', or when and where it was recorded.
    """

    python: str
    added: int
    counter: int
    origin: str = HERE

    def __str__(self) -> str:
        lost = self.added - self.counter
        return f"{self.python}: {self.added:,} added, of which are lost {lost:,} ({self.origin})"


def added_on(python: Python | None = None) -> Added:
    """Have two threads of a Python add 1 to the same counter, each 500,000 times.

    Args:
        python: it; None: this one.

    Raises:
        RuntimeError: the Python did not do it within a minute.
        TypeError: python is no `Python`.
    """
    one = this_python() if python is None else python
    if not isinstance(one, Python):
        raise TypeError(f"added_on(python): must be a Python, as pythons() has them, not {one!r}")
    told = one.run(SCRIPT, str(TIMES), limit=LIMIT)
    return Added(repr(one), told["added"], told["counter"])


def added_without_gil(path: str | os.PathLike[str] | None = None) -> Added:
    """Do the same without a GIL: on a Python of this machine, or as was recorded on another.

    Args:
        path: its program; None: the newest that is found.

    Raises:
        RuntimeError: the Python did not do it within a minute.
        TypeError: path is not a path.
        ValueError: at the path is no Python, or one with a GIL.
    """
    one = free_threaded(path)
    if one:
        return added_on(one)
    origin, data = load(RECORD)
    return Added(**data, origin=str(origin))
