"""How long items should take with so many workers, from what each of them needs.

The workers are played through: each takes the next item when it is free. An item waits, computes
while it holds the GIL, and computes without it, in a few slices of each. Those who compute share
the cores, and those who need a GIL share it (processor sharing: Kleinrock, 1967).
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

__all__ = ["Item", "bound", "makespan"]

SLICES = 3  # of each item
MOST = 120  # items that are played through; how long more would take follows from these
TINY = 1e-12  # seconds

Step = tuple[str, float, float]  # 'wait', 'held' or 'free'; seconds; cores that it takes


@dataclass(frozen=True)
class Item:
    """What one item needs, in seconds.

    Attributes:
        wait: it waits, for the network or a clock, and needs no core.
        held: it computes and holds the GIL.
        free: it computes without the GIL: seconds on a core, of all cores together.
        width: on how many cores at a time it does that.
    """

    wait: float
    held: float
    free: float
    width: float = 1.0

    @property
    def alone(self) -> float:
        """Seconds that it lasts by itself."""
        return self.wait + self.held + self.free / self.width

    def __add__(self, other: Item) -> Item:
        width = max(self.width, other.width)
        return Item(self.wait + other.wait, self.held + other.held, self.free + other.free, width)


def bound(items: Sequence[Item], cores: float, gils: int | None) -> float:
    """Return the seconds that nothing can beat, however many workers there are.

    What is held by one GIL is serial: this is Amdahl's law (1967). Nor is there any time shorter
    than that of the longest item, or than the cores need for all the computing.
    """
    serial = sum(one.held for one in items) if gils == 1 else 0.0
    computing = sum(one.held + one.free for one in items) / cores
    return max(serial, computing, max((one.alone for one in items), default=0.0))


def makespan(items: Sequence[Item], workers: int, cores: float, gils: int | None) -> float:
    """Return the seconds until so many workers have done all items.

    Args:
        items: in the order in which they are taken.
        workers: how many there are.
        cores: how many they get.
        gils: 1 for threads, which share one GIL; None: each worker has its own.
    """
    if len(items) <= MOST:
        return _played(items, workers, cores, gils)
    some = random.Random(0).sample(items, MOST)  # every n-th could be all of a kind
    work = sum(one.alone for one in items)
    times = work / max(TINY, sum(one.alone for one in some))
    if workers <= MOST // 4:
        return max(bound(items, cores, gils), _played(some, workers, cores, gils) * times)
    fewer = max(1, round(workers * MOST / len(items)))  # so that there are as many waves of them
    more = [replace(one, held=one.held * times, free=one.free * times) for one in some]
    return _played(more, fewer, cores, gils)


def _played(items: Sequence[Item], workers: int, cores: float, gils: int | None) -> float:
    """Return when the last worker has done its last step; 0 where there is nothing to do."""
    waiting = deque(steps for one in items if (steps := _steps(one)))
    busy: list[deque[Step]] = []
    now = 0.0
    while waiting or busy:
        while waiting and len(busy) < workers:
            busy.append(waiting.popleft())
        rates = _rates([steps[0] for steps in busy], cores, gils)
        both = [*zip(busy, rates, strict=True)]
        passed = min(steps[0][1] / rate for steps, rate in both)
        now += passed
        for steps, rate in both:
            kind, left, width = steps[0]
            left -= passed * rate
            if left > TINY:
                steps[0] = (kind, left, width)
            else:
                steps.popleft()
        busy = [steps for steps in busy if steps]
    return now


def _steps(item: Item) -> deque[Step]:
    one: list[Step] = [
        ("wait", item.wait / SLICES, 0.0),
        ("held", item.held / SLICES, 1.0),
        ("free", item.free / item.width / SLICES, item.width),
    ]
    return deque([step for step in one if step[1] > TINY] * SLICES)


def _rates(steps: Sequence[Step], cores: float, gils: int | None) -> list[float]:
    """Return how quickly each step goes on, when others want the cores and the GIL as well."""
    holders = sum(kind == "held" for kind, _, _ in steps)
    holding = holders if gils is None else min(gils, holders)
    wanted = holding + sum(width for kind, _, width in steps if kind == "free")
    share = min(1.0, cores / wanted) if wanted else 1.0
    speeds = {"wait": 1.0, "free": share, "held": share * holding / holders if holders else 1.0}
    return [speeds[kind] for kind, _, _ in steps]
