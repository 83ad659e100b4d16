"""The learner's function, what came of a call, and how a worker apart calls it.

As light as can be: every process and every interpreter of a pool imports this, and nothing else of
the chooser. What it needs for some functions only is imported when such a one comes.
"""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

__all__ = ["Calls", "Job", "Outcome", "dumps", "is_coroutine_function", "unpack"]

NOT_RUN = "it returned a generator, of which nothing has run yet"
NOT_AWAITED = "it returned a coroutine; hand over the coroutine function itself"


@dataclass
class Outcome:
    """What came of one call: a value, or an error."""

    value: Any = None
    error: BaseException | None = None


@dataclass
class Job:
    """A learner's function.

    Attributes:
        function: it.
        packed: it, as cloudpickle packs it; processes unpack this once each.
        is_coroutine: whether its calls are awaited.
    """

    function: Callable[[Any], Any]
    packed: bytes = b""
    is_coroutine: bool = field(init=False)
    _checked: type | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.is_coroutine = is_coroutine_function(self.function)

    @cached_property
    def name(self) -> str:
        """What it is called."""
        from helpers.recorder.log import name_of

        return name_of(self.function)

    def call(self, item: Any) -> Outcome:
        """Call it for one item; a coroutine function on a loop of its own."""
        try:
            if self.is_coroutine:
                import asyncio

                return Outcome(asyncio.run(self.function(item)))
            value = self.function(item)
            if type(value) is not self._checked:  # to look closer takes longer than a short call
                _check_result(value)
                self._checked = type(value)
            return Outcome(value)
        except BaseException as error:
            return Outcome(error=error.with_traceback(None))

    async def awaited(self, item: Any) -> Outcome:
        """Await a call of it for one item, or of a plain function in a thread."""
        if not self.is_coroutine:
            import asyncio

            return await asyncio.to_thread(self.named(self.call), item)
        try:
            return Outcome(await self.function(item))
        except BaseException as error:
            return Outcome(error=error.with_traceback(None))

    def named(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same and has the name of the learner's: it is drawn."""

        def one(*args: Any) -> Any:
            return call(*args)

        one.__qualname__ = self.name
        return one


def _check_result(value: Any) -> None:
    """Refuse what has not run yet.

    Raises:
        TypeError: it is to be awaited, or is a generator.
    """
    if inspect.isawaitable(value) or inspect.isasyncgen(value):
        if inspect.iscoroutine(value):
            value.close()  # nobody will await it: it would warn
        raise TypeError(NOT_AWAITED)
    if inspect.isgenerator(value):
        raise TypeError(NOT_RUN)


def is_coroutine_function(function: Callable[..., Any]) -> bool:
    """Say whether calls of something are awaited: also of a partial, a method, an object."""
    while isinstance(function, partial):
        function = function.func
    called = type(function).__call__ if callable(function) else None
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def dumps(thing: Any) -> bytes:
    """Return a thing packed, as it would be between two processes that have the same cells.

    Raises:
        Exception: it cannot be packed.
    """
    try:
        return pickle.dumps(thing, pickle.HIGHEST_PROTOCOL)
    except Exception:
        from helpers.chooser.packing import by_name

        return by_name(thing)


_job: Job  # in a process, and in an interpreter, of a pool


def unpack(packed: bytes) -> None:
    """Take the function; if that cannot be, each call says why, not merely that the pool broke."""
    global _job
    try:
        _job = Job(pickle.loads(packed))
    except Exception as error:
        cause = _cause(error)
        why = f"it cannot be unpacked there: {type(cause).__name__}: {cause}"
        _job = Job(partial(_refuse, why))


def _refuse(why: str, item: Any) -> None:
    raise RuntimeError(why)


def _cause(error: BaseException) -> BaseException:
    """Return an error, or that from which it came if a module refuses such an interpreter.

    Packages as NumPy say so in many words of their own, and causes are not sent back.
    """
    found, cause = error, error.__cause__ or error.__context__
    while cause is not None:
        if isinstance(cause, ImportError) and "subinterpreters" in str(cause):
            found = cause.with_traceback(None)
        cause = cause.__cause__ or cause.__context__
    return found


class Calls:
    """Calls the function for some items, in a process, under the learner's name for it."""

    def __init__(self, name: str) -> None:
        self.__qualname__ = name

    def __call__(self, items: bytes) -> bytes:
        """Return the outcomes, packed; what cannot be packed is an error of its item alone."""
        found = [_job.call(item) for item in pickle.loads(items)]
        for one in found:
            if one.error is not None:
                one.error = _cause(one.error)
        try:
            return dumps(found)
        except Exception:
            return dumps([_sendable(one) for one in found])


def _sendable(outcome: Outcome) -> Outcome:
    try:
        pickle.loads(dumps(outcome))
    except Exception as error:
        what = "result" if outcome.error is None else "error"
        told = f"its {what} cannot be sent back from a process: {type(error).__name__}: {error}"
        return Outcome(error=TypeError(told))
    return outcome
