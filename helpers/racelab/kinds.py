"""What kinds of objects a program has: its own, a library's, the lab's stand-ins.

And of those that are not its own, which of their methods only look at them.
"""

from __future__ import annotations

import array
import itertools
import operator
import sys
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Collection
from functools import cached_property, lru_cache, partial
from types import CodeType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from helpers.racelab.whose import is_library

__all__ = [
    "CACHED",
    "CONSTANT",
    "StandIn",
    "StepProperty",
    "finds",
    "function_in",
    "is_in",
    "is_iterator_s",
    "is_opaque",
    "is_own",
    "is_own_function",
    "is_read",
]


class StandIn:
    """What a program has in place of a lock or a queue; it makes its points by itself.

    Attributes:
        kind: the word for it.
    """

    kind = ""

    def __repr__(self) -> str:  # the same in each run
        return f"<{self.kind or type(self).__name__}>"


if TYPE_CHECKING:
    StepProperty = property
else:

    class StepProperty(property):
        """A property of a stand-in that makes a point.

        What is exactly a `property` CPython comes to inline after some calls. Then its caller seems
        to stand elsewhere, and who goes round and round is not known again.
        """


CONSTANT = (
    int, float, complex, str, bytes, bool, type(None), frozenset, range, slice, type(Ellipsis),
    types.FunctionType, ModuleType, CodeType, type, BaseException,
)  # fmt: skip
CACHED = type(lru_cache(len))
HEAP_TYPE = 1 << 9  # of `__flags__`: made by a class statement, or by the newer ones of C's types
VIEWS = {"keys", "values", "items"}
READS: dict[type, set[str]] = {
    list: {"copy", "count", "index"},
    tuple: {"count", "index"},
    dict: {"copy", "get", *VIEWS},
    set: {
        *("copy", "difference", "intersection", "isdisjoint", "issubset", "issuperset"),
        *("symmetric_difference", "union"),
    },
    deque: {"copy", "count", "index"},
    Counter: {"copy", "elements", "get", "most_common", "total", *VIEWS},
    OrderedDict: {"copy", "get", *VIEWS},
    defaultdict: {"copy", "get", *VIEWS},
    bytearray: {"decode", "hex", "find", "rfind", "index", "count", "startswith", "endswith"},
    CACHED: {"cache_info", "cache_parameters"},
    array.array: {"tolist", "tobytes", "index", "count", "buffer_info"},
}
CHANGES = {  # of the methods with two underscores at either end; all others only look
    f"__{name}__"
    for name in (
        *("setitem", "delitem", "setattr", "delattr", "set", "delete", "init", "setstate", "next"),
        *("iadd", "isub", "imul", "imatmul", "itruediv", "ifloordiv", "imod", "ipow", "ilshift"),
        *("irshift", "iand", "ixor", "ior"),
    )
}


def is_own(kind: type) -> bool:
    """Return whether a class is the program's own."""
    if not kind.__flags__ & HEAP_TYPE:
        return False
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    if module is None or vars(module).get(kind.__name__) is not kind:
        return not _is_of_c(kind.__module__, file)
    return kind.__module__ == "__main__" if file is None else not is_library(file)


def _is_of_c(module: str, file: str | None) -> bool:
    """Return whether all types of a module are made in C, though it may keep them to itself.

    A class in a text that is run with no names of its own says that it is one of the builtins.
    """
    if file is None:
        return module in sys.builtin_module_names and module != "builtins"
    return not file.endswith((".py", ".pyc"))


@lru_cache(maxsize=1024)
def is_opaque(kind: type) -> bool:
    """Return whether a type, or one that it is made of, is not the program's own."""
    return not all(is_own(one) for one in kind.__mro__[:-1])


def is_own_function(function: Any) -> bool:
    """Return whether a function is the program's own: then what it touches is seen in itself."""
    code = getattr(function, "__code__", None)
    return isinstance(code, CodeType) and not is_library(code.co_filename)


def function_in(value: Any) -> Any:
    """Return the function that a library's wrapper calls; or the value itself."""
    if isinstance(value, (MethodType, classmethod, staticmethod)):
        return function_in(value.__func__)
    if isinstance(value, CACHED):
        return function_in(value.__wrapped__)
    return function_in(value.func) if isinstance(value, (cached_property, partial)) else value


@lru_cache(maxsize=1024)
def is_iterator_s(kind: type) -> bool:
    """Return whether a type is one of a library's iterators: to read on is to change it."""
    return hasattr(kind, "__next__") and is_opaque(kind)


@lru_cache(maxsize=4096)
def is_read(kind: type, name: str) -> bool:
    """Return whether a method only looks at its object."""
    if name.startswith("__") and name.endswith("__"):
        return name not in CHANGES
    return name in next((READS[one] for one in kind.__mro__ if one in READS), ())


def is_in(function: Any, some: Collection[Any]) -> bool:
    """Return whether something is among others, also if it cannot be."""
    try:
        return function in some
    except TypeError:
        return False


def finds(kind: type, name: str) -> type | None:
    """Return the class in which an attribute is found that an object does not have itself."""
    return next((one for one in kind.__mro__ if name in one.__dict__), None)


# functions of C that are known

LOOKS_AT = frozenset(  # that read what they are given, and nothing that is within
    {
        abs, bool, bytes, bytearray, callable, chr, complex, dict, divmod, float, frozenset, id,
        int, isinstance, issubclass, iter, len, list, range, reversed, round, set, tuple, type,
        bin, hex, oct, ord, deque, OrderedDict, enumerate, zip, map, filter,
    }
)  # fmt: skip
LOOKS_INTO = frozenset(  # that also read what is within
    {all, any, ascii, format, hash, max, min, pow, print, repr, sorted, str, sum, Counter}
)
LAZY = frozenset(  # that read bit by bit, later on
    {enumerate, zip, reversed, iter, map, filter}
    | {one for one in vars(itertools).values() if isinstance(one, type)}
)
GETTERS = (operator.attrgetter, operator.itemgetter, operator.methodcaller, partial)
MODULES_OF_READERS = frozenset(  # whose functions change nothing that they are given
    {
        *("base64", "copy", "dataclasses", "functools", "hashlib", "itertools", "json"),
        *("json.encoder", "marshal", "math", "_operator", "operator", "pickle", "_pickle"),
        *("pprint", "re", "reprlib", "statistics", "string", "textwrap", "zlib"),
    }
)
OPERATORS_THAT_CHANGE = frozenset(
    function
    for name, function in vars(operator).items()
    if name in ("setitem", "delitem") or f"__{name}__" in CHANGES
)
ATTRIBUTES = {  # that touch an attribute by its name: whether they change it
    getattr: False,
    hasattr: False,
    object.__getattribute__: False,
    type.__getattribute__: False,
    **dict.fromkeys((setattr, delattr, object.__setattr__, object.__delattr__), True),
    **dict.fromkeys((type.__setattr__, type.__delattr__), True),
}
