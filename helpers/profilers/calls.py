"""A profiler of ten lines: what `threading.setprofile` tells, added up by function."""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

__all__ = ["Calls"]


class Calls:
    """The seconds inside each function of each thread; what is recursive counts each time.

    Attributes:
        seconds: by (number of the thread, name of the function): no two threads add to the same.
    """

    def __init__(self) -> None:
        self.seconds: dict[tuple[int, str], float] = defaultdict(float)
        self._open = threading.local()

    def __call__(self, frame: Any, event: str, function: Any) -> None:
        """Take what Python tells: a call has begun or has ended, in the thread that runs this."""
        begun: list[float] = self._open.__dict__.setdefault("begun", [])
        if event in ("call", "c_call"):
            begun.append(perf_counter())
        elif begun:  # else it ends what began before this listened
            name = frame.f_code.co_name if event == "return" else _c_name(function)
            self.seconds[threading.get_ident(), name] += perf_counter() - begun.pop()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to this thread, and to those that begin within the block."""
        threading.setprofile(self)
        sys.setprofile(self)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)


def _c_name(function: Any) -> str:
    return f"{getattr(function, '__module__', None)}.{getattr(function, '__qualname__', '')}"
