"""Predicts each way's seconds, and says why, before anything but single calls was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from helpers.chooser.model import Item, bound, makespan
from helpers.chooser.probe import TINY, Cost
from helpers.chooser.ways import APART, chunk_size
from helpers.look import duration

__all__ = ["Machine", "Prediction", "Work", "blocking", "nature", "predicted"]

SPREAD = 2**0.5  # the true time is expected between what is predicted over this, and times this
SERIAL = 1.25  # the same for what runs in turn, which is known best
WAITS, HOLDS = 0.9, 0.9  # shares from which a call is said to wait, or to hold the GIL
BLOCKS = 0.2  # the share from which one is said to keep the event loop while it waits


@dataclass(frozen=True)
class Machine:
    """What this machine charges.

    Attributes:
        cores: how many the workers get in fact.
        byte: seconds that a byte takes to another process and, unpacked, into it.
        ways: for each way its seconds by itself, and its seconds for each handing over.
    """

    cores: float
    byte: float = 0.0
    ways: dict[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """A function's calls: what they cost.

    Attributes:
        costs: of each item.
        held: the share of their computing in which the GIL is held.
        is_coroutine: whether they are awaited.
    """

    costs: Sequence[Cost]
    held: float
    is_coroutine: bool

    def items(self, extra: float = 0.0, on_one_thread: bool = False) -> list[Item]:
        """Return what each item needs.

        Args:
            extra: seconds more that each holds the GIL.
            on_one_thread: whether one thread does all the computing, and some of the waiting.
        """
        if on_one_thread:
            return [item_of(one, 1.0, extra, one.blocked) for one in self.costs]
        return [item_of(one, self.held, extra) for one in self.costs]


@dataclass(frozen=True)
class Prediction:
    """How long one way should take.

    Attributes:
        seconds: most likely.
        low: seconds; the time is expected between this
        high: and this.
        bound: seconds that nothing can beat, however many workers there are.
        why: a phrase.
    """

    seconds: float
    low: float
    high: float
    bound: float
    why: str


def item_of(cost: Cost, held: float, extra: float = 0.0, blocked: float = 0.0) -> Item:
    """Return what one item needs; where others take its core, its computing lasts longer.

    Args:
        cost: what its call costs.
        held: the share of its computing in which it keeps others from computing.
        extra: seconds more of that.
        blocked: seconds of its waiting in which it keeps them from it, too.
    """
    computes = cost.cpu + cost.ready
    holds = min(computes, cost.wall) * held  # on however many cores it computes, there is one GIL
    free = computes - holds + cost.children
    width = max(1.0, (free + holds) / cost.wall) if cost.wall else 1.0
    wait = max(0.0, cost.wall - computes - cost.children)
    blocked = min(blocked, wait)
    return Item(wait - blocked, holds + extra + blocked, free, width)


def predicted(way: str, work: Work, workers: int, machine: Machine) -> Prediction:
    """Predict how long one way takes, with so many workers."""
    start, each = machine.ways[way]
    if way == "in turn":
        seconds = sum(one.wall for one in work.costs) + start
        return _prediction(seconds, seconds, "one call after the other", SERIAL)
    if way in APART:
        return _apart(way, work, workers, machine)
    on_one_thread = way == "tasks" and work.is_coroutine
    items, least = work.items(each, on_one_thread), work.items(0.0, on_one_thread)
    gils = None if way == "free-threaded" else 1
    seconds = start + makespan(items, workers, machine.cores, gils)
    why = _why(work, workers, on_one_thread)
    return _prediction(seconds, bound(least, machine.cores, gils), why)


def _apart(way: str, work: Work, workers: int, machine: Machine) -> Prediction:
    """Predict a way whose workers have no memory in common: what they get must be sent."""
    start, each = machine.ways[way]
    items = work.items()
    size = chunk_size(way, len(items), workers)
    chunks = [_sum(items[at : at + size]) for at in range(0, len(items), size)]
    packing = sum(one.packing for one in work.costs)
    sending = sum(one.size for one in work.costs) * machine.byte + each * len(chunks)
    working = makespan(chunks, workers, machine.cores, None) + packing / 2 / workers
    here = packing / 2 + sending  # by this process alone, one after the other
    seconds = start + max(working, here) + min(working, here) / len(chunks)
    why = f"each has a GIL, {duration(start)} to start them"
    if here > 0.1 * seconds:
        why += f", {duration(here)} to hand over"
    return _prediction(seconds, bound(items, machine.cores, gils=None), why)


def _sum(items: Sequence[Item]) -> Item:
    first, *others = items
    for one in others:
        first += one
    return first


def _why(work: Work, workers: int, on_one_thread: bool) -> str:
    """Return what so many threads, or tasks, are good for."""
    waits, _ = _shares(work)
    if on_one_thread and _blocked(work) > BLOCKS:
        return "one after the other, for each keeps the loop while it waits"
    if waits > WAITS:
        return f"{workers} can wait at once"
    if _by_others(work):
        return "the programs that they start compute at once"
    if work.is_coroutine:
        return "one computes at a time, the others can wait"
    if work.held > HOLDS:
        return "one computes at a time, for it holds the GIL"
    if work.held < 1 - HOLDS:
        return "they compute at once, for they hardly need the GIL"
    return f"they compute at once for the {1 - work.held:.0%} without the GIL"


def nature(work: Work) -> str:
    """Return what kind of work the calls are, in a sentence."""
    waits, one = _shares(work)
    often = f"A call takes {duration(one)}"
    if (blocked := _blocked(work)) > BLOCKS:
        return f"{often}, and for {blocked:.0%} of it waits without `await`."
    if one < TINY:
        return f"A call takes next to nothing: {duration(one)}, with what it takes to measure it."
    if waits > WAITS:
        return f"{often}, and waits for {waits:.0%} of it."
    if _by_others(work):
        return f"{often}, and waits for programs that it starts, which compute."
    holds = f"holds the GIL for {work.held:.0%} of its computing"
    if work.is_coroutine:
        holds = "computes on the loop's own thread"
    if waits > 1 - WAITS:
        return f"{often}, waits for {waits:.0%} of it, and {holds}."
    return f"{often}, computes, and {holds}."


def blocking(work: Work) -> list[str]:
    """Return a sentence if the calls keep the event loop while they wait."""
    if _blocked(work) <= BLOCKS:
        return []
    better = "If it awaits what it waits for, or hands that to asyncio.to_thread, tasks may do best"
    return [f"While it waits so, no other task goes on. {better}."]


def _blocked(work: Work) -> float:
    """Return the share of the time in which calls wait and keep the event loop."""
    wall = sum(one.wall for one in work.costs)
    return sum(one.blocked for one in work.costs) / max(wall, 1e-9)


def _by_others(work: Work) -> bool:
    """Say whether it is mostly processes started by the calls that compute."""
    return sum(one.children for one in work.costs) > sum(one.cpu for one in work.costs)


def _shares(work: Work) -> tuple[float, float]:
    """Return the share of the time in which calls wait, and seconds of a call, in the mean."""
    wall = sum(one.wall for one in work.costs)
    computes = sum(one.cpu + one.ready + one.children for one in work.costs)
    return max(0.0, 1 - computes / max(wall, 1e-9)), wall / len(work.costs)


def _prediction(seconds: float, least: float, why: str, spread: float = SPREAD) -> Prediction:
    return Prediction(seconds, seconds / spread, seconds * spread, least, why)
