"""Which object a symbol stands for, in a frame that is about to run an instruction.

What was loaded earlier may be another one by now: it is remembered when it is loaded. So is what a
function of the program has returned. What functions of C return is told by what they are known for.
"""

from __future__ import annotations

import gc
import inspect
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Sequence
from functools import lru_cache
from types import CodeType, FrameType, ModuleType
from typing import Any

from helpers.racelab.kinds import (
    CACHED,
    CONSTANT,
    GETTERS,
    HEAP_TYPE,
    LAZY,
    LOOKS_AT,
    LOOKS_INTO,
    VIEWS,
    finds,
    function_in,
    is_in,
    is_opaque,
    is_own_function,
)
from helpers.racelab.symbols import Symbol, Touch

__all__ = ["CONTAINERS", "HIDDEN", "Fresh", "Objects", "cells", "is_told_alone"]


class _Hidden:
    """What cannot be told."""


HIDDEN = _Hidden()


class Fresh:
    """A new object of a class, which nobody else has yet."""

    def __init__(self, kind: type) -> None:
        self.kind = kind


CHOOSERS = (max, min, next)  # that return one of what they are given, or of what is in it
CONTAINERS = (list, dict, set, deque, bytearray, tuple)
ANSWERS = ("math", "random", "time", "_operator", "_random")  # modules whose functions make values


