"""A program for a file of its own: my_project.py, with your functions in place of its own."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path
from reprlib import repr as short
from typing import Any

__all__ = ["script"]

REFERENCE = Path(__file__).with_name("my_project.py")
Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def script(*functions: Callable[..., Any]) -> str:
    """Return the program my_project.py, in which functions of yours stand for its own.

    Args:
        functions: as you wrote them, in cells or in files; each stands for the one of its name.

    Raises:
        TypeError: one of them is no function.
        ValueError: my_project.py has none of that name, or its source cannot be found.
    """
    lines = REFERENCE.read_text("utf-8").splitlines()
    places = {one.name: one for one in ast.parse("\n".join(lines)).body if isinstance(one, Named)}
    sources = {_place(one, places): _source(one) for one in functions}
    for place in sorted(sources, key=lambda place: -place.lineno):  # from the end: lines move
        lines[place.lineno - 1 : place.end_lineno] = sources[place].splitlines()
    return "\n".join(lines) + "\n"


def _place(function: object, places: dict[str, Named]) -> Named:
    """Return what a function is to stand for."""
    if not inspect.isfunction(function):
        raise TypeError(f"script(...): must be functions, not {short(function)}")
    name = function.__name__
    if name not in places:
        names = ", ".join(places)
        raise ValueError(f"script(...): my_project.py has no function {name!r}; it has {names}")
    return places[name]


def _source(function: Callable[..., Any]) -> str:
    """Return the text of a function, without what stands around it."""
    try:
        return textwrap.dedent(inspect.getsource(function)).rstrip()
    except (OSError, TypeError):
        name = function.__name__
        raise ValueError(f"script(...): the source of {name!r} is not to be found") from None
