"""Sets the stage for a program: the stand-ins in, and what its functions share as it was.

Names of the standard library's modules are exchanged while a lab is up, for the lab's own threads:
in any other thread they do what they always do. Names that a program has imported or made before
(`from threading import Lock`, a lock or a list beside its functions) are exchanged in the
globals and closures of its functions, and each run begins with a copy of what was there.
"""

from __future__ import annotations

import concurrent.futures
import concurrent.futures.thread
import copy
import copyreg
import queue
import random
import threading
import time
from _thread import get_ident
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, ModuleType
from typing import Any

from helpers.racelab import conditions, locks, pools, queues, threads
from helpers.racelab.actors import is_here, now
from helpers.racelab.kinds import is_own
from helpers.racelab.whose import is_library

__all__ = ["RefusedError", "Shared", "put_up"]


class RefusedError(Exception):
    """What the program shares cannot be had again for each run."""


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
}


def _exchanges() -> dict[tuple[ModuleType, str], Any]:
    exchanges = dict(FUNCTIONS)
    for (module, name), stand_in in STAND_INS.items():
        exchanges[module, name] = _either(getattr(module, name), stand_in)
    return exchanges


@contextmanager
def put_up(functions: Iterable[Any]) -> Iterator[Shared]:
    """Exchange what a program uses for the time of a block; yield what its functions share."""
    exchanges = _exchanges()
    before = {key: getattr(*key) for key in exchanges}
    methods = {name: getattr(threading.Thread, name) for name in threads.METHODS}
    shared = Shared({id(before[key]): new for key, new in exchanges.items()})
    for function in functions:
        shared.add(function)
    now.ident = get_ident()
    reducers = dict(copyreg.dispatch_table)
    try:
        copyreg.dispatch_table.update(COPIES)
        for (module, name), new in exchanges.items():
            setattr(module, name, new)
        for name, method in threads.METHODS.items():
            setattr(threading.Thread, name, method)
        yield shared
    finally:
        shared.restore()
        for name, method in methods.items():
            setattr(threading.Thread, name, method)
        for (module, name), old in before.items():
            setattr(module, name, old)
        copyreg.dispatch_table.clear()
        copyreg.dispatch_table.update(reducers)


# what the functions of a program share


DICE = random.random.__self__  # type: ignore[attr-defined]
SEED = 1
NEVER_CHANGE = (FunctionType, BuiltinFunctionType, MethodType, ModuleType, type)


class Shared:
    """The globals, closures and class attributes of a program's functions.

    `renew` gives them what they had when the lab was put up, a copy for each run; `restore` gives
    back what they really had.
    """

    def __init__(self, exchanges: dict[int, Any]) -> None:
        self.exchanges = exchanges
        self.places: list[_Place] = []
        self.known: set[Any] = set()
        self.chance: Any = None  # of the program's dice, as they were before

    def add(self, function: Any) -> None:
        """Take over what a function shares with others, and what the functions that it names do."""
        function = getattr(function, "__func__", function)
        if not isinstance(function, FunctionType) or id(function) in self.known:
            return
        self.known.add(id(function))
        if is_library(function.__code__.co_filename):
            return
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=False
        ):
            self._add(_Cell(cell, name))
        for name in _names(function.__code__):
            if name in function.__globals__:
                self._add(_Global(function.__globals__, name))

    def _add(self, place: _Place) -> None:
        if place.key in self.known:
            return
        self.known.add(place.key)
        try:
            value = place.get()
        except ValueError:  # a closure's variable that has no value yet
            return
        if isinstance(value, (FunctionType, MethodType)):
            self.add(value)
        if value is random or getattr(value, "__self__", None) is DICE:
            self.chance = random.getstate()
        if isinstance(value, type) and is_own(value):
            self._add_class(value)
        place.value = value
        if self._may_change(value):
            self.places.append(place)

    def _add_class(self, kind: type) -> None:
        for name, value in [*vars(kind).items()]:
            inner = getattr(value, "fget", None) or getattr(value, "__func__", value)
            if isinstance(inner, FunctionType):
                self.add(inner)
            elif not name.startswith(("__", "_abc_")):  # nor what ABCMeta keeps
                self._add(_Attribute(kind, name))

    def _may_change(self, value: Any) -> bool:
        if id(value) in self.exchanges:
            return True
        is_dataclasses = type(value).__module__ == "dataclasses"  # in the methods that it makes
        return not is_dataclasses and not isinstance(value, NEVER_CHANGE)

    def renew(self) -> None:
        """Give all places what they had first, each run a copy of its own.

        Raises:
            RefusedError: there can be no copy.
        """
        if self.chance:
            random.seed(SEED)  # each run throws the same
        memo: dict[int, Any] = {}
        for one in self.places:
            if id(one.value) in self.exchanges:
                one.set(self.exchanges[id(one.value)])
                continue
            try:
                one.set(copy.deepcopy(one.value, memo))
            except Exception as error:
                raise RefusedError(
                    f"{one.name} cannot be copied for each run ({error}): make it in make()"
                ) from None

    def restore(self) -> None:
        """Give all places what they really had."""
        if self.chance:
            random.setstate(self.chance)
        for one in self.places:
            one.set(one.value)


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


class _Place:
    """Where a value is."""

    key: Any
    name: str
    value: Any = None

    def get(self) -> Any:
        raise NotImplementedError

    def set(self, value: Any) -> None:
        raise NotImplementedError

    def is_data(self) -> bool:
        """Return whether it is a value, not a function or a class of the standard library's."""
        return not callable(self.value)


class _Global(_Place):
    def __init__(self, names: dict[str, Any], name: str) -> None:
        self.names, self.name, self.key = names, name, (id(names), name)

    def get(self) -> Any:
        return self.names[self.name]

    def set(self, value: Any) -> None:
        self.names[self.name] = value


class _Cell(_Place):
    def __init__(self, cell: CellType, name: str) -> None:
        self.cell, self.name, self.key = cell, name, id(cell)

    def get(self) -> Any:
        return self.cell.cell_contents

    def set(self, value: Any) -> None:
        self.cell.cell_contents = value


class _Attribute(_Place):
    def __init__(self, kind: type, name: str) -> None:
        self.kind, self.attribute, self.key = kind, name, (id(kind), name)
        self.name = f"{kind.__name__}.{name}"

    def get(self) -> Any:
        return vars(self.kind)[self.attribute]

    def set(self, value: Any) -> None:
        setattr(self.kind, self.attribute, value)


def _names(code: Any) -> set[str]:
    """Return all names that a function, or one within it, looks up."""
    found = {*code.co_names}
    for one in code.co_consts:
        if isinstance(one, type(code)):
            found |= _names(one)
    return found
