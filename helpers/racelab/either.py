"""What takes the place of a name in a library's module while a lab is up.

It makes the stand-in in the lab's threads, and the real thing elsewhere. In place of a class it is
one, too: what is made by either is an instance of it, and a program can make its own one of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from types import FrameType, GenericAlias
from typing import Any

from helpers.racelab.actors import is_here
from helpers.racelab.whose import is_library

__all__ = ["either"]

LAB = str(Path(__file__).parent)
CAN_BE_BASE = 1 << 10  # of `__flags__`


@cache
def either(module: str, name: str, real: Any, stand_in: Any) -> Any:
    """Return what makes the stand-in in the lab's threads, the real thing elsewhere.

    Args:
        module: where it takes the place of the real thing.
        name: under which it does so.
        real: a class or a function.
        stand_in: a class if it makes objects.
    """
    if isinstance(stand_in, type):
        names = {"__module__": module, "__init__": _by_kind(real, stand_in, "__init__")}
        return _Either(name, (), names, real=real, stand_in=stand_in)

    @wraps(real)
    def call(*how: Any, **more: Any) -> Any:
        return (stand_in if _is_the_program() else real)(*how, **more)

    return call


def _is_the_program() -> bool:
    """Return whether what is made now is the program's.

    What a library makes while it is imported stays with it for ever, whoever imports it.
    """
    if not is_here():
        return False
    frame: FrameType | None = sys._getframe(2)
    while frame and not (file := frame.f_code.co_filename).startswith(LAB):
        if frame.f_code.co_name == "<module>" and is_library(file):
            return False
        frame = frame.f_back
    return True


class _Either(type):
    """A class in place of another.

    Attributes:
        real: that one, or a function as `threading.RLock` is.
        stand_in: the class of the lab.
    """

    real: Any
    stand_in: Any

    def __new__(cls, name: str, bases: tuple[type, ...], names: dict[str, Any], **more: Any) -> Any:
        """Return one; or a class of the program's, of the stand-in or of the real thing."""
        if not bases:
            return super().__new__(cls, name, bases, names)
        is_ours = _is_the_program()
        its = tuple(one._base(is_ours) if isinstance(one, _Either) else one for one in bases)
        return type(name, its, names, **more)

    def __init__(
        cls, name: str, bases: tuple[type, ...], names: dict[str, Any], real: Any, stand_in: Any
    ) -> None:
        super().__init__(name, bases, names)
        cls.real, cls.stand_in = real, stand_in

    def _base(cls, is_ours: bool) -> Any:
        """Return the class in its place as a base.

        Raises:
            TypeError: the real one cannot be a base either.
        """
        if not (isinstance(cls.real, type) and cls.real.__flags__ & CAN_BE_BASE):
            raise TypeError(f"{cls.__module__}.{cls.__name__} is not an acceptable base type")
        return cls.stand_in if is_ours else cls.real

    def __call__(cls, *how: Any, **more: Any) -> Any:
        return (cls.stand_in if _is_the_program() else cls.real)(*how, **more)

    def __instancecheck__(cls, thing: Any) -> bool:
        return isinstance(thing, (cls.real, cls.stand_in))

    def __subclasscheck__(cls, kind: type) -> bool:
        kind = kind.stand_in if isinstance(kind, _Either) else kind
        return issubclass(kind, cls.real) or issubclass(kind, cls.stand_in)

    def __getitem__(cls, item: Any) -> Any:
        return GenericAlias(cls, item) if hasattr(cls.real, "__class_getitem__") else cls.real[item]

    def __getattr__(cls, name: str) -> Any:
        found = getattr(cls.real, name)
        return _by_kind(cls.real, cls.stand_in, name) if callable(found) else found


def _by_kind(real: Any, stand_in: Any, name: str) -> Callable[..., Any]:
    """Return a method as it is called by the name of its class: `Queue.put(self, item)`."""

    def method(self: Any, *how: Any, **more: Any) -> Any:
        kind = stand_in if isinstance(self, stand_in) else real
        return getattr(kind, name)(self, *how, **more)

    method.__name__ = name
    return method
