"""Packs a function and its items, so that another process can have them."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import cloudpickle

__all__ = ["by_name", "packed"]

METHOD = re.compile(r"\w+(\.\w+)+$")  # not what stands in a function, nor a lambda
LOCKS = (type(threading.Lock()), type(threading.RLock()))


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Packs what cloudpickle packs, and locks, each as a new one; `locks` counts them."""

    locks = 0

    def reducer_override(self, obj: Any) -> Any:
        """Return how to make a lock, or what cloudpickle makes of anything else."""
        if isinstance(obj, LOCKS):
            self.locks += 1
            return (threading.RLock if isinstance(obj, LOCKS[1]) else threading.Lock), ()
        return super().reducer_override(obj)


class _ByName(cloudpickle.Pickler):  # type: ignore[misc]
    """Packs what pickle packs, and objects whose class stands in a cell or a script."""

    def reducer_override(self, obj: Any) -> Any:
        """Return how to make such a class, or a method of it; anything else is for pickle."""
        is_method = isinstance(obj, FunctionType) and METHOD.match(obj.__qualname__)
        homes = ("__main__", "builtins")  # the latter: of the types of functions and their code
        if (isinstance(obj, type) or is_method) and obj.__module__ in homes:
            return super().reducer_override(obj)
        return NotImplemented


def by_name(thing: Any) -> bytes:
    """Return a thing packed, and with it the classes of a cell or a script that it is of."""
    file = io.BytesIO()
    _ByName(file).dump(thing)
    return file.getvalue()


def packed(function: Callable[[Any], Any], items: Sequence[Any]) -> tuple[bytes, bytes, bool]:
    """Return a function and its items, each packed, and whether there is a lock in them.

    Raises:
        TypeError: one of them cannot be packed; it is named.
    """
    work, one_locks = _packed("function", function)
    every, other_locks = _packed_items(items)
    return work, every, one_locks or other_locks


def _packed(what: str, thing: Any) -> tuple[bytes, bool]:
    file = io.BytesIO()
    pickler = _Pickler(file)
    try:
        pickler.dump(thing)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise TypeError(
            f"compare({what}): it is measured in a process of its own, and cannot be sent there: "
            f"{type(error).__name__}: {reason}"
        ) from None
    return file.getvalue(), pickler.locks > 0


def _packed_items(items: Sequence[Any]) -> tuple[bytes, bool]:
    try:
        return _packed("items", items)
    except TypeError:
        for number, item in enumerate(items):
            _packed(f"items: item {number}", item)
        raise
