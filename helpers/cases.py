"""The programs of notebook 07 that misbehave or are looked at: in a module, so children find them.

Importing this module loads the standard library only: every spawned child imports it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import MutableMapping, Sequence
from logging.handlers import QueueHandler
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from helpers.workers import count

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

    Lines = SimpleQueue[Any] | Queue[Any]

__all__ = ["logger_to", "pack_all", "pack_apart", "show", "work_through"]

PARCELS = {"Ada": (1, 4, 7), "Ben": (2, 5, 8), "Eva": (3, 6, 9)}
TOO_HEAVY = {"Ben": (5, 8)}  # for that packer; it is the bug


def logger_to(lines: Lines) -> logging.Logger:
    """Return the shop's logger, made ready: it puts each line into a queue."""
    log = logging.getLogger("shop")
    log.setLevel(logging.INFO)
    log.handlers, log.propagate = [QueueHandler(lines)], False
    return log


def show(lines: SimpleQueue[logging.LogRecord], form: str) -> None:
    """Print what lies in a queue of lines, each in that form, sorted by its text, not by time."""
    formatter = logging.Formatter(form)
    found = [formatter.format(lines.get()) for _ in range(lines.qsize())]
    print("\n".join(sorted(found)))


def pack_all(log: logging.Logger) -> None:
    """Have three packers, each a thread, pack nine parcels, and log each step of it.

    One of them is no good: that is what is to be found out.

    Args:
        log: what they write to.
    """

    def pack(name: str) -> None:
        for parcel in PARCELS[name]:
            log.info("takes parcel %d", parcel)
            if parcel not in TOO_HEAVY.get(name, ()):
                log.info("packed parcel %d", parcel)

    threads = [threading.Thread(target=pack, args=(name,), name=name) for name in PARCELS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def pack_apart(parcels: Sequence[int], lines: Queue[Any]) -> None:
    """Pack parcels in a process of its own, and send what is logged of it to the parent.

    Args:
        parcels: their numbers.
        lines: the queue that the parent listens to.
    """
    log = logger_to(lines)
    for parcel in parcels:
        log.info("packed parcel %d", parcel)


def work_through(desk: MutableMapping[str, int], jobs: int) -> None:
    """Do so many jobs, and note on a desk which one is at hand.

    Args:
        desk: a dictionary of a Manager.
        jobs: how many.
    """
    for number in range(1, jobs + 1):
        desk["at"] = number
        count(100_000)
