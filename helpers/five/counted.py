"""The counting job with threads, in turn and at once, on this Python or another.

It runs in a process of its own, in a Python without packages, so that all of them are alike.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from numbers import Integral
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

from helpers.checks import is_number
from helpers.cores import usable_cores
from helpers.five.recorded import HERE, load
from helpers.five.table import ONE_CORE
from helpers.pythons import Python, free_threaded, python_at, this_python

if TYPE_CHECKING:
    from helpers.timeline import Picture

__all__ = ["Counted", "Run", "count_on", "count_without_gil"]

SCRIPT = Path(__file__).with_name("count_script.py")
RECORD = "count_without_gil"
LIMIT = 60.0  # seconds
N, MOST_N, MOST_THREADS, MOST_ROUNDS = 2_000_000, 50_000_000, 16, 20


@dataclass(frozen=True)
class Run:
    """The job done once.

    Attributes:
        way: 'in turn' or 'at once'.
        seconds: how long it took.
        cpu: the seconds that all threads together were on a core.
        threads: for each thread its stretches: rows of [start, end, on], in seconds since it
            began; on is 1 on a core, 0 waiting, and -1 where it could not be told.
    """

    way: str
    seconds: float
    cpu: float
    threads: list[list[list[float]]]

    @property
    def cores(self) -> float:
        """How many cores were busy, on average."""
        return self.cpu / self.seconds

    @property
    def overlap(self) -> float:
        """The seconds in which two threads or more were on a core, to within the resolution.

        0 where that could not be told.
        """
        steps = sorted(
            (at, step)
            for rows in self.threads
            for start, end, on in rows
            for at, step in ((start, 1), (end, -1))
            if on == 1
        )
        total, busy = 0.0, 0
        for (at, step), (until, _) in pairwise(steps):
            busy += step
            total += (until - at) * (busy > 1)
        return total

    @property
    def is_known(self) -> bool:
        """Whether it could be told when each thread was on a core."""
        return all(on >= 0 for rows in self.threads for _, _, on in rows)


@dataclass(frozen=True)
class Counted:
    """The counting job on one Python.

    Attributes:
        python: what it is: 'Python 3.14.0, free-threaded'.
        has_gil: whether one thread at a time may run Python in it.
        threads: how many counted.
        n: how far each of them counted.
        usable: how many cores it could use.
        runs: list of `Run`, round by round: in turn, then at once.
        resolution: seconds to within which the begin and the end of a wait are known.
        origin: 'measured here', or when and where it was recorded.
    """

    python: str
    has_gil: bool
    threads: int
    n: int
    usable: int
    runs: list[Run]
    resolution: float
    origin: str = HERE

    def ways(self, way: str) -> list[Run]:
        """Return the runs of a way, 'in turn' or 'at once'."""
        return [run for run in self.runs if run.way == way]

    @property
    def typical(self) -> tuple[Run, Run]:
        """The round, in turn and at once, whose ratio is the median."""
        rounds = [*zip(self.ways("in turn"), self.ways("at once"), strict=True)]
        return sorted(rounds, key=_ratio)[(len(rounds) - 1) // 2]

    @property
    def ratio(self) -> float:
        """How long at once took for each second in turn."""
        return _ratio(self.typical)

    @property
    def cores(self) -> float:
        """How many cores the threads kept busy at once."""
        return self.typical[1].cores

    @property
    def in_parallel(self) -> bool:
        """Whether more than one core was busy at once."""
        return self.cores > ONE_CORE

    @property
    def is_recorded(self) -> bool:
        """Whether it was measured on another machine."""
        return self.origin != HERE

    def beside(self, *others: Counted, title: str = "") -> Picture:
        """Draw it beside others."""
        from helpers.five.panels import side_by_side

        return side_by_side(self, *others, title=title)

    def __repr__(self) -> str:
        return f"<Counted with {self.threads} threads: {'a' if self.has_gil else 'no'} GIL>"

    def _repr_mimebundle_(self, **how: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, about = self.beside()._repr_mimebundle_(**how)
        return {**data, "text/plain": repr(self)}, about


def count_on(
    python: Python | str | os.PathLike[str] | None = None,
    threads: int = 2,
    n: int = N,
    rounds: int = 3,
    gil: bool | None = None,
) -> Counted:
    """Count with threads on a Python, in turn and at once; return what the clocks told.

    Args:
        python: a `Python`, or a Python's program; None: this one.
        threads: how many threads count, 1 to 16.
        n: how far each counts.
        rounds: how often both ways are measured.
        gil: True or False turns the GIL of a free-threaded Python on or off; None: as it is.

    Raises:
        RuntimeError: the Python did not do it within a minute.
        TypeError: python is no path.
        ValueError: one of the arguments cannot be used.
    """
    _check(threads, n, rounds, gil)
    one = _chosen(python)
    if gil is not None and not one.free_threaded:
        raise ValueError(f"count_on(gil): must be left out: {one!r} has a GIL, always")
    options = () if gil is None else ("-X", f"gil={int(gil)}")
    words = (str(int(number)) for number in (threads, n, rounds))
    told = one.run(SCRIPT, *words, limit=LIMIT, options=options)
    runs = [Run(**run) for run in told["runs"]]
    one = replace(one, has_gil=told["has_gil"])
    facts = repr(one), bool(told["has_gil"]), int(threads), int(n), usable_cores()
    return Counted(*facts, runs, told["resolution"])


def _check(threads: int = 2, n: int = N, rounds: int = 3, gil: bool | None = None) -> None:
    """Refuse what `count_on` cannot use."""
    for name, value, most in (
        ("threads", threads, MOST_THREADS),
        ("n", n, MOST_N),
        ("rounds", rounds, MOST_ROUNDS),
    ):
        if not is_number(value, 1, most, Integral):
            right = f"must be a whole number from 1 to {most:,}"
            raise ValueError(f"count_on({name}): {right}, not {short(value)}")
    if not (gil is None or isinstance(gil, bool)):
        raise ValueError(f"count_on(gil): must be True, False or None, not {short(gil)}")


def count_without_gil(path: str | os.PathLike[str] | None = None, **how: Any) -> Counted:
    """Count on a Python without a GIL: one of this machine, or what was recorded on another.

    Args:
        path: its program; None: the newest that is found.
        how: threads, n and rounds as for `count_on`; where there is no such Python, 2 threads that
            count to 2,000,000 were recorded, whatever is asked for.

    Raises:
        TypeError: path is not a path; or how holds something else.
        ValueError: at the path is no Python, or one with a GIL; or how is not right.
    """
    _check(**how)  # also where nothing is counted
    one = free_threaded(path)
    return count_on(one, **how) if one else recorded_count()


def recorded_count() -> Counted:
    """Return what was recorded of a Python without a GIL."""
    origin, data = load(RECORD)
    runs = [Run(**run) for run in data.pop("runs")]
    return Counted(**{**data, "runs": runs, "origin": str(origin)})


def as_data(found: Counted) -> dict[str, Any]:
    """Return a count as what a file can hold, but for its origin."""
    data = asdict(found)
    del data["origin"]
    return data


def _ratio(two: tuple[Run, Run]) -> float:
    return two[1].seconds / two[0].seconds


def _chosen(python: Python | str | os.PathLike[str] | None) -> Python:
    if python is None:
        return this_python()
    if isinstance(python, Python):
        return python
    return python_at(python, "count_on(python)")
