"""Visits a gallery on the web: tasks for its pages, processes for its pictures, one writer.

    python my_project.py ADDRESS DATABASE

Ends with status 0 if all of it is kept, with 1 if something could not be had, and with 130 after
Ctrl-C. Run it again, and it goes on where it stopped.
"""

import argparse
import asyncio
import os
import signal
import sqlite3
import sys
import threading
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import count
from multiprocessing import get_context, parent_process
from urllib.parse import urljoin

import aiohttp

from helpers.project import gallery

# What may be wrong with one address: a time-out is an OSError, and so is a broken picture.
PROBLEMS = aiohttp.ClientError, OSError, UnicodeDecodeError


async def fetch(session, address):
    """Return what stands at an address."""
    async with session.get(address) as response:
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


def retry_after(error):
    """Return how many seconds a website wants to be left alone; 0 if it names no number."""
    asked_for = (getattr(error, "headers", None) or {}).get("Retry-After", "")
    return int(asked_for) if asked_for.isdecimal() else 0  # it may be a date


def pause_after(error, number):
    """Return how long to wait after try `number`, from 0 on, failed; None if none would help."""
    status = getattr(error, "status", 503)  # where there was no answer, one may come yet
    if status < 500 and status != 429:
        return None
    return retry_after(error) or 0.05 * 2**number


async def fetch_patiently(session, places, address):
    """Return what stands at an address, after several tries if need be."""
    async with places:  # in a pause, too: while one has to wait, no other asks in its place
        return await patiently(partial(fetch, session, address), pause_after)


async def fetch_rules(get, start):
    """Return the rules of a website; one that has none allows everything."""
    try:
        text = (await get(urljoin(start, "/robots.txt"))).decode(errors="replace")
    except aiohttp.ClientResponseError as error:
        if error.status != 404:
            raise
        text = ""
    return gallery.rules_of(text)


async def visit_page(get, rows, rules, address):
    """Fetch a page, and hand it to the writer."""
    page = gallery.Page(address, (await get(address)).decode())
    await rows.put((gallery.keep_page, page, rules))


async def compute(pool, function, *what):
    """Return what a function gives in a process; if cancelled, leave the call to the pool.

    A pool of Python 3.11 whose calls asyncio cancels just as it breaks never ends its processes.
    """
    call = asyncio.get_running_loop().run_in_executor(pool, function, *what)
    call.add_done_callback(lambda call: call.cancelled() or call.exception())  # it was looked at
    await asyncio.wait([call])
    return call.result()


async def visit_picture(get, rows, pool, address):
    """Fetch a picture, have another process make it small, and hand that to the writer."""
    colour, small = await compute(pool, gallery.thumbnail, await get(address))
    await rows.put((gallery.keep_picture, address, colour, small))


async def write(rows, ask):
    """Do what comes, (function, *arguments), one thing after the other."""
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
    rules = await fetch_rules(get, start)
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
    with ThreadPoolExecutor(1, "database") as thread:
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


def begin_worker():
    """Begin a process of the pool: deaf to Ctrl-C, and ended when the program is, even killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with_program():
        parent_process().join()
        os._exit(1)

    threading.Thread(target=end_with_program, daemon=True).start()


def start_deaf(pool, workers):
    """Start a pool's processes deaf to Ctrl-C, which a terminal sends to all: this one decides."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a child inherits it
    for _ in range(workers):
        pool.submit(abs, 0)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def hear_once():
    """Have the next Ctrl-C heard, and none after it: who puts things away is not disturbed."""

    def once(*how):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if next(number) == 0:  # the next may have come before this one was ignored
            before(*how)  # asyncio's own: it cancels the main task

    number, before = count(), signal.getsignal(signal.SIGINT)
    if callable(before):  # in the background of a shell, Ctrl-C is ignored
        signal.signal(signal.SIGINT, once)


async def run(asked):
    """Visit a gallery as the command line asks for; return the errors."""
    hear_once()
    limits = asked.at_once, asked.timeout
    context = get_context("spawn")
    try:
        with ProcessPoolExecutor(asked.workers, context, begin_worker) as pool:
            start_deaf(pool, asked.workers)
            job = partial(visit_all, asked.address, pool, Bar())
            try:
                return await opened(job, asked.address, asked.database, *limits)
            finally:
                pool.shutdown(cancel_futures=True)  # nobody waits for these calls any more
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left to stop


def options():
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description="Visit a gallery on the web.")
    parser.add_argument("address", help="of its first page")
    parser.add_argument("database", help="the file that keeps what is found")
    parser.add_argument("--at-once", type=int, default=6, help="requests at a time (6)")
    parser.add_argument("--workers", type=int, default=2, help="processes for pictures (2)")
    parser.add_argument("--timeout", type=float, default=10, help="seconds for an answer (10)")
    asked = parser.parse_args()
    if asked.at_once < 1:
        parser.error("--at-once must be 1 or more")
    if not 1 <= asked.workers <= 61:  # Windows cannot wait for more
        parser.error("--workers must be 1 to 61")
    if not 0 < asked.timeout <= 3600:
        parser.error("--timeout must be more than 0 seconds, and 3600 at most")
    return asked


def tell(what, error):
    """Print one line about an error; of a group of them, about the first."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    print(f"{what}: {type(error).__name__}: {error}", file=sys.stderr)


def main():
    """Do what the command line asks for; return the exit status."""
    asked, status = options(), 1
    try:
        failed = asyncio.run(run(asked))
        for address, error in failed.items():
            tell(address, error)
        status = 1 if failed else 0
    except* KeyboardInterrupt:
        print("\nStopped. Run it again, and it goes on from here.", file=sys.stderr)
        status = 130
    except* sqlite3.Error as group:
        tell(asked.database, group)
    except* (*PROBLEMS, BrokenExecutor) as group:
        tell(asked.address, group)
    return status


if __name__ == "__main__":
    sys.exit(main())
