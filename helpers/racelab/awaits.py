"""What a task awaits: where its coroutines stand, and what they wait for, in words."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator, Sequence
from types import AsyncGeneratorType, CoroutineType, FrameType, GeneratorType
from typing import TYPE_CHECKING, Any

from helpers.racelab.whose import is_library
from helpers.racelab.workers import Op

if TYPE_CHECKING:
    from helpers.racelab.ends import End
    from helpers.racelab.turns import TaskWorker
    from helpers.racelab.workers import Worker

__all__ = ["awaited", "coroutines", "frame_of", "locks_in", "place", "tell"]

PLAIN = frozenset((int, str, float, bool, bytes, type(None)))
KINDS = {CoroutineType: "cr", GeneratorType: "gi", AsyncGeneratorType: "ag"}


def coroutines(coroutine: Any) -> Iterator[tuple[Any, FrameType]]:
    """Yield the coroutines that await one another, outermost first, each with its frame."""
    while coroutine is not None:
        short = KINDS.get(type(coroutine))
        if short is None:  # what stands between an async generator and who asks it for the next
            parts = gc.get_referents(coroutine)
            coroutine = next((one for one in parts if type(one) in KINDS), None)
            continue
        frame = getattr(coroutine, f"{short}_frame")
        if frame is None:
            return
        yield coroutine, frame
        after = "yieldfrom" if short == "gi" else "await"
        coroutine = getattr(coroutine, f"{short}_{after}")


def frame_of(task: Any) -> FrameType | None:
    """Return the innermost frame of a task that is the program's own."""
    found = None
    for _, frame in coroutines(task.get_coro()):
        if not is_library(frame.f_code.co_filename):
            found = frame
    return found


def place(task: Any) -> tuple[Any, ...]:
    """Return where a task stands, in all of its coroutines, and their plain variables."""
    found: list[Any] = []
    for one, frame in coroutines(task.get_coro()):
        found += id(frame.f_code), frame.f_lasti
        found += [part for part in gc.get_referents(one) if type(part) in PLAIN]
    return tuple(found)


def locks_in(value: Any, depth: int = 2) -> Iterator[asyncio.Lock]:
    """Yield the locks that can be come at from a value by a few names."""
    if isinstance(value, asyncio.Lock):
        yield value
    elif isinstance(value, asyncio.Condition):
        yield value._lock  # type: ignore[attr-defined]
    elif depth:
        inner: Any = ()
        if isinstance(value, dict):
            inner = value.values()
        elif isinstance(value, (list, tuple)):
            inner = value
        elif hasattr(value, "__dict__"):
            inner = vars(value).values()
        for one in [*inner][:100]:
            yield from locks_in(one, depth - 1)


def tell(end: End, live: Sequence[TaskWorker], workers: Sequence[TaskWorker]) -> None:
    """Say of each task that can go on no more what it awaits.

    Args:
        end: of the run; it is told there.
        live: the tasks that have not ended.
        workers: all of the run.
    """
    said = []
    for one in live:
        if one.handle is None and one.timer is None:
            words = awaited(one.task, workers)
            frame = frame_of(one.task)
            one.op = Op("await", words)
            one.op.frame = frame
            said.append(f"{one.name} awaits {words}")
            for wait in end.waits:
                if wait.worker is one:
                    wait.words = f"awaits {words}"
    end.words = "; ".join(said)


def awaited(task: Any, workers: Sequence[Worker]) -> str:
    """Return what a task awaits that does not come, in words.

    Args:
        task: one that can go on no more.
        workers: all of the run, among them those that it waits for.
    """
    inner: list[FrameType] = []  # of asyncio, within what the program calls
    for _, frame in coroutines(task.get_coro()):
        inner = [*inner, frame] if is_library(frame.f_code.co_filename) else []
    owners = [one.f_locals["self"] for one in inner if "self" in one.f_locals]
    if owners:
        last = owners[-1]
        if isinstance(last, asyncio.Lock):
            return f"a Lock that {_holder(last, task, workers)} holds"
        words = _thing(owners[0], inner[0].f_code.co_name)
        if words:
            return words
    return _future(task, inner, workers)


def _thing(thing: Any, method: str) -> str:
    """Return what is awaited in a method of something of asyncio's; "" if it is nothing known."""
    if isinstance(thing, asyncio.Queue):
        if method == "join":
            left = thing._unfinished_tasks  # type: ignore[attr-defined]
            return f"a Queue of which {left} items are not done"
        return "something in a Queue" if method == "get" else "room in a Queue"
    if isinstance(thing, asyncio.Barrier):
        return f"a Barrier for {thing.parties}, at which {thing.n_waiting} wait"
    words = {
        asyncio.Event: "an Event that nobody sets",
        asyncio.Condition: "a Condition that nobody notifies",
        asyncio.Semaphore: "a Semaphore that nobody lets go",
    }
    return next((said for kind, said in words.items() if isinstance(thing, kind)), "")


def _future(task: Any, inner: list[FrameType], workers: Sequence[Worker]) -> str:
    """Return which future is awaited, or which tasks."""
    waiter = task._fut_waiter
    parts = getattr(waiter, "_children", None) or [waiter]
    if inner:
        names = inner[0].f_locals
        group = getattr(names.get("self"), "_tasks", None)
        parts = [*(group or names.get("fs") or parts)]
    names_of = {id(one.task): one.name for one in workers}  # type: ignore[attr-defined]
    found = [names_of[id(one)] for one in parts if id(one) in names_of and not one.done()]
    if not found:
        return "a Future that nobody sets"
    return f"the task {found[0]}" if len(found) == 1 else f"the tasks {', '.join(sorted(found))}"


def _holder(lock: asyncio.Lock, task: Any, workers: Sequence[Worker]) -> str:
    """Return who holds a lock: who was seen to take it, or is in an `async with` of it."""
    for one in workers:
        if lock in one.holds or _is_in(lock, one.task.get_coro()):  # type: ignore[attr-defined]
            return one.name if one.task is not task else "it already"  # type: ignore[attr-defined]
    return "somebody"


def _is_in(lock: asyncio.Lock, coroutine: Any) -> bool:
    """Return whether a coroutine is in an `async with` of a lock, and not on its way into it."""
    every = [*coroutines(coroutine)]
    owners = [frame.f_locals.get("self") for _, frame in every]
    if any(one is lock for one in owners):
        return False
    for one, _ in every:
        parts = gc.get_referents(one)
        leave = [part for part in parts if getattr(part, "__name__", "") == "__aexit__"]
        owners = [getattr(part, "__self__", None) for part in leave]
        # from Python 3.14 on, the method and whose it is lie next to each other
        if any(one is lock for one in (owners if any(owners) else parts if leave else ())):
            return True
    return False