class Objects:
    """The objects of a run.

    Attributes:
        loaded: by the frame's id and the symbol.
        returned: by the caller's frame's id and the function's code's.
        owners: whose names are in a dict, by its id: of `vars(one)`; None of a module's globals.
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget the objects of the run before."""
        self.loaded: dict[tuple[int, Symbol], Any] = {}
        self.returned: dict[tuple[int, int], Any] = {}
        self.owners: dict[int, tuple[Any, dict[str, Any]]] = {}

    def remember(self, touch: Touch, frame: FrameType) -> None:
        """Note which object is loaded now, for it may be another one when it is used."""
        if touch.writes:
            return
        if touch.kind == "attr":
            self._remember(("attr", touch.base, touch.name), frame)
        elif touch.kind == "name":
            is_cell = touch.name in cells(frame.f_code)
            self._remember(("cell" if is_cell else "global", touch.name), frame)
        elif touch.kind == "inside" and touch.others:
            self._remember(("item", touch.base, touch.others[0]), frame)

    def _remember(self, symbol: Symbol, frame: FrameType) -> None:
        key = (id(frame), symbol)
        self.loaded.pop(key, None)
        value = self.one(symbol, frame)
        if not isinstance(value, CONSTANT):
            self.loaded[key] = value

    def one(self, symbol: Symbol, frame: FrameType) -> Any:
        """Return which object a symbol stands for in a frame, or HIDDEN."""
        if self.loaded:
            loaded = self.loaded.get((id(frame), symbol), self)
            if loaded is not self:
                return loaded
        kind = symbol[0]
        if kind == "local" or kind == "cell":
            return frame.f_locals.get(symbol[1])
        if kind == "attr":
            return self._attribute(self.one(symbol[1], frame), symbol[2], frame)
        if kind == "global" or kind == "name":
            return _variable(symbol[1], frame, kind == "name")
        if kind == "const":
            return symbol[1]
        every = self.every(symbol, frame)
        return every[0] if len(every) == 1 else HIDDEN

    def every(self, symbol: Symbol, frame: FrameType) -> list[Any]:
        """Return all objects that a symbol may stand for; nothing of a new container."""
        kind = symbol[0]
        if kind == "result":
            return self._result(symbol[1], symbol[2:], frame)
        if kind == "item":
            return self._item(symbol[1], symbol[2], frame)
        if kind == "items":
            return self._items(symbol[1], frame) or [None]
        if kind == "iterator":
            return [self._iterator(one, frame) for one in self.every(symbol[1], frame)]
        if kind == "either":
            return [one for part in symbol[1:] for one in self.every(part, frame)]
        if kind == "made":
            return [Fresh(tuple)]
        if kind == "sum":
            some = [one for part in symbol[1:] for one in self.every(part, frame)]
            kinds: list[Any] = [type(one) for one in some]
            is_known = all(issubclass(one, CONSTANT) or is_opaque(one) for one in kinds)
            return [Fresh(tuple) if is_known else HIDDEN]
        if kind in ("new", "null", "filled"):
            return [None]
        return [HIDDEN if kind in ("unknown", "function") else self.one(symbol, frame)]

    def deep(self, symbol: Symbol, frame: FrameType) -> list[Any]:
        """Return all objects that a symbol may stand for, or that are in what is new."""
        if symbol[0] == "made" or symbol[0] == "either":
            return [one for part in symbol[1:] for one in self.deep(part, frame)]
        if symbol[0] == "sum":
            return [item for part in symbol[1:] for item in self.deep(part, frame)]
        if symbol[0] == "filled":
            return [HIDDEN]
        return self.every(symbol, frame)

    def _items(self, base: Symbol, frame: FrameType) -> list[Any]:
        if base[0] == "made":
            return [one for part in base[1:] for one in self.every(part, frame)]
        return [item for one in self.every(base, frame) for item in _items(one)]

    def _item(self, base: Symbol, key: Symbol, frame: FrameType) -> list[Any]:
        if base[0] == "made":
            return self._items(base, frame)
        index = self.one(key, frame)
        return [_item(one, index) for one in self.every(base, frame)]

    def _iterator(self, base: Any, frame: FrameType) -> Any:
        """Return what goes over an object: itself, or what its own `__iter__` has returned."""
        function: Any = getattr(type(base), "__iter__", None)
        if not is_own_function(function) or _is_generator(function.__code__):
            return base
        return self.returned.get((id(frame), id(function.__code__)), HIDDEN)

    def _attribute(self, base: Any, name: str, frame: FrameType) -> Any:
        """Return an object's attribute without running anything of the program's."""
        if base is HIDDEN:
            return HIDDEN
        if isinstance(base, type):
            return _static(base, name)
        if isinstance(base, Fresh):
            return HIDDEN if _static(base.kind, name) is HIDDEN else _static(base.kind, name)
        if isinstance(base, ModuleType) or not type(base).__flags__ & HEAP_TYPE:
            return getattr(base, name, HIDDEN)
        if name == "__dict__":
            return self.names_of(base)
        found = vars(base).get(name, HIDDEN) if hasattr(base, "__dict__") else HIDDEN
        if found is not HIDDEN:
            return found
        of_type = _static(type(base), name)
        if isinstance(of_type, types.MemberDescriptorType):
            return of_type.__get__(base) if hasattr(base, name) else None
        if isinstance(of_type, property) and is_own_function(of_type.fget):
            return self.returned.get((id(frame), id(_code(of_type.fget))), HIDDEN)
        if isinstance(of_type, (types.FunctionType, CACHED, CONSTANT, CONTAINERS)):
            return of_type
        return HIDDEN

    def names_of(self, base: Any) -> Any:
        """Return the dict in which an object's attributes are, and note whose it is."""
        if not hasattr(base, "__dict__") or isinstance(base, type):
            return HIDDEN
        names = vars(base)
        self.owners[id(names)] = (base, names)
        return names

    # calls

    def _result(self, function: Symbol, others: Sequence[Symbol], frame: FrameType) -> list[Any]:
        if function[0] == "function":
            return self._returned(function[1], frame)
        if function[0] == "attr":
            found = [
                self._result_of_method(base, function[2], others, frame)
                for base in self.every(function[1], frame)
            ]
            return [one for some in found for one in some]
        return self._result_of(self.one(function, frame), others, frame)

    def _returned(self, code: Any, frame: FrameType, default: Any = HIDDEN) -> list[Any]:
        if isinstance(code, CodeType) and _is_generator(code):
            return [None]  # what it touches is seen in itself
        return [self.returned.get((id(frame), id(code)), default)]

    def _result_of_method(
        self, base: Any, name: str, others: Sequence[Symbol], frame: FrameType
    ) -> list[Any]:
        if isinstance(base, (type, ModuleType)):
            return self._result_of(getattr(base, name, HIDDEN), others, frame)
        if isinstance(base, dict) and name in VIEWS:
            return [base]
        if isinstance(base, CONSTANT):
            return [None]
        if isinstance(base, dict) and name == "get":
            keys = [self.one(one, frame) for one in others]
            found = [_item(base, keys[0], None)] if keys else []
            return [*found, *keys[1:]]
        own = self._attribute(base, name, frame)
        return self._result_of(own, others, frame)

    def _result_of(self, function: Any, others: Sequence[Symbol], frame: FrameType) -> list[Any]:
        code = _code(function)
        if isinstance(code, CodeType):
            return self._returned(code, frame)
        if isinstance(function, CACHED):
            return [*_kept(function), *self._returned(_code(function_in(function)), frame, None)]
        if is_in(function, LAZY):
            return [one for other in others for one in self.deep(other, frame)] or [None]
        if function is globals:
            self.owners[id(frame.f_globals)] = (None, frame.f_globals)
            return [frame.f_globals]
        if function is vars and len(others) == 1:
            return [self.names_of(self.one(others[0], frame))]
        if function is type and len(others) == 1:
            return [type(self.one(others[0], frame))]
        if function is getattr and len(others) > 1:
            name = self.one(others[1], frame)
            base = self.one(others[0], frame)
            found = self._attribute(base, name, frame) if isinstance(name, str) else HIDDEN
            return [found, *(self.one(one, frame) for one in others[2:])]
        if is_in(function, CHOOSERS):
            some = [one for other in others for one in self.every(other, frame)]
            return [*some, *(item for one in some for item in _items(one))]
        if is_in(function, GETTERS):
            return [_getter(function, [self.one(one, frame) for one in others])]
        if is_in(function, LOOKS_AT) or is_in(function, LOOKS_INTO):
            return [None]
        if isinstance(function, type):
            return self._made_by(function, frame)
        is_value = getattr(function, "__module__", "") in ANSWERS
        return [None if is_value and not is_in(function, GETTERS) else HIDDEN]

    def _made_by(self, kind: type, frame: FrameType) -> list[Any]:
        """Return what a class gives: a new object, unless its `__new__` does something else."""
        for maker in (_static(type(kind), "__call__"), kind.__new__):
            if is_own_function(maker):
                return self._returned(_code(maker), frame)
        return [Fresh(kind)]


