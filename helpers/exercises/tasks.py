"""The exercises of notebook 04: tasks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from reprlib import repr as short
from typing import Any

from helpers.exercises import exercise, solutions, starts
from helpers.exercises.conductor import Conductor, conducted, lacks_brackets
from helpers.exercises.pairs import judged_pair
from helpers.exercises.recall import recalled
from helpers.exercises.steps import Job, in_step

# --- 04 recap -------------------------------------------------------------------------------------

RECAP = {
    "what a child process changes, you see": (False, "It works on a copy."),
    "a spawned process imports what it runs": (True, "So a cell's function cannot be found."),
    "leaving the `with` of a pool of threads ends its calls halfway": (
        False,
        "It waits for them.",
    ),
    "two threads that read and write one thing need one lock": (True, "The same one for both."),
    "a large list is cheap to hand to a process": (False, "It is packed, sent and unpacked."),
}


@exercise(
    "04 recap",
    "Put `True` or `False` in place of each `None`.",
    solutions.recap_04,
    "Each of them was seen in a cell of notebook 02 or 03.",
)
def remembers(answer: Any) -> str:
    """Judge a dictionary of sentences, or a function that makes one."""
    return recalled(answer, RECAP)


# --- 04 fetch all ---------------------------------------------------------------------------------

NEVER_AWAITED = "Calling a coroutine function only makes a coroutine: `await` it, or make a task."


@exercise(
    "04 fetch all",
    "Fetch all pages with tasks, never more than `at_once` at a time; return two dictionaries by "
    "address: the texts, the errors.",
    solutions.fetch_all_with_tasks,
    "Finish `keep` first: it takes a place, and keeps the error when `fetch` raises one.",
    "`async with places:` takes one; in it, `try:` and `except Exception as error:`. And all calls "
    "of `keep` are to run at the same time.",
    "In `keep`: `async with places:`, in it `try: texts[url] = await fetch(url)`. "
    "Then `await asyncio.gather(*[keep(url) for url in urls])`.",
    start=starts.fetch_all_with_tasks,
)
def fetches_all(answer: Callable[..., Any]) -> str:
    """Judge `async def fetch_all(fetch, urls, at_once)`."""
    return conducted(answer, fetches_eight, fetches_five, is_cancelled)


def pages(number: int) -> list[str]:
    """Return so many addresses."""
    return [f"http://127.0.0.1/{one}.html" for one in range(number)]


async def fetches_eight(conductor: Conductor) -> str:
    """Let the first page be the last to come, and three fail."""
    return await fetches(conductor, pages(8), 3, pages(8)[0])


async def fetches_five(conductor: Conductor) -> str:
    """Let the pages come in turn: who waits for the first alone is seen."""
    return await fetches(conductor, pages(5), 2, None)


async def fetches(conductor: Conductor, urls: list[str], most: int, slow: str | None) -> str:
    """Say what is wrong with an answer that is to fetch these pages."""
    broken: dict[str, Exception] = {
        urls[1]: ConnectionError("it is down"),
        urls[4]: ValueError("it is no page"),
    }
    broken |= {url: TimeoutError("it took too long") for url in urls[6:7]}
    job = Job(broken)
    conductor.rescue = job.let_all_go
    conductor.start(conductor.job(job.run, "fetch(url)"), list(urls), most)
    how = await in_step(conductor, job, urls, most, slow)
    if how == "error":
        return of_error(conductor, broken)
    if how:
        return in_words(how, job, most, len(urls))
    found = conductor.task.result()
    if not job.calls:
        return f"`fetch` ran 0 times for {len(urls)} addresses. {NEVER_AWAITED}"
    if len(job.calls) < len(urls):
        return f"`fetch` ran {len(job.calls)} times for {len(urls)} addresses."
    if left := conductor.left_over():
        return f"Your function returned, and {in_tasks(left)} still there. Wait for all of them."
    texts = {url: job.result(url) for url in urls if url not in broken}
    return judged_pair(found, "texts", texts, broken)


def in_words(how: str, job: Job, most: int, items: int) -> str:
    """Return what went wrong with the pages under way, in a sentence."""
    words = {
        "alone": f"Never two pages at a time, and {most} are allowed. `await` waits until this one "
        "has finished: make tasks of all of them before you wait for the first.",
        "many": f"{job.peak} pages at a time, and {most} are allowed. One semaphore for all, made "
        "before the tasks, and in each task `async with` around `await fetch(url)`.",
        "few": f"{job.peak} pages at a time, and {most} are allowed: use all of them.",
        "held up": "A place is free, and nobody takes it: one slow page holds up the others. Let "
        "each task wait for a place, not each group; and give it back, also after an error.",
        "again": f"`fetch` ran more than {items} times for {items} addresses: once each will do.",
        "early": "Your function returned while a page was still on its way. Wait for all tasks.",
        "stuck": f"`fetch` ran {len(job.calls)} times for {items} addresses, and now your function "
        "waits for what nobody does. Does every task give its place back, also after an error?",
    }
    return words[how]


def in_tasks(tasks: set[Any]) -> str:
    """Return how many tasks there are, in words."""
    return "a task is" if len(tasks) == 1 else f"{len(tasks)} tasks are"


def of_error(conductor: Conductor, broken: Mapping[Any, Exception]) -> str:
    """Say what it means that an answer raised an error, or raise it again.

    It is no surprise if it is one of those that a page was made to raise.
    """
    error = None if conductor.task.cancelled() else conductor.task.exception()
    if isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error in broken.values():
        return (
            f"`{type(error).__name__}` left your function, and the other pages are lost with it. "
            "Catch it in each task, around `await fetch(url)`; not one kind alone."
        )
    if lacks_brackets(error):
        return "A task is made of what a call makes: `create_task(one(url))`, with brackets."
    return str(conductor.task.result())  # raises it


async def is_cancelled(conductor: Conductor) -> str:
    """Say whether an answer hears that it is cancelled."""
    job = Job()
    conductor.start(conductor.job(job.run, "fetch(url)"), pages(4), 2)
    await conductor.settle(lambda: len(job.inside) == 2)
    conductor.task.cancel()
    if await conductor.back() and conductor.task.cancelled():
        return ""
    return (
        "It was cancelled, and went on as if nothing had been said. That raises "
        "`CancelledError` where you wait: `except Exception` lets it pass, `except:` does not."
    )


# --- 04 work off ----------------------------------------------------------------------------------


@exercise(
    "04 work off",
    "Put the items into an `asyncio.Queue`; so many tasks as `workers` says take from it and call "
    "`await job(item)` until it is empty; return the results in a dictionary by item.",
    solutions.work_off,
    "Write one worker first, a coroutine function: what does it do again and again, until when?",
    "Put all items into the queue, then a `None` for each worker.",
    "As in the cell above: `item = await queue.get()`, stop at `None`, else "
    "`results[item] = await job(item)`. Then `gather` as many workers as asked.",
)
def works_off(answer: Callable[..., Any]) -> str:
    """Judge `async def work_off(job, items, workers)`."""
    return conducted(answer, works_with_three, works_with_two)


# Many more than workers: each of these may have a task of its own for its job, as `wait_for` makes
# up to Python 3.11, and there may be one that fills the queue and one that waits for its end.
ITEMS = [f"item {number}" for number in range(9)]


async def works_with_three(conductor: Conductor) -> str:
    """Let the first item be the last to be done."""
    return await works(conductor, ITEMS, 3, ITEMS[0])


async def works_with_two(conductor: Conductor) -> str:
    """Let the items be done in turn: who waits for the first worker alone is seen."""
    return await works(conductor, ITEMS, 2, None)


async def works(conductor: Conductor, items: list[str], most: int, slow: str | None) -> str:
    """Say what is wrong with an answer that is to work off these items."""
    job, tasks = Job(), [0]

    async def run(item: str) -> str:
        tasks.append(len(conductor.left_over()))
        return await job.run(item)

    conductor.rescue = job.let_all_go
    conductor.start(conductor.job(run, "job(item)"), list(items), most)
    how = await in_step(conductor, job, items, most, slow)
    if how == "error":
        return of_error(conductor, {})
    if how:
        return of_workers(how, job, most, len(items))
    if not job.calls:
        return f"`job` ran 0 times for {len(items)} items. {NEVER_AWAITED}"
    if len(job.calls) < len(items):
        return f"`job` ran {len(job.calls)} times for {len(items)} items."
    if left := conductor.left_over():
        return (
            f"Your function returned, and {in_tasks(left)} still there. A worker that waits at "
            "`queue.get()` for what never comes must be cancelled, or be told when to go home."
        )
    if max(tasks) >= len(items):
        return f"There was a task for each item: make {most}, which take one item after another."
    return of_results(conductor.task.result(), {item: job.result(item) for item in items})


def of_workers(how: str, job: Job, most: int, items: int) -> str:
    """Return what went wrong with the items under way, in a sentence."""
    words = {
        "alone": f"Never two items at a time, with {most} workers. Make tasks of all workers "
        "before you wait for the first.",
        "many": f"{job.peak} items at a time, with {most} workers. Each worker awaits its `job` "
        "before it takes another item.",
        "few": f"{job.peak} items at a time, with {most} workers: let all of them work.",
        "held up": "One slow item holds up the others: there is work to do, and a worker waits. "
        "Each should take the next item as soon as it has finished its own.",
        "again": f"`job` ran more than {items} times for {items} items: once each will do.",
        "early": "Your function returned while a worker was still at work. Wait for all of them.",
        "stuck": f"`job` ran {len(job.calls)} times for {items} items, and now your function waits "
        "for what nobody does. `queue.get()` waits for ever at an empty queue, and `queue.join()` "
        "until `queue.task_done()` was called for each item.",
    }
    return words[how]


def of_results(found: Any, right: dict[str, str]) -> str:
    """Say what is wrong with the results that came back."""
    if not isinstance(found, Mapping):
        return f"Return a dictionary of items and results; this returned {short(found)}."
    if any(inspect.isawaitable(one) for one in found.values()):
        return "The results are still to be awaited: a result is what `await job(item)` gives."
    if lost := {*right} - {*found}:
        return f"{len(lost)} of {len(right)} items are not in what you returned."
    if found != right:
        return "Return what `job` gave for each item, and nothing else."
    return ""
