"""The sampler: a program of its own that watches what the threads of another do (Linux).

It is run by `states`, with the pid of the process to watch as argument, and loads the standard
library only, and little of it. It forks: the copy watches, and is nobody's child, so that no code
waits for it; its first line on stdout is its pid. Each line on its stdin asks for something, each
gets one line as answer:

    test                    'yes', or 'no' and why states cannot be measured here
    start [TID ...]         begins to watch; the numbers are threads and processes to leave out
    stop TID                ends it; the line of numbers (`Answer`) is followed by the tables

It ends when its stdin ends, and when the process that it watches has ended.
"""

from __future__ import annotations

import gc
import os
import resource
import select
import signal
import sys
from time import perf_counter_ns, process_time_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from helpers.recorder import probe
    from helpers.recorder.tree import Tree
else:  # it runs without the package, which would take longer to load than all else
    sys.path.append(__file__.rpartition("/")[0])
    import probe
    from tree import Tree

PERIOD = 1_000_000  # ns from one look to the next
SHARE = 0.09  # of a core that looking may take; beyond it the period becomes longer
SMOOTHED = 32  # looks over which the cost is averaged
IDLE = 0.5  # seconds between two questions whether who asks still lives
LAST_LOOKS = 40  # to see the thread that says stop blocked, with its counters exact


class Commands:
    """The lines on stdin, waited for no longer than asked."""

    def __init__(self, asker: int):
        self._status = os.open(f"/proc/{asker}/stat", os.O_RDONLY)
        self._asked = perf_counter_ns()
        self._bytes = b""

    def next(self, seconds: float) -> list[str] | None:
        """Return the words of the next line, or None if there is none in that time.

        Raises:
            SystemExit: nobody is there any more who could ask.
        """
        if b"\n" not in self._bytes and select.select([0], [], [], seconds)[0]:
            more = os.read(0, 1 << 16)
            self._bytes += more
            if not more:
                raise SystemExit
        if (now := perf_counter_ns()) - self._asked > IDLE * 1e9:
            self._asked = now
            if not self._is_alive():
                raise SystemExit
        line, end, rest = self._bytes.partition(b"\n")
        if not end:
            return None
        self._bytes = rest
        return line.decode().split()

    def _is_alive(self) -> bool:
        """Say whether who asks still runs: a child of it may hold the line open."""
        try:
            fields = os.pread(self._status, 999, 0).rpartition(b")")[2].split()
        except OSError:
            return False
        return fields[:1] not in ([b"Z"], [b"X"])


class Pace:
    """When to look next: each millisecond, or less often if that would cost too much."""

    def __init__(self) -> None:
        self.looks = 0
        self.longest = self.period = PERIOD
        self._cost = 0.0
        self._spent = process_time_ns()
        self._due = perf_counter_ns()

    def wait(self) -> float:
        """Return the seconds to wait until the next look."""
        spent = process_time_ns()
        self.looks += 1
        self._cost += (spent - self._spent - self._cost) / SMOOTHED
        self._spent = spent
        self.period = max(PERIOD, int(self._cost / SHARE))
        self.longest = max(self.longest, self.period)
        now = perf_counter_ns()
        self._due = max(self._due + self.period, now)
        return (self._due - now) / 1e9


def watch(commands: Commands, hidden: list[int], root: int, room: int) -> None:
    """Watch a process and its descendants until it says stop, then send what was seen."""
    began = process_time_ns()
    tree = Tree(root, hidden, room)
    send(b"yes\n")
    pace, words = Pace(), None
    while words is None:
        tree.look()
        words = commands.next(pace.wait())
    last_looks(tree, int(words[1]))
    tree.close()
    spent = process_time_ns() - began
    head = (len(tree.born) // 3, len(tree.rows) // 7, tree.dropped, pace.looks, pace.longest, spent)
    send(" ".join(map(str, (*head, *sorted(tree.unread)))).encode() + b"\n")
    send(memoryview(tree.born).cast("B"))
    send(memoryview(tree.rows).cast("B"))


def last_looks(tree: Tree, tid: int) -> None:
    """Look at everything once more, when the thread that waits for the answer is blocked."""
    for _ in range(LAST_LOOKS):
        tree.look()
        if tree.blocked(tid):
            break


def send(data: bytes | memoryview) -> None:
    """Write all of some bytes to stdout.

    Raises:
        SystemExit: nobody reads them any more.
    """
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(1, rest) :]
    except OSError:
        raise SystemExit from None


def main() -> None:
    """Do what the lines on stdin ask for, as a process that is nobody's child."""
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whatever the program that started it does
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # two files for each thread
    gc.disable()  # nothing here refers to itself
    root, room = int(sys.argv[1]), int(sys.argv[2])
    commands = Commands(root)
    send(f"{os.getpid()}\n".encode())
    while True:
        words = commands.next(IDLE)
        if words and words[0] == "test":
            why = probe.why_not(root)
            send(f"no {why}\n".encode() if why else b"yes\n")
        elif words and words[0] == "start":
            watch(commands, [int(word) for word in words[1:]], root, room)


if __name__ == "__main__":
    main()
