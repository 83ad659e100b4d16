"""Tells the recorder's own failures from what a handler of a signal raises meanwhile.

A handler may run between any two of the recorder's instructions, and what it raises, such as the
TimeoutError of a timer, is meant for the recorded code.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["is_own", "tolerated"]

HERE = os.path.dirname(__file__)  # noqa: PTH120 -- pathlib loads slowly
LIBRARIES = (  # where a program cannot be started, a file made or read, a function found
    "subprocess.py",
    "tempfile.py",
    "pathlib.py",
    os.path.join("pathlib", "_local.py"),  # noqa: PTH118
    os.path.join("pathlib", "__init__.py"),  # noqa: PTH118
    os.path.join("ctypes", "__init__.py"),  # noqa: PTH118
)


def is_own(error: BaseException) -> bool:
    """Say whether an error was raised by the recorder's code, or by a library that it called."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return True
    file = trace.tb_frame.f_code.co_filename
    return file.startswith(HERE) or file.endswith(LIBRARIES)


@contextmanager
def tolerated(*errors: type[BaseException]) -> Iterator[None]:
    """Do without what fails by one of these errors, if it is the recorder's own."""
    try:
        yield
    except errors as error:
        if not is_own(error):
            raise
