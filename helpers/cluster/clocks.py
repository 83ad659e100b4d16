"""What the clocks of a cluster's machines show, seen from this process.

Each machine has its own. Dask moves its workers' times by what a heartbeat told of the scheduler's
clock; on a busy machine that is wrong by tenths of a second, so it is undone (`task_stream`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

__all__ = ["SCHEDULER", "Clock", "clocks", "told_by_scheduler"]

LOOKS = 5  # at a clock; the one that was answered the soonest counts
PATIENCE = 10.0  # seconds; who does not answer so long may have been stopped, and never will
SCHEDULER = ""  # its place among the workers' addresses


@dataclass(frozen=True)
class Clock:
    """A clock elsewhere.

    Attributes:
        offset: seconds that it shows at the zero of this process's `time.perf_counter`.
        doubt: seconds by which that may be wrong: half of what the question took.
    """

    offset: float
    doubt: float


def clocks(client: Any, workers: Iterable[str]) -> dict[str, Clock]:
    """Return the clock of a cluster's scheduler, and those of its workers, by their addresses."""

    def shown() -> float:  # a function in a function goes there as it is, where no `helpers` is
        from distributed.metrics import time as now  # by which Dask times its items

        return now()

    def of_worker(address: str) -> Any:  # None: it is gone, or does not answer
        how = {"workers": [address], "on_error": "ignore", "callback_timeout": PATIENCE}
        try:
            return client.sync(client._run, shown, **how).get(address)
        except TimeoutError:
            return None

    found = {SCHEDULER: _looked_at(lambda: told_by_scheduler(client, shown))}
    for address in workers:
        found[address] = _looked_at(partial(of_worker, address))
    return {whose: clock for whose, clock in found.items() if clock}


def told_by_scheduler(client: Any, function: Callable[..., Any]) -> Any:
    """Return what a function returns on the scheduler; Dask's own call would wait for ever.

    Raises:
        TimeoutError: there was no answer.
    """
    return client.sync(client._run_on_scheduler, function, callback_timeout=PATIENCE)


def _looked_at(look: Callable[[], Any]) -> Clock | None:
    """Return what a clock shows, as if a question took as long there as its answer back."""
    looks = []
    for _ in range(LOOKS):
        asked = time.perf_counter()
        shows = look()
        doubt = (time.perf_counter() - asked) / 2
        if shows is None:
            break
        looks.append(Clock(shows - asked - doubt, doubt))
    return min(looks, key=lambda one: one.doubt, default=None)
