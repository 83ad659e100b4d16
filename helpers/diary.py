"""What a learner has answered and passed: a file of their own, a line for each thing that happened.

Lines are only added, each in one write, so that several notebooks may write at the same time and
a kernel that is killed spoils nothing. Where the file cannot be written, the diary lasts as long
as the kernel does.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["forget", "note", "path", "read"]

COURSE = Path(__file__).resolve().parent.parent
ELSEWHERE = "THREE_LANES_DIARY"  # an environment variable: another file
NOT_KEPT = "What you answer is kept until this notebook's Python ends: {} cannot be written ({})."

_unkept: list[dict[str, Any]] = []  # what could not be written


def path() -> Path:
    """Return the diary's file, which need not exist."""
    elsewhere = os.environ.get(ELSEWHERE)
    return Path(elsewhere) if elsewhere else COURSE / "my_notebooks" / ".diary.jsonl"


def note(kind: str, name: str, value: Any) -> None:
    """Write down one thing; the last one of a kind and a name holds.

    Args:
        kind: 'prediction', 'votes' or 'exercise'.
        name: which of them.
        value: whatever JSON can hold; of an exercise 'passed' or 'tried'.
    """
    line = {"kind": kind, "name": name, "value": value}
    file = path()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            # A line that was cut off by a kill ends here at the latest.
            words = f"\n{json.dumps(line)}\n".encode()
            if os.write(descriptor, words) < len(words):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(descriptor)
        _unkept[:] = [one for one in _unkept if (one["kind"], one["name"]) != (kind, name)]
    except OSError as error:
        if not _unkept:
            print(NOT_KEPT.format(file.name, error.strerror), file=sys.stderr)
        _unkept.append(line)


def read() -> dict[tuple[str, str], Any]:
    """Return the last value of each (kind, name); lines that cannot be read are left out."""
    try:
        lines = path().read_text("utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    found: dict[tuple[str, str], Any] = {}
    for line in lines:
        with suppress(ValueError, KeyError, TypeError, RecursionError):
            one = json.loads(line)
            found[str(one["kind"]), str(one["name"])] = one["value"]
    return found | {(one["kind"], one["name"]): one["value"] for one in _unkept}


def forget() -> None:
    """Forget all of it.

    Raises:
        OSError: the file cannot be taken away.
    """
    _unkept.clear()
    with suppress(FileNotFoundError, NotADirectoryError):
        path().unlink()
