"""Waits whose kind is known by construction: each waits for one thing only.

`WAITS` holds functions by name. Each makes what it needs and returns a `Wait`: the state that is
the truth, what waits, and what ends the wait (None: it ends by itself after `PAUSE`).
"""

from __future__ import annotations

import asyncio
import mmap
import multiprocessing
import os
import queue
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["PAUSE", "WAITS", "Wait", "repeat"]

PAUSE = 0.01  # seconds that one wait takes
LONG = 60.0  # a time-out that is never reached


class Wait(NamedTuple):
    """One kind of wait; `wait` waits once, `feed` (in another thread) ends that wait."""

    state: str
    wait: Callable[[], Any]
    feed: Callable[[], Any] | None = None


WAITS: dict[str, Callable[[], Wait]] = {}


def known(make: Callable[[], Wait]) -> Callable[[], Wait]:
    WAITS[make.__name__] = make
    return make


def repeat(wait: Wait, seconds: float) -> int:
    """Wait again and again for that long; what ends each wait runs in a thread of its own.

    Returns the moment (of `perf_counter_ns`) since which the caller did nothing else.
    """
    end = time.perf_counter() + seconds
    done = threading.Event()
    feed = wait.feed

    def feeder() -> None:
        while not done.wait(PAUSE):
            feed()  # type: ignore[misc]

    if feed is not None:
        threading.Thread(target=feeder, daemon=True).start()
    began = time.perf_counter_ns()
    while time.perf_counter() < end:
        wait.wait()
    done.set()
    return began


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = socket.create_connection(server.getsockname())
        return here, server.accept()[0]


@known
def sleep() -> Wait:
    return Wait("sleep", lambda: time.sleep(PAUSE))


@known
def sleep_by_select() -> Wait:
    return Wait("sleep", lambda: select.select([], [], [], PAUSE))


@known
def asyncio_sleep() -> Wait:
    async def turns() -> None:
        for _ in range(20):
            await asyncio.sleep(PAUSE)

    return Wait("sleep", lambda: asyncio.run(turns()))


@known
def lock() -> Wait:
    one = threading.Lock()
    one.acquire()

    def release() -> None:
        with suppress(RuntimeError):
            one.release()

    return Wait("lock", one.acquire, release)


@known
def lock_with_timeout() -> Wait:
    one = threading.Lock()
    one.acquire()
    return Wait("lock", lambda: one.acquire(timeout=PAUSE))


@known
def event() -> Wait:
    one = threading.Event()

    def wait() -> None:
        one.wait()
        one.clear()

    return Wait("lock", wait, one.set)


@known
def condition() -> Wait:
    one = threading.Condition()

    def wait() -> None:
        with one:
            one.wait()

    def notify() -> None:
        with one:
            one.notify()

    return Wait("lock", wait, notify)


@known
def queue_get() -> Wait:
    one: queue.Queue[int] = queue.Queue()
    return Wait("lock", one.get, lambda: one.put(1))


@known
def join() -> Wait:
    def wait() -> None:
        thread = threading.Thread(target=time.sleep, args=(2 * PAUSE,))
        thread.start()
        thread.join()

    return Wait("lock", wait)


@known
def lock_of_processes() -> Wait:
    one = multiprocessing.get_context("spawn").Lock()
    one.acquire()
    return Wait("lock", lambda: one.acquire(timeout=PAUSE))


@known
def file_lock() -> Wait:
    import fcntl

    path = tempfile.mkstemp()[1]
    holder, other = os.open(path, os.O_RDWR), os.open(path, os.O_RDWR)
    held, free = threading.Semaphore(0), threading.Semaphore(0)
    fcntl.flock(holder, fcntl.LOCK_EX)

    def wait() -> None:
        fcntl.flock(other, fcntl.LOCK_EX)
        fcntl.flock(other, fcntl.LOCK_UN)
        free.release()
        held.acquire()

    def feed() -> None:
        fcntl.flock(holder, fcntl.LOCK_UN)
        free.acquire()
        fcntl.flock(holder, fcntl.LOCK_EX)
        held.release()

    return Wait("lock", wait, feed)


def received(before: Callable[[socket.socket], Any], timeout: float | None = None) -> Wait:
    here, there = tcp_pair()
    here.settimeout(timeout)

    def wait() -> None:
        before(here)
        here.recv(1)

    return Wait("network", wait, lambda: there.send(b"x"))


@known
def recv() -> Wait:
    return received(lambda here: None)


@known
def recv_with_timeout() -> Wait:
    return received(lambda here: None, LONG)


@known
def select_socket() -> Wait:
    return received(lambda here: select.select([here], [], [], LONG))


@known
def poll_socket() -> Wait:
    def poll(here: socket.socket) -> None:
        ready = select.poll()
        ready.register(here, select.POLLIN)
        ready.poll()

    return received(poll)


@known
def epoll_socket() -> Wait:
    def poll(here: socket.socket) -> None:
        with select.epoll() as ready:
            ready.register(here, select.EPOLLIN)
            ready.poll(LONG)

    return received(poll)


