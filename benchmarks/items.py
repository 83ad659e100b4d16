"""What is added to a call that an executor hands to a thread: 2,000 calls that do nothing.

Two threads wait for calls and hand the GIL to one another, so what passes is mostly chance. The
CPU time of the process is told, which no other program changes.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from benchmarks.pairs import AGAIN, BASE, Times, added, alone, in_turns
from benchmarks.rivals import OURS, OURS_WITH_STATES, RIVALS, Around, MissingError, find
from benchmarks.table import Row, at_most, written

ITEMS, WORKERS = 2000, 2
ROUNDS, RIVAL_ROUNDS = 120, 15
RIVALS_HERE = [name for name in RIVALS if name != "AsyncFlow"]  # which needs an event loop
ITEM = "added to a no-op item of an executor"


def rows() -> Iterator[Row]:
    """Measure all, and yield what was found."""
    times = alone(__name__, ROUNDS, OURS, OURS_WITH_STATES)
    yield at_most(ITEM, OURS, added(times, OURS), " µs", 3, added(times, AGAIN))
    yield Row(ITEM, OURS_WITH_STATES, written(added(times, OURS_WITH_STATES), " µs"))
    for rival in RIVALS_HERE:
        times = alone(__name__, RIVAL_ROUNDS, rival)
        if isinstance(times, str):
            yield Row(ITEM, rival, times)
            continue
        control = written(added(times, AGAIN), " µs")
        yield Row(ITEM, rival, written(added(times, rival), " µs"), control)


def measure(rounds: int, *tools: str) -> Times | str:
    """Return microseconds of CPU time an item by arm, or why a tool cannot be measured."""
    arms = {BASE: partial(one_run, find("nothing"))}
    try:
        arms |= {tool: partial(one_run, find(tool)) for tool in tools}
    except MissingError as reason:
        return str(reason)
    return in_turns(arms | {AGAIN: arms[BASE]}, rounds)


def one_run(around: Around) -> float:
    """Return microseconds of CPU time an item, the tool's own begin and end left out."""
    with around():
        began = time.process_time_ns()
        with ThreadPoolExecutor(WORKERS) as executor:
            for future in [executor.submit(nothing) for _ in range(ITEMS)]:
                future.result()
        return (time.process_time_ns() - began) / ITEMS / 1e3


def nothing() -> None:
    pass


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), *sys.argv[2:])))
