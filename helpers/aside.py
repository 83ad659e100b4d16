"""Work in a thread of its own, which an interrupt does not hit, and the processes that it starts.

An interrupt reaches a program's main thread, at any moment. There it could fall between the begin
of a process or a folder and whoever would end it. So what must leave nothing behind is done in
another thread; the main one waits, hears of the interrupt, and tells the other to stop.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Generic, TypeVar

from helpers import keeper

__all__ = ["LOOK", "Heard", "aside", "later", "started"]

LOOK = 0.05  # seconds between two looks at what one waits for
REFUSED = {  # what the system says where it gives no more
    errno.EAGAIN: "the system gives no further process",
    errno.ENOMEM: "there is no memory left",
    errno.ENOSPC: "the disk is full",
    errno.EMFILE: "too many files are open",
}
NO_THREAD = "can't start new thread"  # Python's words
NO_FOLDER = "No usable temporary directory"  # and tempfile's
REMEDY = "{}: {}; end, close or delete what you no longer need, then run this again"

T = TypeVar("T")


def aside(name: str, work: Callable[[threading.Event], T]) -> T:
    """Call a function in a thread of its own, and return what it returns, or raise what it raises.

    An interrupt is heard once the function has stopped.

    Args:
        name: the thread's.
        work: it is given an event, at which it has to stop, and to return soon, whatever.

    Raises:
        RuntimeError: the system gives no further thread, process, memory or file, or the disk is
            full.
    """
    thread = _Aside(name, work)
    with later() as heard:
        try:
            thread.begin()
            while thread.is_alive():
                thread.join(LOOK)  # again and again, for who waits does not hear `check`
                if heard:
                    thread.stop.set()
        finally:
            thread.end()
    if why := _refused(thread.problem):
        raise RuntimeError(REMEDY.format(name, why)) from None
    if thread.problem:
        raise thread.problem
    return thread.found


def _refused(problem: BaseException | None) -> str:
    """Return what the system has refused, if that is what an error tells; else nothing."""
    if isinstance(problem, RuntimeError):
        return "the system gives no further thread" if str(problem) == NO_THREAD else ""
    if isinstance(problem, FileNotFoundError) and NO_FOLDER in str(problem):
        return "no folder for temporary files can be written"
    number = problem.errno if isinstance(problem, OSError) else None
    return REFUSED.get(number, "") if number else ""


class Heard(list[Any]):
    """The interrupts that were put off.

    Attributes:
        is_aloud: whether one is heard at once.
    """

    is_aloud = False

    def aloud(self, function: Callable[..., T], *how: Any) -> T:
        """Call a function that an interrupt may hit, and return what it returns."""
        self.is_aloud = True
        try:
            return function(*how)
        finally:
            self.is_aloud = False


@contextmanager
def later() -> Iterator[Heard]:
    """Put off the interrupts of a block to its end; yield a list of those that have come.

    Python handles a signal between any two instructions of the main thread, also where a lock has
    just been taken: an interrupt there would leave the lock taken for ever.
    """
    heard = Heard()
    before = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not callable(before):  # nobody handles it here, in Python
        yield heard
        return
    signal.signal(signal.SIGINT, lambda *how: before(*how) if heard.is_aloud else heard.append(how))
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, before)
        if heard:
            before(*heard[0])


class _Aside(threading.Thread, Generic[T]):
    """A thread that does one thing.

    Attributes:
        stop: set to have it stop now.
        found: what came of it.
        problem: the error that came of it instead.
    """

    def __init__(self, name: str, work: Callable[[threading.Event], T]) -> None:
        super().__init__(name=name, daemon=True)
        self.work, self.stop = work, threading.Event()
        self.found: T
        self.problem: BaseException | None = None

    def begin(self) -> None:
        """Start it.

        Raises:
            RuntimeError: the system gives no further thread.
        """
        try:
            self.start()
        except RuntimeError as error:
            raise RuntimeError(REMEDY.format(self.name, _refused(error))) from None

    def run(self) -> None:
        """Do it."""
        try:
            self.found = self.work(self.stop)
        except BaseException as error:
            self.problem = error

    def end(self) -> None:
        """Have it stop, if it is still at work, and wait until it has."""
        self.stop.set()
        while self.is_alive():
            with suppress(KeyboardInterrupt):  # `check` gives up who waits
                self.join(LOOK)


@contextmanager
def started(command: Sequence[str], folder: str, **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process in a group of its own; at the end of the block, end it and all of the group.

    Whatever processes it has started are ended with it: on Linux all, on macOS those that have not
    left for a session of their own, on Windows only itself. So it is too if this process is killed,
    except on Windows.

    Args:
        command: the program and its arguments.
        folder: where it runs, and where its modules are looked for first.
        how: for `subprocess.Popen`, such as another working folder.
    """
    places = os.pathsep.join([folder, *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONPATH": places, "PYTHONUTF8": "1"}
    environment.pop("PYTHONIOENCODING", None)  # it would count for more
    how = {"cwd": folder, "start_new_session": True, "env": environment, **how}
    watcher, home = _keeper(folder), os.getpid()  # first: the program may kill this process at once
    program: subprocess.Popen[bytes] | None = None
    try:
        program = subprocess.Popen(command, **how)
        if watcher and watcher.stdin:
            with suppress(BrokenPipeError), watcher.stdin as line:
                line.write(b"%d" % program.pid)
        yield program
    finally:
        if os.getpid() == home:  # a fork of this process that ends is not to end it
            if program:
                _end(program, folder)
            if watcher:
                with watcher:
                    watcher.kill()


def _keeper(folder: str) -> subprocess.Popen[bytes] | None:
    """Start who ends a program if this process is killed; Windows does not tell it of that."""
    if not hasattr(os, "killpg"):
        return None
    return subprocess.Popen(
        [sys.executable, "-I", "-S", keeper.__file__, str(os.getpid()), folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _end(program: subprocess.Popen[bytes], folder: str) -> None:
    """End a program and what it has started, and wait for it."""
    if hasattr(os, "killpg"):
        keeper.end_group(program.pid, program.poll)
    else:
        program.kill()
    program.wait()
    keeper.end_strays(folder)
