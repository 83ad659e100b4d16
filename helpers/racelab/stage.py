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
from helpers.racelab.actors import now
from helpers.racelab.beyond import REFUSED
from helpers.racelab.either import either
from helpers.racelab.shared import Shared

__all__ = ["put_up"]


POOLS = ("Future", "ThreadPoolExecutor", "as_completed", "wait")
STAND_INS: dict[tuple[ModuleType, str], Any] = {
    **{(threading, name): getattr(locks, name) for name in locks.__all__},
    **{(threading, name): getattr(conditions, name) for name in conditions.__all__},
    **{(queue, name): getattr(queues, name) for name in queues.__all__},
    **{(concurrent.futures, name): getattr(pools, name) for name in POOLS},
    (concurrent.futures.thread, "ThreadPoolExecutor"): pools.ThreadPoolExecutor,
}
FUNCTIONS: dict[tuple[ModuleType, str], Any] = {
    (threading, "current_thread"): threads.current_thread,
    (threading, "currentThread"): threads.current_thread,
    (threading, "get_ident"): threads.get_ident,
    (threading, "enumerate"): threads.enumerate_threads,
    (threading, "active_count"): threads.active_count,
    (threading, "activeCount"): threads.active_count,
    (time, "sleep"): threads.sleep,
    **{(time, name): look for name, look in threads.CLOCKS.items()},
    **REFUSED,
}
METHODS: dict[tuple[type, str], Any] = {
    **{(threading.Thread, name): method for name, method in threads.METHODS.items()},
    **{(concurrent.futures.ThreadPoolExecutor, name): one for name, one in pools.METHODS.items()},
}


def _exchanges() -> dict[tuple[ModuleType, str], Any]:
    exchanges = dict(FUNCTIONS)
    for (module, name), stand_in in STAND_INS.items():
        real = getattr(module, name)
        exchanges[module, name] = either(module.__name__, name, real, stand_in)
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
    methods = {key: getattr(*key) for key in METHODS}
    stand_ins = {id(before[key]): new for key, new in exchanges.items()}
    shared = known or Shared()
    shared.begin(stand_ins)
    for function in [] if known else functions:
        shared.add(function)
    now.ident, now.logged = get_ident(), set()
    reducers = dict(copyreg.dispatch_table)
    with ExitStack() as after:  # in which nothing that fails keeps the rest from being done
        after.callback(copyreg.dispatch_table.update, reducers)
        after.callback(copyreg.dispatch_table.clear)
        copyreg.dispatch_table.update(COPIES)
        for (module, name), new in exchanges.items():
            after.callback(setattr, module, name, before[module, name])
            setattr(module, name, new)
        for (kind, name), method in METHODS.items():
            after.callback(setattr, kind, name, methods[kind, name])
            setattr(kind, name, method)
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


def _queue(kind: str, maxsize: int, items: list[Any], unfinished: int) -> queues.Queue:
    new: queues.Queue = getattr(queues, kind)(maxsize)
    new.items.extend(items)
    new.unfinished_tasks = unfinished
    return new


def _queue_s(real: queue.Queue[Any]) -> tuple[Any, ...]:
    given = type(real).__name__, real.maxsize, [*real.queue], real.unfinished_tasks
    return _queue, given


def _simple_queue_s(real: queue.SimpleQueue[Any]) -> tuple[Any, ...]:
    if not real.empty():
        raise ValueError("what is in a SimpleQueue can be seen by nobody who does not take it out")
    return queues.SimpleQueue, ()


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
    queue.SimpleQueue: _simple_queue_s,
    concurrent.futures.ThreadPoolExecutor: lambda real: (
        pools.ThreadPoolExecutor,
        (real._max_workers, real._thread_name_prefix),
    ),
}
