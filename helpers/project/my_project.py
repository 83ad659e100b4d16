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

from helpers.project.gallery import (
    Page, connect, keep_page, keep_picture, rules_of, thumbnail, to_do
)

PROBLEMS = aiohttp.ClientError, OSError  # a time-out is an OSError, and so is a broken picture


async def fetch(session, places, address, tries=5):
    """Return what stands at an address; try again where that may help."""
    for attempt in range(tries):
        try:
            async with places, session.get(address) as response:
                response.raise_for_status()
                return await response.read()
        except PROBLEMS as error:
            pause = pause_after(error, attempt)
            if pause is None or attempt == tries - 1:
                raise
        await asyncio.sleep(pause)  # in no place: others go on


def pause_after(error, attempt):
    """Return the seconds to wait before the next try, or None if that would not help."""
    status = getattr(error, "status", 503)  # no answer may be one the next time
    if status < 500 and status != 429:
        return None
    asked = (getattr(error, "headers", None) or {}).get("Retry-After")
    return float(asked or 0.05 * 2**attempt)


async def visit_page(get, rows, rules, address):
    """Fetch a page, and hand it to the writer."""
    page = Page(address, (await get(address)).decode())
    await rows.put((keep_page, page, rules))


async def visit_picture(get, rows, pool, address):
    """Fetch a picture, have another process make it small, and hand that to the writer."""
    content = await get(address)
    made = await asyncio.get_running_loop().run_in_executor(pool, thumbnail, content)
    await rows.put((keep_picture, address, *made))


async def write(rows, ask, database, bar):
    """Write down what comes, one thing after the other."""
    while True:
        keep, *what = await rows.get()
        await ask(keep, database, *what)
        bar.value += 1
        rows.task_done()


async def visit_each(visit, addresses, failed, bar):
    """Visit addresses, all at once; note which of them cannot be had, and why."""

    async def attempt(address):
        try:
            await visit(address)
        except PROBLEMS as error:
            failed[address] = error
            bar.value += 1

    bar.max += len(addresses)
    async with asyncio.TaskGroup() as group:
        for address in addresses:
            group.create_task(attempt(address))


async def visit_all(get, start, rows, left, pool, bar):
    """Visit the pages, wave after wave, then the pictures; return what cannot be had."""
    failed = {}
    rules = rules_of((await get(urljoin(start, "/robots.txt"))).decode())
    visit = partial(visit_page, get, rows, rules)
    while addresses := [one for one in await left("pages") if one not in failed]:
        await visit_each(visit, addresses, failed, bar)
        await rows.join()  # what they lead to is written down
    await visit_each(partial(visit_picture, get, rows, pool), await left("pictures"), failed, bar)
    await rows.join()
    return failed


async def crawl(start, path, at_once, seconds, pool, bar):
    """Visit a website from its first page on; return the errors of what cannot be had."""
    rows, places = asyncio.Queue(maxsize=10), asyncio.Semaphore(at_once)
    timeout = aiohttp.ClientTimeout(total=seconds)
    with ThreadPoolExecutor(1) as thread:
        ask = partial(asyncio.get_running_loop().run_in_executor, thread)
        database = await ask(connect, path, start)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
                writer = group.create_task(write(rows, ask, database, bar))
                get, left = partial(fetch, session, places), partial(ask, to_do, database)
                failed = await visit_all(get, start, rows, left, pool, bar)
                writer.cancel()
        finally:
            await ask(database.close)
    return failed


class Bar:
    """A progress bar for a terminal, used like the one of ipywidgets."""

    value = max = 0

    def __setattr__(self, name, number):
        super().__setattr__(name, number)
        if sys.stderr.isatty():
            print(f"\r{self.value} of {self.max} ", end="", file=sys.stderr, flush=True)


def start_deaf(pool, workers):
    """Start a pool's processes such that they do not hear Ctrl-C, which a terminal sends to all."""
    held = {signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, held)  # a child begins with its parent's mask
    for _ in range(workers):
        pool.submit(abs, 0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, held)


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
            limits = asked.at_once, asked.timeout
            failed = asyncio.run(crawl(asked.address, asked.database, *limits, pool, Bar()))
    except KeyboardInterrupt:
        print("\nStopped. Run it again, and it goes on from here.", file=sys.stderr)
        return 130
    for address, error in failed.items():
        print(f"{address}: {error or type(error).__name__}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
