"""What a notebook stands on: shared memory, a place for temporary files, files that may be open.

Where one of them is missing, the learner's own plain code fails far from the cause, with words such
as `FileNotFoundError: [Errno 2] No such file or directory` from a `Lock()`. So `%load_ext helpers`
looks at it first, and says in a line what is missing, and what to do.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator

__all__ = ["lacks"]

SHARED = "/dev/shm"
LEAST_SHARED, LEAST_TEMPORARY = 16 << 20, 64 << 20  # bytes; the pictures of 03 take a few of them
LEAST_FILES = 200  # a kernel has 90 open
NO_LOCKS = (
    f"Processes cannot share a lock here: {SHARED} {{}}. Pools and queues of processes will fail."
    f" In a container, start it with --tmpfs {SHARED}; elsewhere, mount a tmpfs there."
)
SHARED_FULL = (
    f"Only {{}} MB of {SHARED} are free: shared memory may end this notebook's Python."
    " Delete what lies there, or start the container with a greater --shm-size."
)
FULL = "is full"
LOCKLESS = (
    "Processes cannot share a lock here: this Python was built without it. Pools and queues of"
    " processes will fail. Start the course with another Python, such as python.org's or conda's."
)
NO_TEMPORARY = (
    "There is no room for temporary files: no folder for them can be written."
    " Free some of the disk, or set TMPDIR to a folder of your own, and restart the notebook."
)
TEMPORARY_FULL = (
    "Only {} MB are free in {}, where temporary files go."
    " Free some of the disk, or set TMPDIR to another folder, and restart the notebook."
)
FEW_FILES = (
    "This notebook may have {} files open at once, which is too few for some of its sections."
    " Give `ulimit -n 1024` in the terminal, and start the course there again."
)


def lacks() -> Iterator[str]:
    """Yield a line for each thing that is missing here: what it is, and what to do."""
    yield from _shared_memory()
    yield from _temporary_files()
    yield from _open_files()


def _shared_memory() -> Iterator[str]:
    """Locks and shared memory of processes; macOS and Windows keep them in no folder."""
    if sys.platform != "linux":
        return
    try:
        why = _no_lock()
    except ImportError:  # built where /dev/shm was missing, as in some containers
        yield LOCKLESS
        return
    if why not in ("", FULL):
        yield NO_LOCKS.format(why)
    elif (free := shutil.disk_usage(SHARED).free) < LEAST_SHARED or why:
        yield SHARED_FULL.format(free >> 20)


def _no_lock() -> str:
    """Return why no lock can be shared; empty if one can.

    Raises:
        ImportError: this Python has no such locks.
    """
    try:
        # What multiprocessing.Lock does, without the process that it starts besides.
        from _multiprocessing import SemLock  # type: ignore[import-not-found]

        SemLock(1, 1, 1, f"/three-lanes-{os.urandom(8).hex()}", True)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return FULL if error.errno == errno.ENOSPC else f"cannot be written ({error.strerror})"
    return ""


def _temporary_files() -> Iterator[str]:
    try:
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
    except OSError:
        yield NO_TEMPORARY
        return
    if free < LEAST_TEMPORARY:
        yield TEMPORARY_FULL.format(free >> 20, folder)


def _open_files() -> Iterator[str]:
    if os.name == "posix":
        import resource

        most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if most != resource.RLIM_INFINITY and most < LEAST_FILES:
            yield FEW_FILES.format(most)
