"""A profile in each thread and each worker process, and all of them as one.

A profiler of the standard library sees the thread that it was started in. So it is started where
the work is, and what it found comes back with the result.
"""

from __future__ import annotations

import cProfile
import profile
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pstats import Stats
from reprlib import repr as short
from time import perf_counter
from typing import Any, ParamSpec, TypeVar

__all__ = ["merged", "profiled"]

P = ParamSpec("P")
T = TypeVar("T")


def profiled(function: Callable[P, T]) -> Callable[P, tuple[T, Stats]]:
    """Wrap a function: a call of it, in any thread or process, returns its result and its profile.

    Args:
        function: a worker process must be able to find it by its name, in a module.

    Raises:
        TypeError: function cannot be called.
    """
    if not callable(function):
        raise TypeError(f"profiled(function): must be a function, not {short(function)}")
    return partial(_call, function)


def merged(profiles: Iterable[Stats]) -> Stats:
    """Return several profiles as one, to be sorted and printed.

    Raises:
        TypeError: profiles are none.
    """
    found = [*profiles] if isinstance(profiles, Iterable) else [profiles]
    if not isinstance(profiles, Iterable) or not all(isinstance(one, Stats) for one in found):
        right = "must be a list of profiles, each the second of what a call of profiled() returns"
        raise TypeError(f"merged(profiles): {right}, not {short(profiles)}")
    return Stats().add(*found)


def _call(function: Callable[..., T], *args: Any, **kwargs: Any) -> tuple[T, Stats]:
    profiler = Profiler()
    result = profiler.runcall(function, *args, **kwargs)
    stats: Any = Stats(profiler)
    stats.stream = None  # it would print to this process's screen, and cannot be pickled
    return result, stats


class ThreadProfile(profile.Profile):
    """A profiler of one thread, written in Python; there may be one in each at the same time."""

    def __init__(self) -> None:
        super().__init__(perf_counter)
        dispatch: Any = self.dispatcher  # type: ignore[has-type]
        # Where another thread is profiled, too, one hears the end of the call that begins it.
        self.dispatcher = lambda frame, event, arg: (
            arg is sys.setprofile or dispatch(frame, event, arg)
        )


# From 3.12 on a process can have one cProfile only, which takes all its threads for one.
Profiler: Any = cProfile.Profile if sys.version_info < (3, 12) else ThreadProfile
