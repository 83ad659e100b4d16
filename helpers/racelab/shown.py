"""How the values of a program are shown: short, and the same in each run."""

from __future__ import annotations

import re
import reprlib
import types
from collections import deque
from collections.abc import Iterator
from dataclasses import is_dataclass
from itertools import islice
from typing import Any

from helpers.racelab.conditions import Barrier, Event
from helpers.racelab.kinds import StandIn
from helpers.racelab.locks import Semaphore
from helpers.racelab.queues import Queue, SimpleQueue

__all__ = ["error_told", "is_of_stand_ins", "parts", "short", "values", "without_address"]

LONGEST = 40  # characters of one value inside another
WHOLE = 80  # characters of all
SAID = 300  # characters of an error
MOST = 24  # values
DEPTH = 3


class _Short(reprlib.Repr):
    """Short, and without the address, which is another one in each run."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = LONGEST
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = self.maxdeque = 6

    def repr_int(self, x: int, level: int) -> str:
        try:
            return super().repr_int(x, level)
        except ValueError:  # Python does not write out more than some thousand digits
            return f"<a number of {x.bit_length():,} bits>"

    def repr_instance(self, x: Any, level: int) -> str:
        try:
            told = without_address(repr(x))
        except Exception:  # the program's own objects may refuse
            told = f"<{type(x).__name__}>"
        return told if len(told) <= LONGEST else told[: LONGEST - 1] + "…"


def without_address(told: str) -> str:
    """Return a text without the addresses of objects."""
    return re.sub(r" (object )?at 0x[0-9a-fA-F]+", "", told)


_short = _Short()


def short(value: Any) -> str:
    """Return how a value is shown."""
    told = _short.repr(value)
    return told if len(told) <= WHOLE else told[: WHOLE - 1] + "…"


def error_told(error: BaseException | None) -> str:
    """Return the type of an error, and what it says."""
    try:
        told = without_address(str(error))
    except Exception:  # it does not like to be asked
        told = "…"
    told = told if len(told) <= SAID else told[: SAID - 1] + "…"
    return f"{type(error).__name__}: {told}" if told else type(error).__name__


def parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an object is made of, each with its name."""
    if isinstance(value, dict):
        yield from ((f"{name}[{short(key)}]", one) for key, one in islice(value.items(), 50))
    elif isinstance(value, (list, tuple, deque)):
        yield from ((f"{name}[{n}]", one) for n, one in enumerate(islice(value, 50)))
    elif not isinstance(value, (StandIn, type, types.ModuleType)):
        yield from ((f"{name}.{key}", one) for key, one in getattr(value, "__dict__", {}).items())
        for slot in getattr(type(value), "__slots__", ()):
            if hasattr(value, slot):
                yield f"{name}.{slot}", getattr(value, slot)


def values(shared: dict[str, Any]) -> dict[str, str]:
    """Return the values that are worth showing, by their names: objects by their parts."""
    return dict(
        islice(((name, told) for one in shared.items() for name, told in _told(*one, DEPTH)), MOST)
    )


def _told(name: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, StandIn):
        if told := _stand_in(value):
            yield name, told
    elif depth and _is_made_of_parts(value):
        for part, inner in parts(name, value):
            yield from _told(part, inner, depth - 1)
    elif not (callable(value) or is_of_stand_ins(value) or _is_asyncio_s_lock(value)):
        yield name, short(value)


def _is_made_of_parts(value: Any) -> bool:
    kind = type(value)
    is_plain = getattr(kind, "__repr__", None) is object.__repr__ or is_dataclass(kind)
    return (is_plain or isinstance(value, types.SimpleNamespace)) and not callable(value)


def _is_asyncio_s_lock(value: Any) -> bool:
    """Return whether a value is only of use to those who wait for it."""
    return type(value).__module__ == "asyncio.locks"


def is_of_stand_ins(value: Any) -> bool:
    """Return whether something holds nothing but locks and their like."""
    inner = value.values() if isinstance(value, dict) else value
    some = isinstance(value, (dict, list, tuple)) and len(value) > 0
    return some and all(isinstance(one, StandIn) for one in inner)


def _stand_in(value: StandIn) -> str:
    """Return how a stand-in is; "" of one of which that is seen elsewhere, as of a lock."""
    match value:
        case Event():
            return "set" if value.flag else "not set"
        case Semaphore():
            return f"{value.value} left"
        case Barrier():
            return "broken" if value.is_broken else f"{value.here} of {value.parties} here"
        case Queue() | SimpleQueue():
            return short([*value.items])
    return ""
