"""The jobs of the course: wait, count, fetch, blur, and those that talk with their parent.

Each is one ordinary function in a module, so that a thread, a task and a process made by any
start method can find it by its name. A function written in a notebook's cell has no such address:
a spawned process looks for it and does not find it.

Importing this module loads the standard library only: every spawned child imports it.
"""

from __future__ import annotations

import asyncio
import pickle
import time
from collections.abc import Iterable
from numbers import Integral
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from helpers.checks import is_number

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.queues import Queue
    from multiprocessing.sharedctypes import Synchronized

    import aiohttp
    import requests

__all__ = [
    "add_one",
    "add_one_with_lock",
    "answer_sums",
    "blur",
    "call",
    "count",
    "fetch",
    "fetch_async",
    "median",
    "put_sums",
    "sum_shared",
    "wait",
    "wait_async",
]

TIMEOUT = 10.0  # seconds; a job without one can wait for ever
A_DAY = 86_400.0  # seconds; more is a slip of the pen


def wait(seconds: float = 1.0) -> float:
    """Wait without computing, as for a disk or another computer; return the seconds waited for.

    Raises:
        ValueError: seconds is not a number from 0 to a day's.
    """
    _check_seconds("wait", seconds)
    time.sleep(float(seconds))
    return seconds


async def wait_async(seconds: float = 1.0) -> float:
    """Wait as `wait` does, and let other tasks run meanwhile."""
    _check_seconds("wait_async", seconds)
    await asyncio.sleep(float(seconds))
    return seconds


def count(n: int = 1_000_000) -> int:
    """Compute without waiting: add up 0, 1, ... n - 1 in a plain Python loop; return the sum.

    Raises:
        ValueError: n is not a whole number, or is negative.
    """
    if not is_number(n, low=0, kind=Integral):
        raise ValueError(f"count(n): must be a whole number such as 1_000_000, not {short(n)}")
    total = 0
    for i in range(n):
        total += i
    return total


def fetch(url: str, session: requests.Session | None = None, timeout: float = TIMEOUT) -> str:
    """Fetch a page with requests and return its text.

    Args:
        url: the page's address, http:// or https://.
        session: a `requests.Session` whose open connections are used again; None opens a new one.
        timeout: the seconds to wait for a connection, and again between two pieces of the answer.

    Raises:
        requests.HTTPError: the server answered with an error status (4xx or 5xx).
        requests.RequestException: no answer: refused, dropped or timed out.
        TypeError: session is another library's, or none at all.
        ValueError: url or timeout cannot be used.
    """
    _check_url("fetch", url)
    _check_timeout("fetch", timeout)
    import requests

    _check_session("fetch", session, requests.Session)
    response = (session or requests).get(url, timeout=float(timeout))
    response.raise_for_status()
    return response.text


async def fetch_async(
    url: str, session: aiohttp.ClientSession | None = None, timeout: float = TIMEOUT
) -> str:
    """Fetch a page with aiohttp and return its text: `fetch` for tasks.

    Args:
        url: the page's address, http:// or https://.
        session: an open `aiohttp.ClientSession`; None opens one for this page alone.
        timeout: the seconds for the whole page.

    Raises:
        aiohttp.ClientResponseError: the server answered with an error status (4xx or 5xx).
        aiohttp.ClientError: no answer: refused or dropped.
        TimeoutError: no whole answer within the time-out.
        TypeError: session is another library's, or none at all.
        ValueError: url or timeout cannot be used.
    """
    _check_url("fetch_async", url)
    _check_timeout("fetch_async", timeout)
    import aiohttp

    _check_session("fetch_async", session, aiohttp.ClientSession)
    if session is None:
        async with aiohttp.ClientSession() as own:
            return await fetch_async(url, own, timeout)
    limit = aiohttp.ClientTimeout(total=float(timeout))
    async with session.get(url, timeout=limit, raise_for_status=True) as response:
        return await response.text()


def blur(path: str | Path, folder: str | Path) -> Path:
    """Blur a picture with a Gaussian, save it in a folder under its own name, return where.

    Raises:
        OSError: there is no such picture, or it cannot be read or saved.
    """
    from PIL import ImageFilter

    return _filtered(path, folder, ImageFilter.GaussianBlur(12))


def median(path: str | Path, folder: str | Path) -> Path:
    """Replace each point of a picture by the median of its 25 neighbours; else as `blur`.

    Raises:
        OSError: there is no such picture, or it cannot be read or saved.
    """
    from PIL import ImageFilter

    return _filtered(path, folder, ImageFilter.MedianFilter(5))


def _filtered(path: str | Path, folder: str | Path, how: Any) -> Path:
    from PIL import Image

    target = Path(folder, Path(path).name)
    with Image.open(path) as picture:
        picture.filter(how).save(target)
    return target


def put_sums(numbers: Iterable[int], queue: Queue[int | None]) -> None:
    """Put `count(n)` into a queue for each number, then None, which says that this was all."""
    for n in numbers:
        queue.put(count(n))
    queue.put(None)


def answer_sums(connection: Connection[int, int | None]) -> None:
    """Answer each number that comes through a pipe with `count(n)`, until None comes."""
    while True:
        n = connection.recv()
        if n is None:
            break
        connection.send(count(n))


def add_one(counter: Synchronized[int], times: int) -> None:
    """Add 1 to a shared number, so many times, without its lock: additions may be lost."""
    for _ in range(times):
        counter.value += 1


def add_one_with_lock(counter: Synchronized[int], times: int) -> None:
    """Add 1 to a shared number, so many times, each time under its lock."""
    for _ in range(times):
        with counter.get_lock():
            counter.value += 1


def sum_shared(name: str, start: int, stop: int) -> int:
    """Add up some bytes of a block of shared memory, found by its name."""
    from multiprocessing.shared_memory import SharedMemory

    block = SharedMemory(name)
    try:
        content: Any = block.buf
        return sum(bytes(content[start:stop]))
    finally:
        block.close()


def call(packed: bytes, *arguments: Any) -> Any:
    """Call a function that cloudpickle has packed, also one that no module holds."""
    return pickle.loads(packed)(*arguments)


def _check_seconds(function: str, seconds: float) -> None:
    if not is_number(seconds, low=0, high=A_DAY):
        raise ValueError(f"{function}(seconds): must be 0 to 86,400 seconds, not {short(seconds)}")


def _check_timeout(function: str, timeout: float) -> None:
    if not is_number(timeout, high=A_DAY) or timeout <= 0:
        right = "must be seconds, more than 0 and up to 86,400"
        raise ValueError(f"{function}(timeout): {right}, not {short(timeout)}")


def _check_session(function: str, session: object, kind: type[object]) -> None:
    if session is not None and not isinstance(session, kind):
        right = f"a {kind.__module__.partition('.')[0]}.{kind.__name__} or None"
        raise TypeError(f"{function}(session): must be {right}, not {short(session)}")


def _check_url(function: str, url: str) -> None:
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"{function}(url): must be an address such as 'http://…', not {url!r}")
