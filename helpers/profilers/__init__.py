"""Which profiler sees what: each of them is run on the same program, and its output is read.

Data flows one way: the specimen under a profiler -> a Reading -> a Seen -> picture.

specimen    the program: six parts, of which it tells how long each really took
profiles    a profile in each thread and each worker, and all of them as one: profiled(), merged()
calls       a profiler of ten lines, for `threading.setprofile`
readings    what stands in a profiler's output about each part
runs        how each profiler is run; the program that a process of its own runs
seen        what was seen of what, as plain data
bench       runs them one after the other: profiler_table()
table       the picture
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.profilers.bench import profiler_table
    from helpers.profilers.profiles import merged, profiled
    from helpers.profilers.seen import Seen

__all__ = ["Seen", "merged", "profiled", "profiler_table"]

_ROOM_OF = {"Seen": "seen", "merged": "profiles", "profiled": "profiles", "profiler_table": "bench"}


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'helpers.profilers' has no attribute {name!r}")
    return getattr(import_module(f"helpers.profilers.{_ROOM_OF[name]}"), name)
