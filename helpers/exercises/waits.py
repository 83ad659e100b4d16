"""More exercises of notebook 04: a job that may take too long, and one that cannot be awaited."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from reprlib import repr as short
from typing import Any

from helpers.exercises import exercise, solutions
from helpers.exercises.conductor import TURNS, Conductor, conducted, lacks_brackets

# --- 04 in time -----------------------------------------------------------------------------------

LONG = 30.0  # seconds; a job that ends by itself needs far less


@exercise(
    "04 in time",
    "Return what `await job()` gives, or `otherwise` if it takes longer than `seconds`.",
    solutions.in_time,
    "What cancels a job when its time is up, and waits until it has cleared up?",
    "`async with asyncio.timeout(seconds):` cancels what is inside, then raises `TimeoutError`.",
    "`try:`, in it `async with asyncio.timeout(seconds):`, in it `return await job()`; below them, "
    "`except TimeoutError: return otherwise`.",
)
def comes_in_time(answer: Callable[..., Any]) -> str:
    """Judge `async def in_time(job, seconds, otherwise)`."""
    return conducted(answer, takes_too_long, is_in_time, gives_nothing, goes_wrong)


@dataclass
class Late:
    """A job that never ends by itself, and needs a few turns to end when it is cancelled.

    Attributes:
        turns: how many turns of the loop it was left alone for; None if it never began.
        lasted: seconds until it was cancelled; None if it was not.
        ended: whether it has cleared up after that.
        in_time: whether it had cleared up when the answer came back.
    """

    conductor: Conductor
    turns: int | None = None
    lasted: float | None = None
    ended: bool = False
    in_time: bool = False

    async def job(self) -> None:
        """Wait for what never comes."""
        self.turns = 0
        began, time = self.conductor.turns, self.conductor.loop.time()
        try:
            await asyncio.Event().wait()
        finally:
            self.turns = self.conductor.turns - began
            self.lasted = self.conductor.loop.time() - time
            for _ in range(5):
                await asyncio.sleep(0)
            self.ended = True

    def came_back(self, _: object) -> None:
        """Note that the answer has come back."""
        self.in_time = self.ended


async def takes_too_long(conductor: Conductor) -> str:
    """Say what is wrong when the time is up.

    The loop must turn meanwhile. Where it did not, more time is given: perhaps it was the machine.
    """
    for seconds in (0.04, 0.08, 0.12):
        late = Late(conductor)
        conductor.start(conductor.job(late.job, "job()"), seconds, "otherwise")
        conductor.task.add_done_callback(late.came_back)
        if await conductor.back():
            await conductor.settle(conductor.task.done)  # and turns for the job to clear up
        if trouble := of_a_late_job(late, seconds):
            return trouble
        if (late.turns or 0) > TURNS / 2:
            return ""
    return (
        "Nothing else ran while the job was given its time. `time.sleep` holds up the loop, and "
        "with it the job itself."
    )


def of_a_late_job(late: Late, seconds: float) -> str:
    """Say what is wrong with how a job was treated whose time is up."""
    task = late.conductor.task
    if late.turns is None:
        return "`job` never began. `job()` makes a coroutine; it runs when it is awaited."
    if not task.done():
        return "The time was up, and your function still waits for a job that does not end."
    if not task.cancelled() and isinstance(task.exception(), TimeoutError):
        return "`TimeoutError` left your function. Catch it, and return `otherwise`."
    if (found := task.result()) != "otherwise":
        return f"Return `otherwise` when the time is up; this returned {short(found)}."
    if late.lasted is None:
        return "You returned, and the job goes on for ever. Cancel it when its time is up."
    if late.lasted < seconds / 2:
        return "The job was cancelled before its time was up: it has `seconds`."
    if not late.in_time:
        return (
            "The job is still clearing up in its `finally`. `cancel()` only asks for it: await the "
            "job after it, or let `asyncio.timeout` do both."
        )
    return ""


async def is_in_time(conductor: Conductor) -> str:
    """Say what is wrong with a job that needs some turns, and has time enough."""
    return await gives(conductor, "what the job gives")


async def gives_nothing(conductor: Conductor) -> str:
    """Say what is wrong with a job that returns `None`, which is a result like others."""
    return await gives(conductor, None)


async def gives(conductor: Conductor, result: Any) -> str:
    """Say what is wrong if a job in time gives this."""

    async def job() -> Any:
        for _ in range(TURNS // 2):
            await asyncio.sleep(0)
        return result

    conductor.start(conductor.job(job, "job()"), LONG, "otherwise")
    if not await conductor.back():
        return "The job has ended, long before its time, and your function still waits."
    if (found := conductor.task.result()) != result:
        return f"A job in time gave {result!r}; your function returned {short(found)}."
    if conductor.left_over():
        return "Your function returned, and a task of it is still there."
    return ""


async def goes_wrong(conductor: Conductor) -> str:
    """Say what is wrong with a job that raises an error of its own."""
    wrong = ValueError("the page is empty")

    async def job() -> None:
        raise wrong

    conductor.start(conductor.job(job, "job()"), LONG, "otherwise")
    if not await conductor.back():
        return "The job has raised an error, and your function still waits."
    if not conductor.task.cancelled() and conductor.task.exception() is wrong:
        return ""
    return (
        f"The job raised `{wrong!r}`, and your function returned {short(conductor.task.result())}. "
        "Catch `TimeoutError` alone; any other error should come out."
    )


# --- 04 beside ------------------------------------------------------------------------------------


@exercise(
    "04 beside",
    "`blocking()` is an ordinary function that takes long; run it without holding up the task of "
    "`job()`; return both results in a tuple.",
    solutions.beside,
    "While an ordinary function runs, its thread does nothing else. In which thread should it run?",
    "`asyncio.to_thread(blocking)` makes something to await. Is `job()` a task by then?",
    "First `task = asyncio.create_task(job())`, then `found = await asyncio.to_thread(blocking)`, "
    "then `return found, await task`.",
)
def runs_beside(answer: Callable[..., Any]) -> str:
    """Judge `async def beside(blocking, job)`."""
    return conducted(answer, need_each_other)


@dataclass
class Pair:
    """A function that lasts until the job lets it go, and a job that first waits until it began.

    Attributes:
        blocked: how often the function was called by the thread of the loop.
        began: how often it was called by another.
        tasks: how often the job began.
    """

    loop: asyncio.AbstractEventLoop
    blocked: int = 0
    began: int = 0
    tasks: int = 0
    thread: int = field(default_factory=threading.get_ident)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: threading.Event = field(default_factory=threading.Event)

    def blocking(self) -> str:
        """Be an ordinary function that takes long."""
        if threading.get_ident() == self.thread:
            self.blocked += 1
            return "what the function gives"
        self.began += 1
        self.loop.call_soon_threadsafe(self.may_go_on.set)
        self.may_end.wait()
        return "what the function gives"

    async def job(self) -> str:
        """Let the function go, once it has begun."""
        self.tasks += 1
        await self.may_go_on.wait()
        self.may_end.set()
        return "what the job gives"


async def need_each_other(conductor: Conductor) -> str:
    """Say what is wrong if neither can end before the other has begun."""
    pair = Pair(conductor.loop)
    conductor.rescue = pair.may_end.set
    conductor.start(pair.blocking, conductor.job(pair.job, "job()"))
    came_back = await conductor.back()
    if pair.blocked:
        return (
            "`blocking` was called by the thread of the loop, and nothing else ran meanwhile. "
            "`async def` around it does not help, nor does `to_thread(blocking())`: hand it over "
            "to a thread without brackets."
        )
    error = conductor.error()
    if lacks_brackets(error):
        return (
            "`job` is a function; a call of it, `job()`, makes what can be awaited. `blocking` "
            "goes to a thread without brackets, and `to_thread(blocking)` can be awaited."
        )
    if error:
        raise error
    if not came_back or not pair.began or not pair.tasks:
        return of_a_pair(pair)
    found = conductor.task.result()
    if pair.began != 1 or pair.tasks != 1:
        return f"`blocking` ran {pair.began} times and `job` {pair.tasks} times: once each will do."
    if conductor.left_over():
        return "Your function returned, and a task of it is still there."
    right = ("what the function gives", "what the job gives")
    if found != right:
        return f"Return `({right[0]!r}, {right[1]!r})`; this returned {short(found)}."
    return ""


def of_a_pair(pair: Pair) -> str:
    """Say why it is that two that need each other do not come to an end."""
    if pair.began and not pair.tasks:
        return (
            "`job` did not begin before `blocking` had ended. Make a task of `job()` before you "
            "await the other: a coroutine alone does not run."
        )
    if pair.tasks and not pair.began:
        return (
            "`blocking` did not begin before `job` had ended. `to_thread(blocking)` makes a "
            "coroutine: it begins when it is awaited, or a task is made of it."
        )
    if not pair.tasks:
        return "Neither `blocking` nor `job` ever began."
    return "Both have ended, and your function still waits."
