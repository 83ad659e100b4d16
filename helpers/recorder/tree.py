"""A process and all its descendants, and one look after another at what each thread does (Linux).

A thread's counters (`schedstat`: ns on a core, ns waiting for one, how often it got one) are exact
while it is blocked. As long as they are the same it cannot have run, so a blocked thread costs
one read a look. A thread that is not blocked is 'running' in the kernel's words, on a core or
not; its counters then lag behind.

A row says what a thread did between two looks or more: number of the thread, state (its place
in `STATES`), first and last moment it was seen so (ns of `perf_counter_ns`), the three counters.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Collection
from time import perf_counter_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from helpers.recorder.waits import STATES, Process
else:  # the sampler runs without the package
    from waits import STATES, Process

__all__ = ["Thread", "Tree"]

CODES = {"": -1, **{state: code for code, state in enumerate(STATES)}}
RUNNING = CODES["running"]
ATTEMPTS = 3  # looks at a thread that wakes and sleeps while it is looked at
TORN = 200_000  # ns: the sampler lost its core in the middle of a look
CHILDREN_EVERY = 5  # looks


class Ended(ProcessLookupError):  # noqa: N818 -- it is nobody's mistake
    """A thread that has ended and is still listed, because nobody has asked how it did."""


class Thread:
    """One thread, and what was last seen of it."""

    __slots__ = (
        *("blocked", "call", "code", "counter_file", "counters", "first", "last", "number"),
        *("of", "ran", "tid"),
    )

    def __init__(self, of: Watched, tid: int, number: int):
        self.of, self.tid, self.number = of, tid, number
        self.counters = b""
        self.blocked = False
        self.code = self.first = self.last = -1
        self.ran = True
        folder = f"/proc/{of.pid}/task/{tid}/"
        self.counter_file = os.open(folder + "schedstat", os.O_RDONLY)
        try:
            self.call = os.open(folder + "syscall", os.O_RDONLY)
        except OSError:
            os.close(self.counter_file)
            raise

    def close(self) -> None:
        """Let go of its files."""
        os.close(self.counter_file)
        os.close(self.call)


class Watched:
    """One process: its threads by number, and how many it had when they were last listed."""

    def __init__(self, pid: int):
        self.pid = pid
        self.process = Process(pid)
        self.threads: dict[int, Thread] = {}
        self.listed = 0
        self.ended: set[int] = set()
        self.ran = True
        self.folder = os.open(f"/proc/{pid}/task", os.O_RDONLY)

    def close(self) -> None:
        """Let go of all that is open of it."""
        for thread in self.threads.values():
            thread.close()
        os.close(self.folder)
        self.process.close()


class Tree:
    """The threads of a process and of all its descendants; `look()` looks at all of them.

    Attributes:
        rows: the rows of all that was seen, one after another, seven numbers each.
        born: per thread: pid, tid, and the moment before which it did not exist, or 0.
        dropped: how many rows found no room.
        unread: pids of processes that may not be looked at.
    """

    def __init__(self, root: int, hidden: Collection[int] = (), room: int = 1 << 20):
        self.rows, self.born = array("q"), array("q")
        self.dropped = 0
        self.unread: set[int] = set()
        self._room = room * 7
        self._hidden = {*hidden, os.getpid()}
        self._processes: dict[int, Watched] = {}
        self._threads: list[Thread] = []
        self._looks = 0
        self._before = self._searched = 0
        self._add_process(root)

    def look(self) -> None:
        """Look at every thread once, then for new threads, and at times for new processes."""
        now = perf_counter_ns()
        read = os.pread
        gone = []
        for thread in self._threads:
            try:
                counters = read(thread.counter_file, 64, 0)
                if thread.blocked and counters == thread.counters:
                    continue
                self._see(thread, counters)
            except OSError as error:
                gone.append((thread, error))
        for thread, why in gone:
            self._remove(thread, why)
        self._looks += 1
        self._find_threads(self._before)
        if self._looks % CHILDREN_EVERY == 0:
            self._find_processes()
        self._before = now

    def _see(self, thread: Thread, counters: bytes) -> None:
        """Write down what a thread does that ran since the last look, or may have."""
        self._settle(thread)
        thread.ran = thread.of.ran = True
        for _ in range(ATTEMPTS):
            now = perf_counter_ns()
            line = os.pread(thread.call, 200, 0)
            if line.startswith(b"running"):
                if perf_counter_ns() - now < TORN:
                    self._note(thread, RUNNING, now, counters)
                return
            code = self._state(thread, line)
            again = os.pread(thread.counter_file, 64, 0)
            if again == counters:  # so it was blocked all the time between the two
                if code >= 0:
                    self._note(thread, code, now, counters)
                return
            counters = again

    def _state(self, thread: Thread, line: bytes) -> int:
        if line.startswith(b"-1 0x0 "):
            raise Ended
        return CODES[thread.of.process.state(line, thread.tid)]

    def _note(self, thread: Thread, code: int, now: int, counters: bytes) -> None:
        if code == RUNNING == thread.code and counters == thread.counters:
            thread.last = now
            return
        self._end_row(thread)
        thread.code, thread.first, thread.last, thread.counters = code, now, now, counters
        thread.blocked = code != RUNNING

    def _settle(self, thread: Thread) -> None:
        """Note that a blocked thread was so up to the last look, and may be no longer."""
        if thread.blocked:
            thread.last, thread.blocked = max(thread.first, self._before), False

    def _end_row(self, thread: Thread) -> None:
        """Write the row of what a thread did up to now."""
        if thread.first < 0:
            return
        if len(self.rows) >= self._room:
            self.dropped += 1
            return
        counters = map(int, thread.counters.split())
        self.rows.extend((thread.number, thread.code, thread.first, thread.last, *counters))

    def _remove(self, thread: Thread, error: OSError) -> None:
        of = thread.of
        if isinstance(error, PermissionError):
            self.unread.add(of.pid)
        if isinstance(error, Ended):
            of.ended.add(thread.tid)
        self._settle(thread)
        self._end_row(thread)
        thread.close()
        self._threads.remove(thread)
        of.threads.pop(thread.tid, None)
        of.listed, of.ran = 0, True
        for other in of.threads.values():
            other.ran = True  # the kernel gives them the children of the one that ended

    def _find_threads(self, since: int) -> None:
        for of in list(self._processes.values()):
            if of.ran and os.fstat(of.folder).st_nlink - 2 != of.listed:
                self._list_threads(of, since)
            of.ran = False

    def _list_threads(self, of: Watched, since: int) -> None:
        try:
            tids = [int(name) for name in os.listdir(f"/proc/{of.pid}/task")]  # noqa: PTH208
        except OSError:
            tids = []
        of.listed = len(tids)
        of.ended.intersection_update(tids)
        for tid in tids:
            if tid not in of.threads and tid not in of.ended and tid not in self._hidden:
                self._add_lane(of, tid, since)
        if not tids:
            for thread in list(of.threads.values()):
                self._remove(thread, ProcessLookupError())
            self._processes.pop(of.pid).close()

    def _add_lane(self, of: Watched, tid: int, since: int) -> None:
        try:
            thread = Thread(of, tid, len(self.born) // 3)
        except (FileNotFoundError, ProcessLookupError):
            return  # it has ended
        except OSError:  # not allowed, or too many files are open
            self.unread.add(of.pid)
            return
        of.threads[tid] = thread
        self._threads.append(thread)
        try:
            self._see(thread, os.pread(thread.counter_file, 64, 0))
        except OSError as error:
            self._remove(thread, error)
        else:
            self.born.extend((of.pid, tid, since))
            self.unread.discard(of.pid)

    def _find_processes(self) -> None:
        now = perf_counter_ns()
        for thread in [thread for thread in self._threads if thread.ran]:
            thread.ran = False
            self._add_children(thread)
        self._searched = now
        for of in self._processes.values():
            of.ran = of.ran or not of.threads  # it may have become readable, or have ended

    def _add_children(self, thread: Thread) -> None:
        path = f"/proc/{thread.of.pid}/task/{thread.tid}/children"
        try:
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123 -- slow import
                pids = [int(word) for word in file.read().split()]
        except OSError:
            return
        for pid in pids:
            if pid not in self._processes and pid not in self._hidden:
                self._add_process(pid)

    def _add_process(self, pid: int) -> None:
        try:
            of = self._processes[pid] = Watched(pid)
        except (FileNotFoundError, ProcessLookupError):
            return  # it has ended
        except OSError:  # not allowed, or too many files are open
            self.unread.add(pid)
            return
        self._list_threads(of, self._searched)

    def blocked(self, tid: int) -> bool:
        """Return whether a thread was blocked when last looked at; one unknown is."""
        return all(thread.blocked for thread in self._threads if thread.tid == tid)

    def close(self) -> None:
        """Write the last row of every thread and let go of all that is open."""
        for thread in self._threads:
            self._settle(thread)
            self._end_row(thread)
        for of in self._processes.values():
            of.close()
        self._processes, self._threads = {}, []
