"""What `race` is given: whether it is of the kind that it needs."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from numbers import Real
from typing import Any

__all__ = ["check"]

ORDINALS = ("first", "second", "third", "fourth")
WITHOUT_ARGUMENTS = "make has to be a plain function without arguments that returns what is shared"
OF_ONE = "holds has to be a plain function of one argument, that which make returned"


def check(make: Any, bodies: Any, holds: Any, seconds: Any) -> None:
    """Look through what `race` is given.

    Raises:
        TypeError: something is not of the kind that it needs.
        ValueError: there are too few or too many bodies, or less than no time.
    """
    if not callable(make):
        raise TypeError(f"make has to be a function that returns what is shared, not {make!r}")
    if not _is_plain(make) or not _takes(make, 0):
        raise TypeError(f"{WITHOUT_ARGUMENTS}, not {_kind(make)}")
    _check_bodies(bodies)
    if not callable(holds):
        raise TypeError(f"holds has to be a plain function of what is shared, not {holds!r}")
    if not _is_plain(holds) or not _takes(holds, 1):
        raise TypeError(f"{OF_ONE}, not {_kind(holds)}")
    if isinstance(seconds, bool) or not isinstance(seconds, Real):
        raise TypeError(f"seconds has to be a number, not {seconds!r}")
    if not float(seconds) >= 0:
        raise ValueError(f"seconds has to be a number that is not negative, not {seconds!r}")


def _check_bodies(bodies: Any) -> None:
    if callable(bodies) or not isinstance(bodies, Sequence):
        raise TypeError(f"bodies has to be a list of functions, not {bodies!r}")
    if not 2 <= len(bodies) <= len(ORDINALS):
        raise ValueError(f"race runs two to four bodies, not {len(bodies)}")
    for which, one in zip(ORDINALS, bodies, strict=False):
        if not callable(one):
            raise TypeError(f"a body has to be a function of one argument, not {one!r}")
        name = _called(one, which)
        if inspect.isgeneratorfunction(one) or inspect.isasyncgenfunction(one):
            raise TypeError(f"{name} is a generator function: to call it runs nothing of it")
        if not _takes(one, 1):
            raise TypeError(f"{name} has to take one argument, that which make returned")
    if len({inspect.iscoroutinefunction(one) for one in bodies}) == 2:
        raise TypeError("the bodies have to be all functions or all coroutine functions")


def _called(body: Any, which: str) -> str:
    """Return what a body is called in a message."""
    name = getattr(body, "__name__", "<")
    return f"the {which} body" if name.startswith("<") else f"{name}, the {which} body,"


def _is_plain(function: Any) -> bool:
    """Return whether a function is run by a call."""
    kinds = inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction
    return not any(is_one(function) for is_one in kinds)


def _kind(function: Any) -> str:
    """Return what a function is instead of a plain one, or what it takes."""
    if inspect.iscoroutinefunction(function):
        return "an async function"
    if not _is_plain(function):
        return "a generator function"
    return f"one that takes {inspect.signature(function)}"


def _takes(function: Any, number: int) -> bool:
    """Return whether a function can be called with so many arguments."""
    code = getattr(function, "__code__", None)
    if code and not vars(function) and code.co_argcount == number and not code.co_kwonlyargcount:
        return True  # as nearly all do, and to ask for a signature takes long
    try:
        inspect.signature(function).bind(*[None] * number)
    except TypeError:
        return False
    except ValueError:  # some functions written in C do not tell what they take
        return True
    return True
