"""What an instruction that is about to run touches: which object, and whether it changes it.

The symbols of `bytecode` say where in the program the object comes from; the frame says which one
it is. An object that cannot be told makes its kind of place coarse: all objects' attributes of
that name are then one place, or all containers'. That only makes more points than needed.
"""

from __future__ import annotations

import sys
import threading
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterable
from functools import lru_cache
from types import CodeType, FrameType, ModuleType
from typing import Any

from helpers.racelab.effects import Symbol, Touch
from helpers.racelab.whose import is_library

__all__ = ["Looker", "Site", "StandIn", "is_program_s"]


class StandIn:
    """What a program has in place of a lock or a queue; it makes its points by itself.

    Attributes:
        kind: the word for it.
    """

    kind = ""

    def __repr__(self) -> str:  # the same in each run
        return f"<{self.kind or type(self).__name__}>"


class Site:
    """One touch of one instruction.

    Attributes:
        code: of which function.
        offset: of the instruction.
        touch: what it touches there.
        is_point: whether it is known to race with another one.
    """

    __slots__ = ("code", "is_point", "offset", "touch")

    def __init__(self, code: CodeType, offset: int, touch: Touch) -> None:
        self.code, self.offset, self.touch, self.is_point = code, offset, touch, False


class _Unknown:
    """What cannot be told."""


UNKNOWN = _Unknown()
CONSTANT = (
    int, float, complex, str, bytes, bool, type(None), frozenset, range, slice, type(Ellipsis),
    types.FunctionType, ModuleType, types.CodeType, type, BaseException,
)  # fmt: skip
CONTAINERS = (list, dict, set, deque, bytearray, tuple)
VIEWS = ("keys", "values", "items")
READS: dict[type, frozenset[str]] = {
    list: frozenset({"copy", "count", "index"}),
    tuple: frozenset({"count", "index"}),
    dict: frozenset({"copy", "get", *VIEWS}),
    set: frozenset(
        {"copy", "difference", "intersection", "isdisjoint", "issubset", "issuperset"}
        | {"symmetric_difference", "union"}
    ),
    deque: frozenset({"copy", "count", "index"}),
    Counter: frozenset({"copy", "elements", "get", "most_common", "total", *VIEWS}),
    OrderedDict: frozenset({"copy", "get", *VIEWS}),
    defaultdict: frozenset({"copy", "get", *VIEWS}),
}
LOOKERS = frozenset(  # functions that read what they are given, and make something new of it
    {
        abs, all, any, bool, bytes, complex, dict, divmod, float, format, frozenset, hash, id, int,
        isinstance, issubclass, len, list, max, min, pow, print, range, repr, round, set, sorted,
        str, sum, tuple, type, callable, bytearray, deque, ascii, bin, hex, oct, chr, ord, Counter,
    }
)  # fmt: skip
LAZY = frozenset({enumerate, zip, reversed, iter, map, filter})  # and that read bit by bit
HEAP_TYPE = 1 << 9  # of `__flags__`: made by a class statement, or by the newer ones of C's types
ATTRIBUTES = {getattr: False, hasattr: False, setattr: True, delattr: True}

IMMUTABLE = (*CONSTANT, StandIn)
Places = list[tuple[Hashable, bool]]


