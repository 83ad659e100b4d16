"""Processes, which a program cannot start in the lab: a copy of it would go on in each of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from helpers.racelab.actors import is_here, now
from helpers.racelab.shared import RefusedError

__all__ = ["refused"]

WHAT = "a process of its own cannot be started by a program that is looked into: only threads can"


def _refusing(real: Callable[..., Any]) -> Callable[..., Any]:
    def start(*how: Any, **more: Any) -> Any:
        if not is_here():
            return real(*how, **more)
        error = RefusedError(WHAT)
        if hasattr(now.run, "error"):  # of tasks: one of them could keep it to itself
            now.run.error = now.run.error or error  # type: ignore[union-attr]
        raise error

    return start


@contextmanager
def refused() -> Iterator[None]:
    """Refuse processes to the lab's own threads, for the time of a block."""
    process = sys.modules.get("multiprocessing.process")
    places = [(os, name) for name in ("fork", "forkpty") if hasattr(os, name)]
    places += [(process.BaseProcess, "start")] if process else []
    with ExitStack() as after:
        for owner, name in places:
            after.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, _refusing(getattr(owner, name)))
        yield
