"""The notebook's end of the line to the process that serves: start it, ask it, stop it.

A question is one JSON line on its stdin, the answer one on its stdout; each carries the number of
the question, so that an interrupted call cannot hand its answer to the next one.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = ["ELSEWHERE", "ROOT", "ServerProcess"]

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = "this site belongs to the process that started it; pass site.url to other processes"
STOPPED = "the practice website has stopped; start it again with website(...)"
FAILED = "the practice website could not start; `python -m helpers.website` may say why"


class ServerProcess:
    """The server's process; any thread of the process that started it may ask and stop it.

    It is started out of reach of the interrupts that are meant for the notebook.
    """

    def __init__(self, port: int, folder: Path):
        self._owner = os.getpid()
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "helpers.website", str(self._owner), str(port), str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=ROOT,  # where `helpers` is; a learner's folder may hold a file named queue.py
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            why = f"{error.strerror or error}; close() the websites that you no longer need"
            raise RuntimeError(f"the practice website could not start: {why}") from None

    def port(self) -> int:
        """Wait until the server accepts connections and return its port.

        Raises:
            RuntimeError: It could not start; the message says why, in one line.
        """
        try:
            ready = self._answer(0)
        except ConnectionError:
            raise RuntimeError(FAILED) from None
        if "error" in ready:
            raise RuntimeError(ready["error"])
        return int(ready["port"])

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for this thread's turn to talk with the server."""
        if os.getpid() != self._owner:  # in a forked child the lock may be held for ever
            raise RuntimeError(ELSEWHERE)
        with self._lock:
            yield

    def ask(self, **question: Any) -> dict[str, Any]:
        """Send the server one line and return its answer to that line.

        Raises:
            RuntimeError: The server has stopped, or another process started it.
        """
        number = next(self._numbers)
        with self.turn():
            try:
                assert self._process.stdin
                self._process.stdin.write(json.dumps({"number": number, **question}).encode())
                self._process.stdin.write(b"\n")
                self._process.stdin.flush()
                return self._answer(number)
            except (OSError, ValueError):  # a broken pipe, or one that stop() has closed
                raise RuntimeError(STOPPED) from None

    def _answer(self, number: int) -> dict[str, Any]:
        """Read up to the answer with that number; an interrupted call's may be in the way."""
        assert self._process.stdout
        for line in self._process.stdout:
            with suppress(ValueError):  # half an answer: an interrupt took the other half
                answer: dict[str, Any] = json.loads(line)
                if answer.pop("number") == number:
                    return answer
        raise ConnectionError

    def stop(self) -> None:
        """End the server; in a forked child only let go of the child's copy of the line."""
        if os.getpid() == self._owner:
            self._process.kill()  # a forked child may hold the line open: closing is not enough
            self._process.wait()
        else:
            self._process.returncode = 0
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                assert pipe
                pipe.close()
