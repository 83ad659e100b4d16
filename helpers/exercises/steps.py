"""A job whose calls are let go one by one, so that one sees how many are under way at each step."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from helpers.exercises.conductor import Conductor

__all__ = ["Job", "in_step"]


class Job:
    """A coroutine function of one argument, each call of which lasts until it is let go.

    Attributes:
        calls: the arguments, in order.
        inside: the arguments of the calls under way, the oldest first.
        peak: most calls under way at one moment.
    """

    def __init__(self, errors: dict[Any, Exception] | None = None) -> None:
        self.calls: list[Any] = []
        self.peak = 0
        self._errors = errors or {}
        self._gates: dict[asyncio.Future[None], Any] = {}

    @property
    def inside(self) -> list[Any]:
        """The arguments of the calls under way."""
        return [*self._gates.values()]

    async def run(self, item: Any) -> str:
        """Be one call."""
        self.calls.append(item)
        gate = asyncio.get_running_loop().create_future()
        self._gates[gate] = item
        self.peak = max(self.peak, len(self._gates))
        try:
            await gate
        finally:
            del self._gates[gate]
        if item in self._errors:
            raise self._errors[item]
        return self.result(item)

    def result(self, item: Any) -> str:
        """Return what a call gives."""
        return f"what came of {item}"

    def let_go(self, item: Any) -> None:
        """Let the oldest call with this argument end."""
        gate = next(gate for gate, one in self._gates.items() if one == item)
        gate.get_loop().call_soon_threadsafe(open_gate, gate)

    def let_all_go(self) -> None:
        """Let all calls end, on whatever loop they are."""
        for gate in [*self._gates]:
            with suppress(RuntimeError):  # its loop is closed
                gate.get_loop().call_soon_threadsafe(open_gate, gate)


def open_gate(gate: asyncio.Future[None]) -> None:
    """Let a call end that waits at a gate."""
    if not gate.done():
        gate.set_result(None)


async def in_step(
    conductor: Conductor, job: Job, items: Sequence[Any], most: int, slow: Any
) -> str:
    """Let go one call after the other, and say what goes wrong with how many are under way.

    Args:
        conductor: of an answer that was started.
        job: what the answer calls for each item.
        items: all of them.
        most: how many may be under way, and should be as long as there are so many.
        slow: the item whose call is let go last, or None.

    Returns:
        'many', 'few', 'alone' (never two), 'held up', 'again' (more calls than items), 'early' (the
        answer ended while calls were under way), 'error' (it raised), 'stuck', or '' if it has
        ended as it should.
    """
    for left in range(len(items), 0, -1):
        if trouble := await under_way(conductor, job, min(most, left)):
            return trouble
        if not job.inside:
            break
        if len(job.calls) > len(items):
            return "again"
        job.let_go(next((item for item in job.inside if item != slow), slow))
    if not await conductor.back():
        return "again" if job.inside else "stuck"
    return outcome(conductor, job)


async def under_way(conductor: Conductor, job: Job, due: int) -> str:
    """Wait until so many calls are under way, and say what goes wrong with that."""
    most = max(due, job.peak)
    await conductor.settle(lambda: len(job.inside) >= due or conductor.task.done())
    if job.peak > most:
        return "many"
    if conductor.task.done():
        return outcome(conductor, job)
    if not job.inside or len(job.inside) >= due:
        return ""
    if job.peak == most:
        return await held_up(conductor, job)
    return "alone" if job.peak == 1 else "few"


async def held_up(conductor: Conductor, job: Job) -> str:
    """Let go all calls, and say whether the answer goes on by that."""
    calls = len(job.calls)
    job.let_all_go()
    await conductor.settle(lambda: len(job.calls) > calls or conductor.task.done())
    if len(job.calls) > calls:
        return "held up"
    return outcome(conductor, job) if conductor.task.done() else "stuck"


def outcome(conductor: Conductor, job: Job) -> str:
    """Return how an answer has ended."""
    if conductor.task.cancelled() or conductor.task.exception():
        return "error"
    return "early" if job.inside else ""
