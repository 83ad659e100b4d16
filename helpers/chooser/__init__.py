"""CHOOSE: which way to call my function for many items? `compare` measures them all.

compare       checks what it is given, and has it measured
packing       packs a function and its items for another process
job           the function itself, and calls of it by a worker apart
ways          the ways to call a function for many items
dask_cluster  one of them, which is an extra
bench         the program in which everything is measured
probe         what one call costs, and what this machine charges
line          the line to that program
measure       has it measure: single calls, then all ways, round by round
model         how long workers need for items that wait, compute, and hold the GIL
predict       predicts each way from that
verdict       which way is best, and how sure that is
comparison    what came of it, plain data
words         the recommendation in words
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.chooser.comparison import Comparison
    from helpers.chooser.plan import compare

__all__ = ["Comparison", "compare"]

_ROOM_OF = {"Comparison": "comparison", "compare": "plan"}


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'helpers.chooser' has no attribute {name!r}")
    return getattr(import_module(f"helpers.chooser.{_ROOM_OF[name]}"), name)
