"""Tells what a task is waiting for, from the coroutine that it stands in.

A task is suspended in the innermost of the coroutines that await one another. Where that one
belongs to asyncio or to aiohttp, its module tells what the future stands for: a timer, a socket,
a lock, a child process. Anything else is 'awaiting': nothing is guessed.
"""

from __future__ import annotations

from typing import Any

__all__ = ["WAITS", "wait_before"]

WAITS = ("", "awaiting", "sleep", "network", "lock", "pipe", "child")
AWAITING, SLEEP, NETWORK, LOCK, PIPE, CHILD = range(1, 7)

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


def _innermost(coroutine: Any) -> Any:
    """Return the last coroutine of those that await one another."""
    while hasattr(deeper := getattr(coroutine, "cr_await", None), "cr_await"):
        coroutine = deeper
    return coroutine


def _transport_of(frame: Any) -> str:
    """Return the type of transport that a stream of asyncio reads from or writes to."""
    stream = frame.f_locals.get("self")
    return type(getattr(stream, "_transport", None)).__name__
