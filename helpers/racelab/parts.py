"""What the objects of a state are made of: for each kind a way to see into it."""

from __future__ import annotations

import asyncio
import gc
import weakref
from asyncio import events, mixins
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextvars import Context, ContextVar
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CellType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
)
from typing import Any

from helpers.racelab.kinds import is_own
from helpers.racelab.reach import Reach
from helpers.racelab.whose import is_library, is_library_s

__all__ = ["FIXED", "HiddenError", "Ways"]

FIXED_KINDS = (type, ModuleType, CodeType, ContextVar, asyncio.AbstractEventLoop)
SUSPENDED = {CoroutineType: "cr", GeneratorType: "gi", AsyncGeneratorType: "ag"}
BETWEEN = {"FutureIter", "TaskStepMethWrapper", "anext_awaitable", "coroutine_wrapper"}
BETWEEN |= {"async_generator_asend", "async_generator_athrow"}
FLAT = frozenset((int, str, float, bool, bytes, type(None)))
WAITERS = ("_waiters", "_getters", "_putters")
# They do not tell where in their table they are, or whether what they go through has changed.
GONE_THROUGH: list[Any] = [{}, {}.keys(), {}.values(), {}.items(), deque()]
HALF_SEEN = {type(walk(one)) for one in GONE_THROUGH for walk in (iter, reversed)}
HALF_SEEN |= {type(iter(set()))}
# With these a class could keep back what it has.
KEEPS_BACK = ("__reduce__", "__reduce_ex__", "__getstate__", "__getnewargs__", "__getnewargs_ex__")

Parts = Iterable[Any]
Way = Callable[[Any], Parts]


class HiddenError(Exception):
    """Something cannot be seen into."""


def FIXED(value: Any) -> Parts:  # noqa: N802
    """Stand for the way of what stays what it is: nobody goes it."""
    raise HiddenError


class Ways:
    """For each kind of objects the way in which they are seen into.

    Attributes:
        times: when the timers are due that were met.
        is_exact: whether nothing was met that is seen only in part.

    Args:
        reach: the program's code.
    """

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.kept: dict[int, Any] = {}  # what is written by its `id`, so that none comes up again
        self.known: dict[type, Way] = {}
        self.begin(())

    def begin(self, tasks: Sequence[Any]) -> None:
        """Forget what was met.

        Args:
            tasks: in an order that is the same in each run.
        """
        self.numbers = {id(task): n for n, task in enumerate(tasks)}
        self.times: list[float] = []
        self.is_exact = True

    def of(self, kind: type) -> Way:
        """Return the way in which objects of a kind are seen into."""
        way = self.known.get(kind)
        if way is None:
            way = self._find(kind)
            if self._is_strange(kind):  # and not kept: it may be another one in each run
                self.is_exact = False
            else:
                self.known[kind] = way
        return way

    def stands_for(self, value: Any) -> int:
        """Return what stands for something that stays what it is."""
        if isinstance(value, asyncio.AbstractEventLoop):
            return 0  # there is only one in each run
        if isinstance(value, type):
            self.of(value)
        elif isinstance(value, ModuleType):
            self.is_exact &= is_library_s(value)
        if self.is_exact:
            self.kept[id(value)] = value
        return id(value)

    def _is_strange(self, kind: type) -> bool:
        """Return whether there may be more in objects of a kind than can be seen."""
        if kind in HALF_SEEN:
            return True
        if kind.__module__ == "_asyncio":  # not all of them can be found by their names there
            return False
        own = [one for one in kind.__mro__ if is_own(one)]
        return any(
            one not in self.reach.classes or any(name in vars(one) for name in KEEPS_BACK)
            for one in own
        )

    def _find(self, kind: type) -> Way:
        own: dict[type, Way] = {
            list: _as_it_is, tuple: _as_it_is, dict: _items, deque: _deque, Context: _context,
            FunctionType: self._function, MethodType: lambda one: (one.__func__, one.__self__),
            BuiltinFunctionType: lambda one: (one.__name__, one.__self__), CellType: _cell,
            **dict.fromkeys(SUSPENDED, self._suspended),
        }  # fmt: skip
        if kind in own:
            return own[kind]
        if kind.__name__ in BETWEEN:
            return gc.get_referents
        if kind.__module__ == "itertools" or issubclass(kind, FrameType):
            return _hidden
        ways: list[tuple[Any, Way]] = [
            (FIXED_KINDS, FIXED), (asyncio.Future, self._future), (events.Handle, self._handle),
            (weakref.ref, _alive), (mixins._LoopBoundMixin, _bound), (BaseException, self._error),
            ((set, frozenset), _with_more(self._set)), (list, _with_more(_as_it_is)),
            (dict, _with_more(_items)), (deque, _with_more(_deque)),
        ]  # fmt: skip
        return next((way for some, way in ways if issubclass(kind, some)), _reduced)

    def _code(self, code: CodeType) -> CodeType:
        """Return a function's code, once it is noted whether it is known what that comes at."""
        if code not in self.reach.codes and not is_library(code.co_filename):
            self.is_exact = False
        return code

    def _function(self, value: Any) -> Parts:
        code = self._code(value.__code__)
        return code, value.__closure__, value.__defaults__, value.__kwdefaults__, vars(value)

    def _suspended(self, value: Any) -> Parts:
        """Return where a coroutine stands, and what lies in its variables and on its stack."""
        frame: FrameType | None = getattr(value, f"{SUSPENDED[type(value)]}_frame")
        if frame is None:
            return ["over"]
        parts = gc.get_referents(value)
        # what comes before its function is not the program's: names, a frame, a dict of old values
        first = next(n for n, one in enumerate(parts) if isinstance(one, FunctionType))
        return [self._code(frame.f_code), frame.f_lasti, *_names(frame), *parts[first + 1 :]]

    def _future(self, value: Any) -> Parts:
        callbacks = [part for pair in value._callbacks or () for part in pair]
        parts = [value._state, value._result, value._exception, *callbacks]
        parts += [value._log_traceback, value._cancel_message, getattr(value, "__dict__", None)]
        if hasattr(value, "get_coro"):
            name = value.get_name()
            parts += [value._fut_waiter, value._must_cancel, value.cancelling(), _context_of(value)]
            parts += ["" if name.startswith("Task-") else name]  # which counts on from run to run
            parts += [None if value.done() else value.get_coro()]
        return parts

    def _handle(self, value: Any) -> Parts:
        if isinstance(value, events.TimerHandle):
            self.times.append(value.when())
        return value._cancelled, value._callback, value._args

    def _error(self, value: BaseException) -> Parts:
        at, trace = value.__traceback__, []
        while at:
            trace += [self._code(at.tb_frame.f_code), at.tb_lasti]
            at = at.tb_next
        more = value.__cause__, value.__context__, value.__suppress_context__
        return [*_reduced(value), *more, *trace]

    def _set(self, value: Any) -> Parts:
        """Return what is in a set, in the order in which a loop goes through it."""
        if all(id(one) in self.numbers for one in value):  # of tasks: such a loop has any order
            return sorted(value, key=lambda one: self.numbers[id(one)])
        if not all(type(one) in FLAT for one in value):
            raise HiddenError
        return [value.__sizeof__(), *value]


