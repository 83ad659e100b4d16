"""An interrupt for another thread, which Python has no call for: it ends what would go on for ever.

It arrives as soon as that thread runs Python again, so one that waits for a lock does not hear it.
"""

from __future__ import annotations

import ctypes
import threading

__all__ = ["GivenUp", "catch", "give_up", "throw"]

CLEARING = 2.0  # seconds in which a thread that is given up may clear up


class GivenUp(KeyboardInterrupt):
    """Thrown into another thread; an event loop lets it pass as it does Ctrl-C."""


def throw(thread: threading.Thread) -> None:
    """Raise GivenUp in a thread, as soon as it runs Python again."""
    ident = ctypes.c_ulong(thread.ident or 0)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(GivenUp))


def catch() -> None:
    """Catch what was thrown at this thread and has not arrived.

    Up to Python 3.12 all threads go slow after a throw, until one of them has caught something.
    """
    try:
        throw(threading.current_thread())
        while True:
            pass
    except GivenUp:
        pass


def give_up(thread: threading.Thread) -> None:
    """End a thread, if it is not over, and let it clear up."""
    if not thread.is_alive():
        return
    throw(thread)
    thread.join(CLEARING)
    if thread.is_alive():  # it has not heard
        catch()
