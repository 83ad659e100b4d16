"""How much CPU time recording adds to work: 1 ms chunks in two threads, 2 ms items in a pool.

What is added is smaller than the chance by which the same work differs from itself. So it is told
as events x unit cost: what one event costs is measured where there is nothing else, and the number
of events is known. The direct comparison and its A/A control stand beside it.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.pairs import AGAIN, BASE, Spread, Times, alone, in_turns, ratio, spread
from benchmarks.rivals import OURS, Around, MissingError, find
from benchmarks.table import Row, at_most, written
from helpers import span

CHUNK, ITEM = 0.001, 0.002  # seconds of CPU time
CHUNKS, ITEMS = 50, 50  # of each of two threads; of both processes
MANY = 20_000  # events, to find out what one costs
WORKERS = 2
ROUNDS, RIVAL_ROUNDS = 25, 7
RIVALS_HERE = ("viztracer", "yappi")  # which see what other threads do
THREADS, POOL = "CPU added to threads of 1 ms chunks", "CPU added to a pool of 2 ms items"

calls = 0  # of `bit`, that make a chunk


def rows() -> Iterator[Row]:
    """Measure all, and yield what was found."""
    for what, arms in ((THREADS, "threads"), (POOL, "pool")):
        found = alone(__name__, arms, ROUNDS, OURS)
        times = found["times"]
        control = share(ratio(times, AGAIN))
        bill = events_times_unit_cost(found)
        yield at_most(f"{what}, events x unit cost", OURS, bill, "%", 1, control)
        yield Row(
            f"one {'span in a thread' if arms == 'threads' else 'item of a pool'}",
            OURS,
            written(spread(found["unit"]), " µs"),
        )
        yield Row(f"{what}, directly", OURS, written(share(ratio(times, OURS)), "%"))
    for rival in RIVALS_HERE:
        found = alone(__name__, "threads", RIVAL_ROUNDS, rival)
        if isinstance(found, str):
            yield Row(THREADS, rival, found)
            continue
        times = found["times"]
        control = written(ratio(times, AGAIN), "x")
        yield Row(f"{THREADS}, directly", rival, written(ratio(times, rival), "x"), control)


def share(found: Spread) -> Spread:
    """Return ratios as percent above one."""
    return Spread(*(100 * (one - 1) for one in found))


def events_times_unit_cost(found: dict[str, Any]) -> Spread:
    """Return what the events of one run cost, in percent of its CPU time."""
    whole = spread(found["times"][BASE]).median
    return spread([100 * 1e-6 * found["events"] * unit / whole for unit in found["unit"]])


def measure(kind: str, rounds: int, tool: str, many: int = MANY) -> dict[str, Any] | str:
    """Return CPU seconds of a run by arm, and for ours how many events it has and what they cost.

    Args:
        kind: 'threads' or 'pool'.
        rounds: how often.
        tool: name of a tool.
        many: events, to find out what one costs.
    """
    calibrate()
    run: Callable[[Around], float] = threads if kind == "threads" else pool
    arms = {BASE: partial(run, find("nothing"))}
    try:
        arms[tool] = partial(run, find(tool))
    except MissingError as reason:
        return str(reason)
    found: dict[str, Any] = {"times": in_turns(arms | {AGAIN: arms[BASE]}, rounds)}
    if tool == OURS:
        found |= (bill_of_threads if kind == "threads" else bill_of_pool)(rounds, many)
    return found


def calibrate() -> None:
    """Set the number of calls that take a chunk's time."""
    global calls
    calls = 20_000
    took = []
    for _ in range(20):
        began = time.thread_time()
        chunk()
        took.append(time.thread_time() - began)
    calls = round(calls * CHUNK / spread(took).median)


def chunk(times: int = 1) -> None:
    """Compute for about a millisecond, in small functions, as Python programs do."""
    for number in range(times * calls):
        bit(number)


def bit(number: int) -> int:
    return number + 1


def threads(around: Around) -> float:
    """Return the CPU time of this process for two threads of chunks."""
    with around():
        began = time.process_time()
        workers = [threading.Thread(target=chunks) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return time.process_time() - began


def chunks() -> None:
    for _ in range(CHUNKS):
        with span("chunk"):
            chunk()


def pool(around: Around) -> float:
    """Return the CPU time of a pool and of this process for its items."""
    return cpu_of_pool(around, two_chunks, ITEMS, 1)


def two_chunks(_: int) -> None:
    chunk(round(ITEM / CHUNK))


def nothing(_: int) -> None:
    pass


def cpu_of_pool(around: Around, work: Callable[[int], None], items: int, size: int) -> float:
    with around():
        began = children_cpu() + time.process_time()
        with multiprocessing.get_context("fork").Pool(WORKERS) as workers:
            workers.map(work, range(items), chunksize=size)
            workers.close()
            workers.join()
        return children_cpu() + time.process_time() - began


def children_cpu() -> float:
    """Return the CPU seconds of all children that were waited for."""
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# --- what an event costs -------------------------------------------------------------------------


def bill_of_threads(rounds: int, many: int) -> dict[str, Any]:
    """Return microseconds of a span in a thread, and how many there are."""
    arms = {BASE: partial(spans, find("nothing"), many), OURS: partial(spans, find(OURS), many)}
    unit = pairs_added(in_turns(arms, rounds), many)
    return {"unit": unit, "events": WORKERS * (CHUNKS + 1)}


def spans(around: Around, many: int) -> float:
    """Return CPU seconds of spans around nothing; outside a recording, of a bare loop."""
    with around():
        began = time.thread_time()
        for _ in range(many):
            with span("chunk"):
                pass
        return time.thread_time() - began


def bill_of_pool(rounds: int, many: int) -> dict[str, Any]:
    """Return microseconds of an item of a pool, and how many there are."""
    size = many // 8
    arms = {
        BASE: partial(cpu_of_pool, find("nothing"), nothing, many, size),
        OURS: partial(cpu_of_pool, find(OURS), nothing, many, size),
    }
    unit = pairs_added(in_turns(arms, rounds), many)
    return {"unit": unit, "events": ITEMS}


def pairs_added(times: Times, many: int) -> list[float]:
    """Return microseconds that one event adds, pair by pair."""
    pairs = zip(times[OURS], times[BASE], strict=True)
    return [1e6 * (ours - base) / many for ours, base in pairs]


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
