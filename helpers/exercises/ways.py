"""The exercises of notebook 01: three ways."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from helpers.exercises import exercise, solutions
from helpers.exercises.meeting import LINGER, Meeting
from helpers.exercises.recall import recalled

__all__ = ["JOBS"]

TIMES = 5  # not the notebook's own number


@exercise(
    "01 together",
    "Run `job()` as many times as asked, each in a thread of its own, all at the same time.",
    solutions.together,
    "Look at how four threads waited together in this notebook. What is `job` here?",
    "Three loops: create all threads, start them all, wait for them all.",
    "`Thread(target=job)`: hand over the function. With brackets you would call it yourself.",
)
def runs_together(answer: Callable[..., Any]) -> str:
    """Judge `together(job, times)`."""
    meeting = Meeting(TIMES)
    answer(lambda: meeting.come(linger=LINGER), TIMES)
    if meeting.here:
        return (
            "`job` was called by the thread that called your function. `target=job()` and "
            "`thread.run()` call it here and now: hand it over without brackets, and `start()`."
        )
    if meeting.calls != TIMES:
        return f"`job` ran {meeting.calls} times; {TIMES} were asked for."
    if meeting.inside:
        return "Your function returned while a thread was still at work. Wait for all of them."
    if meeting.peak == 1:
        return (
            "Never two at the same time. `join` means: stay here until that thread has finished. "
            "Start all threads before you wait for the first."
        )
    if meeting.peak < TIMES:
        return f"{meeting.peak} at the same time, of {TIMES}: make a thread for each."
    return ""


@exercise(
    "01 tasks",
    "Run `job()` as many times as asked, each in a task of its own; return the results in a list.",
    solutions.tasks_together,
    "Calling `job()` makes a coroutine, and nothing runs. What makes a task of it?",
    "Make all tasks first, in one line. Only then wait for the first.",
    "`[asyncio.create_task(job()) for _ in range(times)]`, then `[await task for task in tasks]`.",
)
def tasks_run_together(answer: Callable[..., Any]) -> str:
    """Judge `async def tasks_together(job, times)`."""
    counts = {"inside": 0, "peak": 0, "calls": 0}

    async def job() -> int:
        counts["calls"] += 1
        number = counts["calls"]
        counts["inside"] += 1
        counts["peak"] = max(counts["peak"], counts["inside"])
        for _ in range(TIMES + 1):  # turns enough for all others to come
            await asyncio.sleep(0)
        counts["inside"] -= 1
        return number

    made = answer(job, TIMES)
    if not asyncio.iscoroutine(made):
        return "Begin it with `async def`: only there can you `await`."
    try:
        with asyncio.Runner() as runner:  # which nest-asyncio leaves as it is
            found = runner.run(made)
    except TypeError as error:
        if "a coroutine was expected" in str(error):
            return "`create_task` wants what a call makes: `create_task(job())`, with brackets."
        raise
    return trouble_with_runs(counts) or trouble_with_results(found)


def trouble_with_runs(counts: dict[str, int]) -> str:
    """Say what is wrong with how often, and how many at a time, the job ran."""
    if counts["calls"] != TIMES:
        return (
            f"`job` ran {counts['calls']} times; {TIMES} were asked for. Calling it only makes a "
            "coroutine; it runs once there is a task of it, or somebody awaits it."
        )
    if counts["peak"] == 1:
        return (
            "Never two at the same time. `await job()` waits until it has finished, and the next "
            "one does not even exist yet: make all tasks before you await the first."
        )
    if counts["peak"] < TIMES:
        return f"{counts['peak']} at the same time, of {TIMES}: let nothing hold the others back."
    return ""


def trouble_with_results(found: Any) -> str:
    """Say what is wrong with what was returned."""
    if isinstance(found, list) and any(isinstance(one, asyncio.Task) for one in found):
        return "These are the tasks themselves: `await` each of them, which gives its result."
    if not isinstance(found, list) or {*found} != {*range(1, TIMES + 1)}:
        return f"Return what the jobs returned, in a list; this returned {found!r}."
    return ""


JOBS = {
    "fetch 20 pages with requests": ("threads", "It waits, and `requests` knows no `await`."),
    "hold 10,000 connections open": ("tasks", "It waits, for very many at once."),
    "add up a billion numbers in a loop": ("processes", "It computes, and needs more cores."),
    "add two numbers, once": ("in turn", "There is nothing to do at the same time."),
}


@exercise(
    "01 choose",
    "For each job put the way that you would try first in place of `None`.",
    solutions.choice,
    "Ask of each: does it wait, or does it compute?",
    "What waits needs no core of its own; what computes is helped by more cores only.",
    "Starting anything costs time as well. Is there something to start it for?",
)
def chooses(answer: Any) -> str:
    """Judge a dictionary of jobs and ways, or a function that makes one."""
    return recalled(answer, JOBS)
