"""A buffer is exchanged under the lock under which lines are added."""

from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(buffer=["first"], written=[], lock=Lock())


def log(journal):
    with journal.lock:
        journal.buffer.append("second")


def flush(journal):
    with journal.lock:
        lines, journal.buffer = journal.buffer, []
    journal.written.extend(lines)


bodies = [log, flush]


def holds(journal):
    return journal.written + journal.buffer == ["first", "second"]


KIND = "ok"
PREEMPTIONS = None
