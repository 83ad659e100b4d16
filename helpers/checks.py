"""What counts as a number where one is asked for: one rule for every argument."""

from __future__ import annotations

from math import inf
from numbers import Real
from typing import Any

__all__ = ["is_number"]


def is_number(value: Any, low: float = -inf, high: float = inf, kind: type[Any] = Real) -> bool:
    """Say whether a value is a number of a kind (NumPy's too) from low to high, and not infinite.

    True and False are no numbers here: who passes one has mixed up two arguments.
    """
    if isinstance(value, bool) or not isinstance(value, kind):
        return False
    return bool(low <= value <= high and -inf < value < inf)
