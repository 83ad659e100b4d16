"""What `faulthandler` wrote of threads, made readable: without folders and hexadecimal numbers."""

from __future__ import annotations

import re
from reprlib import repr as short

__all__ = ["readable"]

HEAD = re.compile(r"^(?:Current thread|Thread) 0x[0-9a-f]+( \[.*\])?")
FOLDER = re.compile(r'(?<=File ")[^"]*[/\\](?=[^"/\\]+")')


def readable(dump: str) -> str:
    """Return a dump of `faulthandler` without folders, its threads numbered, the main one last.

    Of more than 100 threads `faulthandler` tells the 100 newest, and so not of the main one.

    Args:
        dump: what a program printed; what stands before the dump is left out.

    Raises:
        TypeError: dump is not a str.
        ValueError: it holds nothing that faulthandler writes.
    """
    if not isinstance(dump, str):
        raise TypeError(f"readable(dump): must be a text, not {short(dump)}")
    lines = [FOLDER.sub("", line) for line in dump.splitlines()]
    heads = [number for number, line in enumerate(lines) if HEAD.match(line)]
    if not heads:
        raise ValueError("readable(dump): faulthandler has written nothing of it")
    is_whole = "..." not in lines
    for which, number in enumerate(heads, 1):
        is_main = is_whole and number == heads[-1]
        name = "Main thread" if is_main else f"Thread {which}"
        lines[number] = HEAD.sub(rf"{name}\1", lines[number])
    return "\n".join(line for line in lines[heads[0] :] if line.strip())
