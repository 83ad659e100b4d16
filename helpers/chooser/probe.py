"""What one call costs, and what this machine charges for having it done elsewhere.

How long the GIL is held is measured by a thread that asks for it, beside the call.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from reprlib import repr as short
from statistics import median
from typing import Any

from helpers.chooser.packing import dumps
from helpers.chooser.ways import WAYS, Job, Outcome, chunk_size

__all__ = ["Cost", "Result", "cores", "cost", "held", "overheads", "spanned"]

TINY, MANY = 2e-5, 200  # seconds: calls that are shorter are measured so many at a time
SHORT, TRIES = 1e-3, 3  # seconds: a call that is shorter is made so many times
COLD, WARM = 0.5, 3  # seconds: if the first call is shorter, it is made a few times more, till warm
PAUSES = 5e-4, 2e-3  # seconds from one asking to the next: by chance, so as to keep no step
IDLE, NOTICED = 20, 3  # askings while nobody holds the GIL; times their lateness that counts
LEAST = 1.5e-4  # seconds of a wait that counts, at least
MOST_WORDS = 300  # letters of an error
LARGE, NOT_KEPT = 1_000_000, object()  # bytes; results that are larger are not kept
MORE, REPEATS = 100, 5  # further items, and how often, for what a way costs by itself
SCHEDSTAT = "/proc/self/task/{}/schedstat"
SPIN = 400_000  # rounds of a loop, some 20 ms
SENT = 8_000_000  # bytes


@dataclass(frozen=True)
class Cost:
    """What one call costs.

    Attributes:
        wall: seconds that it lasts.
        cpu: seconds that this process computes for it.
        children: seconds that processes compute which it starts, and waits for.
        ready: seconds for which its thread waited for a core, where Linux tells.
        packing: seconds to pack and to unpack its item and its result.
        size: bytes of both, packed.
        error: the error that came of it, in words, or ''.
        unsendable: why its result cannot be sent from a process, or ''.
    """

    wall: float
    cpu: float
    children: float = 0.0
    ready: float = 0.0
    packing: float = 0.0
    size: int = 0
    error: str = ""
    unsendable: str = ""


class Result:
    """What came of one call, to be compared with what comes of it another time."""

    def __init__(self, outcome: Outcome) -> None:
        self.error, self.kind = outcome.error, type(outcome.value)
        self.digest = digest(outcome.value) if outcome.error is None else b""
        self.told = short(outcome.value)
        self.value = outcome.value if size_of(outcome.value) < LARGE else NOT_KEPT

    def differs(self, other: Outcome) -> str:
        """Return how another outcome differs from this one, or ''."""
        if self.error is not None:
            return "" if type(other.error) is type(self.error) else "it raised no error"
        if other.error is not None:
            return told(other.error)
        if self.value is not NOT_KEPT and is_equal(self.value, other.value):
            return ""
        if self.digest == digest(other.value) and type(other.value).__name__ == self.kind.__name__:
            return ""  # what cannot be packed can be told apart by its type only
        return f"it gave {short(other.value)}, and in turn {self.told}"


def is_equal(one: Any, other: Any) -> bool:
    """Say whether two values are equal; where that is no yes or no, as with arrays: no."""
    try:
        return bool(one is other or one == other)
    except BaseException:  # it is the learner's code that says
        return False


def digest(value: Any) -> bytes:
    """Return a short word for a value, the same for the same; b'' for one that cannot be packed.

    Packed, unpacked and packed again: what has come from a process may have been put together
    otherwise, with a word twice where there was one.
    """
    try:
        return blake2b(dumps(pickle.loads(dumps(value))), digest_size=16).digest()
    except BaseException:  # as above
        return b""


def size_of(value: Any) -> int:
    """Return how many bytes a value has, packed; 0 if it cannot be."""
    try:
        return len(dumps(value))
    except BaseException:  # as above
        return 0


def told(error: BaseException) -> str:
    """Return an error in words, on one line."""
    try:
        words = " ".join(str(error)[:MOST_WORDS].split())
    except BaseException:  # of its own
        words = ""
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


# --- one call -------------------------------------------------------------------------------------


def cost(job: Job, item: Any, is_first: bool = False) -> tuple[Cost, Result]:
    """Call the function for one item, a few times if it is short; return its median cost."""
    tries = [_once(job, item)]
    if is_first and tries[0][0].wall < COLD:  # it may import, and fill caches
        tries = [_once(job, item) for _ in range(WARM)]
    while tries[0][0].wall < SHORT and len(tries) < TRIES:
        tries.append(_once(job, item))
    tries.sort(key=lambda one: one[0].wall)
    measured, outcome = tries[len(tries) // 2]
    if measured.wall < TINY and not job.is_coroutine:
        measured = _of_many(job, item)
    if outcome.error is not None:
        return replace(measured, error=told(outcome.error)), Result(outcome)
    sizes, seconds, trouble = _packing(item, outcome.value)
    found = replace(measured, packing=seconds, size=sizes, unsendable=trouble)
    return found, Result(outcome)


def _once(job: Job, item: Any) -> tuple[Cost, Outcome]:
    if job.is_coroutine:
        return asyncio.run(_once_awaited(job, item))
    before = _clocks()
    outcome = job.call(item)
    return _since(before), outcome


def _of_many(job: Job, item: Any) -> Cost:
    """Return the cost of a call that is shorter than looking at the clocks."""
    before = _clocks()
    for _ in range(MANY):
        job.call(item)
    every = _since(before)
    return Cost(every.wall / MANY, every.wall / MANY)


async def _once_awaited(job: Job, item: Any) -> tuple[Cost, Outcome]:
    before = _clocks()
    outcome = await job.awaited(item)
    return _since(before), outcome


def _clocks() -> tuple[float, float, float, float]:
    return _ready_here(), _children(), time.process_time(), time.perf_counter()


def _since(before: tuple[float, float, float, float]) -> Cost:
    wall, cpu = time.perf_counter() - before[3], time.process_time() - before[2]
    return Cost(wall, cpu, _children() - before[1], _ready_here() - before[0])


def _ready_here() -> float:
    """Return the seconds for which this thread has waited for a core; 0 where nobody tells."""
    try:
        counters = os.open(SCHEDSTAT.format(threading.get_native_id()), os.O_RDONLY)
    except OSError:
        return 0.0
    try:
        return _ready(counters)
    finally:
        os.close(counters)


def _children() -> float:
    """Return the seconds that ended child processes have computed; 0 on Windows."""
    try:
        import resource
    except ImportError:
        return 0.0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _packing(item: Any, value: Any) -> tuple[int, float, str]:
    """Return bytes and seconds of packing an item and a result, or why that cannot be."""
    began = time.perf_counter()
    size, trouble = 0, ""
    for one in (item, value):
        try:
            packed = dumps(one)
            pickle.loads(packed)
        except BaseException as error:
            trouble = told(error)
        else:
            size += len(packed)
    return size, time.perf_counter() - began, trouble


def held(job: Job, item: Any, seconds: float) -> float:
    """Return the share of a call's time in which the GIL is held.

    A thread beside the call sleeps for a moment, asks for the GIL, and sees whether it has to wait,
    again and again. When it waited for a core, another program had that.

    Args:
        job: the function.
        item: what it is called for, as often as there is time.
        seconds: for how long.
    """
    asker = _Asker()
    asker.start()
    asker.ready.wait()
    try:
        until = time.perf_counter() + seconds
        while True:
            job.call(item)
            if time.perf_counter() > until:
                break
    finally:
        asker.over = True
        asker.join()
    return asker.waited / asker.lasted if asker.lasted else 1.0


class _Asker(threading.Thread):
    """Asks for the GIL every millisecond or so.

    Attributes:
        ready: set once it knows how late it is when nobody holds the GIL.
        over: set to have it stop.
        lasted: seconds from one time to the next, in all.
        waited: those of them at whose end it had to wait.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ready, self.over = threading.Event(), False
        self.lasted = self.waited = 0.0

    def run(self) -> None:
        """Ask."""
        path = Path(SCHEDSTAT.format(threading.get_native_id()))
        counters = os.open(path, os.O_RDONLY) if path.exists() else None
        try:
            idle = sorted(_asked(counters)[1] for _ in range(IDLE))
            noticed = max(LEAST, NOTICED * idle[IDLE // 2])
            self.ready.set()
            while not self.over:
                lasted, late = _asked(counters)
                self.lasted += lasted
                self.waited += lasted * (late > noticed)
        finally:
            if counters is not None:
                os.close(counters)


def _asked(counters: int | None) -> tuple[float, float]:
    """Sleep, and ask for the GIL; return the seconds, and those in which it waited for that."""
    pause, before, began = random.uniform(*PAUSES), _ready(counters), time.perf_counter()
    time.sleep(pause)  # at its end it asks
    lasted = time.perf_counter() - began
    return lasted, lasted - pause - (_ready(counters) - before)


def _ready(counters: int | None) -> float:
    """Return the seconds for which a thread has waited for a core, from its open `schedstat`."""
    return int(os.pread(counters, 64, 0).split()[1]) / 1e9 if counters is not None else 0.0


def spanned(job: Job) -> Job:
    """Return a function that does the same, each call of it a span of its own."""
    from helpers.recorder import span

    if job.is_coroutine:

        async def awaited(item: Any) -> Any:
            with span(job.name):
                return await job.function(item)

        return Job(awaited)

    def call(item: Any) -> Any:
        with span(job.name):
            return job.function(item)

    return Job(call)


# --- what a way costs by itself -------------------------------------------------------------------


def nothing(item: Any) -> None:
    """Do nothing."""


async def nothing_awaited(item: Any) -> None:
    """Do nothing, and be awaited."""


def overheads(way: str, workers: int, is_coroutine: bool) -> tuple[float, float]:
    """Return what a way costs by itself: seconds in all, and seconds for each handing over.

    Measured with a function that does nothing, for one item a worker and for a hundred more.
    """
    function: Callable[[Any], Any] = nothing_awaited if is_coroutine else nothing
    job = Job(function, pickle.dumps(function))
    numbers = workers, workers + MORE
    tries = [[_elapsed(way, job, n, workers) for n in numbers] for _ in range(REPEATS)]
    start, more = (median(times) for times in zip(*tries, strict=True))
    first, last = (-(-n // chunk_size(way, n, workers)) for n in numbers)
    return start, max(0.0, more - start) / (last - first)


def _elapsed(way: str, job: Job, items: int, workers: int) -> float:
    began = time.perf_counter()
    WAYS[way](job, range(items), workers)
    return time.perf_counter() - began


def cores(workers: int) -> tuple[float, float]:
    """Return how many cores so many processes get in fact, and the seconds a byte takes to them."""
    alone, together, sent = [], [], []
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(spin, [1] * workers))
        for _ in range(REPEATS):
            alone.append(_spun(pool, 1))
            together.append(_spun(pool, workers))
            sent.append(_sent(pool))
    got = workers * median(alone) / median(together)
    return min(float(workers), max(1.0, got)), median(sent)


def _sent(pool: ProcessPoolExecutor) -> float:
    data = bytes(SENT)
    began = time.perf_counter()
    pool.submit(len, data).result()
    return (time.perf_counter() - began) / SENT


def _spun(pool: ProcessPoolExecutor, times: int) -> float:
    began = time.perf_counter()
    list(pool.map(spin, [SPIN] * times))
    return time.perf_counter() - began


def spin(rounds: int) -> None:
    """Compute in a plain loop."""
    for _ in range(rounds):
        pass
