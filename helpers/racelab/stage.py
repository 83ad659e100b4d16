"""Sets the stage for a program: the stand-ins in the places of what it uses.

Names of the standard library's modules are exchanged while a lab is up, for the lab's own threads:
in any other thread they do what they always do. Names that a program has imported or made before
(`from threading import Lock`, a lock or a list beside its functions) are exchanged in the
copies of what its functions share.
"""

from __future__ import annotations

import concurrent.futures
import concurrent.futures.thread
import copyreg
import queue
import threading
import time
from _thread import get_ident
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from helpers.racelab import conditions, locks, pools, queues, threads
from helpers.racelab.actors import is_here, now
from helpers.racelab.beyond import REFUSED
from helpers.racelab.shared import Shared

__all__ = ["put_up"]


def _either(real: Any, stand_in: Any) -> Any:
    """Return a function that makes the stand-in in the lab's threads, the real thing elsewhere."""

    def make(*how: Any, **more: Any) -> Any:
        return (stand_in if is_here() else real)(*how, **more)

    make.__name__ = getattr(real, "__name__", "make")
    return make


STAND_INS: dict[tuple[ModuleType, str], Any] = {
    **{(threading, name): getattr(locks, name) for name in locks.__all__ if name != "deadline"},
    **{(threading, name): getattr(conditions, name) for name in conditions.__all__},
    **{(queue, name): getattr(queues, name) for name in queues.__all__},
    **{(concurrent.futures, name): getattr(pools, name) for name in pools.__all__},
    (concurrent.futures.thread, "ThreadPoolExecutor"): pools.ThreadPoolExecutor,
}
FUNCTIONS: dict[tuple[ModuleType, str], Any] = {
    (threading, "current_thread"): threads.current_thread,
    (threading, "currentThread"): threads.current_thread,
    (threading, "get_ident"): threads.get_ident,
    (time, "sleep"): threads.sleep,
    **{(time, name): look for name, look in threads.CLOCKS.items()},
    **REFUSED,
}


def _exchanges() -> dict[tuple[ModuleType, str], Any]:
    exchanges = dict(FUNCTIONS)
    for (module, name), stand_in in STAND_INS.items():
        exchanges[module, name] = _either(getattr(module, name), stand_in)
    return exchanges


@contextmanager
def put_up(functions: Iterable[Any], known: Shared | None = None) -> Iterator[Shared]:
    """Exchange what a program uses for the time of a block; yield what its functions share.

    Args:
        functions: of the program.
        known: what they share, and began with, when they were on the stage before.
    """
    exchanges = _exchanges()
    before = {key: getattr(*key) for key in exchanges}
    methods = {name: getattr(threading.Thread, name) for name in threads.METHODS}
    stand_ins = {id(before[key]): new for key, new in exchanges.items()}
    shared = known or Shared()
    shared.begin(stand_ins)
    for function in [] if known else functions:
        shared.add(function)
    now.ident = get_ident()
    reducers = dict(copyreg.dispatch_table)
    with ExitStack() as after:  # in which nothing that fails keeps the rest from being done
        after.callback(copyreg.dispatch_table.update, reducers)
        after.callback(copyreg.dispatch_table.clear)
        copyreg.dispatch_table.update(COPIES)
        for (module, name), new in exchanges.items():
            after.callback(setattr, module, name, before[module, name])
            setattr(module, name, new)
        for name, method in threads.METHODS.items():
            after.callback(setattr, threading.Thread, name, methods[name])
            setattr(threading.Thread, name, method)
        after.callback(shared.restore)
        yield shared


def _lock(is_locked: bool) -> locks.Lock:
    new = locks.Lock()
    if is_locked:
        new.acquire()
    return new


def _event(is_set: bool) -> conditions.Event:
    new = conditions.Event()
    new.flag = is_set
    return new


def _bounded(value: int, most: int) -> locks.BoundedSemaphore:
    new = locks.BoundedSemaphore(most)
    new.value = value
    return new


def _queue(kind: str, maxsize: int, items: list[Any]) -> queues.Queue:
    new: queues.Queue = getattr(queues, kind)(maxsize)
    new.queue.extend(items)
    new.unfinished_tasks = len(items)
    return new


def _queue_s(real: queue.Queue[Any]) -> tuple[Any, ...]:
    return _queue, (type(real).__name__, real.maxsize, [*real.queue])


# How a real lock or queue that a program made before is copied: into its stand-in.
COPIES: dict[Any, Any] = {
    type(threading.Lock()): lambda real: (_lock, (real.locked(),)),
    type(threading.RLock()): lambda real: (locks.RLock, ()),
    threading.Condition: lambda real: (conditions.Condition, (real._lock,)),
    threading.Semaphore: lambda real: (locks.Semaphore, (real._value,)),
    threading.BoundedSemaphore: lambda real: (_bounded, (real._value, real._initial_value)),
    threading.Event: lambda real: (_event, (real.is_set(),)),
    threading.Barrier: lambda real: (
        conditions.Barrier,
        (real.parties, real._action, real._timeout),
    ),
    threading.local: lambda real: (threading.local, ()),
    queue.Queue: _queue_s,
    queue.LifoQueue: _queue_s,
    queue.PriorityQueue: _queue_s,
    queue.SimpleQueue: lambda real: (queues.SimpleQueue, ()),
    concurrent.futures.ThreadPoolExecutor: lambda real: (
        pools.ThreadPoolExecutor,
        (real._max_workers, real._thread_name_prefix),
    ),
}
