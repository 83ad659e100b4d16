"""How what a program has made before of asyncio's is copied for each run."""

from __future__ import annotations

import asyncio
import copyreg
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["loop_bound"]

# What a program has made before of asyncio's: a copy is bound to no loop, and nobody waits for it.
BOUND: list[Any] = [asyncio.Lock, asyncio.Event, asyncio.Condition, asyncio.Barrier]
BOUND += [asyncio.Semaphore, asyncio.BoundedSemaphore]
BOUND += [asyncio.Queue, asyncio.LifoQueue, asyncio.PriorityQueue]
WAITERS = ("_waiters", "_getters", "_putters")


def _unbound(real: Any) -> Any:
    names = {**vars(real), "_loop": None}
    for name in WAITERS:
        if names.get(name):
            names[name] = deque()
    if isinstance(real, asyncio.Condition):  # its methods are the lock's own
        return type(real), (real._lock,)  # type: ignore[attr-defined]
    return object.__new__, (type(real),), names


@contextmanager
def loop_bound() -> Iterator[None]:
    """Let asyncio's locks and queues be copied, for the time of a block."""
    copies: dict[Any, Any] = dict.fromkeys(BOUND, _unbound)
    added = {kind: one for kind, one in copies.items() if kind not in copyreg.dispatch_table}
    copyreg.dispatch_table.update(added)
    try:
        yield
    finally:
        for kind in added:
            copyreg.dispatch_table.pop(kind, None)
