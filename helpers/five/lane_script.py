"""Measures what it costs to start one more lane, what it weighs, shares, and whether it has a core.

A script for any Python from 3.8 on, which has the standard library only; it prints JSON. Its
arguments: what to measure, a name of `MEASURES`, of which lane ('thread',
'process', 'task', 'interpreter'), and for a process by which start method.

Each is started as plain code would start it. Nothing is imported that a lane does not need, since
a process and an interpreter have to import it again.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

STARTS = {"thread": 200, "task": 200, "interpreter": 7, "process": 3}  # measured, one by one
ALIVE = {"thread": 40, "task": 4_000, "interpreter": 6, "process": 3}  # at once, to be weighed
N = 2_000_000  # additions of each of two that compute at once
LIMIT = 20.0  # seconds that anybody waits for another
CHILDREN = "/proc/{0}/task/{0}/children"  # not every Linux has it
SEEN: list[str] = []  # a global of this module; a worker adds to it


# --- what a worker does, with its end of a line to whoever has started it -------------------------


def answer(line: Any) -> None:
    """Say that it has begun."""
    tell(line)


def wait_for(line: Any) -> None:
    """Say that it has begun, and wait until told to end."""
    tell(line)
    hear(line)


def touch(line: Any, given: list[str]) -> None:
    """Add a word to this module's list, and to the list that was given."""
    SEEN.append("by the worker")
    given.append("by the worker")


def count(line: Any) -> None:
    """Compute, once told to, and tell what `compute` returns."""
    wait_for(line)
    tell(line, ("%r %r %r" % compute()).encode())  # noqa: UP031 - a tuple


def compute() -> tuple[float, float, float]:
    """Add up numbers; return when that began and ended, and the seconds on a core."""
    start, cpu = time.perf_counter(), time.thread_time()
    total = 0
    for i in range(N):
        total += i
    return start, time.perf_counter(), time.thread_time() - cpu


def tell(line: Any, words: bytes = b".") -> None:
    """Write into a line: a `Connection`, or the numbers of two pipes, to read and to write."""
    if isinstance(line, tuple):
        os.write(line[1], words)
    else:
        line.send_bytes(words)


def hear(line: Any) -> bytes:
    """Wait for what comes through a line."""
    read: bytes = os.read(line[0], 1000) if isinstance(line, tuple) else line.recv_bytes()
    return read


# --- the lanes, each started as plain code would --------------------------------------------------


class Thread:
    """A thread, and a line to it."""

    def __init__(self, work: Any, *words: Any) -> None:
        here, there = os.pipe(), os.pipe()
        self.line: Any = (here[0], there[1])
        self.far: Any = (there[0], here[1])
        self.start(work, words)

    def start(self, work: Any, words: tuple[Any, ...]) -> None:
        """Start it."""
        self.thread = threading.Thread(target=work, args=(self.far, *words))
        self.thread.start()

    def end(self) -> None:
        """Wait until it has ended."""
        self.thread.join(LIMIT)
        for number in (*self.line, *self.far):
            os.close(number)


class Interpreter(Thread):
    """A thread with an interpreter, and so a GIL, of its own (Python 3.14)."""

    def start(self, work: Any, words: tuple[Any, ...]) -> None:
        """Start it."""
        from concurrent import interpreters  # type: ignore[attr-defined]

        self.interpreter = interpreters.create()
        self.thread = self.interpreter.call_in_thread(work, self.far, *words)

    def end(self) -> None:
        """Wait until its work has ended, then end it."""
        super().end()
        self.interpreter.close()


class Process(Thread):
    """A process, by the start method that was chosen in `main`."""

    def __init__(self, work: Any, *words: Any) -> None:
        import multiprocessing

        self.line, self.far = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=work, args=(self.far, *words))
        self.process.start()

    def end(self) -> None:
        """Wait until it has ended."""
        self.process.join(LIMIT)
        self.line.close()
        self.far.close()


LANES = {"thread": Thread, "process": Process, "interpreter": Interpreter}


# --- what is measured of them ---------------------------------------------------------------------


