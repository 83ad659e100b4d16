"""Visits a gallery on the web: tasks for its pages, processes for its pictures, one writer.

    python my_project.py ADDRESS DATABASE

Ends with status 0 if all of it is kept, with 1 if something could not be had, and with 130 after
Ctrl-C. Run it again, and it goes on where it stopped.
"""

import argparse
import asyncio
import signal
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from urllib.parse import urljoin

import aiohttp

from helpers.project import gallery

PROBLEMS = aiohttp.ClientError, OSError  # a time-out is an OSError, and so is a broken picture


async def fetch(session, places, address):
    """Return what stands at an address."""
    async with places, session.get(address) as response:
        response.raise_for_status()
        return await response.read()


async def patiently(job, pause_after, tries=5):
    """Return what `await job()` gives; after one of PROBLEMS, try again where that may help."""
    for number in range(tries):
        try:
            return await job()
        except PROBLEMS as error:
            pause = pause_after(error, number)
            if pause is None or number == tries - 1:
                raise
        await asyncio.sleep(pause)


def pause_after(error, number):
    """Return the seconds to wait after a failed try, 0 the first, or None if it would not help."""
    status = getattr(error, "status", 503)  # where there was no answer, one may come yet
    if status < 500 and status != 429:
        return None
    asked_for = (getattr(error, "headers", None) or {}).get("Retry-After")
    return float(asked_for or 0.05 * 2**number)


async def fetch_patiently(session, places, address):
    """Return what stands at an address, after several tries if need be."""
    return await patiently(partial(fetch, session, places, address), pause_after)


async def visit_page(get, rows, rules, address):
    """Fetch a page, and hand it to the writer."""
    page = gallery.Page(address, (await get(address)).decode())
    await rows.put((gallery.keep_page, page, rules))


async def visit_picture(get, rows, pool, address):
    """Fetch a picture, have another process make it small, and hand that to the writer."""
    content = await get(address)
    made = await asyncio.get_running_loop().run_in_executor(pool, gallery.thumbnail, content)
    await rows.put((gallery.keep_picture, address, *made))


async def write(rows, ask):
    """Write down what comes, one thing after the other."""
    while True:
        keep, *what = await rows.get()
        await ask(keep, *what)
        rows.task_done()


async def attempt(visit, address, failed, bar):
    """Visit one address; note the error if it cannot be had."""
    try:
        await visit(address)
    except PROBLEMS as error:
        failed[address] = error
    bar.value += 1


async def visit_each(visit, table, ask, rows, failed, bar):
    """Visit what is left, all at once, and what that leads to, until nothing is left."""
    while addresses := [one for one in await ask(gallery.to_do, table) if one not in failed]:
        bar.max += len(addresses)
        async with asyncio.TaskGroup() as group:
            for address in addresses:
                group.create_task(attempt(visit, address, failed, bar))
        await rows.join()  # until all of it is written down


async def visit_all(start, pool, bar, session, places, ask):
    """Visit all pages, then all pictures; return the errors of those that cannot be had."""
    rows, failed = asyncio.Queue(maxsize=10), {}
    get = partial(fetch_patiently, session, places)
    rules = gallery.rules_of((await get(urljoin(start, "/robots.txt"))).decode())
    async with asyncio.TaskGroup() as group:
        writer = group.create_task(write(rows, ask))
        visit = partial(visit_page, get, rows, rules)
        await visit_each(visit, "pages", ask, rows, failed, bar)
        visit = partial(visit_picture, get, rows, pool)
        await visit_each(visit, "pictures", ask, rows, failed, bar)
        writer.cancel()
    return failed


async def opened(job, start, path, at_once=6, seconds=10):
    """Open the database, in a thread of its own, and a session; await the job; close them again."""
    places, timeout = asyncio.Semaphore(at_once), aiohttp.ClientTimeout(total=seconds)
    with ThreadPoolExecutor(1) as thread:
        in_thread = partial(asyncio.get_running_loop().run_in_executor, thread)
        database = await in_thread(gallery.connect, path, start)

        def ask(function, *what):
            return in_thread(function, database, *what)

        try:
            async with aiohttp.ClientSession(timeout=timeout) as session:
                return await job(session, places, ask)
        finally:
            await in_thread(database.close)


class Bar:
    """A progress bar for a terminal, used like the one of ipywidgets."""

    value = max = 0

    def __setattr__(self, name, number):
        super().__setattr__(name, number)
        if sys.stderr.isatty():
            print(f"\r{self.value} of {self.max} ", end="", file=sys.stderr, flush=True)


def start_deaf(pool, workers):
    """Start a pool's processes deaf to Ctrl-C, which a terminal sends to all: this one decides."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a child inherits it
    for _ in range(workers):
        pool.submit(abs, 0)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def options():
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description="Visit a gallery on the web.")
    parser.add_argument("address", help="of its first page")
    parser.add_argument("database", help="the file that keeps what is found")
    parser.add_argument("--at-once", type=int, default=6, help="requests at a time (6)")
    parser.add_argument("--workers", type=int, default=2, help="processes for pictures (2)")
    parser.add_argument("--timeout", type=float, default=10, help="seconds for an answer (10)")
    return parser.parse_args()


def main():
    """Do what the command line asks for; return the exit status."""
    asked = options()
    try:
        with ProcessPoolExecutor(asked.workers, mp_context=get_context("spawn")) as pool:
            start_deaf(pool, asked.workers)
            job = partial(visit_all, asked.address, pool, Bar())
            limits = asked.at_once, asked.timeout
            failed = asyncio.run(opened(job, asked.address, asked.database, *limits))
    except KeyboardInterrupt:
        print("\nStopped. Run it again, and it goes on from here.", file=sys.stderr)
        return 130
    for address, error in failed.items():
        print(f"{address}: {error or type(error).__name__}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
