"""What `faulthandler` wrote of a program's threads: where each stands in one's own code."""

from __future__ import annotations

import re
from reprlib import repr as short

__all__ = ["where_they_stand"]

HEAD = re.compile(r"^(?:Current thread|Thread) 0x[0-9a-f]+(?: \[(?P<name>.*)\])?")
FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.+)$')
OWN = re.compile(r"<(?!frozen).*>$|(?:^|[/\\])script\.py$")  # a program's text, or its file


def where_they_stand(dump: str) -> str:
    """Return a line for each thread of a dump: the innermost line of one's own code, and above it.

    Args:
        dump: what `faulthandler` wrote, of a program that `run_program` ran; other lines than its
            are passed over, and so are those of libraries.

    Raises:
        TypeError: dump is not a str.
        ValueError: it holds nothing that faulthandler writes.
    """
    if not isinstance(dump, str):
        raise TypeError(f"where_they_stand(dump): must be a text, not {short(dump)}")
    threads: list[list[str]] = []
    for line in dump.splitlines():
        if HEAD.match(line):
            threads.append([])
        elif threads and (frame := FRAME.match(line)) and OWN.search(frame["file"]):
            threads[-1].append(f"line {frame['line']} in {frame['function']}")
    if not threads:
        raise ValueError("where_they_stand(dump): faulthandler has written nothing of it")
    # The main thread is the oldest, and faulthandler begins with the youngest.
    names = [f"thread {number}" for number in range(1, len(threads))]
    stands = zip(["main", *names], reversed(threads), strict=True)
    return "\n".join(f"{name}: {', from '.join(own) or 'in a library'}" for name, own in stands)