def start(lane: str) -> float:
    """Return the seconds from starting one to hearing from it: the median of several."""
    if lane == "task":
        return _task_start()
    times = []
    for number in range(STARTS[lane] + 1):
        before = time.perf_counter()
        one = LANES[lane](answer)
        hear(one.line)
        if number:  # the first one also pays for what the others find loaded
            times.append(time.perf_counter() - before)
        one.end()
    return sorted(times)[len(times) // 2]


def _task_start() -> float:
    import asyncio

    async def begin(told: asyncio.Future[float]) -> None:
        told.set_result(time.perf_counter())

    async def main() -> list[float]:
        times = []
        for _ in range(STARTS["task"]):
            told = asyncio.get_running_loop().create_future()
            before = time.perf_counter()
            task = asyncio.create_task(begin(told))
            await told
            times.append(time.perf_counter() - before)
            await task
        return sorted(times)

    return asyncio.run(main())[STARTS["task"] // 2]


def memory(lane: str) -> float | None:
    """Return the bytes that one more costs while it waits; None where the system does not tell."""
    me = os.getpid()
    if weight(me) is None or not os.path.exists(CHILDREN.format(me)):  # noqa: PTH110 - as below
        return None
    if lane == "task":
        return _task_memory()
    alive = [_waiting(lane)]  # and what comes with the first
    before = family()
    alive += [_waiting(lane) for _ in range(ALIVE[lane])]
    after = family()
    for one in alive:
        tell(one.line)
        one.end()
    return (after - before) / ALIVE[lane]


def _waiting(lane: str) -> Thread:
    one = LANES[lane](wait_for)
    hear(one.line)
    return one


def _task_memory() -> float:
    import asyncio

    async def wait(go: asyncio.Event) -> None:
        await go.wait()

    async def main() -> float:
        go = asyncio.Event()
        tasks = [asyncio.create_task(wait(go))]
        await asyncio.sleep(0)
        before = family()
        tasks += [asyncio.create_task(wait(go)) for _ in range(ALIVE["task"])]
        await asyncio.sleep(0)
        after = family()
        go.set()
        await asyncio.gather(*tasks)
        return (after - before) / ALIVE["task"]

    return asyncio.run(main())


def family() -> int:
    """Return the bytes of this process and all that come from it.

    A page that several share counts once, a part for each of them (Linux's PSS): what a fork has
    not written to is not counted twice.
    """
    return sum(weight(pid) or 0 for pid in _descent(os.getpid()))


def _descent(pid: int) -> Iterator[int]:
    yield pid
    try:
        with open(CHILDREN.format(pid)) as file:  # noqa: PTH123 - pathlib weighs
            children = file.read().split()
    except OSError:  # it has ended
        return
    for child in children:
        yield from _descent(int(child))


def weight(pid: int) -> int | None:
    """Return a process's bytes; None where the system does not tell."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:  # noqa: PTH123
            lines = file.read().splitlines()
    except OSError:
        return None
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def shared(lane: str) -> dict[str, bool]:
    """Return whether a module's list that a worker adds to is seen to grow, and a list given."""
    given: list[str] = []
    if lane == "task":
        import asyncio

        async def work() -> None:
            touch(None, given)

        async def main() -> None:
            await asyncio.create_task(work())

        asyncio.run(main())
    else:
        LANES[lane](touch, given).end()
    return {"global": bool(SEEN), "given": bool(given)}


def cores(lane: str) -> dict[str, Any]:
    """Return when each of two that compute at once began and ended, and its seconds on a core."""
    if lane == "task":
        return _task_cores()
    two = [_counting(lane) for _ in range(2)]
    for one in two:
        tell(one.line)
    told = [[float(number) for number in hear(one.line).split()] for one in two]
    for one in two:
        one.end()
    return _in_seconds(told)


def _counting(lane: str) -> Thread:
    one = LANES[lane](count)
    hear(one.line)
    return one


def _task_cores() -> dict[str, Any]:
    import asyncio

    async def work() -> tuple[float, float, float]:
        return compute()

    async def main() -> Any:
        return await asyncio.gather(work(), work())

    return _in_seconds(asyncio.run(main()))


def _in_seconds(told: Any) -> dict[str, Any]:
    """Return the times since the first began, and how many cores were busy."""
    first, last = min(row[0] for row in told), max(row[1] for row in told)
    rows = [[start - first, end - first, cpu] for start, end, cpu in told]
    return {"rows": rows, "cores": sum(row[2] for row in rows) / (last - first)}


def methods(lane: str) -> list[str]:
    """Return the start methods of a process, the one that is used if none is named first."""
    import multiprocessing

    default = multiprocessing.get_start_method()
    others = multiprocessing.get_all_start_methods()
    return [default, *(one for one in others if one != default)]


MEASURES = {
    "start": start,
    "memory": memory,
    "shared": shared,
    "cores": cores,
    "methods": methods,
}


def main(what: str, lane: str, method: str = "") -> None:
    """Measure one thing of one lane, and print it."""
    if lane == "process":
        import multiprocessing

        if method:
            multiprocessing.set_start_method(method)
    found = MEASURES[what](lane)
    import json

    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
