"""How a value is copied, so that each run has its own of it."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

__all__ = ["bare", "copied", "emptied", "fresh"]

DEEP = 200_000  # calls within one another, to copy what is a long chain


def bare(value: Any) -> Any:
    """Return what is in a method of a class, or the value itself."""
    return value.__func__ if isinstance(value, (classmethod, staticmethod)) else value


def emptied(value: Any) -> Any:
    """Return the same function with a cache in which nothing is kept yet."""
    cached = bare(value)
    new: Any = lru_cache(**cached.cache_parameters())(cached.__wrapped__)
    vars(new).update(vars(cached))
    return new if value is cached else type(value)(new)


def fresh(real: Any) -> tuple[Any, ...]:
    """Return how to copy what is another one in each thread: there is nothing in it yet."""
    return type(real), ()


def copied(value: Any, memo: dict[int, Any]) -> Any:
    """Return a copy of a value, in which what was copied already has the same copy."""
    try:
        return _tried(value, memo)
    except RecursionError:
        with _deeper():
            return _tried(value, memo)


def _tried(value: Any, memo: dict[int, Any]) -> Any:
    known = len(memo)
    try:
        return copy.deepcopy(value, memo)
    except Exception:
        for one in [*memo][known:]:  # they are half made
            del memo[one]
        raise


@contextmanager
def _deeper() -> Iterator[None]:
    """Let more calls be within one another, for the time of a block."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEEP))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
