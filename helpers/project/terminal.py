"""A program as a terminal runs it: with arguments, with Ctrl-C for all of its processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from helpers.aside import LOOK, started

__all__ = ["Run", "run_in_terminal"]

FILE = "my_project.py"
SETTLE = 2.0  # seconds in which the processes of a program that has ended end, too
KEPT = 100_000  # characters of what it told


@dataclass(frozen=True)
class Run:
    """How a run of a program ended.

    Attributes:
        status: its exit status, negative if a signal ended it; None if it had to be stopped.
        told: what it wrote to stderr.
        interrupted: whether Ctrl-C came in time.
        left: how many of its processes were there after its end; None where the system tells not.
        seconds: how long it ran.
    """

    status: int | None
    told: str
    interrupted: bool
    left: int | None
    seconds: float


def run_in_terminal(
    program: str,
    arguments: list[str],
    folder: Path,
    limit: float,
    stop: threading.Event,
    interrupt: Callable[[], bool] | None = None,
) -> Run:
    """Run a program in a folder, as `python my_project.py ARGUMENTS` does.

    Args:
        program: its source.
        arguments: what stands behind its name.
        folder: where it runs; its file and what it tells are put there, too.
        limit: the seconds after which it is stopped.
        stop: set to have it stopped now.
        interrupt: asked again and again whether it is time for Ctrl-C, which comes once.
    """
    script, told = folder / FILE, folder / "told.txt"
    script.write_text(program, "utf-8")
    began, was_interrupted = time.monotonic(), False
    with told.open("wb") as out:
        command = [sys.executable, FILE, *arguments]
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": out}
        with started(command, str(folder), **streams) as process:
            while not _has_ended(process) and not stop.is_set():
                if time.monotonic() - began > limit:
                    break
                if interrupt and not was_interrupted and interrupt():
                    was_interrupted = True
                    _interrupt(process)
            status, seconds = process.poll(), time.monotonic() - began
            left = _left(process) if status is not None else None
    words = told.read_text("utf-8", "replace")[:KEPT]
    return Run(status, words, was_interrupted, left, seconds)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(LOOK / 10)
    except subprocess.TimeoutExpired:
        return False
    return True


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """Send what Ctrl-C sends, to whom a terminal sends it: the program and its children."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.CTRL_C_EVENT)  # type: ignore[attr-defined]


def _left(process: subprocess.Popen[bytes]) -> int | None:
    """Count who is left of a program's group, once there was time to end."""
    if not Path("/proc/self/stat").exists():
        return None
    until = time.monotonic() + SETTLE
    while (left := len(_group(process.pid))) and time.monotonic() < until:
        time.sleep(LOOK)
    return left


def _group(pid: int) -> list[int]:
    """Return the living processes of a group."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[2]) == pid and fields[0] not in "ZX":
            found.append(int(place.parent.name))
    return found
