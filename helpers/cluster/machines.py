"""The programs of a Dask cluster on this machine, started one by one, as on machines of their own.

None of them is a child that shares anything with this process: they are reached through their
address, by this process and by one another, and find only the modules that are installed.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import weakref
from contextlib import ExitStack, suppress
from numbers import Integral
from pathlib import Path
from random import SystemRandom
from reprlib import repr as short
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from helpers.aside import LOOK, aside, started
from helpers.checks import is_number
from helpers.extras import lacking

__all__ = ["Cluster", "Worker"]

ROOT = Path(__file__).resolve().parents[2]
HERE = "127.0.0.1"
ELSEWHERE = "tcp://first-machine:8786"  # the port that a scheduler takes by itself
PORTS, TRIES = range(20_000, 30_000), 20
WORKERS, THREADS = 32, 64  # at most
ROOM = 1 << 20  # bytes
PATIENCE = 60.0  # seconds; a start takes two on a quiet machine
READY = {"scheduler": "Scheduler at:", "worker": "Registered to:"}  # what they write into their log
# No nanny: it would start a worker that was killed anew, and here it is to stay dead. No dashboard:
# it needs a package more.
OF_SCHEDULER = ["--no-dashboard"]
OF_WORKER = ["--no-nanny", "--no-dashboard"]


class Worker:
    """One worker of a cluster: a program with one process.

    Attributes:
        name: as Dask knows it: 'worker-1'.
        pid: its process.
        ended: when it ended, on the clock of `time.perf_counter`; None while it runs.
    """

    def __init__(self, name: str, program: subprocess.Popen[bytes]) -> None:
        self.name, self.pid = name, program.pid
        self.ended: float | None = None
        self._program = program
        self._watcher = threading.Thread(target=self._watch, name=f"Cluster {name}", daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        self._program.wait()
        self.ended = time.perf_counter()

    def kill(self) -> None:
        """Kill it (SIGKILL: it can do nothing more, not even say so), and wait until it is gone."""
        self._program.kill()
        self._watcher.join()

    def __repr__(self) -> str:
        return f"<Worker {self.name}, {'running' if self.ended is None else 'ended'}>"


class Cluster:
    """A Dask scheduler and its workers, each a program of its own, while a `with` block runs.

    They are reached from this machine only. Nothing of them is left after the block, nor if this
    process is killed (on Windows, then they are).

    Attributes:
        address: the scheduler's, for `Client(cluster.address)`.
        workers: list of `Worker`.
        commands: what one would type for the same on machines of their own, the scheduler's first.
    """

    def __init__(self, workers: int = 2, threads: int = 1) -> None:
        """Say what is to be started.

        Args:
            workers: how many.
            threads: how many items each of them works at, at a time.

        Raises:
            ModuleNotFoundError: Dask is not installed.
            ValueError: workers is no whole number from 1 to 32, or threads none from 1 to 64.
        """
        if told := lacking("dask"):
            raise ModuleNotFoundError(f"Cluster: {told}")
        for what, number, most in (("workers", workers, WORKERS), ("threads", threads, THREADS)):
            if not is_number(number, 1, most, Integral):
                right = f"must be a whole number from 1 to {most}"
                raise ValueError(f"Cluster({what}): {right}, not {short(number)}")
        self._names = [f"worker-{number}" for number in range(1, int(workers) + 1)]
        self._threads = int(threads)
        self.address = ""
        self.workers: list[Worker] = []
        words = [["scheduler", *OF_SCHEDULER]]
        words += [["worker", ELSEWHERE, *self._of(name)] for name in self._names]
        self.commands = [" ".join(["dask", *one]) for one in words]
        self._end: Any = None

    def _of(self, name: str) -> list[str]:
        """Return what a worker is told, here and elsewhere."""
        return ["--name", name, "--nthreads", str(self._threads), *OF_WORKER]

    def __enter__(self) -> Cluster:
        """Start all of it, and wait until the workers have found the scheduler.

        Raises:
            RuntimeError: it has begun already, or one of the programs could not start; its last
                words are told.
        """
        if self._end is not None:
            raise RuntimeError("Cluster: it has begun already; make another one")
        programs = ExitStack()
        self._end = weakref.finalize(self, programs.close)  # also if no block ever ends
        try:
            aside("Cluster", lambda stop: self._start(programs, stop))
        except BaseException:  # an interrupt, too, that came when all had started
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all of it."""
        self._stop()

    def _stop(self) -> None:
        aside("Cluster", lambda _: self._end())
        for one in self.workers:
            one.kill()  # it has ended: that is seen before anybody asks

    def _start(self, programs: ExitStack, stop: threading.Event) -> None:
        """Start the programs, all at once: a worker waits for its scheduler by itself."""
        folder = programs.enter_context(
            TemporaryDirectory(prefix="three-lanes-", ignore_cleanup_errors=True)
        )
        _check_room(Path(folder))
        port = _free_port()
        self.address = f"tcp://{HERE}:{port}"
        here = ["--host", HERE, "--dashboard-address", f"{HERE}:0"]
        words = [*OF_SCHEDULER, "--port", str(port), *here]
        begun = [self._program(programs, folder, "scheduler", words)]
        for name in self._names:
            words = [self.address, *self._of(name), *here]
            begun.append(self._program(programs, folder, name, words))
            self.workers.append(Worker(name, begun[-1]))
        _wait(dict(zip(["scheduler", *self._names], begun, strict=True)), folder, stop)

    def _program(
        self, programs: ExitStack, folder: str, name: str, words: list[str]
    ) -> subprocess.Popen[bytes]:
        kind = "scheduler" if name == "scheduler" else "worker"
        command = [sys.executable, "-m", "dask", kind, *words]
        with Path(folder, name).open("wb") as log:
            how: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            how["env"] = _environment(folder)
            return programs.enter_context(started(command, folder, **how))

    def __repr__(self) -> str:
        runs = sum(one.ended is None for one in self.workers)
        many = "1 worker" if len(self._names) == 1 else f"{len(self._names)} workers"
        return f"<Cluster of {many}, {runs} of them running>"