class Looker:
    """Tells what the instructions of one program touch.

    Attributes:
        stored: the names of attributes and variables that the program changes somewhere.
        coarse: names of which all objects' attributes are one place; "" for all containers.
        has_grown: whether one of these has grown since the program was last begun.
        kept: the objects of a run, by their ids, so that no other object gets the same.
    """

    def __init__(self) -> None:
        self.stored: set[str] = set()
        self.coarse: set[str] = set()
        self.has_grown = False
        self.kept: dict[int, Any] = {}
        self.loaded: dict[tuple[int, Symbol], Any] = {}
        self.returned: dict[tuple[int, int], Any] = {}

    def begin(self) -> None:
        """Forget the objects of the run before."""
        self.kept, self.loaded, self.returned = {}, {}, {}
        self.has_grown = False

    def is_of_interest(self, touch: Touch) -> bool:
        """Return whether a touch could matter to another worker, as far as is known by now."""
        return touch.kind not in ("name", "attr") or touch.name in self.stored

    def places(self, touch: Touch, frame: FrameType) -> Places:
        """Return the places that are touched, each with whether it is changed."""
        kind = touch.kind
        if kind == "attr":
            return self._attribute(touch, frame)
        if kind == "name":
            return self._variable(touch, frame)
        if kind == "inside":
            return self._inside(touch.base, frame, touch.writes)
        return self._call(touch, frame) if kind == "call" else []

    def remember(self, touch: Touch, frame: FrameType) -> None:
        """Note which object is loaded now, for it may be another one when it is used."""
        if touch.writes or touch.kind == "call":
            return
        if touch.kind == "attr":
            self._remember(("attr", touch.base, touch.name), frame)
        elif touch.kind == "name":
            is_cell = touch.name in _cells(frame.f_code)
            self._remember(("cell" if is_cell else "global", touch.name), frame)
        elif touch.others:
            self._remember(("item", touch.base, touch.others[0]), frame)

    def _remember(self, symbol: Symbol, frame: FrameType) -> None:
        key = (id(frame), symbol)
        self.loaded.pop(key, None)
        value = self.one(symbol, frame)
        if not isinstance(value, CONSTANT):
            self.loaded[key] = value

    def value(self, touch: Touch, frame: FrameType) -> Callable[[], Any] | None:
        """Return what tells the value that is touched, as it then is; None if it cannot be told."""
        if touch.kind == "name":
            if touch.name in _cells(frame.f_code):
                return lambda: frame.f_locals[touch.name]
            return lambda: frame.f_globals[touch.name]
        if touch.kind == "call" and touch.base[0] != "attr":
            return None
        base = self.one(touch.base[1] if touch.kind == "call" else touch.base, frame)
        if base is UNKNOWN:
            return None
        return (lambda: getattr(base, touch.name)) if touch.kind == "attr" else lambda: base

    # variables and attributes

    def _variable(self, touch: Touch, frame: FrameType) -> Places:
        if touch.name in _cells(frame.f_code):
            return [(("cell", touch.name), touch.writes)]
        return [((id(frame.f_globals), touch.name), touch.writes)]

    def _attribute(self, touch: Touch, frame: FrameType) -> Places:
        base = self.one(touch.base, frame)
        if base is UNKNOWN and touch.name not in self.coarse:
            self._grow(touch.name)
        return self._attribute_of(base, touch.name, touch.writes)

    def _attribute_of(self, base: Any, name: str, writes: bool) -> Places:
        if name in self.coarse:
            return [(("attribute", name), writes)]
        if isinstance(base, ModuleType):
            return [((id(base.__dict__), name), writes)]
        if base is UNKNOWN or isinstance(base, threading.local) or _is_property(_type(base), name):
            return []
        self.kept[id(base)] = base
        places: Places = [((id(base), name), writes)]
        if not writes and name not in getattr(base, "__dict__", ()):
            owner = _owner(base if isinstance(base, type) else type(base), name)
            if owner is not None and owner is not base:
                places.append(((id(owner), name), False))
        return places

    def _grow(self, name: str) -> None:
        self.coarse.add(name)
        self.has_grown = True

    # containers

    def _inside(self, symbol: Symbol, frame: FrameType, writes: bool) -> Places:
        places: Places = []
        for value in self.every(symbol, frame):
            places += self._inside_of(value, writes)
        return places

    def _inside_of(self, value: Any, writes: bool) -> Places:
        if isinstance(value, IMMUTABLE) or type(value) is tuple:
            return []
        if value is UNKNOWN:
            if "" not in self.coarse:
                self._grow("")
            return [("containers", writes)]
        if not _is_opaque_type(_type(value)):
            return []
        self.kept[id(value)] = value
        return [("containers" if "" in self.coarse else id(value), writes)]

    # calls

    def _call(self, touch: Touch, frame: FrameType) -> Places:
        symbol = touch.base
        if symbol[0] != "attr":
            return self._function(self.one(symbol, frame), touch, frame)
        places: Places = []
        for base in self.every(symbol[1], frame):
            places += self._method(base, symbol[2], touch, frame)
        return places

    def _method(self, base: Any, name: str, touch: Touch, frame: FrameType) -> Places:
        if isinstance(base, (ModuleType, type)):
            return self._function(getattr(base, name, UNKNOWN), touch, frame)
        own = vars(base).get(name) if hasattr(base, "__dict__") else None
        if isinstance(base, StandIn) or _is_program_s(own or getattr(type(base), name, None)):
            return []
        places = self._inside_of(base, not _is_read(_type(base), name))
        for other in touch.others:
            places += self._inside(other, frame, False)
        return places

    def _function(self, function: Any, touch: Touch, frame: FrameType) -> Places:
        if _is_in(function, ATTRIBUTES):
            return self._by_name(ATTRIBUTES[function], touch, frame)
        if _is_program_s(function) or isinstance(function, StandIn):
            return []
        if isinstance(function, type) and not _is_opaque_type(function):
            return []
        me = getattr(function, "__self__", None)
        is_method = me is not None and not isinstance(me, ModuleType)
        places = self._inside_of(me, True) if is_method else []
        writes = not (_is_in(function, LOOKERS) or _is_in(function, LAZY))
        for other in touch.others:
            places += self._inside(other, frame, writes)
        return places

    def _by_name(self, writes: bool, touch: Touch, frame: FrameType) -> Places:
        """Return the place of an attribute whose name is an argument, as of `setattr`."""
        base, name = (self.one(one, frame) for one in touch.others[:2])
        name = name if isinstance(name, str) else ""
        if writes and name not in self.stored:
            self.stored.add(name)
            self.has_grown = True
        return self._attribute_of(base, name, writes) if name in self.stored else []

    # which object a symbol stands for

    def one(self, symbol: Symbol, frame: FrameType) -> Any:
        """Return which object a symbol stands for in a frame, or UNKNOWN."""
        if self.loaded:
            loaded = self.loaded.get((id(frame), symbol), self)
            if loaded is not self:
                return loaded
        kind = symbol[0]
        if kind == "local" or kind == "cell":
            return frame.f_locals.get(symbol[1])
        if kind == "attr":
            return _attribute(self.one(symbol[1], frame), symbol[2])
        if kind == "global":
            name = symbol[1]
            return frame.f_globals.get(name, frame.f_builtins.get(name))
        if kind == "const":
            return symbol[1]
        if kind == "item":
            return _item(self.one(symbol[1], frame), self.one(symbol[2], frame))
        every = self.every(symbol, frame)
        return every[0] if len(every) == 1 else UNKNOWN

    def every(self, symbol: Symbol, frame: FrameType) -> list[Any]:
        """Return all objects that a symbol may stand for; nothing for what is new."""
        kind = symbol[0]
        if kind == "iterator":
            return self.every(symbol[1], frame)
        if kind == "result":
            return self._result(symbol[1], symbol[2:], frame)
        if kind == "new" or kind == "null":
            return [None]
        return [UNKNOWN if kind == "unknown" else self.one(symbol, frame)]

    def _result(self, symbol: Symbol, others: Iterable[Symbol], frame: FrameType) -> list[Any]:
        if symbol[0] == "attr":
            base = self.one(symbol[1], frame)
            if isinstance(base, dict) and symbol[2] in VIEWS:
                return [base]
            if isinstance(base, CONSTANT):
                return [None] if not isinstance(base, (type, ModuleType)) else [UNKNOWN]
            if isinstance(base, dict) and symbol[2] == "get":
                keys = [self.one(one, frame) for one in others]
                return [_item(base, keys[0], keys[1] if len(keys) > 1 else None)]
            function = getattr(getattr(type(base), symbol[2], None), "__code__", None)
            return [self.returned.get((id(frame), id(function)), UNKNOWN)]
        function = self.one(symbol, frame)
        if isinstance(function, types.FunctionType):
            return [self.returned.get((id(frame), id(function.__code__)), UNKNOWN)]
        if _is_in(function, LAZY):
            return [value for one in others for value in self.every(one, frame)] or [None]
        if _is_in(function, LOOKERS - {max, min}) or isinstance(function, type):
            return [None]
        return [UNKNOWN]


