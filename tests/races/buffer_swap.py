"""A buffer is exchanged for an empty one: a line is still added to the old one, and lost."""

from types import SimpleNamespace


def make():
    return SimpleNamespace(buffer=["first"], written=[])


def log(journal):
    journal.buffer.append("second")


def flush(journal):
    lines, journal.buffer = journal.buffer, []
    journal.written.extend(lines)


bodies = [log, flush]


def holds(journal):
    return journal.written + journal.buffer == ["first", "second"]


KIND = "race"
# Who adds a line is left between finding the buffer and calling its `append`.
PREEMPTIONS = 1
