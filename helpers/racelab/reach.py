"""What a program's code comes at by its names, beside what is renewed for each run.

A state of a program is whole only with the values of all names that its code could look up later.
So the code is gone through once: functions, what they name, classes with their methods.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

from helpers.racelab.kinds import is_own
from helpers.racelab.shared import Shared
from helpers.racelab.whose import is_library, is_library_s

__all__ = ["Reach"]

SETS = {dis.opmap["STORE_GLOBAL"], dis.opmap["DELETE_GLOBAL"]}
WRAPPERS = (staticmethod, classmethod)
METHODS = (FunctionType, property, *WRAPPERS)


class _Absent:
    """In place of a value that a name does not have."""


ABSENT = _Absent()


class Reach:
    """The code of a program, and what it comes at.

    Attributes:
        codes: of its functions, and of those within them.
        classes: its own.
        is_whole: whether all was gone through; a module of the program's own is not, nor an object
            whose method is one of the functions.

    Args:
        functions: where the program begins.
        shared: what is renewed for each run.
    """

    def __init__(self, functions: Sequence[Any], shared: Shared) -> None:
        self.codes: set[CodeType] = set()
        self.classes: dict[type, list[Any]] = {}
        self.is_whole = all(map(_is_plain, functions))
        self.known: dict[int, Any] = {}  # by their `id`; none of them ends before this does
        self.getters: list[Callable[[], Any]] = []
        self.others: list[FunctionType] = []
        places = [one for one in shared.places if id(one.value) not in shared.exchanges]
        self.keys = {one.key for one in places}
        self.getters += [one.get for one in places]
        self.todo = [*functions]
        while self.todo:
            self._visit(self.todo.pop())

    def values(self) -> list[Any]:
        """Return what the names have now, in an order that is always the same."""
        return [*map(_got, self.getters), *map(_own, self.others)]

    def is_as_it_was(self) -> bool:
        """Return whether the program's classes have the methods that they had, and no more."""
        return all(_methods(kind) == had for kind, had in self.classes.items())

    def _visit(self, value: Any) -> None:
        if id(value) in self.known:
            return
        self.known[id(value)] = value
        if isinstance(value, FunctionType):
            self._function(value)
        elif isinstance(value, MethodType):
            self.todo += value.__func__, value.__self__
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, ModuleType):
            self.is_whole &= is_library_s(value)
        elif isinstance(value, property):
            self.todo += value.fget, value.fset, value.fdel
        elif isinstance(value, (*WRAPPERS, partial)):
            self.todo.append(getattr(value, "__func__", None) or value.func)  # type: ignore[union-attr]
        elif isinstance(value, dict):
            self.todo += value.values()
        elif isinstance(value, (list, tuple)):
            self.todo += value
        else:
            kind = type(value)
            self.todo.append(kind)
            if is_own(kind) or kind is SimpleNamespace:
                self.todo += getattr(value, "__dict__", {}).values()

    def _function(self, function: FunctionType) -> None:
        cells = function.__closure__ or ()
        self.todo += _contents(cells)
        self.todo.append(getattr(function, "__wrapped__", None))
        code, names = function.__code__, function.__globals__
        if is_library(code.co_filename):
            return
        self.others.append(function)
        self.codes.update(_within(code))
        for cell in cells:
            self._add(id(cell), partial(getattr, cell, "cell_contents"))
        looked_up = sorted({name for one in _within(code) for name in one.co_names})
        self.todo += [names[name] for name in looked_up if name in names]
        for name in _set_names(code):
            self._add((id(names), name), partial(names.__getitem__, name))

    def _class(self, kind: type) -> None:
        if not is_own(kind):
            return
        self.classes[kind] = _methods(kind)
        self.todo += kind.__mro__
        for name, value in [*vars(kind).items()]:
            self.todo.append(value)
            if not isinstance(value, METHODS) and not name.startswith(("__", "_abc_")):
                self._add((id(kind), name), partial(_attribute, kind, name))

    def _add(self, key: Any, get: Callable[[], Any]) -> None:
        if key not in self.keys:
            self.keys.add(key)
            self.getters.append(get)


def _is_plain(function: Any) -> bool:
    """Return whether a function has nothing of its own but what it names."""
    if isinstance(function, partial):
        given = [*function.args, *function.keywords.values()]
        return _is_plain(function.func) and all(isinstance(one, (str, int)) for one in given)
    return isinstance(function, FunctionType)


def _attribute(kind: type, name: str) -> Any:
    return vars(kind)[name]


def _got(get: Callable[[], Any]) -> Any:
    """Return the value of a name."""
    try:
        return get()
    except (LookupError, ValueError):
        return ABSENT


def _own(function: FunctionType) -> Any:
    """Return what a function itself has; None if it has nothing."""
    parts = function.__defaults__, function.__kwdefaults__, vars(function)
    return parts if any(parts) else None


def _methods(kind: type) -> list[Any]:
    """Return a class's names, each with what it does if that is no data."""
    return [
        (name, id(one) if isinstance(one, METHODS) else 0)
        for name, one in vars(kind).items()
        if isinstance(one, METHODS) or not name.startswith("__")  # which come when first used
    ]


def _contents(cells: Iterable[Any]) -> Iterator[Any]:
    for cell in cells:
        try:
            yield cell.cell_contents
        except ValueError:  # it has no value yet
            continue


def _within(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _within(one)


def _set_names(code: CodeType) -> Iterator[str]:
    """Yield the global names that a function, or one within it, sets."""
    for one in _within(code):
        if not SETS.isdisjoint(one.co_code[::2]):
            for op in dis.get_instructions(one):
                if op.opcode in SETS:
                    yield op.argval
