"""A program in a Python of its own: run with a time limit, and with nothing of it left behind.

For what would take the notebook with it: a program that hangs, that ends by itself, or that must
find another event loop than the notebook's.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from reprlib import repr as short
from tempfile import TemporaryDirectory
from typing import IO

from helpers.aside import LOOK, aside, started
from helpers.checks import is_number

__all__ = ["Ended", "check_characters", "cut", "run_command", "run_program", "told"]

ERROR = re.compile(
    r"(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Pool|Group)(?:: |:?$)"
)
TRACEBACK = re.compile(r".*Traceback \(most recent call last\):$")
MARGIN = re.compile(r"^ *(?:\+-[-+0-9 ]*$|[|+] )")  # of the errors in a group
MOST = 3600.0  # seconds
KEPT = 1_000_000  # bytes of what a program prints; one that prints for ever could fill the disk
COMMAND = 100_000  # bytes of a program in a command; Linux takes 131,071


@dataclass(frozen=True)
class Ended:
    """How a program ended; `print` shows it.

    Attributes:
        printed: what it printed, of a great deal the beginning.
        errors: the errors of which it or its children told, each once, in the order of their first
            telling: the last lines of tracebacks, and others by how their names end ('Error', ...).
            If there are none, and it failed, the last line that it wrote to stderr.
        status: its exit status; None if the time limit ended it.
        limit: the seconds that it had.
    """

    printed: str
    errors: list[str]
    status: int | None
    limit: float

    def __str__(self) -> str:
        lines = [*self.printed.splitlines(), *self.errors]
        if self.status is None:
            lines.append(f"It had not ended after {self.limit:g} seconds, and was stopped.")
        elif self.status:
            lines.append(f"It ended with status {self.status}.")
        return "\n".join(lines)


def run_program(source: str, limit: float = 20.0, file: bool = True) -> Ended:
    """Run a program in a Python of its own, in a folder that is removed afterwards.

    Whatever processes it has started are ended with it: on Linux all, on macOS those that have not
    left for a session of their own, on Windows only itself. So it is too if this process is killed,
    except on Windows.

    Args:
        source: the program.
        limit: the seconds after which it is stopped.
        file: whether it is a script, in a file; else no file holds it, as with a notebook's cell.

    Raises:
        TypeError: source is not a str.
        ValueError: source holds what no program can, or, without a file, more than 100,000 bytes;
            or limit is not a number of seconds from 0 to 3,600.
    """
    if not isinstance(source, str):
        raise TypeError(f"run_program(source): must be a program's text, not {short(source)}")
    if not is_number(limit, low=0, high=MOST):
        raise ValueError(f"run_program(limit): must be 0 to 3,600 seconds, not {short(limit)}")
    check_characters("run_program", source)
    if not file and len(source.encode()) > COMMAND:
        raise ValueError(f"run_program(source): over {COMMAND:,} bytes, it must be in a file")
    return aside("run_program", lambda stop: _run(source, limit, file, stop))


def check_characters(name: str, source: str, argument: str = "source") -> None:
    """Refuse, in the name of a function, what can be in no file and in no command.

    Raises:
        ValueError: it is in the source.
    """
    where = f"{name}({argument})"
    try:
        source.encode("utf-8")
    except UnicodeEncodeError as error:
        bad = f"no {source[error.start]!r}, half a character (at {error.start:,})"
        raise ValueError(f"{where}: a program has {bad}") from None
    if "\0" in source:
        raise ValueError(f"{where}: a program has no '\\0' (at {source.index(chr(0)):,})")


def _run(source: str, limit: float, file: bool, stop: threading.Event) -> Ended:
    """Run a program, until it ends, its time is up, or it is to stop."""
    with TemporaryDirectory(prefix="three-lanes-", ignore_cleanup_errors=True) as folder:
        script = Path(folder, "script.py")
        if file:
            script.write_text(source, "utf-8")
        command = [sys.executable, *([str(script)] if file else ["-c", source])]
        return run_command(command, folder, limit, stop)


def run_command(command: list[str], folder: str, limit: float, stop: threading.Event) -> Ended:
    """Run a command in a folder that is its own, until it ends, its time is up, or it is to stop.

    Raises:
        OSError: it cannot be started.
    """
    # Into files: a child that lives on would keep a pipe open, and its reader waiting.
    with Path(folder, "out").open("w+b") as out, Path(folder, "err").open("w+b") as err:
        status = _status(command, folder, (out, err), limit, stop)
        printed, complaints = told(out), told(err)
    errors = _errors(complaints)
    if status and not errors:  # as after sys.exit("what is wrong")
        errors = complaints.strip().splitlines()[-1:]
    return Ended(printed, errors, status, limit)


def told(stream: IO[bytes]) -> str:
    """Return what a program has written to a file, of a great deal the beginning."""
    stream.seek(0)
    return stream.read(KEPT).decode("utf-8", "replace")


def _status(
    command: list[str],
    folder: str,
    streams: tuple[IO[bytes], IO[bytes]],
    limit: float,
    stop: threading.Event,
) -> int | None:
    """Run a command with streams for what it prints; return its status, if it ended in time."""
    until = time.monotonic() + limit
    out, err = streams
    with started(command, folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err) as program:
        while not stop.is_set():
            with suppress(subprocess.TimeoutExpired):
                return program.wait(max(0, min(LOOK, until - time.monotonic())))
            if time.monotonic() >= until:
                break
            for stream in streams:
                cut(stream)
    return None


def cut(stream: IO[bytes]) -> None:
    """Give back the room of what is not kept; what is written goes on behind it, into a hole."""
    if os.fstat(stream.fileno()).st_size > KEPT:
        os.ftruncate(stream.fileno(), KEPT)


def _errors(told: str) -> list[str]:
    """Return the errors in what was written to stderr, each on one line, without repetition."""
    found: dict[str, None] = {}
    lines = (MARGIN.sub("", line) for line in told.splitlines())
    within = False  # a traceback, which ends with the next line that is not indented
    for line in lines:
        ends, within = within and line[:1].strip(), within and not line[:1].strip()
        if TRACEBACK.match(line):
            within = True
        elif ends or ERROR.match(line):
            message = [line.strip()]
            if line.rstrip().endswith(":"):  # the message is the paragraph that follows
                message += [more.strip() for more in takewhile(str.strip, lines)]
            found[" ".join(message)] = None
    return [*found]
