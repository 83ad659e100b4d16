"""Ends a program that the notebook has started, and removes its folder, if the notebook is killed.

Run as a script, with the notebook's pid and the folder, and told the program's pid on stdin: a
killed process can put nothing away, so this is done by another one, which is there first.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

__all__ = ["end_group", "end_strays", "strays"]

TRACKER = 0.5  # seconds that a program's resource tracker has for its last work
LOOK = 0.2  # seconds between two looks at who is the parent


def end_group(pid: int, collect: Callable[[], object] = lambda: None) -> None:
    """End the group of a program: the program and what it has started.

    By a termination first: this spares multiprocessing's resource tracker, which ignores it and,
    once the others are gone, removes the semaphores and the shared memory that they have left.

    Args:
        pid: the program's, which leads the group.
        collect: asks for the program's status: until somebody has, it is one of its group.
    """
    until = time.monotonic() + TRACKER
    is_left = _signal(pid, signal.SIGTERM)
    while is_left and time.monotonic() < until:
        time.sleep(0.01)
        collect()
        is_left = _signal(pid, 0)
    _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: int) -> bool:
    """Send a signal to a group; say whether there was anybody to send it to."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:  # nobody is left
        return False
    except PermissionError:  # macOS says so where only ended ones are left
        return False
    return True


def end_strays(folder: str) -> None:
    """End who has left the group of a program; where there is /proc, its folder gives them away."""
    for pid in strays(folder):
        with suppress(OSError):  # it has ended
            os.kill(pid, signal.SIGKILL)


def strays(folder: str) -> list[int]:
    """Return who lives of a program and what it has started; where there is no /proc, nobody."""
    own, found = os.fsencode(f"PYTHONPATH={folder}"), []
    for place in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError, ValueError):  # it has ended, or is somebody else's
            if own in place.read_bytes():
                found.append(int(place.parent.name))
    return found


def keep(notebook: int, folder: str) -> None:
    """Wait until the notebook is no longer the parent, then end what it has left."""
    while os.getppid() == notebook:
        time.sleep(LOOK)
    if program := _told():
        end_group(program)
    end_strays(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _told() -> int:
    """Return the program's pid; 0 if the notebook was killed before it could tell it."""
    os.set_blocking(0, False)  # a fork of the notebook may hold the pipe open
    with suppress(BlockingIOError):
        return int(os.read(0, 20) or 0)
    return 0


if __name__ == "__main__":
    keep(int(sys.argv[1]), sys.argv[2])