def _check_room(folder: Path) -> None:
    """Write as much as the programs may: where they cannot write their logs, nothing tells.

    Raises:
        OSError: there is no room.
    """
    (folder / "room").write_bytes(bytes(ROOM))
    (folder / "room").unlink()


def _free_port() -> int:
    """Return a port that nobody has, and none of those that systems give to whoever asks for any.

    Such a one may be gone before the scheduler has it: to another program, or to a worker that
    already knocks at it.
    """
    for port in [*SystemRandom().sample(PORTS, TRIES), 0]:
        with suppress(OSError), socket.socket() as one:
            one.bind((HERE, port))
            return int(one.getsockname()[1])
    raise RuntimeError("Cluster: there is no free port; end other programs")


def _environment(folder: str) -> dict[str, str]:
    """Return what the programs find: the course, and the learner's environment; not this folder.

    A logger that somebody has silenced would not tell when they are ready, and Dask would leave a
    folder of its own among the temporary ones.
    """
    places = [folder, str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    told = {"PYTHONPATH": os.pathsep.join(places), "PYTHONUTF8": "1"}
    told |= {"DASK_LOGGING__DISTRIBUTED": "info", "DASK_TEMPORARY_DIRECTORY": folder}
    return os.environ | told


def _wait(programs: dict[str, subprocess.Popen[bytes]], folder: str, stop: threading.Event) -> None:
    """Wait until all programs say that they are ready, or there is to be no more waiting.

    Raises:
        RuntimeError: one has ended, or is not ready in time.
    """
    until = time.monotonic() + PATIENCE
    left = dict(programs)
    while left and not stop.wait(LOOK):
        for name, program in [*left.items()]:
            log = Path(folder, name).read_text("utf-8", "replace")
            if READY["scheduler" if name == "scheduler" else "worker"] in log:
                del left[name]
            elif program.poll() is not None:
                last = (log.strip().splitlines() or ["it said nothing"])[-1]
                told = f"{name} could not start: {_plain(last).rstrip('.')}"
                raise RuntimeError(f"Cluster: {told}; ask for fewer workers, or end other programs")
        if time.monotonic() > until:
            names = ", ".join(left)
            told = f"not ready after {PATIENCE:g} seconds: {names}; ask for fewer workers"
            raise RuntimeError(f"Cluster: {told}, or end other programs")


def _plain(line: str) -> str:
    """Return a line of a log without its time and its origin."""
    return line.rpartition(" - ")[2]
