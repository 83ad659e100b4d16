"""Looks at a running program from outside: with py-spy, and from Python 3.14 on with asyncio's own.

Both read the memory of another process. Where the system forbids that, its refusal is told.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from reprlib import repr as short
from tempfile import TemporaryDirectory
from typing import Any

from helpers.aside import LOOK, aside, started
from helpers.extras import lacking, program
from helpers.program import check_characters

__all__ = ["call_graph", "dumped"]

LIMIT = 20.0  # seconds in which a program has to come to where it stands
STILL = 3  # looks that see the same, until it is taken to stand still
PLAIN = {"NO_COLOR": "1", "FORCE_COLOR": "", "CLICOLOR_FORCE": "0"}  # a kernel asks for colours
PLAIN |= {"PYTHONIOENCODING": "utf-8"}  # else Windows has no signs for asyncio's tree
REFUSED = "It could not look: "
FOR_GOOD = re.compile("permi(?:ssion|tted)|denied|requires root", re.I)  # it will not say otherwise
HEAD = re.compile(r'^Thread \S+ \((?P<state>[\w+ ]+)\)(?:: "(?P<name>.*)")?$')
FRAME = re.compile(r"^ +(?P<function>.+) \((?P<file>.*):(?P<line>\d+)\)$")


def dumped(source: str) -> str:
    """Run a program until it stands still, and return what py-spy sees of its threads.

    Args:
        source: the program; it is ended afterwards.

    Returns:
        A line for each thread: its name, and its own lines, the innermost first; or the refusal.

    Raises:
        TypeError: source is not a str.
        ValueError: source holds what no program can.
    """
    if lacking("py-spy"):
        return lacking("py-spy")
    return _own(
        _looked_at("dumped", source, [str(program("py-spy")), "dump", "--full-filenames", "--pid"])
    )


def call_graph(source: str) -> str:
    """Run a program until it stands still, and return what `python -m asyncio pstree` sees of it.

    Args:
        source: the program; it is ended afterwards.

    Raises:
        TypeError: source is not a str.
        ValueError: source holds what no program can.
    """
    if sys.version_info < (3, 14):
        return "`python -m asyncio pstree` needs Python 3.14."
    told = _looked_at("call_graph", source, [sys.executable, "-m", "asyncio", "pstree"])
    return re.sub(r"\S*[/\\](?=[\w.]+:\d+)", "", told)  # a file's name is enough


def _looked_at(name: str, source: str, command: Sequence[str]) -> str:
    """Return what a command, given the program's number, says several times in a row."""
    if not isinstance(source, str):
        raise TypeError(f"{name}(source): must be a program's text, not {short(source)}")
    check_characters(name, source)
    return aside(name, lambda stop: _look(source, command, stop))


def _look(source: str, command: Sequence[str], stop: threading.Event) -> str:
    nowhere = subprocess.DEVNULL
    with TemporaryDirectory(prefix="three-lanes-", ignore_cleanup_errors=True) as folder:
        script = Path(folder, "script.py")
        script.write_text(source, "utf-8")
        call = [sys.executable, str(script)]
        with started(call, folder, stdin=nowhere, stdout=nowhere, stderr=nowhere) as running:
            until, said = time.monotonic() + LIMIT, [""]
            while not stop.is_set() and time.monotonic() < until:
                if running.poll() is not None:
                    return "It ended before it stood still."
                said.append(_said([*command, str(running.pid)]))
                if said[-1].startswith(REFUSED) and FOR_GOOD.search(said[-1]):
                    break
                if len(said) > STILL and len({*said[-STILL:]}) == 1 and "script.py" in said[-1]:
                    break
                stop.wait(4 * LOOK)
            return said[-1]


def _said(command: Sequence[str]) -> str:
    """Return what a command says, or why it cannot."""
    how: dict[str, Any] = {"encoding": "utf-8", "errors": "replace", "env": os.environ | PLAIN}
    answer: subprocess.CompletedProcess[str]
    try:
        answer = subprocess.run(command, capture_output=True, timeout=LIMIT, **how)
    except subprocess.TimeoutExpired:
        return f"{REFUSED}no answer within {LIMIT:g} seconds"
    if answer.returncode:  # py-spy writes to stderr why, asyncio to stdout
        return _refusal(answer.stderr) or _refusal(answer.stdout)
    return answer.stdout.strip()


def _refusal(told: str) -> str:
    """Return the first line in which a command says why it cannot."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return f"{REFUSED}{lines[0]}" if lines else ""


def _own(dump: str) -> str:
    """Return a line for each thread of py-spy's dump, with the lines of the program itself."""
    threads: list[tuple[str, list[str]]] = []
    for line in dump.splitlines():
        if head := HEAD.match(line):
            name = head["name"] or "a thread"  # names are the work of `threading`
            threads.append((f"{name}, {head['state']}", []))
        elif threads and (frame := FRAME.match(line)) and frame["file"].endswith("script.py"):
            threads[-1][1].append(f"line {frame['line']} in {frame['function']}")
    told = [f"{name}: {', from '.join(own) or 'in a library'}" for name, own in threads]
    return "\n".join(told) or dump
