"""Whether states are told right, and what the sampler costs, as rows of the table.

`benchmarks.states` has the programs and the truth, and prints more. Who is woken by another thread
waits for the GIL before it goes on, and that is true. So whether a lock is taken for the GIL is
asked only where no other thread runs, and what else is taken for what, without the GIL.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.known_waits import WAITS, repeat
from benchmarks.pairs import AGAIN, BASE, alone, in_turns, ratio, spread
from benchmarks.states import SECONDS, count_job, observe, spin, until
from benchmarks.table import Row, at_most
from helpers.recorder import states

PAIRS = 15
NO_WAIT = ("running", "ready", "unseen", "gil")
LOCKS_ALONE = ("lock_with_timeout", "lock_of_processes")  # nobody else takes the GIL
BARS = (("running", "running", 98), ("gil", "blocked", 90), ("ready", "ready", 75))
ON = "sampled"
Told = dict[str, int]  # ns by what was said


def rows() -> Iterator[Row]:
    """Measure all, and yield what was found."""
    if shutil.which("perf") and os.geteuid() == 0:
        yield from told_rows(alone(__name__, "truth", *WAITS))
    else:
        yield Row(
            "states told right", "sampler", "no perf here, or not root: nothing says the truth"
        )
    found = alone(__name__, "cost", PAIRS)
    slower, same = ratio(found["times"], ON), ratio(found["times"], AGAIN)
    yield at_most("slowdown of two threads that count", "sampler", slower, "x", 1.08, same)
    for name, figure in found["shares"].items():
        yield at_most(f"of a core, {name}", "sampler", spread([100 * figure]), "%", 10)


def told_rows(found: dict[str, dict[str, Told]]) -> Iterator[Row]:
    waits, counting = found["waits"], found["counting"]
    made = {name: WAITS[name]() for name in waits}
    right = {name: share(kinds(told), made[name].state) for name, told in waits.items()}
    worst = min(right, key=lambda name: right[name])
    yield at_least(f"kind of a wait told right, worst of {len(waits)}: {worst}", right[worst], 99)
    whole = {name: share(told, made[name].state) for name, told in waits.items()}
    worst = min(whole, key=lambda name: whole[name])
    yield Row(f"share of a wait told as such, worst: {worst}", "sampler", f"{whole[worst]:.1f}%")
    confused = [share(waits[name], "gil") for name in LOCKS_ALONE]
    confused.append(share(counting["blocked"], "lock"))
    yield at_most("GIL and lock confused", "sampler", spread([max(confused)]), "%", 0.1)
    for state, true, bar in BARS:
        told = share(counting[true], state)
        yield at_least(f"four threads that count: {state} told right", told, bar)


def at_least(what: str, percent: float, bar: float) -> Row:
    return Row(what, "sampler", f"{percent:.2f}%", "", f">= {bar}%", percent >= bar)


def kinds(told: Told) -> Told:
    """Return what was said to be a wait for anything but the GIL."""
    return {said: ns for said, ns in told.items() if said not in NO_WAIT}


def share(told: Told, state: str) -> float:
    """Return percent of the time told as a state."""
    return 100 * told.get(state, 0) / (sum(told.values()) or 1)


def measure_truth(*names: str) -> dict[str, dict[str, Told]]:
    """Return what was said of waits while they were blocked, and of threads that count."""
    waits = {}
    for name in names:  # one by one: two cores must not make any wait for others
        shares, _ = observe({name: partial(lambda make: repeat(make(), SECONDS), WAITS[name])})
        waits[name] = said_when(shares[name], "blocked")
    shares, _ = observe(dict.fromkeys("abcd", spin))
    total = sum(shares.values(), Counter())
    return {
        "waits": waits,
        "counting": {true: said_when(total, true) for true in ("running", "blocked", "ready")},
    }


def said_when(shares: Counter[Any], true: str) -> Told:
    return {said: ns for (truly, said), ns in shares.items() if truly == true}


def measure_cost(pairs: int) -> dict[str, Any]:
    """Return seconds of two threads that count by arm, and the sampler's share of a core."""
    arms = {BASE: count_job, ON: partial(sampled, count_job), AGAIN: count_job}
    bodies = {"that sleep for 1 ms": lambda: until(lambda: time.sleep(0.001)), "that count": spin}
    shares = {
        f"{count} threads {name}": sampler_share(count, body)
        for count in (1, 16)
        for name, body in bodies.items()
    }
    return {"times": in_turns(arms, pairs), "shares": shares}


def sampled(job: Callable[[], float]) -> float:
    sampler = states.sampler()
    assert sampler.start(), sampler.reason
    try:
        return job()
    finally:
        sampler.stop()


def sampler_share(count: int, body: Callable[[], Any]) -> float:
    threads = [threading.Thread(target=body) for _ in range(count)]
    sampler = states.sampler()
    assert sampler.start(), sampler.reason
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    samples: Any = sampler.stop()
    return float(samples.spent / 1e9 / took)


if __name__ == "__main__":
    kind, *rest = sys.argv[1:]
    print(json.dumps(measure_truth(*rest) if kind == "truth" else measure_cost(int(rest[0]))))
