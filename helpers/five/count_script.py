"""Counts with threads, in turn and at once, and tells when each thread was on a core.

A script for any Python from 3.8 on, which has the standard library only; it prints JSON. Its
arguments: how many threads, how far each counts, how many rounds.

A thread looks at two clocks between stretches of its counting, some thousand times a second: the
one on the wall, and its own, which stands still while it is not on a core. From one look to the
next both go on alike, or it has waited in between. Where in between is not known: such a wait is
put into the middle, and so is known to within the time of one stretch.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Look = tuple[int, int]  # nanoseconds on the wall, and of the thread on a core
    Told = dict[str, str | float | list[list[list[float]]]]

STRETCH = 5_000  # additions from one look to the next: about a third of a millisecond
LEAST, PART = 100_000, 0.1  # nanoseconds, and of the time between two looks: less is no wait
COARSE = 1_000_000  # nanoseconds: with such a clock a thread's waits cannot be seen


def count(n: int, looks: list[Look]) -> int:
    """Add up 0, 1, ... n - 1 in a plain loop, and look at the clocks at times."""
    wall, cpu = time.perf_counter_ns, time.thread_time_ns
    total = 0
    looks.append((wall(), cpu()))
    for start in range(0, n, STRETCH):
        for i in range(start, min(start + STRETCH, n)):
            total += i
        looks.append((wall(), cpu()))
    return total


def in_turn(workers: list[threading.Thread]) -> None:
    """Start each thread when the one before it has ended."""
    for worker in workers:
        worker.start()
        worker.join()


def at_once(workers: list[threading.Thread]) -> None:
    """Start all threads, then wait for all."""
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def run(way: Callable[[list[threading.Thread]], None], threads: int, n: int) -> Told:
    """Count in one way; return what the clocks told, in seconds since it began."""
    looks: list[list[Look]] = [[] for _ in range(threads)]
    workers = [threading.Thread(target=count, args=(n, own)) for own in looks]
    begin, cpu = time.perf_counter_ns(), time.process_time_ns()
    way(workers)
    end, cpu = time.perf_counter_ns(), time.process_time_ns() - cpu
    return {
        "way": way.__name__.replace("_", " "),
        "seconds": (end - begin) / 1e9,
        "cpu": cpu / 1e9,
        "threads": [stretches(own, begin) for own in looks],
    }


def stretches(looks: list[Look], begin: int) -> list[list[float]]:
    """Return a thread's stretches as [start, end, whether on a core]: 1, 0, or -1 for not known."""
    if tick() > COARSE:
        return [[(looks[0][0] - begin) / 1e9, (looks[-1][0] - begin) / 1e9, -1]]
    found: list[tuple[int, int, int]] = []
    for number in range(1, len(looks)):  # zip(strict=) and pairwise() are newer than 3.8
        (start, cpu), (end, later) = looks[number - 1 : number + 1]
        waited = end - start - (later - cpu)
        if waited < max(LEAST, PART * (end - start)):
            add(found, start, end, 1)
            continue
        half = (later - cpu) // 2
        add(found, start, start + half, 1)
        add(found, start + half, end - half, 0)
        add(found, end - half, end, 1)
    return [[round((at - begin) / 1e9, 6) for at in (a, b)] + [on] for a, b, on in found]


def add(found: list[tuple[int, int, int]], start: int, end: int, on: int) -> None:
    """Add a stretch, or make the last one longer."""
    if found and found[-1][2] == on:
        start = found.pop()[0]
    found.append((start, end, on))


def tick() -> int:
    """Return the nanoseconds of the least step of a thread's own clock."""
    begin = now = time.thread_time_ns()
    while now == begin:
        now = time.thread_time_ns()
    return now - begin


def resolution(n: int) -> float:
    """Return the seconds to within which the begin and the end of a wait are known."""
    looks: list[Look] = []
    count(min(n, 20 * STRETCH), looks)
    steps = sorted(looks[number][1] - looks[number - 1][1] for number in range(1, len(looks)))
    return max(steps[len(steps) // 2], tick()) / 1e9


def main(threads: int, n: int, rounds: int) -> None:
    """Count round by round, each way once a round, so that a busy moment hits both."""
    print(
        json.dumps(
            {
                "has_gil": getattr(sys, "_is_gil_enabled", lambda: True)(),
                "resolution": resolution(n),
                "runs": [run(way, threads, n) for _ in range(rounds) for way in (in_turn, at_once)],
            }
        )
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
