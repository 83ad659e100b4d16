"""What a call touches.

What the program's own function touches is seen in itself. Of others it is told by what they are
known to do with what they are given; one that is not known may change each thing that it is
given, and look at all that is within.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import partial
from types import MethodType, ModuleType
from typing import Any

from helpers.racelab.kinds import (
    ATTRIBUTES,
    CACHED,
    CONSTANT,
    GETTERS,
    LAZY,
    LOOKS_AT,
    LOOKS_INTO,
    MODULES_OF_READERS,
    OPERATORS_THAT_CHANGE,
    StandIn,
    is_in,
    is_opaque,
    is_own_function,
    is_read,
)
from helpers.racelab.objects import HIDDEN
from helpers.racelab.places import NO_KEY, Finder, Places

__all__ = ["Calls", "Values"]

Values = Sequence[Any]  # of one argument: all that it may be
BY_NAME = {"__setattr__": True, "__delattr__": True, "__getattribute__": False}
OUTSIDE = {"time", "datetime", "os", "posix", "nt", "secrets", "uuid", "_socket", "select"}
COMPARING = {"index", "count", "remove", "sort", "most_common", "total", "sum"}


class Calls:
    """Tells the places that calls touch.

    Attributes:
        looks_out: whether a call has asked for what is not the program's, as the real clock.

    Args:
        finder: knows the places of objects.
    """

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        self.looks_out = False

    def method(self, base: Any, name: str, others: Sequence[Values]) -> Places | None:
        """Return the places that a call of an object's method touches; None if it is its own."""
        if isinstance(base, (ModuleType, type)):
            return self.function(getattr(base, name, HIDDEN), others)
        own = vars(base).get(name) if hasattr(base, "__dict__") else None
        if own is not None:
            return self.function(own, others)
        kind: Any = type(base)
        of_kind = getattr(kind, name, None)
        if isinstance(base, StandIn) or is_own_function(of_kind):
            return None
        if isinstance(of_kind, (CACHED, MethodType)) and not is_opaque(kind):
            return self.function(of_kind, [[base], *others])
        if name in BY_NAME and others:
            return self._by_name(BY_NAME[name], [[base], *others])
        return self._of_c(base, name, others)

    def _of_c(self, base: Any, name: str, others: Sequence[Values]) -> Places:
        """Return the places that a method touches which is not the program's own."""
        kind: Any = type(base)
        reads = is_read(kind, name)
        key = others[0][0] if others and len(others[0]) == 1 else NO_KEY
        places = self.finder.inside(base, not reads, key)
        compares = name in COMPARING or (name.startswith("__") and reads)
        if compares:
            places += self.finder.deep(base, whole=False)
        formats = isinstance(base, CONSTANT)  # as "{}".format(...)
        return places + self._each(others, looks_into=compares or formats, whole=formats)

    def function(self, function: Any, others: Sequence[Values]) -> Places | None:
        """Return the places that a call of a function touches; None if it is the program's own."""
        if is_in(function, ATTRIBUTES) and len(others) > 1:
            return self._by_name(ATTRIBUTES[function], others)
        if is_own_function(function) or isinstance(function, StandIn):
            return None
        if isinstance(function, type) and not is_opaque(function):
            return []
        if isinstance(function, partial):
            given = [*function.args, *function.keywords.values()]
            return self.function(function.func, [*([one] for one in given), *others])
        if isinstance(function, (operator.attrgetter, operator.methodcaller)):
            return self._of_getter(function, others)
        me = getattr(function, "__self__", None)
        if isinstance(function, MethodType) and isinstance(function.__func__, CACHED):
            return self.function(function.__func__, [[me], *others])
        if me is not None and not isinstance(me, (ModuleType, type)):
            return self.method_of(function, me, others)
        of_class = getattr(function, "__objclass__", None)  # as of `list.append`
        if of_class is not None and others:
            name = function.__name__
            return [p for one in _first(others) for p in self._of_c(one, name, others[1:])]
        if function is vars or function is globals:
            return []
        if function is next:
            return [
                p for one in (others[0] if others else ()) for p in self.finder.inside(one, True)
            ]
        if any(isinstance(one, GETTERS) for values in others for one in values):  # as of `map`
            return self._each(others, looks_into=True, whole=True)
        if is_in(function, LOOKS_INTO):
            return self._each(others, looks_into=True)
        if is_in(function, LOOKS_AT) or is_in(function, LAZY):
            return self._each(others)
        return self._of_library(function, others)

    def method_of(self, function: Any, me: Any, others: Sequence[Values]) -> Places:
        """Return the places that a call of a method touches, by the method that is its object's."""
        name = getattr(function, "__name__", "")
        if name in BY_NAME and others:
            return self._by_name(BY_NAME[name], [[me], *others])
        return self._of_c(me, name, others)

    def _of_library(self, function: Any, others: Sequence[Values]) -> Places:
        if isinstance(function, CACHED):  # what it has kept is looked at, and added to
            return self.finder.inside(function, True) + self._each(others, looks_into=True)
        module = getattr(function, "__module__", None)
        owner = getattr(function, "__self__", None)  # of a class, as `datetime.now`
        self.looks_out |= {module, getattr(owner, "__module__", None)} & OUTSIDE != set()
        is_reader = module in MODULES_OF_READERS and not is_in(function, OPERATORS_THAT_CHANGE)
        places = self._each(others, looks_into=True, whole=True)
        if not is_reader:
            places += self._each(others, writes=True)
        return places

    def _each(
        self,
        others: Sequence[Values],
        writes: bool = False,
        looks_into: bool = False,
        whole: bool = False,
    ) -> Places:
        """Return the places of all arguments."""
        places: Places = []
        for values in others:
            for value in values:
                places += self.finder.inside(value, writes)
                if looks_into:
                    places += self.finder.deep(value, whole)
        return places

    def _by_name(self, writes: bool, others: Sequence[Values]) -> Places:
        """Return the places of an attribute whose name is an argument, as of `setattr`."""
        names = others[1] if len(others) > 1 else [HIDDEN]
        return [
            p for base in others[0] for name in names for p in self.finder.named(base, name, writes)
        ]

    def _of_getter(self, function: Any, others: Sequence[Values]) -> Places:
        """Return the places of what `operator.attrgetter` and the like look at."""
        _, names = function.__reduce__()[:2]
        if isinstance(function, operator.methodcaller):
            given = [[one] for one in names[1:]]
            return [p for base in _first(others) for p in self.method(base, names[0], given) or []]
        places: Places = []
        for base in _first(others):
            for name in names:
                one = base
                for part in name.split("."):
                    places += self.finder.attribute(one, part, False)
                    one = vars(one).get(part, HIDDEN) if hasattr(one, "__dict__") else HIDDEN
        return places


def _first(others: Sequence[Values]) -> Values:
    return others[0] if others else ()
