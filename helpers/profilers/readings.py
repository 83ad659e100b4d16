"""What stands in a profiler's output about each part of the specimen, as plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from pstats import Stats
from typing import TYPE_CHECKING, Any

from helpers.profilers.specimen import TASKS

if TYPE_CHECKING:
    from helpers.recorder import Recording

__all__ = [
    "FUNCTIONS",
    "Reading",
    "read_calls",
    "read_recording",
    "read_stacks",
    "read_stats",
    "read_trace",
]

FUNCTIONS = {part: f"in_{part}" for part in ("main", "thread", "process", "task", "wait", "native")}
NATIVE = ("compress", "deflate")  # in the names of the C functions that in_native calls


@dataclass
class Reading:
    """What a profiler told.

    Attributes:
        parts: seconds under the function, or on the lane, of each part.
        tasks: seconds of each task by its name, where they are told apart.
        waiting: seconds of the part that waits that are said to be a wait.
        named: seconds under the name of the C function.
        crossed: whether calls of one thread stand within those of another.
    """

    parts: dict[str, float] = field(default_factory=lambda: dict.fromkeys(FUNCTIONS, 0.0))
    tasks: dict[str, float] = field(default_factory=dict)
    waiting: float = 0.0
    named: float = 0.0
    crossed: bool = False

    def add(self, name: str, seconds: float) -> None:
        """Add what stands under a function's name."""
        for part, function in FUNCTIONS.items():
            if name == function:
                self.parts[part] += seconds


def read_stats(stats: Stats) -> Reading:
    """Read the table of cProfile: for each function its calls, seconds and callers."""
    reading = Reading()
    table: Any = stats.stats  # type: ignore[attr-defined]
    for (file, _, name), (_, _, own, whole, callers) in table.items():
        reading.add(name, whole)
        if is_native(name) and file in ("~", ""):  # as cProfile and as profile say: not Python
            reading.named += own
        if name == "_bootstrap" and callers:  # nobody calls what a thread begins with
            reading.crossed = True
    return reading


def read_calls(seconds: Mapping[tuple[int, str], float]) -> Reading:
    """Read what `Calls` has added up."""
    reading = Reading()
    for (_, name), time in seconds.items():
        reading.add(name, time)
        if name == "zlib.compress":
            reading.named += time
    return reading


def read_stacks(path: Path, rate: int) -> Reading:
    """Read the samples of py-spy: lines of `function (file:line);...;function (file:line) count`.

    Args:
        path: the file.
        rate: samples a second.
    """
    reading = Reading()
    for line in path.read_text("utf-8").splitlines():
        stack, _, count = line.rpartition(" ")
        seconds = int(count) / rate
        names = [frame.partition(" ")[0] for frame in stack.split(";")]
        for name in {*names}:
            reading.add(name, seconds)
        inner = names[names.index("in_native") + 1 :] if "in_native" in names else []
        if any(is_native(name) for name in inner):
            reading.named += seconds
        if "in_main" in names and "in_thread" in names:
            reading.crossed = True
    return reading


def read_trace(path: Path) -> Reading:
    """Read the events of viztracer: each call with its length in microseconds, on its track."""
    reading = Reading()
    events = json.loads(path.read_text("utf-8"))["traceEvents"]
    tracks = {
        (one["pid"], one["tid"]): one["args"]["name"]
        for one in events
        if one["ph"] == "M" and one["name"] == "thread_name"
    }
    for event in events:
        if event["ph"] != "X":
            continue
        name, seconds = event["name"].partition(" ")[0], event["dur"] / 1e6
        reading.add(name, seconds)
        if name == "zlib.compress":
            reading.named += seconds
        track = tracks.get((event["pid"], event["tid"]))
        if name == "in_task" and track in TASKS:
            reading.tasks[track] = reading.tasks.get(track, 0.0) + seconds
    return reading


def read_recording(run: Recording) -> Reading:
    """Read a recording of the course's own: what each lane did; it knows no functions."""
    reading, tasks = Reading(), 0.0
    for number, lane in enumerate(run.lanes):
        states = _states(run, number)
        running = states.get("running", _on_core(lane))
        if lane.kind == "main":
            reading.parts["main"] += running
        elif lane.kind == "process":
            reading.parts["process"] += float(lane.spans.cpu[lane.spans.kind == "item"].sum())
        elif lane.kind == "task" and lane.name in TASKS:
            reading.tasks[lane.name] = running
            reading.parts["task"] += running
            tasks += running
        elif lane.name in FUNCTIONS.values():
            reading.add(lane.name, running)
            if lane.name == "in_wait":
                reading.waiting = states.get("sleep", 0.0)
                reading.parts["wait"] = float((lane.spans.end - lane.spans.start).sum())
    reading.parts["main"] = max(0.0, reading.parts["main"] - tasks)  # they run on its thread
    return reading


def _states(run: Recording, lane: int) -> dict[str, float]:
    """Return the seconds of a lane in each state; nothing where states were not measured."""
    found: dict[str, float] = {}
    if run.states is not None:
        for one in run.states[run.states.lane == lane]:
            found[str(one.state)] = found.get(str(one.state), 0.0) + float(one.end - one.start)
    return found


def _on_core(lane: Any) -> float:
    """Return the seconds on a core, as its thread's clock tells; 0 where it does not."""
    total = float(lane.spans.cpu.sum()) if len(lane.spans) else 0.0
    return total if total == total else 0.0


def is_native(name: str) -> bool:
    """Say whether a name is of the C functions that the specimen's native part calls."""
    return any(word in name for word in NATIVE)