def _type(value: Any) -> Any:
    return type(value)


def _is_in(function: Any, some: Collection[Any]) -> bool:
    try:
        return function in some
    except TypeError:
        return False


@lru_cache(maxsize=4096)
def _cells(code: CodeType) -> frozenset[str]:
    """Return the names of the variables that a function shares with those in or around it."""
    return frozenset(code.co_freevars + code.co_cellvars)


@lru_cache(maxsize=4096)
def _is_property(kind: type, name: str) -> bool:
    return isinstance(_static(kind, name), property)


@lru_cache(maxsize=4096)
def _is_read(kind: type, name: str) -> bool:
    """Return whether a method only looks at its object."""
    return name in next((READS[one] for one in kind.__mro__ if one in READS), ())


def _owner(kind: type, name: str) -> type | None:
    """Return the class in which an attribute is found that an object does not have itself."""
    return next((one for one in kind.__mro__ if name in one.__dict__), None)


def _is_program_s(function: Any) -> bool:
    """Return whether a function is the program's own: then what it touches is seen in itself."""
    code = getattr(function, "__code__", None)
    return isinstance(code, CodeType) and not is_library(code.co_filename)


@lru_cache(maxsize=1024)
def _is_opaque_type(kind: type) -> bool:
    """Return whether a type, or one that it is made of, is not the program's own."""
    return not all(is_program_s(one) for one in kind.__mro__[:-1])


