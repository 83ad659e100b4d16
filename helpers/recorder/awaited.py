"""Tells what a task is waiting for, from the coroutine that it stands in.

A task is suspended in the innermost of the coroutines that await one another. Where that one
belongs to asyncio or to aiohttp, its module tells what the future stands for: a timer, a socket,
a lock, a child process. Anything else is 'awaiting': nothing is guessed.
"""

from __future__ import annotations

from typing import Any

__all__ = ["SLEEP", "WAITS", "late_by", "wait_before"]

WAITS = ("", "awaiting", "sleep", "network", "lock", "pipe", "child")
AWAITING, SLEEP, NETWORK, LOCK, PIPE, CHILD = range(1, 7)
LATE = 0.001  # seconds; less is what a loop takes to come round

OF_FUNCTION = {
    ("asyncio.tasks", "sleep"): SLEEP,
    ("asyncio.base_subprocess", "_wait"): CHILD,
}
OF_MODULE = {
    "asyncio.locks": LOCK,
    "asyncio.queues": LOCK,
    "asyncio.streams": NETWORK,
    "asyncio.selector_events": NETWORK,
    "asyncio.proactor_events": NETWORK,
    "asyncio.sslproto": NETWORK,
    "aiohttp.streams": NETWORK,
    "aiohttp.client_proto": NETWORK,
    "aiohttp.client_reqrep": NETWORK,
}


def wait_before(task: Any) -> int:
    """Return the number, in `WAITS`, of what a suspended task waits for."""
    frame = getattr(_innermost(task.get_coro()), "cr_frame", None)
    if frame is None or hasattr(task._fut_waiter, "get_coro"):  # another task
        return AWAITING
    module, function = frame.f_globals.get("__name__", ""), frame.f_code.co_name
    wait = OF_FUNCTION.get((module, function)) or OF_MODULE.get(module, AWAITING)
    if wait == NETWORK and "Pipe" in _transport_of(frame):
        return PIPE
    return wait


def late_by(task: Any) -> int:
    """Return for how many nanoseconds the sleep of a suspended task has been over, if it is late.

    Until then it slept; since then it has been waiting for its turn.
    """
    timer = _innermost(task.get_coro()).cr_frame.f_locals.get("h")  # of asyncio.sleep
    if timer is None:
        return 0
    late: float = timer._loop.time() - timer.when()
    return int(late * 1e9) if late > LATE else 0


def _innermost(coroutine: Any) -> Any:
    """Return the last coroutine of those that await one another."""
    while hasattr(deeper := getattr(coroutine, "cr_await", None), "cr_await"):
        coroutine = deeper
    return coroutine


def _transport_of(frame: Any) -> str:
    """Return the type of transport that a stream of asyncio reads from or writes to."""
    stream = frame.f_locals.get("self")
    return type(getattr(stream, "_transport", None)).__name__
