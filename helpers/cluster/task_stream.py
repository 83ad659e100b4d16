"""What ran on the workers of a Dask cluster, as a Recording, from what its scheduler tells.

The scheduler keeps a task stream: for each item that a worker has done, when it was at it, on the
scheduler's clock. It also notes when a worker comes and when one is gone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from math import inf, nan
from reprlib import repr as short
from typing import Any

from helpers.extras import lacking
from helpers.look import duration
from helpers.recorder.recording import Lane, Recording

__all__ = ["stream"]

LOOKS = 5  # at the scheduler's clock; the one that was answered the soonest counts
COMPUTE = "compute"
STATE_OF = {"transfer": "network", "disk-read": "disk", "disk-write": "disk"}
# What this process is not told.
NOT_SEEN = (
    "Dask tells when a worker was at an item, once that has ended, and not whether it was on a "
    "core."
)
CLOCKS = (
    "Dask sets its workers' clocks by the scheduler's, and this recording that one by its own, as "
    "if a message took as long there as back"
)
LEAST = 1e-3  # seconds: by so much a clock may be off without a word

Row = tuple[Any, ...]


@contextmanager
def stream(client: Any, since: float | None = None) -> Iterator[Recording]:
    """Record what the workers of a cluster do while a block runs.

    Each worker has a lane, or if it has several threads a lane for each of them; what it fetches
    from other workers, or from its disk, has another one. Items are recorded when they are done.

    Args:
        client: a `Client` of any Dask cluster.
        since: when the recording begins, on the clock of `time.perf_counter`; None: now.

    Yields:
        A `Recording`, filled when the block ends.

    Raises:
        ModuleNotFoundError: Dask is not installed.
        RuntimeError: the scheduler does not answer.
        TypeError: client is no Dask Client, or one that is awaited.
    """
    if told := lacking("dask"):
        raise ModuleNotFoundError(f"stream: {told}")
    distributed: Any = import_module("distributed")
    if not isinstance(client, distributed.Client) or client.asynchronous:
        right = "must be a Client that is not awaited"
        raise TypeError(f"stream(client): {right}, not {short(client)}")
    run = Recording()
    with _answers():
        told_before = _asked(client)
        items = distributed.get_task_stream(client)
        items.__enter__()
    began = time.perf_counter() if since is None else since
    yield run
    elapsed = time.perf_counter() - began
    with _answers():
        items.__exit__(None, None, None)
        told_after = _asked(client)
        events = client.get_events("all")
    clock = min(told_before, told_after, key=lambda one: one.doubt)
    found = _Found(elapsed, clock.offset + began, told_before.workers | told_after.workers)
    found.take(items.data, events)
    run.fill(found.lanes, elapsed, found.spans, found.states or None, found.unseen())


@contextmanager
def _answers() -> Iterator[None]:
    """Say in one line that a scheduler does not answer."""
    try:
        yield
    except OSError as error:  # which Dask's CommClosedError is
        why = " ".join(str(error).split())
        raise RuntimeError(f"stream(client): the scheduler does not answer: {why}") from None


# --- what the scheduler is asked ------------------------------------------------------------------


@dataclass(frozen=True)
class _Told:
    """What a scheduler has told.

    Attributes:
        offset: seconds of its clock at the zero of this process's `time.perf_counter`.
        doubt: seconds by which that may be wrong.
        workers: name and pid of each worker, by its address.
    """

    offset: float
    doubt: float
    workers: dict[str, tuple[Any, int]]


def _asked(client: Any) -> _Told:
    """Ask a scheduler for its clock and its workers."""

    def tell(dask_scheduler: Any) -> tuple[float, dict[str, tuple[Any, int]]]:
        # A function in a function goes there as it is: on another machine is no `helpers`.
        from distributed.metrics import time as now

        workers = dask_scheduler.workers.values()
        return now(), {one.address: (one.name, getattr(one, "pid", 0)) for one in workers}

    looks = []
    for _ in range(LOOKS):
        asked = time.perf_counter()
        now, workers = client.run_on_scheduler(tell)
        doubt = (time.perf_counter() - asked) / 2
        looks.append(_Told(now - asked - doubt, doubt, workers))
    return min(looks, key=lambda one: one.doubt)


# --- what it told ---------------------------------------------------------------------------------


@dataclass
class _Found:
    """Makes lanes, spans and states of what a scheduler has told.

    Attributes:
        elapsed: seconds that the block took.
        zero: the scheduler's clock when it began.
        workers: name and pid of each worker, by its address.
        gone: when a worker was gone, and whether it had something to do, by its address.
        came: when it came, if that was in the block.
        off: seconds by which a clock was wrong at least: two items of a thread overlapped.
    """

    elapsed: float
    zero: float
    workers: dict[str, tuple[Any, int]]
    lanes: list[Lane] = field(default_factory=list)
    spans: list[Row] = field(default_factory=list)
    states: list[Row] = field(default_factory=list)
    gone: dict[str, tuple[float, bool]] = field(default_factory=dict)
    came: dict[str, float] = field(default_factory=dict)
    off: float = 0.0

    def take(self, items: Iterable[dict[str, Any]], events: Iterable[tuple[float, Any]]) -> None:
        """Take over the items that were done, and who came and went."""
        self._note(events)
        done: dict[str, dict[Any, list[Row]]] = {}
        moved: dict[str, list[Row]] = {}
        for one in items:
            worker = one["worker"]
            for stretch in one.get("startstops") or ():
                start, end = self._within(stretch["start"]), self._within(stretch["stop"])
                row = (_name(one["key"]), start, end)
                if stretch["action"] == COMPUTE:
                    done.setdefault(worker, {}).setdefault(one.get("thread"), []).append(row)
                elif stretch["action"] in STATE_OF:
                    moved.setdefault(worker, []).append((STATE_OF[stretch["action"]], *row))
        for worker in self._every(done):
            self._lanes_of(worker, done.get(worker, {}), moved.get(worker, []))

    def _note(self, events: Iterable[tuple[float, Any]]) -> None:
        """Note who came and who was gone while the block ran."""
        for at, event in events:
            moment = at - self.zero
            worker = event.get("worker") if isinstance(event, dict) else None
            if worker is None or not 0 <= moment <= self.elapsed:
                continue
            if event.get("action") == "add-worker":
                self.came[worker] = moment
            elif event.get("action") == "remove-worker":
                was_busy = bool(event.get("processing-tasks", True))
                self.gone[worker] = moment, was_busy and not event.get("expected")

    def _every(self, done: Iterable[str]) -> list[str]:
        """Return the addresses of all workers that were there, by name."""
        every = {*self.workers, *done, *self.gone}
        return sorted(every, key=lambda one: (_order(self._called(one)), self.came.get(one, 0.0)))

    def _within(self, at: float) -> float:
        """Return a moment of the scheduler's clock as seconds of the recording."""
        return min(max(at - self.zero, 0.0), self.elapsed)

    def _called(self, worker: str) -> str:
        name = str(self.workers.get(worker, (worker, 0))[0])
        name = name.rpartition("://")[2]
        return name if "worker" in name.lower() else f"worker {name}"

    def _lanes_of(self, worker: str, done: dict[Any, list[Row]], moved: list[Row]) -> None:
        """Make the lanes of one worker."""
        taken = [lane.name for lane in self.lanes]
        name, again = self._called(worker), 2
        while name in taken:  # it was started anew
            name, again = f"{self._called(worker)} ({again})", again + 1
        kind = "thread" if worker.startswith("inproc:") else "process"
        own = self._lane(worker, kind, name, None)
        if len(done) <= 1:
            self._items(worker, own, [row for rows in done.values() for row in rows])
        else:
            for number, thread in enumerate(sorted(done, key=lambda one: done[one][0][1]), 1):
                lane = self._lane(worker, "thread", f"{name}, thread {number}", own)
                self._items(worker, lane, done[thread])
        if moved:
            lane = self._lane(worker, "thread", f"{name}, data thread", own)
            for state, item, start, end in moved:
                self.spans.append((lane, f"data for {item}", "item", start, end, nan))
                self.states.append((lane, state, start, end))

    def _lane(self, worker: str, kind: str, name: str, within: int | None) -> int:
        until = self.gone[worker][0] if worker in self.gone else None
        pid = self.workers.get(worker, ("", 0))[1]
        self.lanes.append(Lane(kind, name, pid, within=within, until=until))
        return len(self.lanes) - 1

    def _items(self, worker: str, lane: int, rows: list[Row]) -> None:
        """Give a lane its items; if the worker was gone while at one, a span that has no end."""
        last = 0.0
        for name, start, end in sorted(rows, key=lambda row: row[1:]):
            self.off = max(self.off, last - start)  # for a thread does one thing after the other
            self.spans.append((lane, name, "item", max(last, start), max(last, end), nan))
            last = max(last, end)
        moment, was_busy = self.gone.get(worker, (inf, False))
        if was_busy:
            last = last if rows else self.came.get(worker, 0.0)
            kind = self.lanes[lane].kind
            self.spans.append((lane, "worker", kind, min(last, moment), nan, nan))

    def unseen(self) -> list[str]:
        """Return what the recording could not see."""
        told = [NOT_SEEN]
        for worker, (moment, was_busy) in sorted(self.gone.items(), key=lambda one: one[1]):
            what = ", and what it was at is not told" if was_busy else ""
            told.append(f"{self._called(worker)} was gone after {duration(moment)}{what}.")
        cut = f"one is off by {duration(self.off)}, which is cut from an item's begin"
        off = f": {cut}" if self.off > LEAST else ""
        return [*told, f"{CLOCKS}{off}."]


def _name(key: Any) -> str:
    """Return the function's name in the key that Dask gave its item, such as 'blur-0123456789'."""
    return str(import_module("dask.utils").key_split(key))


def _order(name: str) -> tuple[str, int]:
    """Return what sorts worker-10 behind worker-2."""
    words = name.rstrip("0123456789")
    return words, int(name[len(words) :] or 0)
