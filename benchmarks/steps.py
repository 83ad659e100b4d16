"""What is added to a step of an asyncio task: 200 tasks, each 20 times `sleep(0)`.

The floor is what nobody can do without who writes down when a step began and when it ended: two
readings of the clock, and a list that they are appended to.

The loop never waits, so on a quiet machine the CPU time of its thread is the time that passes; on
a busy one only the CPU time can be compared. Where states are sampled, the time that passed is
told as well: a sampler that takes the core away is seen in nothing else.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from functools import partial

from benchmarks.pairs import AGAIN, BASE, Times, added, alone, in_turns, ratio, spread
from benchmarks.rivals import OURS, OURS_WITH_STATES, RIVALS, Around, MissingError, find
from benchmarks.table import Row, at_most, written

TASKS, SLEEPS = 200, 20
STEPS = TASKS * (SLEEPS + 1)
ROUNDS, RIVAL_ROUNDS = 150, 25
FLOOR = "floor"
STEP, SLOWER = "added to an asyncio step", "slowdown of 200 tasks x 20 sleep(0)"


def rows() -> Iterator[Row]:
    """Measure all, and yield what was found."""
    found = alone(__name__, ROUNDS, OURS, OURS_WITH_STATES)
    yield from our_rows(found["cpu"])
    passed = found["passed"]
    slower, same = ratio(passed, OURS_WITH_STATES), ratio(passed, AGAIN)
    yield at_most(f"{SLOWER}, time passed", OURS_WITH_STATES, slower, "x", 1.55, same)
    for rival in RIVALS:
        found = alone(__name__, RIVAL_ROUNDS, rival)
        yield from (
            [Row(STEP, rival, found)] if isinstance(found, str) else both(rival, found["cpu"])
        )


def our_rows(times: Times) -> Iterator[Row]:
    floor = spread(times[FLOOR])
    off, same = added(times, OURS), ratio(times, AGAIN)
    yield at_most(STEP, OURS, off, " ns", 1000, added(times, AGAIN))
    yield Row("two clock readings and an append", "the floor", written(floor, " ns"))
    yield at_most(f"{STEP}, in floors", OURS, off.times(1 / floor.median), "x", 4)
    yield at_most(SLOWER, OURS, ratio(times, OURS), "x", 1.45, same)
    yield Row(STEP, OURS_WITH_STATES, written(added(times, OURS_WITH_STATES), " ns"))
    yield at_most(SLOWER, OURS_WITH_STATES, ratio(times, OURS_WITH_STATES), "x", 1.55, same)


def both(rival: str, times: Times) -> Iterator[Row]:
    for what, compare, unit in ((STEP, added, " ns"), (SLOWER, ratio, "x")):
        figure, control = compare(times, rival), compare(times, AGAIN)
        yield Row(what, rival, written(figure, unit), written(control, unit))


def measure(rounds: int, *tools: str) -> dict[str, Times] | str:
    """Return nanoseconds a step by arm, of CPU time and as they passed; or why there are none."""
    arms = {BASE: partial(one_run, find("nothing"))}
    try:
        arms |= {tool: partial(one_run, find(tool)) for tool in tools}
    except MissingError as reason:
        return str(reason)
    found = in_turns(arms | {AGAIN: arms[BASE], FLOOR: floor_of_a_step}, rounds)
    return {
        which: {arm: [pair[at] for pair in pairs] for arm, pairs in found.items()}
        for at, which in enumerate(("cpu", "passed"))
    }


class Watch:
    """Nanoseconds a step since it was made: of this thread's CPU time, and as they passed."""

    def __init__(self) -> None:
        self.passed, self.cpu = time.perf_counter_ns(), time.thread_time_ns()

    def read(self) -> tuple[float, float]:
        cpu, passed = time.thread_time_ns() - self.cpu, time.perf_counter_ns() - self.passed
        return cpu / STEPS, passed / STEPS


def one_run(around: Around) -> tuple[float, float]:
    """Measure one run, the tool's own begin and end left out."""
    return asyncio.run(run_tasks(around))


async def run_tasks(around: Around) -> tuple[float, float]:
    with around():
        watch = Watch()
        await asyncio.gather(*[task() for _ in range(TASKS)])
        return watch.read()


async def task() -> None:
    for _ in range(SLEEPS):
        await asyncio.sleep(0)


def floor_of_a_step() -> tuple[float, float]:
    """Measure two clock readings and an append."""
    written: list[int] = []
    clock, note = time.perf_counter_ns, written.append
    watch = Watch()
    for _ in range(STEPS):
        clock()
        note(clock())
    return watch.read()


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), *sys.argv[2:])))
