"""Where child processes write their spans, so that nothing finished is lost when one is killed.

A shelf is memory that outlives its writers. The recording process makes it; each descendant takes
a place of its own on it, whose offset is its process id, writes there with plain stores and never
has to hand anything over. On Linux it is one memory file without a name (`memfd_create`), so it is
gone when the last process is; elsewhere it is a temporary folder with a file for each process.
The memory is sparse: only what was written takes any.

A place holds a head, the names of lanes and spans as Python literals, a line each, and the spans.
A child process imports this as it starts: whatever takes long to load is loaded elsewhere.
"""

from __future__ import annotations

import errno
import mmap
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

from helpers.recorder.errors import is_own, tolerated

__all__ = ["CLOSED", "NAMES_SIZE", "OVERFLOW", "OWN_GILS", "Place", "Shelf"]

HEAD_SIZE, NAMES_SIZE, SPANS_SIZE = 1 << 16, 4 << 20, 32 << 20  # bytes; 32 of them a span
PLACE_SIZE = HEAD_SIZE + NAMES_SIZE + SPANS_SIZE
WORD = 8  # bytes
MOST_PIDS = 1 << 22  # that Linux can have
BINARY = getattr(os, "O_BINARY", 0)  # Windows would change the bytes else
# Words of the head: is the recording over? bytes of names; spans too many; had it GILs of its own?
CLOSED, NAMES_END, OVERFLOW, OWN_GILS = 1, 2, 3, 4


class Shelf:
    """The memory that all processes of one recording share; made by the recording process."""

    def __init__(self, watch: bool) -> None:
        self.watch = watch  # whether tasks note what they waited for
        self.watcher = 0  # the pid of a sampler that each process must allow to look at it
        self.owner, self.key = os.getpid(), f"three-lanes-{os.urandom(8).hex()}"
        self.folder: str | None = None
        try:
            self.file = _memory_file(self.key)
        except (AttributeError, OSError) as error:
            if not is_own(error):
                raise
            import tempfile

            self.folder = tempfile.mkdtemp(prefix=self.key)

    def place(self) -> Place:
        """Return this process's own place.

        Raises:
            OSError: there is no shelf any more, or this process may not write on it.
        """
        pid = os.getpid()
        if self.folder is not None:
            path = f"{self.folder}/{pid}"
            file, start = os.open(path, os.O_RDWR | os.O_CREAT | BINARY, 0o600), 0
            os.ftruncate(file, PLACE_SIZE)
        else:
            file, start = self._open(), pid * PLACE_SIZE
        try:
            return Place(mmap.mmap(file, PLACE_SIZE, offset=start))
        finally:
            os.close(file)

    def _open(self) -> int:
        """Open the memory file: a forked process has inherited it, a spawned one asks its owner.

        One that has changed its user may not ask.
        """
        for holder in ("self", self.owner):
            if self._is_held_by(holder):
                with tolerated(OSError):
                    return os.open(f"/proc/{holder}/fd/{self.file}", os.O_RDWR | os.O_CLOEXEC)
        raise FileNotFoundError("the recording is over, or out of reach")

    def _is_held_by(self, process: int | str) -> bool:
        """Say whether a process still has the memory file under the number that it had."""
        try:
            return self.key in os.readlink(f"/proc/{process}/fd/{self.file}")  # noqa: PTH115 - slow
        except OSError as error:
            if not is_own(error):
                raise
            return False

    def read(self) -> Iterator[tuple[int, list[tuple[Any, ...]], bytes, int]]:
        """Yield (pid, names, spans, spans too many) of each process that wrote something."""
        from ast import literal_eval

        for pid, file, start in self._places():
            head = memoryview(_read(file, HEAD_SIZE, start)).cast("q")
            names = _read(file, head[NAMES_END], start + HEAD_SIZE).splitlines()
            spans = _written(file, start + HEAD_SIZE + NAMES_SIZE, SPANS_SIZE)
            yield pid, [literal_eval(line.decode()) for line in names], spans, head[OVERFLOW]

    def with_own_gils(self) -> list[int]:
        """Return the pids of the processes that had interpreters with GILs of their own."""
        return [
            pid
            for pid, file, start in self._places()
            if any(_read(file, WORD, start + OWN_GILS * WORD))
        ]

    def close(self) -> None:
        """Tell the processes that the recording is over, and let go of the memory."""
        try:
            for _, file, start in self._places():
                os.lseek(file, start + CLOSED * WORD, os.SEEK_SET)
                os.write(file, (1).to_bytes(WORD, "little"))
        finally:
            if self.folder is not None:
                _remove(self.folder)
            elif self._is_held_by("self"):  # the code may have closed it, and used its number
                os.close(self.file)

    def _places(self) -> Iterator[tuple[int, int, int]]:
        """Yield (pid, file descriptor, offset) of each place in use."""
        if self.folder is not None:
            for name in sorted(os.listdir(self.folder)):  # noqa: PTH208 - pathlib loads slowly
                file = os.open(f"{self.folder}/{name}", os.O_RDWR | BINARY)
                yield int(name), file, 0
                os.close(file)
            return
        file, offset = self._open(), 0  # a descriptor of our own: its number is the owner's
        try:
            while (data := _data_from(file, offset)) is not None:
                pid = data // PLACE_SIZE
                yield pid, file, pid * PLACE_SIZE
                offset = (pid + 1) * PLACE_SIZE
        finally:
            os.close(file)


