"""What the functions of a program share, which is as it was at first in each run.

Their globals and closures, the defaults and attributes of the functions, the attributes of classes:
each run begins with a copy of what was there when the lab was put up.
"""

from __future__ import annotations

import builtins
import copy
import random
from functools import lru_cache
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from helpers.racelab.instructions import instructions
from helpers.racelab.kinds import CACHED, CONSTANT, function_in, is_own
from helpers.racelab.watch import cached_touches
from helpers.racelab.whose import is_library

__all__ = ["RefusedError", "Shared"]


class RefusedError(Exception):
    """What the program shares cannot be had again for each run."""


OF_GLOBALS = ("_GLOBAL", "_NAME", "_GLOBALS")  # instructions: of classes, too
DICE = random.random.__self__  # type: ignore[attr-defined]
SEED = 1
NEVER_CHANGE = (FunctionType, BuiltinFunctionType, MethodType, ModuleType, type)


class _Missing:
    """A value that is not there."""

    def __deepcopy__(self, memo: Any) -> _Missing:
        return self


MISSING = _Missing()


class Shared:
    """The globals, closures and class attributes of a program's functions.

    `renew` gives them what they had when the lab was first put up, a copy for each run; `restore`
    gives back what they really had.
    """

    def __init__(self) -> None:
        self.exchanges: dict[int, Any] = {}
        self.places: list[_Place] = []
        self.known: set[Any] = set()
        self.chance: Any = None  # of the program's dice, as they were before
        self.is_renewed = False
        self.caches: dict[int, Any] = {}  # by their ids: of functions that keep what they returned

    def begin(self, exchanges: dict[int, Any]) -> None:
        """Note what there really is, if a lab is put up again.

        Args:
            exchanges: the stand-ins, by the ids of that in whose place they are.

        Raises:
            RefusedError: something has gone since.
        """
        self.exchanges = exchanges
        if self.chance:
            self.chance = random.getstate()
        for one in self.places:
            try:
                one.real = one.first()
            except (KeyError, ValueError):
                raise RefusedError(f"{one.name} is no longer there") from None

    def in_place_of(self, function: Any) -> Any:
        """Return what is in the place of something while the lab is up: mostly it itself."""
        return self.exchanges.get(id(function), function)

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
        stored = cached_touches(function.__code__).stored
        for name in _names(function.__code__):
            is_made = name in stored and not hasattr(builtins, name)
            if name in function.__globals__ or is_made:
                self._add(_Global(function.__globals__, name))
        self._add(_Names(function))
        for name in ("__defaults__", "__kwdefaults__"):
            given = getattr(function, name) or ()
            given = given.values() if isinstance(given, dict) else given
            if any(self._may_change(one) and not isinstance(one, CONSTANT) for one in given):
                self._add(_Attribute(function, name))

    def _add(self, place: _Place) -> None:
        if place.key in self.known:
            return
        self.known.add(place.key)
        try:
            value = place.get()
        except ValueError:  # a closure's variable that has no value yet
            return
        self.add(function_in(value))
        if isinstance(_bare(value), CACHED):
            self.caches[id(value)] = value
        if value is random or getattr(value, "__self__", None) is DICE:
            self.chance = random.getstate()
        if isinstance(value, type) and is_own(value):
            self._add_class(value)
        place.value = place.real = place.first()
        if self._may_change(value):
            self.places.append(place)

    def _add_class(self, kind: type) -> None:
        self._add(_Names(kind))
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
        self.is_renewed = True
        if self.chance:
            random.seed(SEED)  # each run throws the same
        memo: dict[int, Any] = {key: _emptied(one) for key, one in self.caches.items()}
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
        if not self.is_renewed:
            return
        self.is_renewed = False
        if self.chance:
            random.setstate(self.chance)
        for one in self.places:
            one.set(one.real)


def _bare(value: Any) -> Any:
    return value.__func__ if isinstance(value, (classmethod, staticmethod)) else value


def _emptied(value: Any) -> Any:
    """Return the same function with a cache in which nothing is kept yet."""
    cached = _bare(value)
    new: Any = lru_cache(**cached.cache_parameters())(cached.__wrapped__)
    vars(new).update(vars(cached))
    return new if value is cached else type(value)(new)


class _Place:
    """Where a value is."""

    key: Any
    name: str
    value: Any = None  # with which each run begins
    real: Any = None

    def get(self) -> Any:
        raise NotImplementedError

    def set(self, value: Any) -> None:
        raise NotImplementedError

    def first(self) -> Any:
        """Return what it has when the lab is put up."""
        return self.get()

    def is_data(self) -> bool:
        """Return whether it is a value, not a function or a class of the standard library's."""
        return not callable(self.value) and self.get() is not MISSING


class _Global(_Place):
    def __init__(self, names: dict[str, Any], name: str) -> None:
        self.names, self.name, self.key = names, name, (id(names), name)

    def get(self) -> Any:
        return self.names.get(self.name, MISSING)

    def set(self, value: Any) -> None:
        if value is MISSING:
            self.names.pop(self.name, None)
        else:
            self.names[self.name] = value


class _Cell(_Place):
    def __init__(self, cell: CellType, name: str) -> None:
        self.cell, self.name, self.key = cell, name, id(cell)

    def get(self) -> Any:
        return self.cell.cell_contents

    def set(self, value: Any) -> None:
        self.cell.cell_contents = value


class _Attribute(_Place):
    """An attribute of a class, or the defaults of a function."""

    def __init__(self, owner: type | FunctionType, name: str) -> None:
        self.owner, self.attribute, self.key = owner, name, (id(owner), name)
        self.name = f"{owner.__name__}.{name}"

    def get(self) -> Any:
        if isinstance(self.owner, type):
            return vars(self.owner)[self.attribute]
        return getattr(self.owner, self.attribute)

    def set(self, value: Any) -> None:
        if isinstance(self.owner, type):  # whatever its own class thinks of that, as an Enum's
            type.__setattr__(self.owner, self.attribute, value)
        else:
            setattr(self.owner, self.attribute, value)

    def is_data(self) -> bool:
        return isinstance(self.owner, type) and super().is_data()


class _Names(_Place):
    """All that a function has as attributes; or of a class which ones it has."""

    def __init__(self, owner: type | FunctionType) -> None:
        self.owner, self.key, self.name = owner, (id(owner), ""), owner.__name__

    def get(self) -> Any:
        return vars(self.owner) if isinstance(self.owner, FunctionType) else None

    def first(self) -> Any:
        names = vars(self.owner)
        return dict(names) if isinstance(self.owner, FunctionType) else {*names}

    def set(self, value: Any) -> None:
        if isinstance(self.owner, FunctionType):
            names = vars(self.owner)
            if names or value:
                names.clear()
                names.update(value)
        elif len(vars(self.owner)) > len(value):
            for name in {*vars(self.owner)} - value:
                if not name.startswith("__"):
                    type.__delattr__(self.owner, name)

    def is_data(self) -> bool:
        return False


@lru_cache(maxsize=2000)
def _names(code: CodeType) -> frozenset[str]:
    """Return all global names that a function, or one within it, looks up or sets."""
    found = {one.argval for one in instructions(code) if one.opname.endswith(OF_GLOBALS)}
    for one in code.co_consts:
        if isinstance(one, CodeType):
            found |= _names(one)
    return frozenset(found)
