"""What the functions of a program share, which is as it was at first in each run.

Their globals and closures, the defaults and attributes of the functions, the attributes of classes:
each run begins with a copy of what was there when the lab was put up.
"""

from __future__ import annotations

import builtins
import copyreg
import gc
import random
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache, partial
from logging import Logger
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import TYPE_CHECKING, Any

from helpers.racelab.doubles import bare, copied, emptied, fresh
from helpers.racelab.instructions import instructions
from helpers.racelab.kinds import CACHED, CONSTANT, is_own
from helpers.racelab.spots import Attribute, Cell, Global, Names, Part, Spot
from helpers.racelab.watch import cached_touches
from helpers.racelab.whose import is_library, is_library_s

if TYPE_CHECKING:
    from helpers.racelab.lab import Program

__all__ = ["RefusedError", "Shared"]


class RefusedError(Exception):
    """What the program shares cannot be had again for each run."""


OF_GLOBALS = ("_GLOBAL", "_NAME", "_GLOBALS")  # instructions: of classes, too
DICE = random.random.__self__  # type: ignore[attr-defined]
SEED = 1
NEVER_CHANGE = (FunctionType, BuiltinFunctionType, MethodType, ModuleType, ContextVar, type)
IMMUTABLE_TYPE = 1 << 8  # of `__flags__`: one of C's, to which nothing can be given
METHODS = (FunctionType, property, staticmethod, classmethod)
NAMES_OF_PYTHON = ("__", "_abc_")  # the second is what ABCMeta keeps
SLOTS = (MemberDescriptorType, GetSetDescriptorType)
FLAT = frozenset((int, str, float, bool, bytes, type(None)))
GONE_THROUGH = frozenset(
    (list, tuple, dict, set, frozenset, deque, defaultdict, partial, *METHODS[1:])
)