class Place:
    """A process's own part of the shelf."""

    def __init__(self, memory: mmap.mmap) -> None:
        words = memoryview(memory)
        self.head = words[:HEAD_SIZE].cast("q")
        self.names = words[HEAD_SIZE : HEAD_SIZE + NAMES_SIZE]
        self.spans = words[HEAD_SIZE + NAMES_SIZE :].cast("q")
        self.head[0] = os.getpid()
        self.lock = threading.Lock()

    def write(self, *name: Any) -> None:
        """Write a line down; it counts once it is whole. When the place is full it is lost."""
        line = ascii(name).encode() + b"\n"
        with self.lock:
            end = self.head[NAMES_END]
            if end + len(line) <= NAMES_SIZE:
                self.names[end : end + len(line)] = line
                self.head[NAMES_END] = end + len(line)


def _memory_file(name: str) -> int:
    """Make the file in memory.

    Raises:
        OSError: there is no such thing on this system, or not of this size.
    """
    file = _new_memory_file(name)
    try:
        # At once for all, because two processes that each made it longer could undo it.
        os.ftruncate(file, (MOST_PIDS + 1) * PLACE_SIZE)
    except OSError:
        os.close(file)
        raise
    return file


def _new_memory_file(name: str) -> int:
    """Make an empty one; some Pythons, as conda's, lack the function that the system has."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name)
    if sys.platform != "linux":
        raise OSError("memory files are Linux's")
    import ctypes

    file: int = ctypes.CDLL(None).memfd_create(name.encode(), 1)  # closed when a program begins
    if file < 0:
        raise OSError("the system made none")
    return file


def _remove(folder: str) -> None:
    """Remove a folder now, or where Windows refuses that, at this process's end.

    It removes no file that is open: one of a child that goes on has to wait.
    """
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
    if os.path.exists(folder):  # noqa: PTH110 - pathlib loads slowly
        import atexit

        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def _read(file: int, size: int, start: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(file, size, start)
    os.lseek(file, start, os.SEEK_SET)
    return os.read(file, size)


def _written(file: int, start: int, size: int) -> bytes:
    """Return the bytes of a stretch of a file up to where its data ends.

    macOS looks for that on its disk, where what was just written may not have arrived.
    """
    if sys.platform != "linux" or not hasattr(os, "SEEK_DATA"):
        return _read(file, size, start)
    end = start
    while (data := _data_from(file, end)) is not None and data < start + size:
        end = min(os.lseek(file, data, os.SEEK_HOLE), start + size)
    return _read(file, end - start, start)


def _data_from(file: int, start: int) -> int | None:
    """Return where a sparse file's next data begins, or None."""
    try:
        return os.lseek(file, start, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:  # none beyond
            return None
        raise
