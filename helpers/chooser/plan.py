"""`compare`: checks what it is given, plans what to measure, and has it measured."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from reprlib import repr as short
from typing import Any

from helpers.aside import aside
from helpers.checks import is_number
from helpers.chooser.comparison import Comparison
from helpers.chooser.job import is_coroutine_function
from helpers.chooser.measure import measure
from helpers.chooser.packing import packed
from helpers.chooser.ways import APART, NAMED, available
from helpers.cores import usable_cores
from helpers.extras import lacking
from helpers.recorder.log import name_of

__all__ = ["Plan", "compare"]

MOST = 100_000  # items
AT_ONCE = 1_000  # tasks
WORKERS, PROCESSES = 1_000, 61  # at most; Windows can wait for no more processes


@dataclass(frozen=True)
class Plan:
    """What to measure.

    Attributes:
        name: the function's.
        packed: the function.
        items: the items, packed.
        number: how many there are.
        workers: for each way, how many; the simplest way first.
        has_lock: whether there is a lock of threads in the function or its items.
    """

    name: str
    packed: bytes
    items: bytes
    number: int
    workers: dict[str, int]
    has_lock: bool


def compare(
    function: Callable[[Any], Any],
    items: Iterable[Any],
    workers: int | None = None,
    techniques: Sequence[str] | None = None,
) -> Comparison:
    """Measure how long a function takes for some items in each way to call it.

    In turn, with threads (named 'free-threaded' where there is no GIL), with tasks and with
    processes (from Python 3.14 on with interpreters, too), and if it is named, with 'dask': worker
    processes of a Dask cluster that is started on this machine for each run. In threads and in
    processes, each call of a coroutine function has an event loop of its own.

    Each call is made several times, in a process of its own, which has the event loop as Python
    made it; nothing of it is left behind. It takes some ten seconds, or if one call takes longer
    than a second, some dozen times as long as a call.

    Args:
        function: a function of one argument, or a coroutine function; one from a cell will do.
        items: its arguments.
        workers: how many calls may run at a time, in each way (of processes at most 61); None: as
            many processes as there are cores, as many threads as `ThreadPoolExecutor` makes, and of
            a coroutine function a task for each item, up to 1,000 at once.
        techniques: the names of the ways; None: all that this Python has by itself.

    Returns:
        A `Comparison`, which a cell shows as a picture.

    Raises:
        TypeError: function cannot be called, or items are none, or one of them cannot be sent to
            another process.
        ValueError: workers is no whole number from 1 to 1,000, a technique is not known or not
            installed, or there are more than 100,000 items.
    """
    if not callable(function):
        raise TypeError(f"compare(function): must be a function, not {short(function)}")
    every = _every(items)
    if workers is not None and not is_number(workers, 1, WORKERS, Integral):
        right = "must be a whole number from 1 to 1,000, or None"
        raise ValueError(f"compare(workers): {right}, not {short(workers)}")
    ways = _ways(techniques)
    name = name_of(function)
    if not every:
        return Comparison(name, 0)
    each = {
        way: _workers(way, workers, len(every), is_coroutine_function(function)) for way in ways
    }
    work, arguments, has_lock = packed(function, every)
    plan = Plan(name, work, arguments, len(every), each, has_lock)
    return aside("compare", lambda stop: measure(plan, stop))


def _every(items: Iterable[Any]) -> list[Any]:
    try:
        iterator = iter(items)
    except TypeError:
        raise TypeError(
            f"compare(items): must be a list or another iterable, not {short(items)}"
        ) from None
    every = []
    for item in iterator:
        every.append(item)
        if len(every) > MOST:
            raise ValueError("compare(items): there are more than 100,000; take some of them")
    return every


def _ways(techniques: Sequence[str] | None) -> list[str]:
    if techniques is None:
        return available()
    known = [*available(), *NAMED]
    asked = [techniques] if isinstance(techniques, str) else techniques
    if not isinstance(asked, Iterable):
        raise TypeError(f"compare(techniques): must be names in a list, not {short(asked)}")
    asked = [*asked]
    if sysconfig.get_config_var("Py_GIL_DISABLED"):  # whether there is a GIL is seen when it runs
        asked = ["threads" if one == "free-threaded" else one for one in asked]
    for one in asked:
        if not isinstance(one, str) or one not in known:
            names = ", ".join(map(repr, known))
            raise ValueError(f"compare(techniques): must be among {names}, not {short(one)}")
    if not asked:
        raise ValueError("compare(techniques): name one at least")
    for one in NAMED:
        if one in asked and (told := lacking(one)):
            raise ValueError(f"compare(techniques): {told}")
    return [way for way in known if way in asked]


def _workers(way: str, workers: int | None, items: int, is_coroutine: bool) -> int:
    """Return how many workers a way has."""
    if way == "in turn":
        return 1
    if way in APART:
        return min(usable_cores() if workers is None else int(workers), items, PROCESSES)
    if workers is not None:
        return min(int(workers), items)
    if way == "tasks" and is_coroutine:
        return min(items, AT_ONCE)
    cores = getattr(os, "process_cpu_count", os.cpu_count)()  # the former from Python 3.13 on
    return min(items, 32, (cores or 1) + 4)  # as ThreadPoolExecutor