def _code(function: Any) -> Any:
    return getattr(function, "__code__", None)


@lru_cache(maxsize=4096)
def cells(code: CodeType) -> frozenset[str]:
    """Return the names of the variables that a function shares with those in or around it."""
    return frozenset(code.co_freevars + code.co_cellvars)


def _is_generator(code: Any) -> bool:
    return bool(code.co_flags & inspect.CO_GENERATOR)


def _variable(name: str, frame: FrameType, is_local_too: bool) -> Any:
    if is_local_too and name in frame.f_locals:
        return frame.f_locals[name]
    return frame.f_globals.get(name, frame.f_builtins.get(name))


def _static(kind: type, name: str) -> Any:
    owner = finds(kind, name)
    return HIDDEN if owner is None else vars(owner)[name]


def _item(base: Any, key: Any, default: Any = HIDDEN) -> Any:
    """Return what a plain container has under a key."""
    if isinstance(base, Fresh):
        return HIDDEN
    if isinstance(base, (str, bytes, range)):
        return None
    is_plain = type(base) in (list, tuple, dict, deque, OrderedDict, defaultdict)
    if not is_plain or not is_told_alone(key):
        return HIDDEN
    try:
        found = dict.get(base, key, default) if isinstance(base, dict) else base[key]
    except (LookupError, TypeError):
        found = default
    return None if found is HIDDEN else found


def is_told_alone(key: Any) -> bool:
    """Return whether a key can be looked up without running anything of the program's."""
    if isinstance(key, (tuple, frozenset)):
        return all(is_told_alone(one) for one in key)
    return key is not HIDDEN and not is_own_function(type(key).__hash__)


def _kept(cached: Any) -> list[Any]:
    """Return all that a function's cache may give: what is kept in it."""
    found = [one for one in gc.get_referents(cached) if one is not vars(cached)]
    found += [one for cache in found if type(cache) is dict for one in cache.values()]
    return [one for one in found if not isinstance(one, CONSTANT)]


def _items(base: Any) -> list[Any]:
    """Return what is in a container, or in what an iterator goes over."""
    if base is HIDDEN:
        return [HIDDEN]
    if isinstance(base, (CONSTANT, Fresh)):
        return []
    if isinstance(base, CONTAINERS) or hasattr(type(base), "__next__"):
        found = gc.get_referents(base)
        if isinstance(base, dict) or not isinstance(base, CONTAINERS):
            found += [item for one in found for item in _plain_items(one)]
        return [one for one in found if not isinstance(one, CONSTANT)]
    return [HIDDEN]


def _plain_items(base: Any) -> list[Any]:
    return gc.get_referents(base) if isinstance(base, CONTAINERS) else []


def _getter(kind: Any, values: list[Any]) -> Any:
    """Return a partial function or a getter, made once more of the same."""
    if any(one is HIDDEN for one in values):
        return HIDDEN
    try:
        return kind(*values)
    except Exception:  # the program will hear of it itself
        return None