@known
def udp() -> Wait:
    here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    here.bind(("127.0.0.1", 0))
    there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    return Wait("network", lambda: here.recv(1), lambda: there.sendto(b"x", here.getsockname()))


@known
def accept() -> Wait:
    server = socket.create_server(("127.0.0.1", 0))

    def call() -> None:
        socket.create_connection(server.getsockname()).close()

    return Wait("network", lambda: server.accept()[0].close(), call)


@known
def connect() -> Wait:
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    taken = [socket.create_connection(full.getsockname())]

    def call() -> None:
        with socket.socket() as one, suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 10_000))
            one.connect(taken[0].getpeername())

    return Wait("network", call, lambda: full)


@known
def asyncio_socket() -> Wait:
    here, there = tcp_pair()
    here.setblocking(False)

    async def turns() -> None:
        for _ in range(20):
            await asyncio.get_running_loop().sock_recv(here, 1)

    return Wait("network", lambda: asyncio.run(turns()), lambda: there.send(b"x"))


@known
def pipe() -> Wait:
    out, into = os.pipe()
    return Wait("pipe", lambda: os.read(out, 1), lambda: os.write(into, b"x"))


@known
def full_pipe() -> Wait:
    out, into = os.pipe()
    return Wait("pipe", lambda: os.write(into, b"x" * 65536), lambda: os.read(out, 65536))


@known
def unix_socket() -> Wait:
    here, there = socket.socketpair()
    return Wait("pipe", lambda: here.recv(1), lambda: there.send(b"x"))


@known
def connection() -> Wait:
    here, there = multiprocessing.Pipe()
    return Wait("pipe", here.recv, lambda: there.send(1))


@known
def connection_with_timeout() -> Wait:
    here, there = multiprocessing.Pipe()

    def wait() -> None:
        here.poll(LONG)
        here.recv()

    return Wait("pipe", wait, lambda: there.send(1))


@known
def queue_of_processes() -> Wait:
    one: Any = multiprocessing.get_context("spawn").Queue()
    return Wait("pipe", one.get, lambda: one.put(1))


@known
def asyncio_pipe() -> Wait:
    out, into = os.pipe()

    async def turns() -> None:
        loop = asyncio.get_running_loop()
        for _ in range(20):
            came = loop.create_future()
            loop.add_reader(out, lambda came=came: came.done() or came.set_result(os.read(out, 1)))
            await came
        loop.remove_reader(out)

    return Wait("pipe", lambda: asyncio.run(turns()), lambda: os.write(into, b"x"))


@known
def child() -> Wait:
    def wait() -> None:
        subprocess.Popen(["sleep", str(3 * PAUSE)]).wait()

    return Wait("child", wait)


@known
def child_by_pidfd() -> Wait:
    def wait() -> None:
        process = subprocess.Popen(["sleep", str(3 * PAUSE)])
        file = os.pidfd_open(process.pid)
        select.select([file], [], [])
        os.close(file)
        process.wait()

    return Wait("child", wait)


@known
def fsync() -> Wait:
    file = tempfile.TemporaryFile()  # noqa: SIM115
    data = os.urandom(1 << 23)

    def wait() -> None:
        file.seek(0)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())

    return Wait("disk", wait)


def big_file() -> int:
    """Return a file of 64 MB that is on the disk."""
    file, path = tempfile.mkstemp()
    Path(path).unlink()
    os.ftruncate(file, 0)
    for _ in range(64):
        os.write(file, os.urandom(1 << 20))
    os.fsync(file)
    return file


@known
def cold_read() -> Wait:
    file = big_file()

    def wait() -> None:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        for start in range(0, 64 << 20, 4 << 20):
            os.pread(file, 1 << 20, start)

    return Wait("disk", wait)


@known
def page_fault() -> Wait:
    # Each page is asked for once: to have the system forget them is a wait for something else.
    file, size = big_file(), 64 << 20
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    pages = mmap.mmap(file, 0, prot=mmap.PROT_READ)
    pages.madvise(mmap.MADV_RANDOM)
    places = cycle(range(0, size, mmap.PAGESIZE))

    def wait() -> None:
        sum(pages[place] for place in islice(places, 64))

    return Wait("disk", wait)


@known
def asyncio_call() -> Wait:
    """An event loop that waits without a time-out, for another thread to call."""
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def turns() -> None:
        one = asyncio.Event()
        loops.append((asyncio.get_running_loop(), one))
        for _ in range(20):
            await one.wait()
            one.clear()
        loops.clear()

    def feed() -> None:
        for loop, one in loops[:]:
            loop.call_soon_threadsafe(one.set)

    return Wait("waiting", lambda: asyncio.run(turns()), feed)


@known
def eventfd() -> Wait:
    file = os.eventfd(0)
    return Wait("waiting", lambda: os.read(file, 8), lambda: os.eventfd_write(file, 1))


if __name__ == "__main__":
    repeat(WAITS[sys.argv[1]](), float(sys.argv[2]))