def is_program_s(kind: type) -> bool:
    """Return whether a class is the program's own."""
    if not kind.__flags__ & HEAP_TYPE:
        return False
    module = sys.modules.get(kind.__module__)
    if module is None or vars(module).get(kind.__name__) is not kind:
        return True
    file = getattr(module, "__file__", None)
    return kind.__module__ == "__main__" if file is None else not is_library(file)


def _attribute(base: Any, name: str) -> Any:
    """Return an object's attribute without running anything of the program's."""
    if base is UNKNOWN:
        return UNKNOWN
    if isinstance(base, type):
        return _static(base, name)
    if isinstance(base, ModuleType):
        return getattr(base, name, UNKNOWN)
    found = vars(base).get(name, UNKNOWN) if hasattr(base, "__dict__") else UNKNOWN
    if found is not UNKNOWN:
        return found
    of_type = _static(type(base), name)
    if isinstance(of_type, types.MemberDescriptorType):
        return of_type.__get__(base) if hasattr(base, name) else None
    if isinstance(of_type, (types.FunctionType, CONSTANT, CONTAINERS)):
        return of_type
    return UNKNOWN


def _static(kind: type, name: str) -> Any:
    return next((vars(one)[name] for one in kind.__mro__ if name in vars(one)), UNKNOWN)


def _item(base: Any, key: Any, default: Any = UNKNOWN) -> Any:
    """Return what a plain container has under a key."""
    if type(base) not in (list, tuple, dict, deque, OrderedDict) or key is UNKNOWN:
        return UNKNOWN if type(base) not in (str, bytes, range) else None
    try:
        return base[key]
    except (LookupError, TypeError):
        return None if default is UNKNOWN else default
