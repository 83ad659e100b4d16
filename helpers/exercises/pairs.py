"""Two dictionaries: what came of each that went well, and the errors of the others."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from operator import is_
from reprlib import repr as short
from typing import Any

__all__ = ["LOST", "judged_pair"]

LOST = (
    "An error comes out of its future alone; where `pool.map` has raised one, what comes after it "
    "is lost."
)


def judged_pair(
    found: Any,
    name: str,
    values: Mapping[Any, Any],
    errors: Mapping[Any, BaseException],
    is_same: Callable[[Any, BaseException], bool] = is_,
    lost_by: str = "",
) -> str:
    """Return what is wrong with two dictionaries, or ''.

    Args:
        found: what was returned.
        name: of the first dictionary.
        values: what should be in it.
        errors: what should be in the second.
        is_same: says whether what was found is an error that should be.
        lost_by: how it may have come about that some are in neither.
    """
    if not is_pair(found):
        return f"Return two dictionaries, `return {name}, errors`; this returned {short(found)}."
    first, second = found
    if {*first} == {*errors} and {*second} == {*values}:
        return f"The {name} first, then the errors: `return {name}, errors`."
    if trouble := trouble_with_values(name, [*first.values()]):
        return trouble
    number = len(values) + len(errors)
    if lost := {*values, *errors} - {*first, *second}:
        return f"{len(lost)} of {number} are in neither dictionary. {lost_by}".rstrip()
    if {*second} != {*errors} or not all(is_same(second[key], errors[key]) for key in errors):
        return (
            f"{len(errors)} of {number} failed; `errors` should hold the exception of each, no "
            "others: what you caught, not its text."
        )
    if first != values:
        return f"`{name}` should hold what came of each that did not fail, and nothing else."
    return ""


def is_pair(found: Any) -> bool:
    """Say whether this is a pair of dictionaries."""
    pair = isinstance(found, tuple | list) and len(found) == 2
    return pair and all(isinstance(one, Mapping) for one in found)


def trouble_with_values(name: str, values: list[Any]) -> str:
    """Return what it is that some of the values are no values, or ''."""
    if odd := sum(isinstance(one, Future) for one in values):
        return f"`{name}` holds {odd} futures. Ask each of them for its `result()`."
    if any(inspect.isawaitable(one) for one in values):
        return f"`{name}` holds what is still to be awaited: put in what `await` gives."
    if odd := sum(isinstance(one, BaseException) for one in values):
        return f"{odd} of the {name} are exceptions: they belong into `errors`."
    return ""
