"""What each thread waits for, sampled from outside: the line to the process that watches (Linux).

A thread cannot note down by itself what it waits for. So a helper process, the `sampler`, reads
it from the system, for this process and all that descend from it; `stretches` makes stretches of
states of what it saw. Where that cannot be done, `Sampler.reason` says so.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from helpers.recorder.errors import is_own, tolerated

__all__ = ["Sampler", "Samples", "allow", "close", "only_ancestors", "sampler"]

PROGRAM = Path(__file__).with_name("sampler.py")
YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")
NOT_MEASURED = "What threads waited for was not measured: {}."
NOT_HERE = "it can be read on Linux only"
NO_HELPER = "the process that watches them could not be started"
LOST = "the process that watched them has ended, or does not answer"
BUSY = "another recording was under way"
ROOM = 1 << 20  # rows that one recording may have: 56 MB
PATIENCE = 10.0  # seconds of silence after which the helper is given up
SET_PTRACER = 0x59616D61  # of prctl: who besides an ancestor may look at this process


@dataclass(frozen=True)
class Samples:
    """What the sampler saw, as it wrote it; `stretches` reads it.

    Attributes:
        lanes: 3 int64 a thread: pid, tid, ns before which it did not exist (0: was there before).
        rows: 7 int64 a row, as `tree` says.
        looks: how often it looked.
        longest: the longest time it left between two looks, in ns.
        spent: CPU time it took, in ns.
        dropped: how many rows found no room.
        unread: pids of processes that it was not allowed to look at.
    """

    lanes: bytes
    rows: bytes
    looks: int
    longest: int
    spent: int
    dropped: int
    unread: tuple[int, ...]


class Sampler:
    """This process's line to its helper, which is started at first need and kept.

    Attributes:
        reason: '' or one sentence that says why the states of the last recording are not known.
        pid: the helper's, for `allow` in a child; None: there is none.
    """

    def __init__(self) -> None:
        self.reason = ""
        self.owner = os.getpid()
        self.pid: int | None = None
        self._line_to: socket.socket | None = None
        self._identity = (0, 0)  # of the line: the recorded code may close whatever is open
        self._answers = bytearray()
        self._under_way = False
        self._turn = threading.Lock()  # one conversation at a time
        self._hopeless = sys.platform != "linux"
        if self._hopeless:
            self.reason = NOT_MEASURED.format(NOT_HERE)

    def start(self, hidden: Collection[int] = ()) -> bool:
        """Begin to watch this process and all that descends from it; return whether it could.

        Answers once the first look was taken.

        Args:
            hidden: native ids of threads to leave out, and pids of processes to leave out with
                all that descends from them.
        """
        if self._hopeless:
            return False
        with self._turn:
            if self._under_way:
                self.reason = NOT_MEASURED.format(BUSY)
                return False
            with self._talk():
                self.reason = ""
                if self._ready():
                    self._ask("start", *hidden)
                    self._under_way = self._line() == ["yes"]
            return self._under_way

    def stop(self) -> Samples | None:
        """Take a last look and return all that was seen; None: it is lost, `reason` says why."""
        with self._turn, self._talk():
            if not self._under_way:
                return None
            self._ask("stop", threading.get_native_id())
            lanes, rows, dropped, looks, longest, spent, *unread = map(int, self._line())
            tables = self._take(24 * lanes), self._take(56 * rows)
            self._under_way = False
            return Samples(*tables, looks, longest, spent, dropped, tuple(unread))
        return None

    def close(self) -> None:
        """End the helper; in a forked child only let go of the child's copy of the line."""
        line, self._line_to = self._line_to, None
        pid, self.pid = self.pid, None
        self._answers, self._under_way = bytearray(), False
        if line is None:
            return
        if _identity_of(line) != self._identity:  # its number is another file's now
            line.detach()
            return
        with line, tolerated(OSError):
            if os.getpid() == self.owner:
                _hang_up(line, pid)

    @contextmanager
    def _talk(self) -> Iterator[None]:
        """Give up the helper if it is lost, or if an interrupt leaves an answer half read."""
        try:
            yield
        except (OSError, ValueError) as error:
            self.close()
            if not is_own(error):
                raise
            self.reason = NOT_MEASURED.format(LOST)
        except BaseException:
            self.close()
            raise

    def _ready(self) -> bool:
        """Start and test the helper if there is none; a system that fails the test stays so."""
        if self._line_to is not None:
            return True
        try:
            self._line_to = _begin()
        except (OSError, subprocess.TimeoutExpired) as error:
            if not is_own(error):
                raise
            self.reason = NOT_MEASURED.format(NO_HELPER)
            return False
        self._identity = _identity_of(self._line_to)
        self.pid = int(self._line()[0])
        allow(self.pid)
        self._ask("test")
        answer, *why = self._line()
        if answer != "yes":
            self._hopeless = True
            self.close()
            self.reason = NOT_MEASURED.format(" ".join(why))
        return not self._hopeless

    def _ask(self, *words: object) -> None:
        self._open_line().sendall(" ".join(map(str, words)).encode() + b"\n")

    def _open_line(self) -> socket.socket:
        """Return the line.

        Raises:
            ConnectionError: it is closed.
        """
        if self._line_to is None or _identity_of(self._line_to) != self._identity:
            raise ConnectionError
        return self._line_to

    def _line(self) -> list[str]:
        while b"\n" not in self._answers:
            self._read()
        return self._take(self._answers.index(b"\n") + 1).decode().split()

    def _take(self, size: int) -> bytes:
        while len(self._answers) < size:
            self._read()
        data = bytes(memoryview(self._answers)[:size])
        del self._answers[:size]
        return data

    def _read(self) -> None:
        """Wait for more of the answers.

        Raises:
            ConnectionError: the helper has ended, or says nothing.
        """
        more = _heard(self._open_line(), PATIENCE)
        if not more:
            raise ConnectionError
        self._answers += more