def _as_it_is(value: Any) -> Parts:
    return value  # type: ignore[no-any-return]


def _hidden(value: Any) -> Parts:
    raise HiddenError


def _items(value: Any) -> Parts:
    return [part for item in dict.items(value) for part in item]


def _deque(value: Any) -> Parts:
    return [value.maxlen, *value]


def _with_more(inner: Way) -> Way:
    """Return how a subclass's objects are seen into, which may have attributes, too."""

    def parts(value: Any) -> Parts:
        if type(value) in (set, frozenset):
            return inner(value)
        reduced = value.__reduce_ex__(4)
        if isinstance(reduced, str):
            raise HiddenError
        return [*inner(value), *reduced[1:3]]

    return parts


def _context(value: Context) -> Parts:
    every = sorted(value.items(), key=lambda item: (item[0].name, id(item[0])))
    return [part for item in every for part in item]


def _context_of(task: Any) -> Any:
    if hasattr(task, "get_context"):
        return task.get_context()
    # Python 3.11 does not tell
    return next((one for one in gc.get_referents(task) if type(one) is Context), None)


def _names(frame: FrameType) -> Parts:
    """Return the names that have a value: those that have none leave no gap."""
    values = frame.f_locals
    names = [*values]
    if type(values) is dict:  # before Python 3.13: a copy, which would keep the values
        values.clear()
    return names


def _cell(value: Any) -> Parts:
    try:
        return [value.cell_contents]
    except ValueError:
        return []


def _alive(value: Any) -> Parts:
    return [value()]


def _bound(value: Any) -> Parts:
    """Return what a lock or a queue of asyncio's has; its loop comes when somebody waits first."""
    names = {name: one for name, one in vars(value).items() if name != "_loop"}
    for name in WAITERS:
        if name in names:
            names[name] = names[name] or None
    return _items(names)


def _reduced(value: Any) -> Parts:
    reduced = value.__reduce_ex__(4)
    if isinstance(reduced, str):  # the one of that name, whatever it has kept
        raise HiddenError
    return reduced[1:]  # type: ignore[no-any-return]
