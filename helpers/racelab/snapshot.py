"""Whether a program is in the same state again: all that its tasks have and share, written down.

Two states are the same if they look the same from the tasks and what they share, whichever objects
they are made of: each sleep has a new future. What cannot be seen into makes no state at all.
"""

from __future__ import annotations

import asyncio
import gc
import random
import weakref
from asyncio import events
from collections import deque
from collections.abc import Hashable, Iterable
from contextvars import Context
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CellType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
)
from typing import Any

__all__ = ["snapshot"]

MANY = 5000  # objects; a larger state is not looked through
PLAIN = frozenset((int, str, float, bool, bytes, complex, type(None), type(...)))
FIXED = (type, ModuleType, CodeType, FrameType, Context, asyncio.AbstractEventLoop, random.Random)
SUSPENDED = {CoroutineType: "cr_frame", GeneratorType: "gi_frame", AsyncGeneratorType: "ag_frame"}
BETWEEN = {"FutureIter", "TaskStepMethWrapper", "anext_awaitable", "coroutine_wrapper"}
BETWEEN |= {"async_generator_asend", "async_generator_athrow"}


class _HiddenError(Exception):
    """Something cannot be seen into."""


def snapshot(roots: Iterable[Any]) -> Hashable | None:
    """Return a value that is equal for equal states; None if there is none.

    Args:
        roots: from which all can be come at that the tasks have and share.
    """
    written: list[Any] = [hash(random.getstate())]
    known: dict[int, int] = {}
    kept: list[Any] = []  # so that no other object takes the place of one that was only made here
    todo = [*roots][::-1]
    while todo:
        value = todo.pop()
        kind = type(value)
        if kind in PLAIN:
            written += kind, value
        elif isinstance(value, FIXED):
            written += kind, id(value)
        elif id(value) in known:
            written += "again", known[id(value)]
        else:
            known[id(value)] = len(known)
            kept.append(value)
            if len(known) > MANY:
                return None
            try:
                parts = [*_parts(value, kind)]
            except Exception:  # whatever a stranger's object says to being asked
                return None
            written += kind, len(parts)
            todo += parts[::-1]
    return tuple(written)


def _parts(value: Any, kind: type) -> Iterable[Any]:
    """Return what one object has, in an order that is always the same."""
    if kind in (list, tuple, deque):
        return value  # type: ignore[no-any-return]
    if kind is dict:
        return [part for item in value.items() for part in item]
    if isinstance(value, (set, frozenset)):
        if not all(type(one) in PLAIN for one in value):
            raise _HiddenError
        return sorted(value, key=repr)
    if kind in SUSPENDED:
        return _suspended(value, getattr(value, SUSPENDED[kind]))
    if asyncio.isfuture(value):
        return _future(value)
    if isinstance(value, events.Handle):  # when it is due is nothing that the tasks could tell
        return value._cancelled, value._callback, value._args  # type: ignore[attr-defined]
    return _callable(value, kind)


def _suspended(value: Any, frame: FrameType | None) -> Iterable[Any]:
    """Return where a coroutine stands, and what lies in its variables and on its stack."""
    if frame is None:
        return ["over"]
    parts = gc.get_referents(value)
    # what comes before its function is not the program's: names, a frame, a dict of old values
    first = next(n for n, one in enumerate(parts) if isinstance(one, FunctionType))
    return [frame.f_lasti, *parts[first + 1 :]]


def _future(value: Any) -> Iterable[Any]:
    callbacks = [one for one, _ in value._callbacks or ()]
    parts = [value._state, value._result, value._exception, *callbacks]
    if hasattr(value, "get_coro"):
        waits = value._fut_waiter, value._must_cancel, value.cancelling()
        parts += [*waits, value.get_coro() if not value.done() else None]
    return parts


def _callable(value: Any, kind: type) -> Iterable[Any]:
    if kind is FunctionType:
        return value.__code__, value.__closure__, value.__defaults__, value.__kwdefaults__
    if kind is CellType:
        try:
            return [value.cell_contents]
        except ValueError:
            return []
    if kind is MethodType:
        return value.__func__, value.__self__
    if kind is BuiltinFunctionType:
        return value.__name__, value.__self__
    if kind.__name__ in BETWEEN:
        return gc.get_referents(value)
    if isinstance(value, weakref.ref):
        return [value()]
    if kind.__module__ == "itertools":
        raise _HiddenError
    reduced = value.__reduce_ex__(4)
    return [reduced] if isinstance(reduced, str) else reduced[1:]