def _begin() -> socket.socket:
    """Start the helper, out of reach of the interrupts that are meant for the notebook.

    It is no child of this process, for code that waits until it has no more children must not
    wait for the helper: what is started here starts the helper, and ends. (A process that adopts
    orphans, as the first one of a container does, gets it back.)
    """
    atexit.unregister(close)
    atexit.register(close)
    if not sys.executable:
        raise FileNotFoundError("this Python does not know its own program")
    ours, its = socket.socketpair()
    for end in (ours, its):
        end.setblocking(True)  # whatever `socket.setdefaulttimeout` says
    try:
        command = [sys.executable, "-I", "-S", str(PROGRAM), str(os.getpid()), str(ROOM)]
        starter = subprocess.Popen(
            command,
            stdin=its.fileno(),
            stdout=its.fileno(),
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            starter.wait(PATIENCE)
        except BaseException:
            _collect(starter)
            raise
    except BaseException:
        ours.close()
        raise
    finally:
        its.close()
    return ours


def _collect(starter: subprocess.Popen[bytes]) -> None:
    """Kill a process and collect it.

    Not by `wait`: what a handler of a signal raised there may have left its lock taken.
    """
    starter.kill()
    with suppress(ChildProcessError):  # it has been collected, and only that was not yet noted
        os.waitpid(starter.pid, 0)
    starter.returncode = -signal.SIGKILL


def _identity_of(line: socket.socket) -> tuple[int, int]:
    """Return what tells a line's file from every other one, or zeros if it is closed."""
    try:
        status = os.fstat(line.fileno())
    except OSError as error:
        if not is_own(error):
            raise
        return 0, 0
    return status.st_dev, status.st_ino


def _heard(line: socket.socket, seconds: float) -> bytes:
    """Return what comes next, or nothing if the line is closed or silent for so long."""
    waiting = select.poll()
    waiting.register(line, select.POLLIN)
    return line.recv(1 << 20) if waiting.poll(seconds * 1000) else b""


def _hang_up(line: socket.socket, pid: int | None) -> None:
    """End the helper and wait until it has let go of the line; before it said its pid, ask it."""
    waiting = select.poll()
    waiting.register(line, 0)
    if pid is not None and not waiting.poll(0):  # it holds its end, so the pid is its own
        os.kill(pid, signal.SIGKILL)
    line.shutdown(socket.SHUT_WR)
    while _heard(line, PATIENCE):
        pass
    if pid is not None:
        with suppress(ChildProcessError):  # as ever, unless this process adopts orphans
            os.waitpid(pid, 0)


_sampler = Sampler()


def sampler() -> Sampler:
    """Return this process's sampler; a forked child gets one of its own."""
    global _sampler
    if _sampler.owner != os.getpid():
        _sampler.close()
        _sampler = Sampler()
    return _sampler


def close() -> None:
    """End this process's helper, if it has one."""
    sampler().close()


def allow(pid: int) -> None:
    """Let that process look at this one, where the system lets only ancestors do so.

    Source: the kernel's documentation of Yama.
    """
    if only_ancestors():
        import ctypes

        with suppress(AttributeError), tolerated(OSError):
            ctypes.CDLL(None).prctl(SET_PTRACER, ctypes.c_ulong(pid), 0, 0, 0)


def only_ancestors() -> bool:
    """Say whether this system lets only its ancestors look at a process, unless it allows more."""
    try:
        return YAMA.read_text().strip() == "1"
    except OSError as error:
        if not is_own(error):
            raise
        return False  # no such rule here
