"""Follows the recorded code into its child processes, however they are started.

fork          the child inherits the hooks; it takes a place of its own on the shelf
spawn,        a ticket travels in the configuration that every process object copies from the
forkserver    current process; unpickling it starts the recording in the child
"""

from __future__ import annotations

import atexit
import os
import sys
import time
from importlib.machinery import ModuleSpec
from typing import Any

from helpers.recorder import hooks
from helpers.recorder.child_log import ChildLog
from helpers.recorder.log import LOST
from helpers.recorder.shelf import Shelf

__all__ = ["Ticket", "give_ticket", "take_ticket", "watch_forks"]

TICKET = "three_lanes"  # its key in a process's configuration
_fork_began = 0
_watching = False


class Ticket:
    """What a process needs to be recorded."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def __reduce__(self) -> tuple[Any, ...]:
        return arrive, (self.shelf, time.perf_counter_ns())


def give_ticket(shelf: Shelf) -> None:
    """Have every process object made from now on carry a ticket."""
    from multiprocessing import process

    process.current_process()._config[TICKET] = Ticket(shelf)  # type: ignore[attr-defined]


def take_ticket() -> None:
    """Have no more process objects carry one."""
    from multiprocessing import process

    process.current_process()._config.pop(TICKET, None)  # type: ignore[attr-defined]


def arrive(shelf: Shelf, start: int) -> Ticket:
    """Begin to record this spawned process; unpickling a ticket calls it."""
    follow(shelf, start)
    return Ticket(shelf)


def follow(shelf: Shelf, start: int) -> None:
    """Begin to record this process, a descendant that was asked for at `start`."""
    try:
        log = ChildLog(shelf)
    except OSError:  # the recording is over, or out of reach: the process runs without it
        hooks.uninstall()
        return
    hooks.install(log)
    log.begin_process(start)
    if shelf.watcher:
        from helpers.recorder.states import allow

        allow(shelf.watcher)
    atexit.register(log.end_process)
    hooks.hook_exit(os, log)
    if not any(isinstance(finder, Latecomers) for finder in sys.meta_path):
        sys.meta_path.insert(0, Latecomers())


def watch_forks() -> None:
    """Follow every fork from now on; while nothing is recorded, forks are left alone."""
    global _watching
    if not _watching and hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_before_fork, after_in_child=_after_fork)
        _watching = True


def _before_fork() -> None:
    global _fork_began
    _fork_began = time.perf_counter_ns()


def _after_fork() -> None:
    if (parents := hooks.log) is not None:
        follow(parents.shelf, _fork_began)
        if isinstance(parents, ChildLog):  # this copy must not end the life of its parent
            parents.life = LOST


class Latecomers:
    """A finder that hooks modules which a child imports only later, such as asyncio."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Find a module as the other finders do, and hook it once it is loaded."""
        if name not in hooks.HOOKS or hooks.log is None:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in found if spec), None)
        loader: Any = spec and spec.loader
        if loader:
            load = loader.exec_module

            def exec_module(module: Any) -> None:
                load(module)
                hooks.hook_module(name)

            loader.exec_module = exec_module
        return spec
