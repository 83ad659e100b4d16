# mypy: ignore-errors
"""One solution of each exercise, written as a learner may write it: `solution` shows its source."""

import asyncio
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import Pipe, Process, Queue
from threading import Thread
from time import perf_counter


def together(job, times):
    threads = [Thread(target=job) for _ in range(times)]  # create
    for thread in threads:
        thread.start()  # start
    for thread in threads:
        thread.join()  # wait


async def tasks_together(job, times):
    tasks = [asyncio.create_task(job()) for _ in range(times)]  # create, start
    return [await task for task in tasks]  # wait, collect


def choice():
    return {
        "fetch 20 pages with requests": "threads",
        "hold 10,000 connections open": "tasks",
        "add up a billion numbers in a loop": "processes",
        "add two numbers, once": "in turn",
    }


def recap():
    return {
        "bars that overlap ran in the same instant": False,
        "four threads that wait need four cores": False,
        "a process that you start changes your lists": False,
        "a task lets others run at `await` only": True,
        "four threads add up four times as fast as one": False,
    }


def fetch_all(fetch, urls):
    texts = {}

    def keep(url):
        texts[url] = fetch(url)

    threads = [Thread(target=keep, args=(url,)) for url in urls]  # create
    for thread in threads:
        thread.start()  # start
    for thread in threads:
        thread.join()  # wait
    return texts  # collect


def texts_and_errors(fetch, urls):
    texts, errors = {}, {}
    with ThreadPoolExecutor(4) as pool:
        futures = {url: pool.submit(fetch, url) for url in urls}
    for url, future in futures.items():
        try:
            texts[url] = future.result()
        except Exception as error:
            errors[url] = error
    return texts, errors


def make_seller():
    lock = threading.Lock()  # one for both sellers

    def sell(tickets):
        with lock:
            if tickets.left > 0:
                tickets.left = tickets.left - 1
                return True
            return False

    return sell


# --- 03 ------------------------------------------------------------------------------------------


def recap_03():
    return {
        "`join()` raises the error of its thread": False,
        "`pool.map` gives the results in your order": True,
        "two threads that write to one place need a lock each": False,
        "the GIL makes `sold = sold + int(1)` safe": False,
        "a request without a time-out can wait for ever": True,
    }


def results_and_errors(job, items):
    results, errors = {}, {}
    with ProcessPoolExecutor(2) as pool:
        futures = {item: pool.submit(job, item) for item in items}
    for item, future in futures.items():
        try:
            results[item] = future.result()
        except Exception as error:
            errors[item] = error
    return results, errors


def received(job, numbers):
    queue = Queue()
    process = Process(target=job, args=(numbers, queue))
    process.start()
    items = []
    while (item := queue.get()) is not None:
        items.append(item)
    process.join()  # now its queue is empty, and it can end
    return items


def ask(job, questions):
    here, there = Pipe()
    process = Process(target=job, args=(there,))
    process.start()
    answers = []
    for question in questions:
        here.send(question)
        answers.append(here.recv())
    here.send(None)
    process.join()
    return answers


SCRIPT = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

def square(n):
    return n * n

if __name__ == "__main__":
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        print(list(pool.map(square, range(5))))
"""


# --- 04 -------------------------------------------------------------------------------------------


def recap_04():
    return {
        "what a child process changes, you see": False,
        "a spawned process imports what it runs": True,
        "leaving the `with` of a pool of threads ends its calls halfway": False,
        "two threads that read and write one thing need one lock": True,
        "a large list is cheap to hand to a process": False,
    }


async def fetch_all_with_tasks(fetch, urls, at_once):
    texts, errors = {}, {}
    places = asyncio.Semaphore(at_once)  # one for all tasks

    async def keep(url):
        async with places:
            try:
                texts[url] = await fetch(url)
            except Exception as error:
                errors[url] = error

    await asyncio.gather(*[keep(url) for url in urls])  # create, start, wait
    return texts, errors  # collect


async def in_time(job, seconds, otherwise):
    try:
        async with asyncio.timeout(seconds):
            return await job()
    except TimeoutError:
        return otherwise


async def beside(blocking, job):
    task = asyncio.create_task(job())  # begins at the next `await`
    found = await asyncio.to_thread(blocking)
    return found, await task


async def work_off(job, items, workers):
    queue, results = asyncio.Queue(), {}
    for item in [*items, *[None] * workers]:  # a sentinel for each
        await queue.put(item)

    async def work():
        while (item := await queue.get()) is not None:
            results[item] = await job(item)

    await asyncio.gather(*[work() for _ in range(workers)])
    return results


# --- 05 -------------------------------------------------------------------------------------------


def recap_05():
    return {
        "a call of a coroutine function runs it": False,
        "one long call without `await` holds up all tasks": True,
        "a child process sees what you change after it has begun": False,
        "a semaphore of 4 lets five tasks in at the same time": False,
        "what goes to a process is packed and sent": True,
    }


def choices():
    return {
        "take 300 log files apart in plain Python (reading them is quick)": "processes",
        "run `git` in 40 folders, from a function without `await`": "threads",
        "hold 5,000 chat connections open": "tasks",
        "blur 200 pictures with `blur` from notebook 03": "threads",
        "sort one list of a thousand numbers": "in turn",
        "add up a list of a million numbers that you have here": "in turn",
    }


def benchmark(ways, items, rounds):
    seconds = {name: [] for name in ways}
    right = None
    for _ in range(rounds):
        for name, way in ways.items():
            began = perf_counter()
            found = way(items)
            seconds[name].append(perf_counter() - began)
            right = found if right is None else right
            if found != right:
                raise ValueError(f"{name} gives something else")
    return seconds
