"""Five lanes in one measured table, and the counting job on Pythons with a GIL and without one.

count_script   counts with threads, in turn and at once: a script for any Python
counted        has a Python run it: count_on() and count_without_gil()
add_script     adds 1 with two threads at once: a script for any Python
added          has a Python run it: added_on() and added_without_gil()
panels         the picture of what they counted, side by side
lane_script    what a thread, a process, a task, a subinterpreter costs: a script for any Python
measure        has it measured: five_lanes()
table          what came of it, plain data
chart          the picture of the table
recorded       what was measured on another machine, for what this one does not have
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.five.added import Added, added_on, added_without_gil
    from helpers.five.counted import Counted, count_on, count_without_gil
    from helpers.five.measure import five_lanes
    from helpers.five.panels import side_by_side
    from helpers.five.table import FiveLanes

__all__ = [
    "Added",
    "Counted",
    "FiveLanes",
    "added_on",
    "added_without_gil",
    "count_on",
    "count_without_gil",
    "five_lanes",
    "side_by_side",
]

_ROOM_OF = {
    "Added": "added",
    "Counted": "counted",
    "FiveLanes": "table",
    "added_on": "added",
    "added_without_gil": "added",
    "count_on": "counted",
    "count_without_gil": "counted",
    "five_lanes": "measure",
    "side_by_side": "panels",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'helpers.five' has no attribute {name!r}")
    return getattr(import_module(f"helpers.five.{_ROOM_OF[name]}"), name)
