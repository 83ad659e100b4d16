# mypy: ignore-errors
"""One solution of each exercise of notebooks 07 to 09, as a learner may write it."""

import asyncio

PROBLEMS = (OSError,)  # notebook 09 has aiohttp's as well


def recap_07():
    return {
        "a pool's `with` block ends when all its calls have ended": True,
        "a thread that waits at a lock keeps a core busy": False,
        "a future that is asked for its `result()` raises the error of its call": True,
        "a task can be cancelled anywhere": False,
        "one good run shows that there is no race": False,
    }


def who():
    return "Ben"


def report(future, log):
    if not future.cancelled() and (error := future.exception()):
        log.error("a call has failed", exc_info=error)


def serve(office):
    while (job := office.jobs.get()) is not None:
        office.done.append(job)
    office.jobs.put(None)  # for the next


def clocks(function):
    import time

    wall, cpu = time.perf_counter(), time.thread_time()
    function()
    return time.perf_counter() - wall, time.thread_time() - cpu


def awaits(task):
    import inspect

    coroutine = task.get_coro()
    while inspect.iscoroutine(coroutine.cr_await):
        coroutine = coroutine.cr_await
    return coroutine.__name__


# --- 08 -------------------------------------------------------------------------------------------


def recap_08():
    return {
        "cProfile tells what each process of a pool does": False,
        "`thread_time` stands still while its thread waits": True,
        "a large list that a process returns is sent back at no cost": False,
        "threads hand each other a large list at no cost": True,
        "a lock guards only against those who ask for it": True,
    }


def sources(cited, found):
    return [
        number
        for number, title in cited.items()
        if number not in found or found[number].casefold() != title.casefold()
    ]


def store(folder, name, chunks):
    import os
    from pathlib import Path

    draft = Path(folder, f"{name}.draft")
    with draft.open("w") as file:
        for chunk in chunks:
            file.write(chunk)
    os.replace(draft, Path(folder, name))


def results(pool, function, items):
    futures = {item: pool.submit(function, item) for item in items}
    return {item: one.exception() or one.result() for item, one in futures.items()}


def lanes_08():
    return {
        "10,000 pages to fetch from one website, on this laptop": "tasks",
        "10,000 calls of C++ that lets go of the GIL": "threads",
        "a minute of plain Python, once, on four cores": "processes",
        "a night of plain Python, on thirty computers": "dask",
        "plain Python, four cores, one large dictionary that all change": "free-threaded",
    }


# --- 09 -------------------------------------------------------------------------------------------


def recap_09():
    return {
        "a semaphore of 6 lets six tasks in, and the seventh waits": True,
        "a thread makes a long sum in Python quicker": False,
        "what a spawned process runs must stand in a file that it can import": True,
        "a call without `await` lets other tasks run meanwhile": False,
        "a task can be cancelled where it awaits, and nowhere else": True,
    }


def at_best(waited, computed, places, cores):
    return max(waited / places, computed / cores)


async def patiently(job, pause_after, tries=5):
    for number in range(tries):
        try:
            return await job()
        except PROBLEMS as error:
            pause = pause_after(error, number)
            if pause is None or number == tries - 1:
                raise
        await asyncio.sleep(pause)


def statuses():
    return {
        "all pages and pictures are in the database": 0,
        "one picture is not there; all the rest is kept": 1,
        "`--at-once many`": 2,
        "Ctrl-C in the middle": 130,
        "Ctrl-C in the middle; then it is started again, and all is there": 0,
    }
