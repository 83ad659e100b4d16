"""Which places are touched when an object is: its attributes, what is in it, what it goes over.

A place is a value that equals another one only if it is of the same. An object that cannot be told
makes its kind of place coarse: all objects' attributes of that name are then one place, or all
containers'. That only makes more points than needed.
"""

from __future__ import annotations

import gc
import threading
import types
from collections import defaultdict
from collections.abc import Hashable
from functools import cached_property, lru_cache
from types import BuiltinMethodType, FrameType, ModuleType
from typing import Any

from helpers.racelab.kinds import (
    CONSTANT,
    HEAP_TYPE,
    StandIn,
    finds,
    is_iterator_s,
    is_opaque,
    is_read,
)
from helpers.racelab.objects import CONTAINERS, HIDDEN, Fresh, Objects, cells, is_told_alone

__all__ = ["NO_KEY", "Finder", "Places"]

Places = list[tuple[Hashable, bool]]

IMMUTABLE = (*CONSTANT, StandIn, Fresh, threading.Thread)
RUNNING = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType, FrameType)
VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
MANY = 2000  # objects; of what reaches further all containers are one place
NO_KEY = object()  # where no single thing is taken out or put in
OPTIMIZED = 1  # of a code's flags: its variables are in no dict


class Finder:
    """Tells places of objects.

    Attributes:
        stored: the names of attributes and variables that the program changes somewhere.
        coarse: names of which all objects' attributes are one place; "" for all containers.
        has_grown: whether one of these has grown since the program was last begun.
        late: names of attributes that a cached property gives an object when they are first read.
        kept: the objects of a run, by their ids, so that no other object gets the same.
    """

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self.stored: set[str] = set()
        self.coarse: set[str] = set()
        self.late: set[str] = set()
        self.has_grown = False
        self.kept: dict[int, Any] = {}

    def begin(self) -> None:
        """Forget the objects of the run before."""
        self.kept = {}
        self.has_grown = False

    # variables and attributes

    def variable(self, name: str, writes: bool, frame: FrameType) -> Places:
        """Return the place of a variable that functions share."""
        code = frame.f_code
        if name in cells(code):
            return [(("cell", name), writes)]
        is_in_text = not code.co_flags & OPTIMIZED and frame.f_locals is not frame.f_globals
        if is_in_text and (writes or name in frame.f_locals):
            return []
        return [((id(frame.f_globals), name), writes)]

    def attribute(self, base: Any, name: str, writes: bool) -> Places:
        """Return the places of an attribute of an object."""
        if base is HIDDEN and name not in self.coarse:
            self._grow(name)
        if name in self.coarse:
            return [(("attribute", name), writes)]
        if isinstance(base, ModuleType):
            return [((id(base.__dict__), name), writes)]
        if isinstance(base, Fresh):
            return self._of_class(base.kind, name, base)
        kind: Any = type(base)
        if base is HIDDEN or isinstance(base, threading.local) or _is_property(kind, name):
            return []
        self.kept[id(base)] = base
        writes = writes or (name in self.late and _is_missing(base, name))
        places: Places = [((id(base), name), writes)]
        if not writes and name not in getattr(base, "__dict__", ()):
            places += self._of_class(base if isinstance(base, type) else kind, name, base)
        return places

    def _of_class(self, kind: type, name: str, base: Any) -> Places:
        owner = finds(kind, name)
        return [((id(owner), name), False)] if owner is not None and owner is not base else []

    def named(self, base: Any, name: Any, writes: bool) -> Places:
        """Return the places of an attribute whose name is a value, as of `setattr`."""
        name = name if isinstance(name, str) else ""
        if writes:
            self._store({name})
        return self.attribute(base, name, writes) if name in self.stored else []

    def note_late(self, name: str) -> None:
        """Note the name of an attribute that a cached property has just computed."""
        self.late.add(name)
        self._store({name})

    def _grow(self, name: str) -> None:
        self.coarse.add(name)
        self.has_grown = True

    def _store(self, names: set[str]) -> None:
        if not names <= self.stored:
            self.stored |= names
            self.has_grown = True

    # what is in an object

    def inside(self, value: Any, writes: bool, key: Any = NO_KEY) -> Places:
        """Return the places that are touched when something is taken out of an object, or put in.

        Args:
            value: the object.
            writes: whether it is changed.
            key: of what is taken or put; HIDDEN if it cannot be told.
        """
        if value is HIDDEN:
            if "" not in self.coarse:
                self._grow("")
            return [("containers", writes)]
        kind: Any = type(value)
        if isinstance(value, IMMUTABLE) or kind is tuple:
            return []
        if kind is BuiltinMethodType:  # a method that is kept, as `put = things.append`
            me: Any = value.__self__
            return self.inside(me, not is_read(me.__class__, value.__name__))
        if kind is dict and self.objects.owners and id(value) in self.objects.owners:
            return self._names(value, writes, key)
        if not is_opaque(kind):
            return []
        self.kept[id(value)] = value
        if kind in VIEWS:
            return [place for one in gc.get_referents(value) for place in self.inside(one, writes)]
        if isinstance(value, memoryview):
            return self.inside(value.obj, writes)
        if isinstance(value, RUNNING):
            return [(id(value), True)]
        if is_iterator_s(kind):
            return self._advance(value)
        if isinstance(value, defaultdict) and not writes:
            writes = key is not NO_KEY and not (is_told_alone(key) and key in value)  # puts it in
        places: Places = [("containers" if "" in self.coarse else id(value), writes)]
        if kind.__flags__ & HEAP_TYPE and hasattr(value, "__dict__"):  # made in Python
            places += [(place, writes) for place, _ in self.deep(value, True) if place != id(value)]
        return places

    def _advance(self, iterator: Any) -> Places:
        """Return the places that are touched when an iterator goes on."""
        places: Places = [(id(iterator), True)]
        for one in gc.get_referents(iterator):
            if type(one) is tuple:  # as of `zip`
                places += [place for part in one for place in self.inside(part, False)]
            elif not isinstance(one, CONSTANT):
                places += self.inside(one, False)
        return places

    def _names(self, names: dict[str, Any], writes: bool, key: Any) -> Places:
        """Return the places of what is touched through `vars(one)` or `globals()`."""
        owner, _ = self.objects.owners[id(names)]
        touched = {key} if isinstance(key, str) else {*names, *self.stored}
        if writes:
            self._store({key} if isinstance(key, str) else {*names})
        if owner is None:
            return [((id(names), name), writes) for name in touched & self.stored]
        places = [self.attribute(owner, name, writes) for name in touched & self.stored]
        return [place for some in places for place in some]

    def deep(self, value: Any, whole: bool) -> Places:
        """Return the places that are read when an object is looked at with all that is in it.

        Args:
            value: the object.
            whole: whether the attributes of the program's own objects are looked at, too; without
                that, only what its own methods do with them, and that is seen in these.
        """
        places: Places = []
        todo, seen = [value], set()
        while todo:
            one = todo.pop()
            kind: Any = type(one)
            if id(one) in seen or isinstance(one, (*IMMUTABLE, *RUNNING)):
                continue
            seen.add(id(one))
            if one is HIDDEN or len(seen) > MANY:
                places += self.inside(HIDDEN, False)
                places += self._hidden() if whole else []
                if one is not HIDDEN:
                    break
            elif kind is not tuple and not is_opaque(kind):
                if whole:
                    places += self._own(one, todo)
            else:
                self.kept[id(one)] = one
                if kind is not tuple:
                    places += self.inside(one, False) if kind in SIMPLE else [(id(one), False)]
                todo += _parts(one)
        return places

    def _own(self, value: Any, todo: list[Any]) -> Places:
        """Return the places of all attributes of an object; what they are is still to be done."""
        todo += gc.get_referents(value)
        places: Places = []
        for name in self.stored:
            places += self.attribute(value, name, False)
        return places

    def _hidden(self) -> Places:
        """Return the places of all attributes of an object that cannot be told."""
        return [place for name in [*self.stored] for place in self.attribute(HIDDEN, name, False)]


SIMPLE = (list, dict, set)


def _parts(value: Any) -> list[Any]:
    """Return what an object that is not the program's own consists of.

    Of one that is made in Python that is what it has in containers; what else it knows, as a logger
    knows all others, is no part of it.
    """
    if type(value).__flags__ & HEAP_TYPE and hasattr(value, "__dict__"):
        inner = [one for one in vars(value).values() if isinstance(one, CONTAINERS)]
        return inner + (gc.get_referents(value) if isinstance(value, CONTAINERS) else [])
    return gc.get_referents(value)


@lru_cache(maxsize=4096)
def _is_property(kind: type, name: str) -> bool:
    owner = finds(kind, name)
    return owner is not None and isinstance(vars(owner)[name], property)


def _is_missing(base: Any, name: str) -> bool:
    """Return whether a cached property is yet to give an object this attribute."""
    owner = finds(type(base), name)
    is_cached = owner is not None and isinstance(vars(owner)[name], cached_property)
    return is_cached and name not in getattr(base, "__dict__", ())
