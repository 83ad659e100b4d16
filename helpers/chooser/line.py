"""The line to the program that measures: started at need, and anew when it is lost."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired
from tempfile import TemporaryDirectory
from typing import Any

from helpers.aside import LOOK, started
from helpers.chooser.bench import receive, send

__all__ = ["Failed", "Line", "Lost", "Stopped"]

PROGRAM = "helpers.chooser.bench"
PATIENCE = 5.0  # seconds that the line's end is waited for, when all are gone
BEGIN = 30.0  # seconds that the program has to begin


class Lost(Exception):  # noqa: N818 -- it is the learner's function that erred
    """The program has ended, or was ended because its time was up; the words say which."""


class Failed(Exception):  # noqa: N818
    """The program could not do what it was told, and goes on; the words are its error."""


class Stopped(Exception):  # noqa: N818
    """Somebody does not want to know any longer."""


class Line:
    """Asks the program, and waits for its answers.

    Attributes:
        lost: how often the program was lost.
    """

    def __init__(self, stop: threading.Event, begin: Callable[[Line], None]) -> None:
        self.stop, self.begin, self.lost = stop, begin, 0
        self._open: ExitStack | None = None
        self._program: Popen[bytes]
        self._reader: threading.Thread | None = None
        self._heard: queue.SimpleQueue[Any]

    def ask(
        self, name: str, *words: Any, limit: float, hears: Callable[[Any], None] = lambda _: None
    ) -> Any:
        """Have it do something, and return what it answers.

        Args:
            name: what.
            words: with what.
            limit: the seconds after which it is ended; each thing it says gives it as much again.
            hears: is given what it says meanwhile.

        Raises:
            Failed: it could not.
            Lost: it has ended, or its time was up.
            Stopped: the stop event was set.
        """
        if self._open is None:
            self._start()
        try:
            # In a thread: a program that does not read would have this one wait, and hear nothing.
            write = threading.Thread(target=self._write, args=((name, words),), daemon=True)
            write.start()
            return self._answer(limit, hears)
        except (Lost, Stopped):
            self.close()
            raise

    def _write(self, words: Any) -> None:
        with suppress(OSError, ValueError):  # it has ended, which is heard, too
            assert self._program.stdin
            send(self._program.stdin, words)

    def close(self) -> None:
        """End the program."""
        if self._open is not None:
            opened, self._open = self._open, None
            opened.close()

    def _answer(self, limit: float, hears: Callable[[Any], None]) -> Any:
        until = time.monotonic() + limit
        while True:
            if self.stop.is_set():
                raise Stopped
            try:
                kind, words = self._heard.get(timeout=LOOK)
            except queue.Empty:
                if self._program.poll() is not None and self._heard.empty():
                    self.lost += 1  # whoever it has started may still hold its end of the line
                    raise Lost(self._how_it_ended()) from None
                if time.monotonic() > until:
                    self.lost += 1
                    raise Lost(f"had not ended after {limit:.3g} seconds") from None
                continue
            if kind == "ended":
                self.lost += 1
                raise Lost(self._how_it_ended())
            if kind == "failed":
                raise Failed(words)
            if kind == "done":
                return words
            hears(words)
            until = time.monotonic() + limit

    def _start(self) -> None:
        self._reader = None
        with ExitStack() as stack:
            folder = stack.enter_context(
                TemporaryDirectory(prefix="three-lanes-", ignore_cleanup_errors=True)
            )
            errors = stack.enter_context(Path(folder, "errors").open("w+b"))
            stack.callback(self._hang_up)
            # Not with -m: its children would import all of it before anything else.
            command = [sys.executable, "-c", f"from {PROGRAM} import main; main({folder!r})"]
            streams: dict[str, Any] = {"stdin": PIPE, "stdout": PIPE, "stderr": errors}
            program = started(command, folder, cwd=_here(), **streams)
            self._program = stack.enter_context(program)
            self._heard = queue.SimpleQueue()
            reader = threading.Thread(
                target=_read, args=(self._program, self._heard), daemon=True, name="compare"
            )
            reader.start()
            self._reader = reader
            self._open = stack.pop_all()
        try:
            self._first_word(Path(folder, "errors"))
            self.begin(self)
        except BaseException:
            self.close()
            raise

    def _first_word(self, errors: Path) -> None:
        """Wait until the program says that it has begun."""
        try:
            self._answer(BEGIN, lambda _: None)
        except Lost as error:
            told = errors.read_text("utf-8", "replace").strip().splitlines()
            words = told[-1] if told else f"it {error}"
            raise RuntimeError(f"compare: what measures could not begin: {words}") from None

    def _hang_up(self) -> None:
        """Close the streams of the program, which has ended."""
        if self._reader is None:  # it has never begun
            return
        self._reader.join(PATIENCE)
        if self._reader.is_alive():  # who holds the other end is nobody that could be found
            return
        for stream in (self._program.stdin, self._program.stdout):
            if stream:
                with suppress(OSError):
                    stream.close()

    def _how_it_ended(self) -> str:
        status = None
        with suppress(TimeoutExpired):
            status = self._program.wait(1)
        if status is None:
            return "closed the line to it"
        if status < 0:
            return f"was killed by signal {-status}"
        return f"ended the process with status {status}"


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise RuntimeError("compare: the working folder is gone; os.chdir to another") from None


def _read(program: Popen[bytes], heard: queue.SimpleQueue[Any]) -> None:
    """Read what the program says, up to its end."""
    assert program.stdout
    try:
        while True:
            heard.put(receive(program.stdout))
    except Exception:  # its end, or half a message
        heard.put(("ended", None))
