"""The same crawl twice, with threads and with tasks, and what each of them costs.

How much memory a process has used at most never goes down again, and a notebook's event loop may
be patched. So each crawl runs in a process of its own, where it is the first:

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        cost = pool.submit(crawl_with_tasks, urls, 200).result()

Importing this module loads the standard library only.
"""

from __future__ import annotations

import asyncio
import errno
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from numbers import Integral
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

from helpers.checks import is_number

if TYPE_CHECKING:
    import aiohttp

__all__ = ["crawl_with_tasks", "crawl_with_threads"]

TIMEOUT = 30.0  # seconds for a page
PAGE = "page"
TOO_MANY_FILES = "Too many open files"


def crawl_with_threads(urls: Sequence[str], n: int) -> dict[str, Any]:
    """Fetch the pages with requests, a thread for each up to n threads.

    Each thread has a session of its own, whose connection it uses again. A pool starts no further
    thread while one has nothing to do, so there may be fewer than n: the server's counts tell.

    Returns:
        pages: how many came whole.
        errors: how many did not, by the name of the error.
        seconds: from the first to the last.
        megabytes: how much more memory the process used at most than it had before.

    Raises:
        OSError: each open connection is an open file, and the system allows too few of them.
        ValueError: n is no whole number from 1.
    """
    _check(n)
    import requests

    own = threading.local()

    def visit(url: str) -> str:
        try:
            own.session.get(url, timeout=TIMEOUT).raise_for_status()
        except requests.RequestException as error:
            return _why(error)
        return PAGE

    began, before = time.perf_counter(), _most_memory()
    with ExitStack() as sessions:

        def begin() -> None:
            own.session = sessions.enter_context(requests.Session())

        with ThreadPoolExecutor(n, initializer=begin) as pool:
            outcomes = list(pool.map(visit, urls))
    return _cost(outcomes, began, before)


def crawl_with_tasks(urls: Sequence[str], n: int) -> dict[str, Any]:
    """Fetch the pages with aiohttp, a task for each, of which n at a time may ask.

    All share one session and its connections. Returns and raises what `crawl_with_threads` does.
    """
    _check(n)
    import aiohttp

    async def visit(url: str, session: aiohttp.ClientSession, places: asyncio.Semaphore) -> str:
        async with places:
            try:
                async with session.get(url, raise_for_status=True) as response:
                    await response.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                return _why(error)
        return PAGE

    async def crawl() -> list[str]:
        places = asyncio.Semaphore(n)
        connector = aiohttp.TCPConnector(limit=0)  # without it, 100 connections at most
        timeout = aiohttp.ClientTimeout(TIMEOUT)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            return await asyncio.gather(*(visit(url, session, places) for url in urls))

    began, before = time.perf_counter(), _most_memory()
    outcomes = asyncio.run(crawl())
    return _cost(outcomes, began, before)


def _check(n: int) -> None:
    """Refuse an n that would be an error deep inside, or with a semaphore of 0 a wait for ever."""
    if not is_number(n, low=1, kind=Integral):
        raise ValueError(f"n must be a whole number from 1, not {short(n)}")


def _why(error: BaseException) -> str:
    """Return an error's name, or that there were too many open files if this is behind it."""
    behind: BaseException | None = error
    while behind:
        if isinstance(behind, OSError) and behind.errno == errno.EMFILE:
            return TOO_MANY_FILES
        behind = behind.__cause__ or behind.__context__
    return type(error).__name__


def _most_memory() -> float:
    """Return the most memory that this process has had at a time, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux, whose ru_maxrss begins with that of the process that started this
        peak = status.read_text().partition("VmHWM:")[2].split()[0]
        return int(peak) * 1024 / 1e6
    if sys.platform == "win32":
        import psutil  # ipykernel brings it

        told = psutil.Process().memory_info()
        return float(getattr(told, "peak_wset", told.rss)) / 1e6
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _cost(outcomes: list[str], began: float, before: float) -> dict[str, Any]:
    """Return what a crawl came to, unless there were too few open files for a fair one."""
    seconds, most = time.perf_counter() - began, _most_memory()
    errors = Counter(outcomes)
    pages = errors.pop(PAGE, 0)
    if lost := errors[TOO_MANY_FILES]:
        raise OSError(errno.EMFILE, _too_many_files(lost))
    grown = most - before
    return {"pages": pages, "errors": dict(errors), "seconds": seconds, "megabytes": grown}


def _too_many_files(lost: int) -> str:
    import resource

    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    enough = max(4096, 4 * allowed)
    return (
        f"{TOO_MANY_FILES}: {lost:,} pages found none free of the {allowed:,} allowed; choose a "
        f"smaller n, or say `ulimit -n {enough}` in the terminal before you start the course"
    )
