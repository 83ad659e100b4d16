"""What one call costs, and what came of it, to be compared with what comes of it another time."""

from __future__ import annotations

import asyncio
import pickle
import time
import types
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from reprlib import repr as short
from typing import Any

from helpers.chooser.gil import ready_here
from helpers.chooser.job import Job, Outcome, dumps

__all__ = ["TINY", "Cost", "Result", "cost", "spanned", "told"]

TINY, MANY = 2e-5, 200  # seconds: calls that are shorter are measured so many at a time
SHORT, TRIES = 1e-3, 3  # seconds: a call that is shorter is made so many times
COLD, WARM = 0.5, 3  # seconds: if the first call is shorter, it is made a few times more, till warm
MOST_WORDS = 300  # letters of an error
LARGE, NOT_KEPT = 1_000_000, object()  # bytes; results that are larger are not kept


@dataclass(frozen=True)
class Cost:
    """What one call costs.

    Attributes:
        wall: seconds that it lasts.
        cpu: seconds that this process computes for it.
        children: seconds that processes compute which it starts, and waits for.
        ready: seconds for which its thread waited for a core, where Linux tells.
        blocked: seconds for which a coroutine waits and keeps the event loop from going on.
        packing: seconds to pack and to unpack its item and its result.
        size: bytes of both, packed.
        error: the error that came of it, in words, or ''.
    """

    wall: float
    cpu: float
    children: float = 0.0
    ready: float = 0.0
    blocked: float = 0.0
    packing: float = 0.0
    size: int = 0
    error: str = ""


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
    size, seconds = _packing(item, outcome.value)
    return replace(measured, packing=seconds, size=size), Result(outcome)


def _once(job: Job, item: Any) -> tuple[Cost, Outcome]:
    if job.is_coroutine:
        return asyncio.run(_once_awaited(job, item))
    before = _clocks()
    outcome = job.call(item)
    return _since(before), outcome


def _of_many(job: Job, item: Any) -> Cost:
    """Return the cost of a call that is shorter than looking at the clocks."""
    before = _clocks()
    found = [job.call(item) for _ in range(MANY)]  # kept, as they are where all are called
    every = _since(before)
    del found
    return Cost(every.wall / MANY, every.wall / MANY)


async def _once_awaited(job: Job, item: Any) -> tuple[Cost, Outcome]:
    steps = _Steps(job.function)
    before = _clocks()
    outcome = await Job(steps.awaited).awaited(item)
    cost = _since(before)
    return replace(cost, blocked=max(0.0, steps.wall - steps.cpu - cost.ready)), outcome


@dataclass
class _Steps:
    """Awaits a coroutine function's calls, and measures their steps.

    From one `await` that waits to the next, a coroutine has the event loop to itself. If it does
    not compute in such a step, it waits there, and has all other tasks wait, too.

    Attributes:
        function: the coroutine function.
        wall: seconds of all steps.
        cpu: seconds that this thread computes in them.
    """

    function: Callable[[Any], Coroutine[Any, Any, Any]]
    wall: float = field(default=0.0, init=False)
    cpu: float = field(default=0.0, init=False)

    async def awaited(self, item: Any) -> Any:
        """Await a call for one item."""
        return await self._stepped(self.function(item))

    @types.coroutine
    def _stepped(self, coroutine: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Drive a coroutine, as PEP 342 and 380 define it for `yield from`, step by step."""
        step: Callable[[], Any] = partial(coroutine.send, None)
        while True:
            cpu, wall = time.thread_time(), time.perf_counter()
            try:
                awaited = step()
            except StopIteration as end:
                return end.value
            finally:
                self.wall += time.perf_counter() - wall
                self.cpu += time.thread_time() - cpu
            try:
                step = partial(coroutine.send, (yield awaited))
            except BaseException as error:  # it is cancelled, or closed
                step = partial(coroutine.throw, error)


def _clocks() -> tuple[float, float, float, float]:
    return ready_here(), _children(), time.process_time(), time.perf_counter()


def _since(before: tuple[float, float, float, float]) -> Cost:
    wall, cpu = time.perf_counter() - before[3], time.process_time() - before[2]
    return Cost(wall, cpu, _children() - before[1], ready_here() - before[0])


def _children() -> float:
    """Return the seconds that ended child processes have computed; 0 on Windows."""
    try:
        import resource
    except ImportError:
        return 0.0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _packing(item: Any, value: Any) -> tuple[int, float]:
    """Return bytes and seconds of packing an item and a result; what cannot be packed has none."""
    began, size = time.perf_counter(), 0
    for one in (item, value):
        try:
            packed = dumps(one)
            pickle.loads(packed)
        except BaseException:  # a way that would have to send it says so
            continue
        size += len(packed)
    return size, time.perf_counter() - began


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