class Shared:
    """The globals, closures and class attributes of a program's functions.

    `renew` gives them what they had when the lab was first put up, a copy for each run; `restore`
    gives back what they really had.
    """

    def __init__(self) -> None:
        self.exchanges: dict[int, Any] = {}
        self.places: list[Spot] = []
        self.known: set[Any] = set()
        self.todo: list[Any] = []
        self.same: dict[int, Any] = {}  # what is not copied, by its id
        self.reducers: dict[type, Any] = {
            defaultdict: self._default_dict,
            ContextVar: lambda variable: variable.name,  # itself: each worker has its own context
        }
        self.chance: Any = None  # of the program's dice, as they were before
        self.is_renewed = self.has_made = False
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

    def belongs_to(self, program: Program) -> None:
        """Take over the objects of which the program's functions are methods."""
        named = vars(program)
        parts = [Part(named, "make"), Part(named, "holds")]
        parts += [Part(program.bodies, n) for n in range(len(program.bodies))]
        for one in parts:
            if type(one.get()) is not FunctionType:
                self._add(one)

    def add(self, value: Any) -> None:
        """Take over what a function shares with others, and what all that it names does.

        Args:
            value: the function; or an object, of which the classes' methods may be called.
        """
        self.todo.append(value)
        while self.todo:  # no call for each: they may form a long chain
            self._visit(self.todo.pop())

    def _visit(self, value: Any) -> None:
        kind = type(value)
        if kind in FLAT:
            return
        if kind is MethodType:  # made anew each time that it is asked for
            self.todo += value.__func__, value.__self__
            return
        if id(value) in self.known:
            return
        if kind is FunctionType:
            self.known.add(id(value))
            self._function(value)
        elif isinstance(value, type):
            self.known.add(id(value))
            if is_own(value) and not value.__flags__ & IMMUTABLE_TYPE:
                self._class(value)
        elif isinstance(value, Logger):
            self._logger(value)
        elif kind in GONE_THROUGH or kind.__module__ == "functools" or is_own(kind):
            self.known.add(id(value))
            self.todo += gc.get_referents(value)  # its class among them, and no code of its own
            if isinstance(value, threading.local):
                self.reducers[kind] = fresh

    def _function(self, function: FunctionType) -> None:
        code, names, cells = function.__code__, function.__globals__, function.__closure__ or ()
        if is_library(code.co_filename):  # it may be around one of the program's own
            self.todo += vars(function).values()
            self.todo += [one for cell in cells for one in gc.get_referents(cell)]
            return
        for name, cell in zip(code.co_freevars, cells, strict=False):
            if name != "__classdict__":  # of a class's annotations, which nobody changes
                self._add(Cell(cell, name))
        stored = cached_touches(code).stored
        for name in _names(code):
            is_made = name in stored and not hasattr(builtins, name)
            if name in names or is_made:
                self._add(Global(names, name))
                if type(names.get(name)) is ModuleType:
                    self._module(names[name], name, _all_names(code), {id(names)})
        self._add(Names(function))
        self._defaults(function)

    def _defaults(self, function: FunctionType) -> None:
        for name in ("__defaults__", "__kwdefaults__"):
            given = getattr(function, name) or ()
            given = given.values() if isinstance(given, dict) else given
            self.todo += given
            if any(self._may_change(one) and not isinstance(one, CONSTANT) for one in given):
                self._add(Attribute(function, name))

    def _module(
        self, module: ModuleType, called: str, names: frozenset[str], above: set[int]
    ) -> None:
        """Take over what a function uses of a module of the program's own."""
        has = vars(module)
        if id(has) in above or is_library_s(module):
            return
        for name in names & has.keys():
            self._add(Global(has, name, f"{called}.{name}"))
            if type(has[name]) is ModuleType:
                self._module(has[name], f"{called}.{name}", names, {*above, id(has)})

    def _logger(self, logger: Logger) -> None:
        """Take over the program's own handlers: a copy of one has to be the logger's, too."""
        at: Logger | None = logger
        while at:
            others = {id(one): one for one in at.handlers if not is_own(type(one))}
            if len(others) < len(at.handlers):
                self.same |= others
                self._add(Part(vars(at), "handlers"))
            at = at.parent if at.propagate else None

    def _class(self, kind: type) -> None:
        self.todo += kind.__mro__
        self.todo.append(type(kind))
        self._add(Names(kind))
        for name, value in [*vars(kind).items()]:
            if isinstance(value, METHODS) and not isinstance(bare(value), CACHED):
                self.todo.append(value)
            elif not name.startswith(NAMES_OF_PYTHON) and not isinstance(value, SLOTS):
                self._add(Attribute(kind, name))

    def _add(self, place: Spot) -> None:
        if place.key in self.known:
            return
        self.known.add(place.key)
        try:
            value = place.get()
        except ValueError:  # a closure's variable that has no value yet
            return
        if isinstance(bare(value), CACHED):
            self.caches[id(value)] = value
        if value is random or getattr(value, "__self__", None) is DICE:
            self.chance = random.getstate()
        self.todo.append(value)
        place.value = place.real = place.first()
        if self._may_change(value) or (place.may_stay and isinstance(value, MethodType)):
            self.places.append(place)

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
        copyreg.dispatch_table.update(self.reducers)
        if self.chance:
            random.seed(SEED)  # each run throws the same
        memo = self.same | {key: emptied(one) for key, one in self.caches.items()}
        for one in self.places:
            if id(one.value) in self.exchanges:
                one.set(self.exchanges[id(one.value)])
                continue
            try:
                one.set(copied(one.value, memo))
            except Exception as error:
                if one.may_stay:
                    continue
                raise RefusedError(
                    f"{one.name} cannot be copied for each run ({error}): make it in make()"
                ) from None

    def made(self, make: Callable[[], Any]) -> Any:
        """Return what the program makes for a run.

        Of what classes it is can be told only then; what these share may have to be renewed, too.
        """
        state = make()
        if self.has_made:
            return state
        self.has_made = True
        found = self._found(state)
        if found:
            self.renew()
            other = make()  # if it comes with that again, it was there before
            again = {one.key for one in self._found(other)}
            self.places += [one for one in found if one.key in again]
            self.renew()
            state = make()
        return state

    def _found(self, value: Any) -> list[Spot]:
        """Return what else is shared by all that a value is made of."""
        known, places = self.known, self.places
        self.known, self.places = {*known}, []
        try:
            self.add(value)
            return self.places
        finally:
            self.known, self.places = known, places

    def restore(self) -> None:
        """Give all places what they really had."""
        if not self.is_renewed:
            return
        self.is_renewed = False
        if self.chance:
            random.setstate(self.chance)
        for one in self.places:
            one.set(one.real)

    def _default_dict(self, real: defaultdict[Any, Any]) -> tuple[Any, ...]:
        """Return how to copy one whose factory may be a lock's class."""
        factory = real.default_factory
        factory = self.exchanges.get(id(factory), factory)
        return defaultdict, (factory,), None, None, iter([*real.items()])


@lru_cache(maxsize=2000)
def _names(code: CodeType) -> frozenset[str]:
    """Return all global names that a function, or one within it, looks up or sets."""
    found = {one.argval for one in instructions(code) if one.opname.endswith(OF_GLOBALS)}
    for one in code.co_consts:
        if isinstance(one, CodeType):
            found |= _names(one)
    return frozenset(found)


@lru_cache(maxsize=2000)
def _all_names(code: CodeType) -> frozenset[str]:
    """Return all names in a function, or one within it, those of attributes among them."""
    inner = (_all_names(one) for one in code.co_consts if isinstance(one, CodeType))
    return frozenset(code.co_names).union(*inner)
