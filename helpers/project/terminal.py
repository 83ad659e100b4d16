"""A program as a terminal runs it: with arguments, with Ctrl-C for all of its processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import IO

from helpers.aside import LOOK, started
from helpers.keeper import strays
from helpers.program import cut, told

__all__ = ["HAS_CTRL_C", "Run", "run_in_terminal"]

# Windows sends it to all programs of a console, and so to the notebook and to JupyterLab as well.
HAS_CTRL_C = hasattr(os, "killpg")

FILE = "my_project.py"
HEAR = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
SETTLE = 2.0  # seconds in which the processes of a program that has ended end, too
GLANCE = 0.005  # seconds between two looks at whether it is time for Ctrl-C


@dataclass(frozen=True)
class Run:
    """How a run of a program ended.

    Attributes:
        status: its exit status, negative if a signal ended it; None if it had to be stopped.
        told: what it wrote to stderr, of a great deal the beginning.
        interrupted: whether Ctrl-C came in time.
        left: how many of its processes were there two seconds after its end; None where the system
            does not tell, or it had to be stopped.
    """

    status: int | None
    told: str
    interrupted: bool
    left: int | None


def run_in_terminal(
    program: str,
    arguments: list[str],
    folder: Path,
    limit: float,
    stop: threading.Event,
    interrupt: Callable[[], bool] | None = None,
) -> Run:
    """Run a program, as `python my_project.py ARGUMENTS` does, in a new folder.

    Args:
        program: its source.
        arguments: what stands behind its name.
        folder: where the new folder is made. All of it belongs to the runs: whoever has it in its
            environment is ended, and if this process is killed, it is removed.
        limit: the seconds after which it is stopped.
        stop: set to have it stopped now.
        interrupt: asked again and again whether it is time for Ctrl-C, which comes once; it needs
            HAS_CTRL_C.

    Raises:
        OSError: it cannot be started.
    """
    place = Path(mkdtemp(prefix="run-", dir=folder))
    (place / FILE).write_text(program, "utf-8")
    command, home = [*_hearing(), FILE, *arguments], str(folder)
    with (place / "told").open("w+b") as err:
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": err}
        with started(command, home, cwd=place, **streams) as process:
            was_interrupted = _watch(process, err, limit, stop, interrupt)
            status = process.poll()
            left = None if status is None else _left(process.pid, home)
        return Run(status, told(err), was_interrupted, left)


def _hearing() -> list[str]:
    """Return the command of a Python that hears Ctrl-C, even where this one was told to ignore it.

    As a program does that a shell has started in the background; its children inherit that.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        return [sys.executable]
    return [sys.executable, "-I", "-S", "-c", HEAR, sys.executable]


def _watch(
    process: subprocess.Popen[bytes],
    err: IO[bytes],
    limit: float,
    stop: threading.Event,
    interrupt: Callable[[], bool] | None,
) -> bool:
    """Wait until a program has ended or is to be stopped; say whether Ctrl-C came in time."""
    until, was_interrupted = time.monotonic() + limit, False
    while not stop.is_set() and time.monotonic() < until:
        with suppress(subprocess.TimeoutExpired):
            process.wait(GLANCE)
            break
        cut(err)
        if interrupt and not was_interrupted and interrupt():
            was_interrupted = True
            _interrupt(process)
    return was_interrupted


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """Send what Ctrl-C sends, to whom a terminal sends it: the program and its children."""
    os.killpg(process.pid, signal.SIGINT)


def _left(pid: int, folder: str) -> int | None:
    """Count who is left of a program that has ended, once there was time to end."""
    if not Path("/proc/self/stat").exists():
        return None
    until = time.monotonic() + SETTLE
    while (left := len({*_group(pid), *strays(folder)})) and time.monotonic() < until:
        time.sleep(LOOK)
    return left


def _group(pid: int) -> list[int]:
    """Return the living processes of a group."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            state, _, group, *_ = place.read_text(errors="replace").rpartition(")")[2].split()
            if int(group) == pid and state not in "ZX":
                found.append(int(place.parent.name))
    return found
